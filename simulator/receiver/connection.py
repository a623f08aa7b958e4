"""One connection: bytes in, answers out.

This module alone decides when which bytes of an answer are written and how a connection is cut. It decides neither
what the answer is (script, access) nor how it is spelt (rendering).
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, cast

from simulator.receiver.access import Access
from simulator.receiver.answer import Answer, Ending
from simulator.receiver.book import Book
from simulator.receiver.framing import Malformed, Request, RequestReader
from simulator.receiver.received import Deed, Received
from simulator.receiver.rendering import pieces, stays_open, whole
from simulator.receiver.script import Script, decided

Pause = Callable[[float], Awaitable[None]]

# Dripping faster than this would only keep the loop busy: a faster rate sends more bytes at a time.
DRIPS_PER_SECOND: Final = 20
OUR_FAULT: Final = Answer(status=500, headers=(("Content-Type", "text/plain"),), body=b"the script of answers failed\n")


class House(Protocol):
    """What a connection asks of its receiver."""

    book: Book
    script: Script
    access: Access
    pause: Pause
    connections: set[Any]
    failed_handshakes: list[str]

    def number(self) -> int:
        """The number of a new connection, from 1."""
        ...


class Connection(asyncio.Protocol):
    """Reads requests and answers them one at a time, in order, as HTTP/1.1 asks of a server.

    ``number`` is that of a connection whose accept the script has been asked about already, 0 for a new one.
    """

    def __init__(self, house: House, number: int = 0) -> None:
        self._house = house
        self._reader = RequestReader()
        self._transport: asyncio.Transport | None = None
        self._number = number
        self._task: asyncio.Task[None] | None = None
        self._decision: asyncio.Future[Any] | None = None
        self._closing = False
        self._gone: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None

    # What the loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # a listening TCP socket makes no other
        self._house.connections.add(self)
        if not self._number:
            self._number = self._house.number()
            answer = self._house.script.at_accept()
            if answer is not None:
                self._end(answer.ending[0] if answer.ending else Ending.CLOSE)
        self._advance()

    def data_received(self, data: bytes) -> None:
        if not self._closing:
            self._reader.feed(data)
            # Over TLS bytes may come before the connection is told to be made.
            if self._task is None and self._transport is not None:
                self._advance()

    def pause_writing(self) -> None:
        self._room = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
        self._room = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        self.resume_writing()
        if self._task is None:
            self._house.connections.discard(self)
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)

    def stop(self) -> list[asyncio.Future[Any]]:
        """Cuts the connection whatever it is doing; what was busy with it, to wait for."""
        self._closing = True
        if self._transport is not None:
            self._transport.abort()
        busy = [future for future in (self._task, self._decision) if future is not None]
        for future in busy:
            future.cancel()
        return busy

    # One request after the other

    def _advance(self) -> None:
        while self._task is None and not self._closing:
            try:
                request = self._reader.next()
            except Malformed as fault:
                self._refuse(fault)
                return
            if request is None:
                if self._reader.wants_continue:
                    self._reader.wants_continue = False
                    self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            self._take(request)

    def _take(self, request: Request) -> None:
        house = self._house
        received = house.book.enter(self._number, request.head, request.body)
        access = house.access
        if not access.open:
            if access.issues(received):
                self._write_whole(received, access.token_answer(received), request.keep_alive, challenged=True)
                return
            if not access.admits(received):
                self._write_whole(received, access.challenge(received), request.keep_alive, challenged=True)
                return
        try:
            answer = house.script.next(received)
        except Exception as fault:  # whatever the author's function raises is raised again at the end
            house.book.faults.append(fault)
            answer = OUR_FAULT
        if isinstance(answer, Answer) and answer.plain:
            self._write_whole(received, answer, request.keep_alive)
            return
        loop = asyncio.get_running_loop()
        self._gone = loop.create_future()
        if not isinstance(answer, Answer):
            # A task of its own from the start: one that is cancelled before its first step leaves no coroutine unawaited.
            answer = self._decision = asyncio.ensure_future(answer)
        self._task = loop.create_task(self._play(received, answer, request.keep_alive))
        self._task.add_done_callback(self._played)

    def _refuse(self, fault: Malformed) -> None:
        received = self._house.book.enter(self._number, fault.seen, b"")
        answer = Answer(status=fault.status, body=f"{fault}\n".encode())
        self._write_whole(received, answer, keep_alive=False)

    def _write_whole(self, received: Received, answer: Answer, keep_alive: bool, *, challenged: bool = False) -> None:
        # Noted first: whoever has read the answer, on whatever thread, finds it in the record.
        self._house.book.note(received, answer.status, challenged=challenged)
        self._write(whole(answer, received.method, keep_alive))
        self._leave_open(stays_open(answer, keep_alive))

    async def _play(self, received: Received, answer: Answer | asyncio.Future[Any], keep_alive: bool) -> None:
        """An answer that takes its time."""
        if not isinstance(answer, Answer):
            try:
                answer = decided(await answer)
            except Exception as fault:
                self._house.book.faults.append(fault)
                answer = OUR_FAULT
        if answer.delay:
            await self._pause(answer.delay.total_seconds())
        late = self.gone
        deed = _deed(answer)
        self._house.book.note(received, deed, late=late)
        complete = await self._write_pieces(answer, received.method, keep_alive)
        if answer.drip and not complete and not late:
            self._house.book.note(received, deed, late=True)
        if answer.raw is not None:
            self._end(Ending.CLOSE)
        elif answer.ending is None:
            self._leave_open(stays_open(answer, keep_alive))
        else:
            self._end(answer.ending[0])
            if answer.ending[0] is Ending.HANG:
                await self._until_gone()

    def _played(self, task: asyncio.Task[None]) -> None:
        self._task = self._decision = None
        if self.gone:
            self._house.connections.discard(self)
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._house.book.faults.append(cast(Exception, fault))
            self.stop()
        self._advance()

    async def _write_pieces(self, answer: Answer, method: str, keep_alive: bool) -> bool:
        """Whether the sender heard the answer out."""
        for piece in pieces(answer, method, keep_alive):
            if answer.drip:
                await self._drip(piece, answer.drip)
            else:
                self._write(piece)
            if self._room is not None:
                await asyncio.wait([self._room])
            # Other connections have their turn between two pieces.
            await asyncio.sleep(0)
            if self.gone:
                return False
        return True

    async def _drip(self, piece: bytes, rate: int) -> None:
        at_a_time = -(-rate // DRIPS_PER_SECOND)
        for start in range(0, len(piece), at_a_time):
            await self._pause(at_a_time / rate)
            if self.gone:
                return
            self._write(piece[start : start + at_a_time])

    # The hands

    @property
    def gone(self) -> bool:
        """Whether the other side has left while it was being answered."""
        return self._gone is not None and self._gone.done()

    async def _pause(self, seconds: float) -> None:
        """Waits so long, or until the sender has gone: nobody is left to be kept waiting."""
        if self.gone or self._gone is None:
            return
        pause = asyncio.ensure_future(self._house.pause(seconds))
        try:
            await asyncio.wait([pause, self._gone], return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()

    async def _until_gone(self) -> None:
        if self._gone is not None:
            await asyncio.wait([self._gone])

    def _write(self, piece: bytes) -> None:
        if self._transport is not None and piece and not self._transport.is_closing():
            self._transport.write(piece)

    def _leave_open(self, stays: bool) -> None:
        if not stays:
            self._end(Ending.CLOSE)

    def _end(self, ending: Ending) -> None:
        self._closing = True
        if self._transport is not None and ending is not Ending.HANG:
            ENDINGS[ending](self._transport)


def _reset(transport: asyncio.Transport) -> None:
    """RST instead of FIN: a socket that lingers for no time drops its connection."""
    with contextlib.suppress(OSError):  # the other side was faster, and its socket is closed already
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


ENDINGS: Final[dict[Ending, Callable[[asyncio.Transport], None]]] = {
    Ending.RESET: _reset,
    Ending.CLOSE: lambda transport: transport.close(),
}


def _deed(answer: Answer) -> int | Deed:
    """What the record says was done: the status, unless the whole answer never went out."""
    if answer.raw is not None:
        return Deed.RAW
    if answer.ending is None or answer.ending[1].value == "answer":
        return answer.status
    return Deed(answer.ending[0].value)
