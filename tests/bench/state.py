"""What `--state` costs: the whole way of a request, accepted, worked, delivered and recorded, with it and without."""

import asyncio
import statistics
import tempfile
from pathlib import Path
from time import perf_counter

import aiohttp

from tests.bench.figures import Figure, spread
from tests.support.served import Caller, Life, Listener

REQUESTS = 1_500
CALLERS = 32
ROUNDS = 5


def cost_of_state() -> Figure:
    """Interleaved, so that whatever else the machine does meets both alike."""
    return asyncio.run(_compare())


async def _compare() -> Figure:
    with tempfile.TemporaryDirectory() as folder:
        runs: list[tuple[float, float, float, float]] = []
        sizes: list[float] = []
        for number in range(ROUNDS):
            state = ("--state", str(Path(folder) / f"{number}.db"))
            order = ((), state) if number % 2 else (state, ())
            taken = {options: await _rate(*options) for options in order}
            runs.append((*taken[()], *taken[state]))
            sizes.append(_size(state[1]) / REQUESTS)
    ratios = [with_state / without for without, _, with_state, _ in runs]
    middle = [statistics.median(column) for column in zip(*runs, strict=True)]
    absolute = f"{middle[2]:.0f}/s at {middle[3]:.2f} ms CPU against {middle[0]:.0f}/s at {middle[1]:.2f} ms"
    return Figure(
        "state",
        "the whole way with --state over without",
        f"{spread(ratios)}: {absolute}; {statistics.median(sizes):,.0f} bytes in the file for each",
        "at least 0.7",
        statistics.median(ratios) >= 0.7,
        f"{REQUESTS} requests a round, {CALLERS} callers, to a listener in the callers' process",
    )


async def _rate(*options: str) -> tuple[float, float]:
    """Callouts a second, and the server's milliseconds of CPU for each."""
    async with Listener(lambda request_id, number: 200) as listener, aiohttp.ClientSession() as http:
        life = await Life.begin(*options)
        caller = Caller(http)
        await caller.log_in(life)
        await caller.listen(life, listener.url)
        before = _cpu(life.process.pid)
        begun = perf_counter()
        left = iter(range(REQUESTS))

        async def submits() -> None:
            for _ in left:
                await caller.submit(life)

        await asyncio.gather(*(submits() for _ in range(CALLERS)))
        await listener.arrival(lambda: len(listener.arrived) >= REQUESTS)
        taken, cpu = perf_counter() - begun, _cpu(life.process.pid) - before
        await life.stop()
    return REQUESTS / taken, cpu / REQUESTS * 1000


def _size(path: str) -> int:
    return Path(path).stat().st_size


def _cpu(pid: int) -> float:
    """Seconds of CPU of all threads of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
