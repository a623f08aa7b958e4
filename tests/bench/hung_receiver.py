"""What a hung receiver costs a healthy one beside it, on the real clock: nothing that anybody should notice."""

import asyncio
import statistics
from time import perf_counter

ROUNDS = 5
HEALTHY, HUNG = 1_000, 200
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
HEARD, IGNORED = "Payment Declined", "Invoice Posted"


def a_hung_receiver_beside_a_healthy_one() -> str:
    """1,000 callouts to a healthy receiver, alone and beside 200 to one that never answers; the bound is 1.5."""
    return asyncio.run(_compared())


async def _compared() -> str:
    await _taken(hung=False)  # imports what is only imported when first needed
    alone, beside = [], []
    for _ in range(ROUNDS):
        alone.append(await _taken(hung=False))
        beside.append(await _taken(hung=True))
    ratio = statistics.median(beside) / statistics.median(alone)
    took = f"{statistics.median(beside):.2f} s beside {HUNG} to a hung one, {statistics.median(alone):.2f} s alone"
    return f"{HEALTHY:,} callouts to a healthy receiver: {took}, {ratio:.2f} times (bound 1.5)"


class _Healthy(asyncio.Protocol):
    """Answers every request at once."""

    def __init__(self, answered: "asyncio.Semaphore") -> None:
        self._answered = answered

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(ANSWER)
        self._answered.release()


async def _taken(*, hung: bool) -> float:
    """Seconds from the first event until the healthy receiver has heard of all of its own."""
    from simulator import Simulator

    loop = asyncio.get_running_loop()
    answered = asyncio.Semaphore(0)
    healthy = await loop.create_server(lambda: _Healthy(answered), "127.0.0.1", 0, backlog=HEALTHY)
    silent = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, backlog=HUNG)
    async with healthy, silent, Simulator(clock="real", delivery="immediate") as zuora:
        for event, server in ((HEARD, healthy), (IGNORED, silent)):
            zuora.notify(event, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        begun = perf_counter()
        for number in range(HEALTHY):
            if hung and number % (HEALTHY // HUNG) == 0:
                zuora.fire(IGNORED)
            zuora.fire(HEARD)
        for _ in range(HEALTHY):
            await answered.acquire()
        return perf_counter() - begun
