"""RESULTS.md: every figure beside what was promised, with the machine, the versions and how busy it was."""

import importlib.metadata
import os
import platform
import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time

from tests.bench.figures import Figure
from tests.bench.peers import versions

RESULTS = Path(__file__).with_name("RESULTS.md")
PACKAGES = ("aiohttp", "msgspec", "httptools", "trustme")

BY_TESTS = (
    (
        "L1, L2",
        "every accepted request is called out per policy, by the receiver's count",
        "tests/kill, tests/soak, tests/stateful",
    ),
    (
        "V4",
        "no false jump: slow answers leave the virtual clock where it was",
        "tests/integration/test_wire_slow_receivers.py",
    ),
    ("V5", "due times exact for every limit and interval", "tests/unit/core/test_delivery.py"),
    ("V6", "same seed, same history", "tests/simulation (`make simulate`)"),
    (
        "F1",
        "each fault of a receiver in its class, the next attempt on schedule",
        "tests/integration/test_wire_faults.py, test_wire_tls.py",
    ),
    ("F2", "endless and huge answers in flat memory", "tests/integration/test_wire_memory.py"),
    ("C1, C2, C3", "kills, failing writes, a second process", "tests/kill, tests/integration/test_journal*.py"),
    (
        "B1, B3",
        "our OpenAPI under Schemathesis; scenario files and receiver bytes",
        "tests/fuzz, tests/unit/replay/test_fuzz.py",
    ),
    ("B2", "a rule machine against a model", "tests/stateful"),
    (
        "X1",
        "targets outside the allow-list: no packet",
        "tests/unit/runtime/test_addresses.py, tests/integration/test_wire_allow_list.py, test_security_edges.py",
    ),
    ("X2", "certificates are verified", "tests/integration/test_wire_tls.py"),
    ("X3", "redirects are recorded, never followed", "tests/integration/test_security_edges.py"),
    ("X4", "planted secrets are found nowhere", "tests/integration/test_security_secrets.py"),
    (
        "X5",
        "names that lead elsewhere; YAML bombs",
        "tests/integration/test_security_edges.py, tests/unit/replay/test_fuzz.py",
    ),
    (
        "X6",
        "payloads in stored fields do not run; a policy without unsafe-inline",
        "tests/browser/test_trust.py, tests/integration/test_security_edges.py",
    ),
    ("X7", "foreign Host or Origin: 403", "tests/integration/test_security_edges.py"),
)


IT_WOULD_TAKE = """\
## What the missed bounds would take

By profiles of the dev server under load, taken on a busy machine.

- Acceptance: from 0.47 to 0.6, 22 % of a request's time would have to go. Zuora's surface (headers, limits, tracking,
  idempotency) takes about 23 %, the work behind the 202, which the bare handler does not do, 14 %; one `write` takes 24 %,
  and most of the rest is aiohttp's server. Before the surface was whole, three rounds gave 0.77 (0.60 to 1.00).
- Whole way: opening a connection for each callout, as Zuora is taken to do, was 21 % of a callout's CPU
  before connects to loopback were shortened; the others keep theirs open. The rest is mostly aiohttp's server, as above.
- collect: an attempt took 43 and 63 us of CPU in two runs, the engine by itself 21 (V3). 25,000 a second need 40. Rendering
  was the largest part of the profile, a quarter.
- A waiting callout: the request head as sent is 367 bytes, the payload 327, five ids 405, the request's own body 108. The goal
  would take heads kept as a template and its ids, and history ids derived when asked for (81).
"""


def write(figures: Sequence[Figure]) -> Path:
    """Write them all; answers with the file."""
    RESULTS.write_text("\n".join(_lines(figures)) + "\n", "utf-8")
    return RESULTS


def _lines(figures: Sequence[Figure]) -> Iterator[str]:
    yield "# What was measured"
    yield ""
    yield "Written by `make bench`. Ratios are of interleaved rounds, each with its own counterpart; a figure is the median, the"
    yield "spread stands behind it. The others are installed by `make bench-peers` and run as they come."
    yield ""
    yield f"- {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.system()} {platform.release()}, {_processor()}"
    yield f"- Python {platform.python_version()}, {ssl.OPENSSL_VERSION}, {_packages()}"
    yield f"- beside it: {versions()}"
    yield f"- {_noise()}"
    yield ""
    yield "| row | what | measured | bound | held |"
    yield "| --- | --- | --- | --- | --- |"
    for one in figures:
        held = {True: "yes", False: "**no**", None: ""}[one.holds]
        yield f"| {one.row} | {one.what} | {one.figure} | {one.bound} | {held} |"
    yield ""
    yield "## The loads"
    yield ""
    for row, load in dict.fromkeys((one.row, one.load) for one in figures if one.load):
        yield f"- {row}: {load}"
    yield ""
    yield "## Rows that have tests"
    yield ""
    yield "Where to look; a test may count less than its row asks for."
    yield ""
    yield "| row | what | where |"
    yield "| --- | --- | --- |"
    for row, what, where in BY_TESTS:
        yield f"| {row} | {what} | {where} |"
    yield ""
    yield IT_WOULD_TAKE.rstrip()


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    models = (
        [line.partition(": ")[2] for line in info.read_text().splitlines() if line.startswith("model name")]
        if info.exists()
        else []
    )
    return f"{os.cpu_count()} cores of {models[0] if models else platform.machine()}"


def _packages() -> str:
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)


def _noise() -> str:
    """How busy the machine was: a loop that only counts, by the clock over by the processor."""
    begun, spent = perf_counter(), process_time()
    sum(range(20_000_000))
    stretch = (perf_counter() - begun) / max(process_time() - spent, 1e-9)
    minutes = os.getloadavg()[2]
    return (
        f"the machine was shared: load {minutes:.1f} over 15 minutes; a loop that only counts took {stretch:.1f} times its "
        "processor time (1.0 on a machine of one's own), so read ratios and CPU before rates and milliseconds"
    )
