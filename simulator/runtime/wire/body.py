"""Where a body ends, and how much of it is kept: the framings of HTTP/1.1 (RFC 9112, section 6 and 7).

It alone decides both. A framing takes bytes as they come and says how many of the last ones belonged to the body once that
is complete. It is our own since llhttp does not tell the size of a chunk.
"""

import re
from typing import Protocol

BODY_KEPT = 61_440
"""Bytes of an answer's body that are read and kept (documented: the provider reads 60 KB); after them the connection closes."""

LINE_LIMIT = 8_192
CHUNK_LIMIT = 2**31 - 1

_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]+)[ \t]*(?:;[^\x00]*)?")


class Malformed(Exception):
    """The bytes are not an HTTP/1 answer; the message says where they depart from one."""


class Kept:
    """A body as received, up to `BODY_KEPT` bytes; ``cut`` once there was more."""

    __slots__ = ("content", "cut")

    def __init__(self) -> None:
        self.content: bytearray | bytes = bytearray()
        self.cut = False

    def whole(self) -> bytes:
        """All of it, to be asked for at the end: it stands in memory once, which counts where a hundred end at a time."""
        self.content = bytes(self.content)
        return self.content

    def add(self, data: bytes) -> None:
        room = BODY_KEPT - len(self.content)
        self.cut = len(data) > room
        self.content += data[:room] if self.cut else data


class Framing(Protocol):
    """How the end of a body is told."""

    def take(self, data: bytes, kept: Kept) -> int | None:
        """How many bytes of ``data`` belong to the body, once it is complete; None while more must come."""


class Nothing:
    """There is no body, whatever the headers say."""

    def take(self, data: bytes, kept: Kept) -> int | None:
        return 0


class UntilClose:
    """The body ends with the connection."""

    def take(self, data: bytes, kept: Kept) -> int | None:
        kept.add(data)
        return None


class Counted:
    """The body is so many bytes long."""

    __slots__ = ("left",)

    def __init__(self, length: int) -> None:
        self.left = length

    def take(self, data: bytes, kept: Kept) -> int | None:
        part = data[: self.left]
        self.left -= len(part)
        kept.add(part)
        if self.left and len(kept.content) == BODY_KEPT:
            kept.cut = True  # more was announced: it need not come
        return None if self.left else len(part)


class Chunked:
    """The body comes in chunks, each with its size before it; one of size 0 and trailers end it."""

    __slots__ = ("_left", "_pending")

    _CLOSING, _SIZE, _TRAILER = 0, -1, -2

    def __init__(self) -> None:
        self._left = self._SIZE  # bytes of the chunk under way, or which line is due
        self._pending = b""

    def take(self, data: bytes, kept: Kept) -> int | None:
        before = len(self._pending)
        data, at = self._pending + data, 0
        while at < len(data) and not kept.cut:
            if self._left > 0:
                part = data[at : at + self._left]
                at += len(part)
                self._left -= len(part)
                kept.add(part)
                continue
            end = data.find(b"\n", at, at + LINE_LIMIT)
            if end < 0:
                self._check_open(data[at : at + LINE_LIMIT])
                break
            line, at = data[at:end].removesuffix(b"\r"), end + 1
            if self._next(line):
                return at - before
        self._pending = data[at:]
        return None

    def _next(self, line: bytes) -> bool:
        """Take a line of the framing; true for the last one."""
        if self._left == self._SIZE:
            self._left = _chunk_size(line) or self._TRAILER
        elif self._left == self._TRAILER:
            return not line
        elif line:
            raise Malformed(_LONG_CHUNK)
        else:
            self._left = self._SIZE
        return False

    def _check_open(self, line: bytes) -> None:
        """A line whose end has not come."""
        if self._left == self._CLOSING and line != b"\r":
            raise Malformed(_LONG_CHUNK)
        if len(line) == LINE_LIMIT:
            raise Malformed("a line of the chunked framing that does not end")


_LONG_CHUNK = "a chunk is longer than its size says"


def _chunk_size(line: bytes) -> int:
    found = _CHUNK_SIZE.fullmatch(line)
    if found is None:
        raise Malformed(f"a chunk size that is none: {line[:20].decode('latin-1')!r}")
    size = int(found[1], 16)
    if size > CHUNK_LIMIT:
        raise Malformed(f"a chunk size of over {CHUNK_LIMIT} bytes: {found[1][:20].decode('ascii')}")
    return size
