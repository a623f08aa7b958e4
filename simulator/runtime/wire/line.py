"""One connection to a receiver, carrying one exchange after the other.

It alone drives a connection: the handshake, the bytes of a request, the bytes of an answer, the limits, the close. The
request leaves with the last flight of the handshake, and closing leaves nothing behind. It knows no URL, route or retry.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from simulator.core.model import ErrorClass
from simulator.runtime.wire.answer import AnswerReader
from simulator.runtime.wire.body import Malformed
from simulator.runtime.wire.direct import DirectTransport
from simulator.runtime.wire.failure import Failure, Limits, tls_failure
from simulator.runtime.wire.session import Session
from simulator.runtime.wire.unread import unread


class Line(asyncio.BufferedProtocol):
    """A connection that is made or being made. ``exchange`` may be called again while ``idle`` is true.

    ``buffer`` is where bytes arrive; all lines of one event loop may share it, since each takes them out at once.

    ``gone`` is told once when it is closed, ``closed`` is done then.

    ``missed``: the receiver had closed before the last request reached it.
    """

    __slots__ = (
        "_answer",
        "_buffer",
        "_gone",
        "_limits",
        "_loop",
        "_request",
        "_seconds",
        "_session",
        "_socket",
        "_timer",
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
        gone: Callable[["Line"], None],
        session: Session | None = None,
    ) -> None:
        self._loop = loop
        self._socket = connected
        self._limits = limits
        self._buffer = buffer
        self._gone = gone
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._answer: asyncio.Future[Failure | None] | None = None
        self._request = b""
        self._session = session
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
        if self._session is not None:
            self._timer = self._loop.call_at(deadline, self._connect_expired)
        try:
            try:
                DirectTransport(self._loop, self._socket, self)
            except NotImplementedError:
                await self._loop.create_connection(lambda: self, sock=self._socket)
            return await answer
        except OSError:  # some systems refuse to set options on a socket that was reset meanwhile
            self.abort()
            return Failure(ErrorClass.CLOSED_EARLY, "reset by the receiver before any byte of an answer")
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
        if self._session is not None:
            self._session.farewell()
            self._flush(self._session)
        if transport.get_write_buffer_size():
            transport.abort()
        else:
            transport.close()

    def abort(self) -> None:
        """Drop the connection at once, whatever is under way."""
        self._end_timer()
        if self._transport is None:
            self._socket.close()
            self._over()
        else:
            self._transport.abort()

    # -- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self.closed.done():
            self._transport.abort()  # given up while asyncio was at it
        elif self._session is None:
            self._send(self._transport)
        else:
            self._shake(self._session, self._transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        data = self._buffer[:nbytes]
        session, transport = self._session, self._transport
        if session is None or transport is None:
            self._take(bytes(data))
            return
        session.received(data)
        if not session.shaken:
            self._shake(session, transport)
        if session.shaken:
            self._decrypt(session)

    def eof_received(self) -> None:
        if self._session is not None:
            self._session.ended()
        self.missed = unread(self._socket)
        self._ended("closed by the receiver")

    def connection_lost(self, error: Exception | None) -> None:
        if error is not None and self._answer is not None:
            self._salvage()
        self._ended("reset by the receiver" if error is not None else "closed by the receiver")
        self._end_timer()
        self._over()

    # -- the steps of an exchange

    def _begin(self, request: bytes, bodiless: bool, seconds: float | None = None) -> "asyncio.Future[Failure | None]":
        self._request = request
        self._seconds = self._limits.transfer_wait if seconds is None else seconds
        self.reader = AnswerReader(bodiless=bodiless)
        self._answer = self._loop.create_future()
        return self._answer

    def _shake(self, session: Session, transport: asyncio.Transport) -> None:
        try:
            session.shake()
        except ssl.SSLError as error:
            self._flush(session)  # the alert that tells the receiver why
            self._finish(tls_failure(error))
        else:
            if session.shaken:
                self._send(transport)
            else:
                self._flush(session)

    def _send(self, transport: asyncio.Transport) -> None:
        """Send the request; the transfer's time begins."""
        self._end_timer()
        self._timer = self._loop.call_later(self._seconds, self._transfer_expired)
        request, self._request = self._request, b""
        if self._session is None:
            transport.write(request)
            return
        try:
            self._session.seal(request)
        except ssl.SSLError as error:
            self._finish(tls_failure(error))
        else:
            self._flush(self._session)

    def _decrypt(self, session: Session) -> None:
        try:
            while plain := session.opened():
                self._take(plain)
                if self._answer is None and not self.reader.reusable:
                    return
        except ssl.SSLError as error:
            self._finish(tls_failure(error, begun=self.reader.begun))
            return
        if plain is None:
            self._flush(session)
        else:
            self._ended("closed by the receiver")
            self.close()

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
        if self._session is not None and not self._session.shaken:
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

    def _over(self) -> None:
        if not self.closed.done():
            self.closed.set_result(None)
            self._gone(self)

    def _flush(self, session: Session) -> None:
        data = session.outgoing()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
