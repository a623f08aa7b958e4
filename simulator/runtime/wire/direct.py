"""A connected socket under a line, without asyncio's transports between.

asyncio's own takes several callbacks of the loop and a hundred microseconds to take up a socket and let go of it (measured:
an exchange over a fresh connection took 200, and takes 104 by this). This one takes no turn of the loop: what is written
leaves at once, what comes is given on in the turn in which it came, and closing closes. A loop that cannot watch a socket
(Windows' own) raises NotImplementedError.
"""

import asyncio
import socket
from contextlib import suppress
from typing import Protocol


class Taker(Protocol):
    """What a line is to its transport: asyncio's buffered protocol."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None: ...
    def get_buffer(self, sizehint: int) -> memoryview: ...
    def buffer_updated(self, nbytes: int) -> None: ...
    def eof_received(self) -> object: ...
    def connection_lost(self, error: Exception | None) -> None: ...


class DirectTransport(asyncio.Transport):
    """Owns ``connected`` from the moment on in which it is made. What it does not send at once it keeps until there is room."""

    __slots__ = ("_closing", "_file", "_kept", "_loop", "_reading", "_socket", "_taker")

    def __init__(self, loop: asyncio.AbstractEventLoop, connected: socket.socket, taker: Taker) -> None:
        super().__init__()
        self._loop = loop
        self._socket = connected
        self._file = connected.fileno()  # by its number: asked for a socket, selectors words who that is, and drops it
        self._taker = taker
        self._kept = b""
        self._closing = False
        with suppress(OSError):  # reset meanwhile: reading will tell
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        loop.add_reader(self._file, self._readable)
        self._reading = True
        taker.connection_made(self)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send as much as goes at once; the rest follows by itself."""
        if self._closing:
            return
        if not self._kept:
            try:
                data = data[self._socket.send(data) :]
            except (BlockingIOError, InterruptedError):
                pass
            except OSError as error:
                self._fail(error)
                return
            if not data:
                return
            self._loop.add_writer(self._file, self._writable)
        self._kept += data

    def is_closing(self) -> bool:
        return self._closing

    def get_write_buffer_size(self) -> int:
        return len(self._kept)

    def pause_reading(self) -> None:
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._file)

    def close(self) -> None:
        """Close at once where all is sent; else when it is."""
        if not self._closing:
            self.pause_reading()
            self._closing = True
            if not self._kept:
                self._lose(None)

    def abort(self) -> None:
        """Close at once: what is not sent is dropped."""
        if not self._closing or self._kept:
            self._drop()
            self._lose(None)

    def _readable(self) -> None:
        try:
            size = self._socket.recv_into(self._taker.get_buffer(-1))
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._fail(error)
            return
        if size:
            self._taker.buffer_updated(size)
        else:
            self._taker.eof_received()
            self.close()

    def _writable(self) -> None:
        try:
            self._kept = self._kept[self._socket.send(self._kept) :]
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._fail(error)
            return
        if not self._kept:
            self._loop.remove_writer(self._file)
            if self._closing:
                self._lose(None)

    def _fail(self, error: OSError) -> None:
        """In a turn of its own: whoever writes is not told in the middle of it that the connection is gone."""
        self._drop()
        self._loop.call_soon(self._lose, error)

    def _drop(self) -> None:
        self.pause_reading()
        self._closing = True
        if self._kept:
            self._kept = b""
            self._loop.remove_writer(self._file)

    def _lose(self, error: OSError | None) -> None:
        self._taker.connection_lost(error)
        self._socket.close()
