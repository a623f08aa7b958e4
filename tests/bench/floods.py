"""A hundred receivers at once that send more than anybody wants, or never end (row F2)."""

import asyncio
import gzip
import sys
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from simulator.core.http import compose
from simulator.core.model import ErrorClass, Outcome
from simulator.runtime.wire import BODY_KEPT, Wire
from tests.bench.figures import Figure
from tests.bench.programs import Program
from tests.support.hostile import Script, drips, pours, receiver, says

PARALLEL = 100
GROWTH = 10.0
NOMINAL = timedelta(seconds=26)
DROP = bytes(65_536)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def _bomb() -> Script:
    packed = gzip.compress(bytes(100_000_000))
    return says(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed), packed)


SCRIPTS: dict[str, Callable[[], Script]] = {
    "100 MB": lambda: pours(OK + b"Content-Length: %d\r\n\r\n" % (len(DROP) * 1600), DROP, 1600),
    "endless": lambda: pours(CHUNKED, b"10000\r\n" + DROP + b"\r\n"),
    "bomb": _bomb,
    "drip": lambda: drips(OK + b"Content-Length: 100000\r\n\r\n", b"y", every=0.5),
}


def floods() -> list[Figure]:
    """The wire alone, its limits as they are; the receiver in a process of its own."""
    return [_flood(name) for name in SCRIPTS]


def _flood(name: str) -> Figure:
    with Program.python("-m", "tests.bench.floods", name) as program:
        held, grown, seconds, outcomes = asyncio.run(_met(program.line()))
    cut = sum(one.truncated and len(one.body) == BODY_KEPT for one in outcomes)
    late = sum(one.nominal > NOMINAL for one in outcomes)
    if name == "drip":
        ended = all(one.error is ErrorClass.TRANSFER_TIMEOUT for one in outcomes)
        what = f"all timeouts of {outcomes[0].nominal.total_seconds():.0f} s"
    else:
        ended = all((one.status, one.error) == (200, None) for one in outcomes) and cut == PARALLEL
        what = f"{cut} kept to {BODY_KEPT:,} bytes and flagged"
    return Figure(
        "F2",
        f"{PARALLEL} answers in parallel: {name}",
        f"memory +{held:.1f} MB at most (resident +{grown:.1f} MB), {what}; all ended after {seconds:.1f} s",
        "at most +10 MB, 61,440 B kept and flagged, ended by 26 s",
        ended and not late and held <= GROWTH and seconds <= NOMINAL.total_seconds(),
        "memory by tracemalloc, what is kept of the answers included; the limits of 10 and 15 s real",
    )


async def _met(url: str) -> tuple[float, float, float, list[Outcome]]:
    """Megabytes at the most, megabytes that stayed resident, seconds, and what came of them."""
    wire = Wire()

    async def one() -> Outcome:
        async with wire.conversation() as conversation:
            return await conversation.send(compose("POST", url, [], b"{}", "0" * 32))

    if not url.endswith("drip"):
        await one()  # imports what is only imported when first needed
    before, begun = _resident(), perf_counter()
    tracemalloc.start()
    outcomes = await asyncio.gather(*(one() for _ in range(PARALLEL)))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    seconds = perf_counter() - begun
    grown = _resident() - before
    await wire.close()
    return most / 1e6, grown, seconds, outcomes


def _resident() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS"))) / 1000


async def _serve(name: str) -> None:
    async with receiver(SCRIPTS[name]()) as there:
        print(f"{there.url}/{name.rsplit(maxsplit=1)[-1]}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
