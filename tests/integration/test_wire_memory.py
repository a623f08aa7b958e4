"""However much a receiver sends, the wire keeps little of it."""

import asyncio
import tracemalloc

from simulator.core.http import compose
from simulator.core.model import Outcome
from simulator.runtime.wire import BODY_KEPT, Wire
from tests.support.hostile import Script, pours, receiver

DROP = bytes(65_536)


async def peak(script: Script, parallel: int) -> tuple[int, list[Outcome]]:
    """The most memory that was taken while so many callouts ran at once, and what came of them."""
    wire = Wire()

    async def one(url: str) -> Outcome:
        async with wire.conversation() as conversation:
            return await conversation.send(compose("POST", url, [], b"{}", "0" * 32))

    async with receiver(script) as there:
        await one(there.url)
        tracemalloc.start()
        try:
            outcomes = await asyncio.gather(*(one(there.url) for _ in range(parallel)))
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    await wire.close()
    return most, outcomes


async def test_long_bodies() -> None:
    """Five answers of 20 MB at once take no more than a few kept bodies; each is flagged."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(DROP) * 320)
    most, outcomes = await peak(pours(head, DROP, 320), parallel=5)
    assert most < 5_000_000
    assert all((one.status, len(one.body), one.truncated) == (200, BODY_KEPT, True) for one in outcomes)


async def test_endless_headers() -> None:
    """Headers without end are given up at 64 kB each."""
    most, outcomes = await peak(pours(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 10_000), parallel=5)
    assert most < 5_000_000
    assert {one.error for one in outcomes} == {"malformed-answer"}
