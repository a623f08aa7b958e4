"""One connection to a receiver, carrying one exchange after the other.

It alone drives TCP and TLS for the wire: handshake, the bytes of a request, the bytes of an answer, the limits, the close.
TLS runs here over memory buffers rather than in asyncio's own layer: the request leaves with the handshake's last
flight, each failure is told apart, and closing leaves nothing behind. It knows no URL, route or retry.
"""

import asyncio
import socket
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from simulator.core.model import ErrorClass
from simulator.runtime.wire.answer import AnswerReader, Malformed
from simulator.runtime.wire.failure import Failure, Limits, tls_failure

BUFFER_SIZE = 65_536
"""Bytes that one turn of the event loop reads at most: more would let one receiver hold up the others."""


def unread(connected: socket.socket) -> bool:
    """Whether the receiver, that has just closed, had done so before the last bytes reached it.

    It had where its system refused them (an error is pending) or has not acknowledged them (Linux tells how many).
    """
    try:
        if connected.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return True
        return SEND_QUEUE is not None and SEND_QUEUE(connected) > 0
    except OSError:
        return False


def _linux_send_queue() -> Callable[[socket.socket], int] | None:
    if sys.platform != "linux":
        return None
    from fcntl import ioctl
    from termios import TIOCOUTQ

    return lambda connected: int.from_bytes(ioctl(connected, TIOCOUTQ, bytes(4)), sys.byteorder)


SEND_QUEUE = _linux_send_queue()


