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
    ("V4", "no false jump: slow answers leave the virtual clock where it was", "tests/unit/runtime/test_dispatcher.py"),
    ("V5", "due times exact for every limit and interval", "tests/unit/core/test_delivery.py"),
    ("V6", "same seed, same history", "tests/simulation (`make simulate`)"),
    (
        "F1",
        "each fault of a receiver in its class, the next attempt on schedule",
        "tests/integration/test_wire_faults.py, test_wire_tls.py",
    ),
    ("F2", "endless and huge answers in flat memory", "tests/integration/test_wire_memory.py"),
    ("C1, C2, C3", "kills, failing writes, a second process", "tests/kill, tests/integration/test_journal*.py"),
    ("B1, B3", "our OpenAPI under Schemathesis; scenario files and receiver bytes", "tests/fuzz"),
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
    yield "## Rows that tests hold"
    yield ""
    yield "| row | what | where |"
    yield "| --- | --- | --- |"
    for row, what, where in BY_TESTS:
        yield f"| {row} | {what} | {where} |"


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
