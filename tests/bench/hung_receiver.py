"""What a hung receiver costs a healthy one beside it, on the real clock: nothing that anybody should notice (row F3)."""

import asyncio
import statistics
from time import perf_counter

from tests.bench.figures import Figure, spread

ROUNDS = 5
HEALTHY, HUNG = 1_000, 200
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
HEARD, IGNORED = "Payment Declined", "Invoice Posted"


def a_hung_receiver_beside_a_healthy_one() -> list[Figure]:
    """1,000 callouts to a healthy receiver, alone and beside 200 to one that never answers, interleaved."""
    rounds = asyncio.run(_compared())
    load = f"{HEALTHY:,} events at once, {HUNG} others among them, live clock, fresh connections, receivers in this process"
    figures = []
    for place, what, bound in ((0, "p99 from the event to its arrival", 2.0), (1, "until all have arrived", 1.5)):
        ratios = [beside[place] / alone[place] for alone, beside in rounds]
        seconds = [statistics.median(run[place] for run in runs) for runs in zip(*rounds, strict=True)]
        figures.append(
            Figure(
                "F3",
                f"{HEALTHY:,} to a healthy receiver, {what}: beside {HUNG} to a hung one over alone",
                f"{spread(ratios)}: {seconds[1]:.2f} s and {seconds[0]:.2f} s",
                f"at most {bound:g}",
                statistics.median(ratios) <= bound,
                load,
            )
        )
    return figures


async def _compared() -> list[tuple[tuple[float, float], tuple[float, float]]]:
    await _taken(hung=False)  # imports what is only imported when first needed
    return [(await _taken(hung=False), await _taken(hung=True)) for _ in range(ROUNDS)]


class _Healthy(asyncio.Protocol):
    """Answers every request at once, and notes when."""

    def __init__(self, arrived: list[float], all_there: asyncio.Event) -> None:
        self._arrived = arrived
        self._all_there = all_there

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(ANSWER)
        self._arrived.append(perf_counter())
        if len(self._arrived) == HEALTHY:
            self._all_there.set()


async def _taken(*, hung: bool) -> tuple[float, float]:
    """Seconds that 99 of 100 took at the most, each from its event on, and until the last had arrived."""
    from simulator import Simulator

    loop = asyncio.get_running_loop()
    arrived: list[float] = []
    fired: list[float] = []
    all_there = asyncio.Event()
    healthy = await loop.create_server(lambda: _Healthy(arrived, all_there), "127.0.0.1", 0, backlog=HEALTHY)
    silent = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, backlog=HUNG)
    async with healthy, silent, Simulator(clock="real", delivery="immediate") as zuora:
        for event, server in ((HEARD, healthy), (IGNORED, silent)):
            zuora.notify(event, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        for number in range(HEALTHY):
            if hung and number % (HEALTHY // HUNG) == 0:
                zuora.fire(IGNORED)
            fired.append(perf_counter())
            zuora.fire(HEARD)
        await all_there.wait()
    # A receiver's callouts go out in the order of their events, so the n-th to arrive is the n-th that was fired.
    each = sorted(there - event for event, there in zip(fired, arrived, strict=True))
    return each[int(len(each) * 0.99)], arrived[-1] - fired[0]
