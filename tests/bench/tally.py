"""A receiver that keeps its own book of what it was sent and what it did, and the judgement of a run by that book.

What it does with a request is drawn from the request's id, so that every attempt draws anew and a run repeats.
"""

import asyncio
import socket
import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Self

from msgspec import Struct

from simulator.core.model import Attempt, ErrorClass

ANSWER = b"HTTP/1.1 %d x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
LIMIT = 3
"""Attempts of a callout: Zuora's default."""

FINE, REFUSING, HANGING, RESETTING = "200", "500", "hang", "reset"
RECORDED = {
    FINE: (200, None),
    REFUSING: (500, None),
    HANGING: (-1, ErrorClass.TRANSFER_TIMEOUT),
    RESETTING: (-1, ErrorClass.CLOSED_EARLY),
}
"""What an attempt's record says of each, as `reliability.md` has it."""


class Heard(Struct, frozen=True):
    """One request as it arrived, and what was done with it."""

    notification: str
    request_id: str
    done: str
    body: bytes


class Book:
    """``shares`` says of how many percent what is done; the rest is answered 200."""

    def __init__(self, **shares: int) -> None:
        self.heard: list[Heard] = []
        self._limits: list[tuple[int, str]] = []
        reached = 0
        for name, share in shares.items():
            reached += share
            self._limits.append((reached, name))
        self._open: set[asyncio.Transport] = set()
        self.url = ""

    def does(self, request_id: str) -> str:
        """What becomes of this request."""
        chance = int(request_id[:8], 16) % 100
        return next((name for limit, name in self._limits if chance < limit), FINE)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Line(self), "127.0.0.1", 0, backlog=4096)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hook"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()


class _Line(asyncio.Protocol):
    def __init__(self, book: Book) -> None:
        self._book = book
        self._text = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._text += data
        head, found, body = self._text.partition(b"\r\n\r\n")
        if not found:
            return
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        if len(body) < int(fields.get("Content-Length", 0)):
            return
        request_id = fields["Zuora-Request-Id"]
        done = self._book.does(request_id)
        self._book.heard.append(Heard(fields["Zuora-Notification-Id"], request_id, done, body))
        if done == RESETTING:
            held = self._transport.get_extra_info("socket")
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        elif done != HANGING:
            self._transport.write(ANSWER % int(done))
            self._transport.close()


class Tally(Struct, frozen=True):
    """A run judged by the receiver's book, and the history held against it; each is a number of callouts."""

    callouts: int
    requests: int
    lost: int
    extra: int
    out_of_order: int
    differing: int

    @property
    def clean(self) -> bool:
        return not (self.lost or self.extra or self.out_of_order or self.differing)

    def __str__(self) -> str:
        return (
            f"{self.lost} lost, {self.extra} extra, {self.out_of_order} out of order, "
            f"{self.differing} with another history than the receiver's"
        )


def judged(heard: Sequence[Heard], history: Mapping[str, Iterable[Attempt]]) -> Tally:
    """``history`` is that of each callout which there must be, by its notification id."""
    by_callout: defaultdict[str, list[Heard]] = defaultdict(list)
    for one in heard:
        by_callout[one.notification].append(one)
    lost = extra = out_of_order = differing = 0
    for notification, attempts in history.items():
        arrived = by_callout.pop(notification, [])
        ended = next((n for n, one in enumerate(arrived, 1) if one.done == FINE), LIMIT)
        lost += len(arrived) < ended
        extra += len(arrived) > ended or len({one.request_id for one in arrived}) < len(arrived)
        recorded = [
            (exchange.callout.request_id, attempt.verdict.code, attempt.verdict.error)
            for attempt in attempts
            for exchange in attempt.exchanges
        ]
        here = [(one.request_id, *RECORDED[one.done]) for one in arrived]
        out_of_order += recorded != here and sorted(map(str, recorded)) == sorted(map(str, here))
        differing += recorded != here
    return Tally(len(history), len(heard), lost, extra + len(by_callout), out_of_order, differing)