class Line(asyncio.BufferedProtocol):
    """A connection that is made or being made. ``exchange`` may be called again while ``idle`` is true.

    ``buffer`` is where bytes arrive; all lines of one event loop may share it, since each takes them out at once.

    ``missed``: the receiver had closed before the last request reached it.
    """

    __slots__ = (
        "_answer",
        "_buffer",
        "_incoming",
        "_limits",
        "_loop",
        "_outgoing",
        "_request",
        "_seconds",
        "_shaken",
        "_socket",
        "_timer",
        "_tls",
        "_transport",
        "closed",
        "idle_since",
        "missed",
        "reader",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        connected: socket.socket,
        limits: Limits,
        buffer: memoryview,
        context: ssl.SSLContext | None = None,
        server_name: str = "",
    ) -> None:
        self._loop = loop
        self._socket = connected
        self._limits = limits
        self._buffer = buffer
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._answer: asyncio.Future[Failure | None] | None = None
        self._request = b""
        self._shaken = context is None
        self._tls: ssl.SSLObject | None = None
        if context is not None:
            self._incoming = ssl.MemoryBIO()
            self._outgoing = ssl.MemoryBIO()
            self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self.reader = AnswerReader()
        self.closed: asyncio.Future[None] = loop.create_future()
        self.idle_since = 0.0
        self.missed = False

    @property
    def idle(self) -> bool:
        """Whether another request may be sent on it, as far as is known on this side."""
        transport = self._transport
        return transport is not None and self._answer is None and self.reader.reusable and not transport.is_closing()

    async def open(
        self, request: bytes, *, bodiless: bool, deadline: float, seconds: float | None = None
    ) -> Failure | None:
        """Take the connected socket, shake hands until ``deadline`` (loop time), send ``request``, read the answer.

        None means a complete answer (or as much of it as is kept) in ``reader``; ``seconds`` shortens the limit for the
        transfer.
        """
        answer = self._begin(request, bodiless, seconds)
        if self._tls is not None:
            self._timer = self._loop.call_at(deadline, self._connect_expired)
        try:
            await self._loop.create_connection(lambda: self, sock=self._socket)
            return await answer
        except BaseException:
            self.abort()
            raise

    async def exchange(self, request: bytes, *, bodiless: bool, limits: Limits) -> Failure | None:
        """Send another request on the open connection, and read its answer, as `open` does."""
        self._limits = limits
        answer = self._begin(request, bodiless)
        if self._transport is not None:
            self._send(self._transport)
        try:
            return await answer
        except BaseException:
            self.abort()
            raise

    def close(self) -> None:
        """Close with TLS's own farewell; what is not sent by now is dropped."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._tls is not None and self._shaken:
            with suppress(ssl.SSLError):
                self._tls.unwrap()
            self._flush()
        if transport.get_write_buffer_size():
            transport.abort()
        else:
            transport.close()

    def abort(self) -> None:
        """Drop the connection at once, whatever is under way."""
        self._end_timer()
        if self._transport is None:
            self._socket.close()
            if not self.closed.done():
                self.closed.set_result(None)
        else:
            self._transport.abort()

    # -- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self._tls is None:
            self._send(self._transport)
        else:
            self._shake(self._tls, self._transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._received(self._buffer[:nbytes])

    def _received(self, data: memoryview) -> None:
        tls, transport = self._tls, self._transport
        if tls is None or transport is None:
            self._take(bytes(data))
            return
        self._incoming.write(data)
        if not self._shaken:
            self._shake(tls, transport)
        if self._shaken:
            self._decrypt(tls)

    def eof_received(self) -> None:
        if self._tls is not None:
            self._incoming.write_eof()
        self.missed = unread(self._socket)
        self._ended("closed by the receiver")

    def connection_lost(self, error: Exception | None) -> None:
        if error is not None and self._answer is not None:
            self._salvage()
        self._ended("reset by the receiver" if error is not None else "closed by the receiver")
        self._end_timer()
        if not self.closed.done():
            self.closed.set_result(None)

    # -- the steps of an exchange

    def _begin(self, request: bytes, bodiless: bool, seconds: float | None = None) -> "asyncio.Future[Failure | None]":
        self._request = request
        self._seconds = self._limits.transfer_wait if seconds is None else seconds
        self.reader = AnswerReader(bodiless=bodiless)
        self._answer = self._loop.create_future()
        return self._answer

    def _shake(self, tls: ssl.SSLObject, transport: asyncio.Transport) -> None:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError as error:
            self._flush()  # the alert that tells the receiver why
            self._finish(tls_failure(error))
        else:
            self._shaken = True
            self._send(transport)

    def _send(self, transport: asyncio.Transport) -> None:
        """Send the request; the transfer's time begins."""
        self._end_timer()
        self._timer = self._loop.call_later(self._seconds, self._transfer_expired)
        request, self._request = self._request, b""
        if self._tls is None:
            transport.write(request)
            return
        try:
            sent = self._tls.write(request)
            while sent < len(request):
                sent += self._tls.write(memoryview(request)[sent:])
        except ssl.SSLError as error:
            self._finish(tls_failure(error))
        else:
            self._flush()

    def _decrypt(self, tls: ssl.SSLObject) -> None:
        while not self.closed.done():
            try:
                plain = tls.read(BUFFER_SIZE)
            except ssl.SSLWantReadError:
                break
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                plain = b""
            except ssl.SSLError as error:
                self._finish(tls_failure(error, begun=self.reader.begun))
                return
            if not plain:
                self._ended("closed by the receiver")
                self.close()
                return
            self._take(plain)
            if self._answer is None and not self.reader.reusable:
                return
        self._flush()

    def _take(self, data: bytes) -> None:
        if self._answer is None:
            self.reader.reusable = False  # nobody asked for it
            self.close()
            return
        try:
            if self.reader.feed(data):
                self._finish(None)
            elif self.reader.flooded and self._transport is not None:
                self._transport.pause_reading()
        except Malformed as error:
            self._finish(Failure(ErrorClass.MALFORMED_ANSWER, f"malformed answer: {error}"))

    def _ended(self, how: str) -> None:
        """The stream is at its end: say what that means for the exchange under way."""
        self.reader.reusable = False
        if self._answer is None:
            return
        if not self._shaken:
            self._finish(Failure(ErrorClass.TLS_HANDSHAKE, f"{how} during the TLS handshake"))
            return
        ending = self.reader.end()
        self._finish(None if ending is None else Failure(ending[0], f"{how} {ending[1]}"))

    def _salvage(self) -> None:
        """Read what the receiver had sent before a write failed: an answer that is complete counts."""
        with suppress(OSError, ssl.SSLError, ValueError):
            while self._answer is not None:
                size = self._socket.recv_into(self._buffer)
                if not size:
                    return
                self.buffer_updated(size)

    def _connect_expired(self) -> None:
        self._finish(self._limits.connect_failure("the TLS handshake did not end"))

    def _transfer_expired(self) -> None:
        if self.reader.begun and self.reader.status is not None:
            what = f"status {self.reader.status} came, but the answer was not complete"
        else:
            what = "the answer did not begin" if not self.reader.begun else "the headers were not complete"
        self._finish(self._limits.transfer_failure(what))

    def _finish(self, failure: Failure | None) -> None:
        self._end_timer()
        answer, self._answer = self._answer, None
        if failure is not None or not self.reader.reusable:
            self.reader.reusable = False
            self.close()
        if answer is not None and not answer.done():
            answer.set_result(failure)

    # -- small change

    def _flush(self) -> None:
        data = self._outgoing.read()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
