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

ROWS = (
    *("L1", "L2", "V1", "V2", "V3", "V4", "V5", "V6", "S1", "S2", "F1", "F2", "F3", "F4"),
    *("C1", "C2", "C3", "B1", "B2", "B3", "X1", "X2", "X3", "X4", "X5", "X6", "X7"),
)
"""The rows of `reliability.md`, in its order; what else was promised comes behind them in the order of measuring."""

MISSED = Path(__file__).with_name("missed.md")
"""What the missed bounds would take: written by hand, and put behind the figures as it stands."""


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
    for one in in_order(figures):
        held = {True: "yes", False: "**no**", None: ""}[one.holds]
        yield f"| {one.row} | {one.what} | {one.figure} | {one.bound} | {held} |"
    yield ""
    yield "## The loads"
    yield ""
    for row, load in dict.fromkeys((one.row, one.load) for one in figures if one.load):
        yield f"- {row}: {load}"
    yield ""
    yield MISSED.read_text("utf-8").rstrip()


def in_order(figures: Sequence[Figure]) -> list[Figure]:
    """The rows first, each of them there: one without a figure says so."""
    measured = {one.row for one in figures}
    absent = [Figure(row, "", "not measured") for row in ROWS if row not in measured]
    place = {row: number for number, row in enumerate(ROWS)}
    return sorted([*figures, *absent], key=lambda one: place.get(one.row, len(ROWS)))


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
