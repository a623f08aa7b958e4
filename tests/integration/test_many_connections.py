"""More connections than there are places: a plain refusal, and those that are inside notice nothing."""

import asyncio
import ssl
from contextlib import AsyncExitStack

import pytest

from simulator import Receiver, Simulator
from simulator.runtime import doorway, server

PLACES = 5
REQUEST = b"GET /_simulator/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "places", lambda: PLACES)


class Line:
    """A connection to a simulator."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.body = b""

    @classmethod
    async def to(cls, zuora: Simulator, stack: AsyncExitStack) -> "Line":
        tls = None
        if zuora.url.startswith("https"):
            tls = ssl.create_default_context(cadata=zuora.instance.authority.ca_pem.decode())
        line = cls(*await asyncio.open_connection("127.0.0.1", int(zuora.url.rpartition(":")[2]), ssl=tls))
        stack.callback(line.writer.close)
        return line

    async def asks(self) -> bytes:
        """The status line, once all of a small answer is there."""
        self.writer.write(REQUEST)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        self.body = await self.reader.readexactly(length)
        return head.split(b"\r\n", 1)[0]


@pytest.mark.parametrize("tls", [False, True])
async def test_one_more_than_there_are_places_is_refused_in_words(tls: bool) -> None:
    """503 and what to do; the others go on, and a place that is given up is the next one's."""
    async with Simulator(tls=tls) as zuora, AsyncExitStack() as stack:
        inside = [await Line.to(zuora, stack) for _ in range(PLACES)]
        for line in inside:
            assert await line.asks() == b"HTTP/1.1 200 OK"
        late = await Line.to(zuora, stack)
        assert await late.asks() == b"HTTP/1.1 503 Service Unavailable"
        assert late.body.startswith(b"5 connections are open, and more are not served")
        assert await late.reader.read() == b""
        for line in inside:
            assert await line.asks() == b"HTTP/1.1 200 OK"
        inside[0].writer.close()
        await inside[0].writer.wait_closed()
        await inside[1].asks()  # the server has heard of it
        next_one = await Line.to(zuora, stack)
        assert await next_one.asks() == b"HTTP/1.1 200 OK"


async def test_a_crowd_outside_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who says nothing is let go; a callout is made all the same, and the server stops as it does without them."""
    monkeypatch.setattr(doorway, "TOLD", 2)
    async with Receiver() as receiver, Simulator() as zuora, AsyncExitStack() as stack:
        inside = [await Line.to(zuora, stack) for _ in range(PLACES)]
        assert await inside[-1].asks() == b"HTTP/1.1 200 OK"
        crowd = [await Line.to(zuora, stack) for _ in range(10)]
        told_nothing = [await line.reader.read() for line in crowd[2:]]
        assert set(told_nothing) <= {b""}
        zuora.notify("Payment Declined", receiver.url)
        zuora.fire("Payment Declined")
        await zuora.settle()
        assert receiver.count == 1
    assert [await line.reader.read() for line in crowd[:2]] == [b"", b""]


@pytest.mark.parametrize(("files", "held"), [(256, 128), (1_000_000, doorway.PLACES), (-1, doorway.PLACES), (1, 1)])
def test_half_of_the_open_files_are_for_callouts(files: int, held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many the process may have, and there is always one place."""
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda which: (files, files))
    assert doorway.places() == held
