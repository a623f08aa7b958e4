"""What kills cost: nothing that was accepted, little that is sent again, and a restart like any start (row C1)."""

import asyncio
import os
import statistics
import tempfile
from time import perf_counter

import aiohttp

from tests.bench.figures import Figure, spread
from tests.support.killing import Toll, begin, killed, refusing
from tests.support.served import Caller, Life, Listener

KILLS = int(os.environ.get("KILLS", "20"))
KILLS_PER_FILE = 10
COLD = 5


def kills() -> list[Figure]:
    """`kill -9` at random points under load, and how long the next start takes."""
    tolls, cold, warm = asyncio.run(_killed())
    total = {name: sum(getattr(toll, name) for toll in tolls) for name in ("accepted", "arrived", "again", "lost")}
    held = sum(toll.held for toll in tolls)
    ratio = statistics.median(warm) / statistics.median(cold)
    files = f"{held} of {len(tolls)} files whole and every other promise of their histories kept"
    load = f"{KILLS} kills (`make kill`: 200) on {len(tolls)} state files, 8 callers, receiver answers a fifth with 500"
    said = f"{ratio:.2f}: {spread(warm, '.0f', ' ms')} and {spread(cold, '.0f', ' ms')}"
    return [
        Figure(
            "C1",
            f"{KILLS} kills at random points under load, by the receiver's log",
            f"{total['accepted']:,} accepted, {total['lost']} lost; {total['again']} of {total['arrived']:,} sent again, "
            f"each with a start row; {files}",
            "0 lost; again only what has a start row, at most those in flight",
            held == len(tolls),
            load,
        ),
        Figure("C1", "a restart after a kill over a start on a new file", said, "at most 2", ratio <= 2, load),
    ]


async def _killed() -> tuple[list[Toll], list[float], list[float]]:
    cold: list[float] = []
    warm: list[float] = []
    tolls: list[Toll] = []
    seen: set[str] = set()

    async def timed(path: str) -> Life:
        taken = warm if path in seen else cold
        seen.add(path)
        begun = perf_counter()
        life = await begin(path)
        taken.append((perf_counter() - begun) * 1000)
        return life

    with tempfile.TemporaryDirectory() as folder:
        for number in range(COLD):
            await (await timed(f"{folder}/cold-{number}.db")).stop()
        for seed in range(-(-KILLS // KILLS_PER_FILE)):
            number = min(KILLS - seed * KILLS_PER_FILE, KILLS_PER_FILE)
            timeout = aiohttp.ClientTimeout(60)
            async with Listener(refusing) as listener, aiohttp.ClientSession(timeout=timeout) as http:
                tolls.append(await killed(f"{folder}/{seed}.db", number, seed, Caller(http), listener, timed))
    return tolls, cold, warm
