"""Weeks of retries in virtual time against the same number of bare posts, to the same receiver, interleaved.

The bound of reliability row V1: 10,000 callouts of five attempts, a day apart, at most 1.25 times the 50,000 posts.
"""

import asyncio
import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import aiohttp

from tests.bench.figures import Figure, spread

PROJECT = Path(__file__).resolve().parents[2]
CALLOUTS = 10_000
ATTEMPTS = 5
CONCURRENCY = 50
ROUNDS = 3
RECEIVER = """
import asyncio
from simulator import Receiver
async def main():
    async with Receiver(answers=[503], keep=10) as receiver:
        print(receiver.url, flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


def weeks_of_retries(callouts: int = CALLOUTS, rounds: int = ROUNDS) -> Figure:
    """The ratio of both, the median of interleaved rounds."""
    process = subprocess.Popen([sys.executable, "-c", RECEIVER], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        ratios, ours, bare = asyncio.run(_rounds(url, callouts, rounds))
    finally:
        process.terminate()
        process.wait()
    return Figure(
        "V1",
        f"{callouts} callouts x {ATTEMPTS} x 1440 min over as many bare posts",
        f"{spread(ratios)}: {statistics.median(ours):.1f} s and {statistics.median(bare):.1f} s",
        "at most 1.25",
        statistics.median(ratios) <= 1.25,
        f"http, fresh connections, {CONCURRENCY} at a time, receiver in its own process",
    )


async def _rounds(url: str, callouts: int, rounds: int) -> tuple[list[float], list[float], list[float]]:
    ours, bare = [], []
    for _ in range(rounds):
        ours.append(await _ours(url, callouts))
        bare.append(await _bare(url, callouts * ATTEMPTS))
    return [mine / theirs for mine, theirs in zip(ours, bare, strict=True)], ours, bare


async def _ours(url: str, callouts: int) -> float:
    from simulator import Simulator

    async with Simulator(max_attempts=ATTEMPTS, interval=1440, concurrency=CONCURRENCY) as zuora:
        zuora.notify("Payment Declined", url)
        for number in range(callouts):
            zuora.fire("Payment Declined", AccountId=str(number))
        begun = perf_counter()
        await zuora.drain()
        taken = perf_counter() - begun
        assert zuora.instance.engine.attempts_ended == callouts * ATTEMPTS
        return taken


async def _bare(url: str, posts: int) -> float:
    connector = aiohttp.TCPConnector(limit=CONCURRENCY, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        queue = iter(range(posts))

        async def worker() -> None:
            for number in queue:
                async with session.post(url, json={"AccountId": str(number)}) as response:
                    await response.read()

        begun = perf_counter()
        await asyncio.gather(*(worker() for _ in range(CONCURRENCY)))
        return perf_counter() - begun
