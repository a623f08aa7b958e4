"""How an answer is written: its bytes, and where an ending cuts them.

This module alone decides the bytes. It writes no ``Date`` and no ``Server``, so that the same script gives the same
bytes in every run, and knows no socket.
"""

from collections.abc import Iterator
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from simulator.receiver.answer import Answer, Point

FILLER: Final = b"x" * 65536
BODILESS: Final = frozenset({204, 304})


@lru_cache(maxsize=1024)
def whole(answer: Answer, method: str, keep_alive: bool) -> bytes:
    """All bytes of an answer that can be written in one go."""
    return interim(answer) + head(answer, keep_alive) + (answer.body if has_body(answer, method) else b"")


def stays_open(answer: Answer, keep_alive: bool) -> bool:
    """Whether the connection may carry another request after this answer. A 1xx as the last word ends it."""
    closing = any(name.lower() == "connection" and "close" in text.lower() for name, text in answer.headers)
    return keep_alive and not closing and answer.status >= 200


def pieces(answer: Answer, method: str, keep_alive: bool) -> Iterator[bytes]:
    """The bytes of an answer up to where its ending cuts it, piece by piece: a huge body is never held at once."""
    if answer.raw is not None:
        yield interim(answer) + answer.raw
        return
    point = answer.ending[1] if answer.ending else Point.ANSWER
    yield interim(answer)
    if point is Point.REQUEST:
        return
    first = head(answer, keep_alive)
    if point is Point.HEADERS:
        yield first[: len(first) // 2]
        return
    yield first
    if not has_body(answer, method):
        return
    if answer.endless:
        yield from _without_end(answer.body)
    size = _size(answer)
    left = size // 2 if point is Point.BODY else size
    yield answer.body[:left]
    left -= len(answer.body[:left])
    while left > 0:
        yield FILLER[:left]
        left -= len(FILLER)


def interim(answer: Answer) -> bytes:
    """The interim answers that go before."""
    return b"".join(f"{_status_line(status)}\r\n\r\n".encode() for status in answer.interim)


def head(answer: Answer, keep_alive: bool) -> bytes:
    """Status line and headers, with the framing that the author has not written."""
    lines = [_status_line(answer.status), *(f"{name}: {text}" for name, text in answer.headers)]
    named = {name.lower() for name, _ in answer.headers}
    if answer.status >= 200 and answer.status not in BODILESS and not named & {"content-length", "transfer-encoding"}:
        lines.append("Transfer-Encoding: chunked" if answer.endless else f"Content-Length: {_size(answer)}")
    if not keep_alive and answer.status >= 200 and "connection" not in named:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def has_body(answer: Answer, method: str) -> bool:
    return method != "HEAD" and answer.status >= 200 and answer.status not in BODILESS


def _size(answer: Answer) -> int:
    size = len(answer.body) + answer.big
    if answer.ending and answer.ending[1] is Point.BODY and size < 2:
        return 64  # a body that can be cut in its middle
    return size


def _without_end(body: bytes) -> Iterator[bytes]:
    if body:
        yield _chunk(body)
    filler = _chunk(FILLER)
    while True:
        yield filler


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def _status_line(status: int) -> str:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}"
