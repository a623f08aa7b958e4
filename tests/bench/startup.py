"""What it costs to have a simulator: its import, and its start once imported."""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from tests.bench.figures import Figure, spread

PROJECT = Path(__file__).resolve().parents[2]
ROUNDS = 9


def import_of_the_package() -> Figure:
    """`import simulator` alone, in a fresh interpreter each time."""
    script = "from time import perf_counter as p; start = p(); import simulator; print((p() - start) * 1000)"
    command = [sys.executable, "-c", script]
    runs = [
        subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout for _ in range(ROUNDS)
    ]
    return Figure("start", "import simulator", spread([float(run) for run in runs], ".1f", " ms"))


def start_of_a_simulator() -> Figure:
    """Entering `async with Simulator()`, everything imported; the bound is 50 ms."""
    taken = asyncio.run(_starts())
    said = spread(taken, ".1f", " ms")
    return Figure("start", "start of a Simulator, once imported", said, "under 50 ms", statistics.median(taken) < 50)


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


EMPTY = """
import asyncio
from aiohttp import web

async def main():
    runner = web.AppRunner(web.Application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def serve_until_ready() -> Figure:
    """`zuora-simulator serve` beside an empty aiohttp server, whole processes to their first line, taking turns."""
    serve = [sys.executable, "-m", "simulator", "serve", "--port", "0", "--format", "json"]
    with tempfile.TemporaryDirectory() as folder:
        turns = [
            (_first_line([sys.executable, "-c", EMPTY], folder), _first_line(serve, folder)) for _ in range(ROUNDS)
        ]
    empty, ours = (list(column) for column in zip(*turns[1:], strict=True))  # the first turn fills caches
    share = min(ours) / min(empty)
    said = f"{share:.2f} by the fastest of each: {spread(ours, '.0f', ' ms')} and {spread(empty, '.0f', ' ms')}"
    return Figure("serve", "until it is ready, over an empty aiohttp server", said, "at most 1.5", share <= 1.5)


def _first_line(command: list[str], folder: str) -> float:
    begun = perf_counter()
    paths = {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONDONTWRITEBYTECODE": ""}
    with subprocess.Popen(command, cwd=folder, env=paths, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        taken = (perf_counter() - begun) * 1000
        process.kill()
    return taken
