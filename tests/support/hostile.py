"""Receivers that misbehave, byte by byte, over real sockets.

A script is called with each request of its turn and says, by what it returns, whether the connection goes on.
"""

import asyncio
import random
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count

Script = Callable[["Peer"], Awaitable[bool]]
"""Answers one request; true keeps the connection for another."""


class Peer:
    """The receiver's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.request = b""

    async def read_request(self) -> bytes:
        """One whole request; raises `asyncio.IncompleteReadError` where the connection ends before."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        _, found, after = head.lower().partition(b"content-length:")
        length = int(after.split(b"\r\n", 1)[0]) if found else 0
        return head + await self.reader.readexactly(length)

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)

    def reset(self) -> None:
        """End the connection with a reset rather than a farewell."""
        held = self.writer.get_extra_info("socket")
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def gone(self) -> None:
        """Wait until the other side has closed."""
        with suppress(OSError, ssl.SSLError):
            while await self.reader.read(65_536):
                pass


class Receiver:
    """What a test asks of a receiver: where it is, and what it got."""

    def __init__(self) -> None:
        self.port = 0
        self.scheme = "http"
        self.connections = 0
        self.requests: list[bytes] = []
        self.asked = asyncio.Event()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"


@asynccontextmanager
async def receiver(
    *scripts: Script, tls: ssl.SSLContext | None = None, greet: Script | None = None
) -> AsyncIterator[Receiver]:
    """A receiver whose n-th request is answered by the n-th script, and all further ones by the last.

    ``greet`` is called with a connection before anything is read, and ends it by returning false.
    """
    state = Receiver()
    peers: set[asyncio.StreamWriter] = set()
    faulty: list[Exception] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.connections += 1
        peers.add(writer)
        peer = Peer(reader, writer)
        try:
            if greet is None or await greet(peer):
                await answer(peer)
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the other side has gone
        except Exception as error:
            faulty.append(error)
        peers.discard(writer)
        writer.close()

    async def answer(peer: Peer) -> None:
        going = True
        while going:
            peer.request = await peer.read_request()
            state.requests.append(peer.request)
            state.asked.set()
            script = scripts[min(len(state.requests), len(scripts)) - 1]
            going = await script(peer)
            await peer.writer.drain()

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, _context: None)  # a handshake that is meant to fail is no news
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls, limit=1 << 20)
    state.port = server.sockets[0].getsockname()[1]
    state.scheme = "http" if tls is None else "https"
    try:
        yield state
    finally:
        server.close()
        for writer in list(peers):
            writer.transport.abort()
        with suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 5)
    assert not faulty, faulty


def says(*parts: bytes, keep: bool = False) -> Script:
    """Sends the bytes, and closes unless told to ``keep`` the connection."""

    async def script(peer: Peer) -> bool:
        peer.send(*parts)
        return keep

    return script


def says_and_resets(*parts: bytes) -> Script:
    """Sends the bytes, waits until they are out, and resets."""

    async def script(peer: Peer) -> bool:
        peer.send(*parts)
        await peer.writer.drain()
        peer.reset()
        return False

    return script


def says_and_hangs(*parts: bytes) -> Script:
    """Sends the bytes and nothing more, until the other side has had enough."""

    async def script(peer: Peer) -> bool:
        peer.send(*parts)
        await peer.gone()
        return False

    return script


def drips(before: bytes, drop: bytes, every: float = 0.01) -> Script:
    """Sends ``drop`` again and again, each well within any limit for one read."""

    async def script(peer: Peer) -> bool:
        loop = asyncio.get_running_loop()
        timer: asyncio.TimerHandle | None = None
        peer.send(before)

        def fall() -> None:
            nonlocal timer
            peer.send(drop)
            timer = loop.call_later(every, fall)

        timer = loop.call_later(every, fall)
        try:
            await peer.gone()
        finally:
            timer.cancel()
        return False

    return script


def pours(before: bytes, drop: bytes, times: int | None = None) -> Script:
    """Sends ``drop`` as fast as it is taken, for ever or so many times."""

    async def script(peer: Peer) -> bool:
        peer.send(before)
        for _ in count() if times is None else range(times):
            peer.send(drop)
            await peer.writer.drain()
        return False

    return script


def slices(text: bytes, *, seed: int = 0, keep: bool = True) -> Script:
    """Sends the bytes in packets of one to seven."""

    async def script(peer: Peer) -> bool:
        source = random.Random(seed)
        rest = text
        while rest:
            size = source.randint(1, 7)
            peer.send(rest[:size])
            rest = rest[size:]
            await asyncio.sleep(0)
        return keep

    return script


def full_backlog() -> tuple[socket.socket, list[socket.socket]]:
    """A listener that takes no further connection: a black hole. Both are for the caller to close."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    fillers: Sequence[socket.socket] = [socket.socket() for _ in range(4)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
    return listener, list(fillers)
