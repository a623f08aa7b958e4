"""What it costs to have a simulator: its import, and its start once imported."""

import asyncio
import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter

PROJECT = Path(__file__).resolve().parents[2]
ROUNDS = 9


def import_of_the_package() -> str:
    """`import simulator` alone, in a fresh interpreter each time."""
    script = "from time import perf_counter as p; start = p(); import simulator; print((p() - start) * 1000)"
    command = [sys.executable, "-c", script]
    runs = [
        subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout for _ in range(ROUNDS)
    ]
    return told("import simulator", [float(run) for run in runs])


def start_of_a_simulator() -> str:
    """Entering `async with Simulator()`, everything imported; the bound is 50 ms."""
    return told("start of a Simulator, once imported (bound 50)", asyncio.run(_starts()))


async def _starts() -> list[float]:
    from simulator import Simulator

    async with Simulator():
        pass  # imports what is only imported when first needed
    taken = []
    for _ in range(ROUNDS):
        begun = perf_counter()
        async with Simulator():
            taken.append((perf_counter() - begun) * 1000)
    return taken


def told(what: str, milliseconds: list[float]) -> str:
    """The median and the spread, in milliseconds."""
    middle = statistics.median(milliseconds)
    return f"{what}: {middle:.1f} ms, {min(milliseconds):.1f} to {max(milliseconds):.1f} in {len(milliseconds)} runs"
