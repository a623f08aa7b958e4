"""A socket under a line: what does not go at once goes later, closing waits for it, and every end is told once."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from simulator.core.heads import Form
from simulator.core.model import Callout
from simulator.runtime.addresses import Addresses
from simulator.runtime.wire import Wire
from simulator.runtime.wire.direct import DirectTransport

BIG = b"x" * 5_000_000
"""More than any socket takes at once."""


class Heard:
    """Takes what comes, and keeps how it ended."""

    def __init__(self) -> None:
        self.came = bytearray()
        self.ends: list[Exception | None] = []
        self.lost = asyncio.Event()
        self.said = asyncio.Event()
        self._buffer = memoryview(bytearray(65_536))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.came += self._buffer[:nbytes]
        self.said.set()

    def eof_received(self) -> None:
        self.said.set()

    def connection_lost(self, error: Exception | None) -> None:
        self.ends.append(error)
        self.lost.set()


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    yield ours, theirs
    ours.close()
    theirs.close()


async def read_all(theirs: socket.socket) -> bytes:
    """To the end of the stream."""
    came = bytearray()
    while part := await asyncio.get_running_loop().sock_recv(theirs, 1 << 20):
        came += part
    return bytes(came)


async def test_what_does_not_go_at_once_goes_later(ends: tuple[socket.socket, socket.socket]) -> None:
    """Closing waits until everything written is sent; its end is told once."""
    ours, theirs = ends
    heard = Heard()
    transport = DirectTransport(asyncio.get_running_loop(), ours, heard)
    transport.write(BIG)
    transport.write(b"end")
    assert transport.get_write_buffer_size() > 0
    transport.close()
    assert transport.is_closing()
    assert not heard.ends
    assert await read_all(theirs) == BIG + b"end"
    await heard.lost.wait()
    assert heard.ends == [None]


async def test_aborting_drops_what_is_kept(ends: tuple[socket.socket, socket.socket]) -> None:
    """The other side sees the end, without the rest."""
    ours, theirs = ends
    heard = Heard()
    transport = DirectTransport(asyncio.get_running_loop(), ours, heard)
    transport.write(BIG)
    transport.close()
    transport.abort()
    transport.abort()
    assert heard.ends == [None]
    assert len(await read_all(theirs)) < len(BIG)


async def test_what_comes_is_given_on(ends: tuple[socket.socket, socket.socket]) -> None:
    """Bytes as they come; their end closes this side too."""
    ours, theirs = ends
    heard = Heard()
    transport = DirectTransport(asyncio.get_running_loop(), ours, heard)
    theirs.send(b"hello")
    await heard.said.wait()
    assert heard.came == b"hello"
    theirs.close()
    await heard.lost.wait()
    assert transport.is_closing()
    assert heard.ends == [None]


async def test_nothing_is_read_while_paused(ends: tuple[socket.socket, socket.socket]) -> None:
    """Neither bytes nor the end are heard of; closing works all the same."""
    ours, theirs = ends
    heard = Heard()
    transport = DirectTransport(asyncio.get_running_loop(), ours, heard)
    transport.pause_reading()
    theirs.send(b"hello")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    transport.close()
    assert heard.came == b""
    assert heard.ends == [None]


async def test_a_write_that_fails(ends: tuple[socket.socket, socket.socket]) -> None:
    """Is told as the end of the connection, in a later turn; nothing is written any more."""
    ours, theirs = ends
    heard = Heard()
    transport = DirectTransport(asyncio.get_running_loop(), ours, heard)
    theirs.close()
    transport.write(b"too late")
    assert not heard.ends
    transport.write(b"later still")
    transport.abort()
    await heard.lost.wait()
    assert [type(end) for end in heard.ends] == [BrokenPipeError]


async def test_a_rest_that_fails(ends: tuple[socket.socket, socket.socket]) -> None:
    """The receiver goes while the rest waits for room: the error is told, and only once."""
    ours, theirs = ends
    heard = Heard()
    transport = DirectTransport(asyncio.get_running_loop(), ours, heard)
    transport.pause_reading()
    transport.write(BIG)
    theirs.close()
    await heard.lost.wait()
    assert len(heard.ends) == 1
    assert isinstance(heard.ends[0], OSError)


class Unwatching(asyncio.SelectorEventLoop):
    """A loop that cannot watch a socket, as Windows' own cannot."""

    def add_reader(self, *of: object) -> None:
        raise NotImplementedError


def test_a_loop_that_watches_no_sockets() -> None:
    """Callouts go out all the same, by asyncio's own transport."""

    async def sent() -> int | None:
        async with receiving() as url:
            wire = Wire(addresses=Addresses())
            async with wire.conversation() as talk:
                outcome = await talk.send(Callout(Form("GET", url, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"), b"", "0" * 32))
            await wire.close()
            assert not wire.open
            return outcome.status

    with asyncio.Runner(loop_factory=Unwatching) as runner:
        assert runner.run(sent()) == 200


@asynccontextmanager
async def receiving() -> AsyncIterator[str]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
