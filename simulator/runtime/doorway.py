"""How many connections a server has open at a time: who comes when all places are taken is told so, and let go.

It alone decides that. Without it a client that forgets its connections takes every file that the process may have open,
and callouts fail for want of a socket, as if their receivers were at fault.
"""

import asyncio
from collections.abc import Callable

PLACES = 4_096
"""Open connections at the most."""

FILES = 256
"""Open files that a process may have where the system does not tell."""

LINGERS = 1.0
"""Seconds in which somebody who is not let in may say what they want, to be told; silent ones are let go."""

TOLD = 64
"""Those that are told at a time; whoever comes beyond them is let go without a word."""


def places() -> int:
    """How many there are: half of the files that this process may have open (``ulimit -n``), the others are for callouts."""
    try:
        import resource
    except ImportError:  # Windows
        files = FILES
    else:
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return PLACES if files < 0 else max(1, min(PLACES, files // 2))


class Doorway:
    """Makes the protocol of each connection. ``inside`` makes one that is let in, ``taken`` says how many there are."""

    def __init__(self, inside: Callable[[], asyncio.BaseProtocol], taken: Callable[[], int], places: int) -> None:
        self._inside = inside
        self._taken = taken
        self.places = places
        self.waiting: set[Refusal] = set()

    def __call__(self) -> asyncio.BaseProtocol:
        return self._inside() if self._taken() < self.places else Refusal(self)

    def close(self) -> None:
        """Let go whoever is being told."""
        for one in list(self.waiting):
            one.go()


class Refusal(asyncio.Protocol):
    """A connection that is not let in: its first request is answered 503."""

    def __init__(self, doorway: Doorway) -> None:
        self._doorway = doorway

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of a stream
        self._transport = transport
        crowded = len(self._doorway.waiting) >= TOLD
        self._doorway.waiting.add(self)
        self._timer = asyncio.get_running_loop().call_later(0 if crowded else LINGERS, self.go)

    def data_received(self, data: bytes) -> None:
        self._transport.write(_answer(self._doorway.places))
        self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._timer.cancel()
        self._doorway.waiting.discard(self)

    def go(self) -> None:
        """End it at once."""
        self._transport.abort()


def _answer(places: int) -> bytes:
    words = (
        f"{places} connections are open, and more are not served: reuse them, or close those that are done.\n".encode()
    )
    head = (
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(words)}\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + words
