"""Where a request ends: bytes in, requests out, whatever the slices in which they come.

This module alone decides framing (RFC 9112, sections 2 and 6). It keeps the bytes of a head as they came, which no
parser of headers does, and knows no socket. What is ambiguous is refused rather than guessed.
"""

import re
from typing import Final

from msgspec import Struct

LONGEST_HEAD: Final = 1 << 20
_END_OF_HEAD: Final = b"\r\n\r\n"
_REQUEST_LINE: Final = re.compile(rb"[!-~]+ [^ \x00-\x1f]+ HTTP/1\.([01])\r\n")
_FRAMING: Final = re.compile(rb"\n(content-length|transfer-encoding|connection|expect):[ \t]*([^\r\n]*)", re.IGNORECASE)
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?")


class Malformed(Exception):
    """These bytes are no request; ``status`` is the answer that they deserve, ``seen`` what had come."""

    def __init__(self, reason: str, seen: bytes, status: int = 400) -> None:
        super().__init__(reason)
        self.seen = seen
        self.status = status


class Request(Struct, frozen=True, gc=False):
    """The bytes of one request, and whether its sender means to send another on the same connection."""

    head: bytes
    body: bytes
    keep_alive: bool


class RequestReader:
    """Bytes are fed in, complete requests are taken out."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanned = 0
        self._head = b""
        self._length = 0
        self._chunked: bytearray | None = None
        self._keep_alive = True
        self.wants_continue = False
        """The sender waits for ``100 Continue`` before it sends the body of the request under way."""

    def feed(self, chunk: bytes) -> None:
        self._buffer += chunk

    def next(self) -> Request | None:
        """The next complete request, None while there is none. Raises ``Malformed``; nothing can be read after that."""
        if not self._head and not self._read_head():
            return None
        body = self._take(self._length) if self._chunked is None else self._read_chunks(self._chunked)
        if body is None:
            return None
        request = Request(self._head, body, self._keep_alive)
        self._head, self._length, self._chunked, self.wants_continue = b"", 0, None, False
        return request

    def _read_head(self) -> bool:
        buffer = self._buffer
        while buffer[:2] == b"\r\n":  # RFC 9112 2.2: a server ignores an empty line before a request
            del buffer[:2]
        end = buffer.find(_END_OF_HEAD, self._scanned)
        if end < 0:
            self._scanned = max(0, len(buffer) - 3)
            if len(buffer) > LONGEST_HEAD:
                raise Malformed("the headers never end", bytes(buffer), 431)
            return False
        head = bytes(buffer[: end + 4])
        del buffer[: end + 4]
        self._scanned = 0
        self._frame(head)
        self._head = head
        return True

    def _frame(self, head: bytes) -> None:
        line = _REQUEST_LINE.match(head)
        if line is None:
            raise Malformed("this is no request line", head)
        lengths: set[bytes] = set()
        codings = connection = b""
        for name, value in _FRAMING.findall(head):
            match name.lower():
                case b"content-length":
                    lengths.add(value.strip())
                case b"transfer-encoding":
                    codings += value.strip().lower()
                case b"connection":
                    connection += value.lower()
                case _:
                    self.wants_continue = value.strip().lower() == b"100-continue"
        if len(lengths) > 1 or (lengths and codings) or codings not in (b"", b"chunked"):
            raise Malformed("the length of the body is told in two ways", head)
        length = lengths.pop() if lengths else b"0"
        if not length.isdigit() or len(length) > 15:
            raise Malformed("the length of the body is no number", head)
        self._length = int(length)
        self._chunked = bytearray() if codings else None
        self._keep_alive = b"close" not in connection and (line[1] == b"1" or b"keep-alive" in connection)

    def _take(self, size: int) -> bytes | None:
        if len(self._buffer) < size:
            return None
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _read_chunks(self, body: bytearray) -> bytes | None:
        buffer = self._buffer
        while (line := buffer.find(b"\r\n")) >= 0:
            size = _CHUNK.fullmatch(bytes(buffer[:line]))
            if size is None:
                raise Malformed("this is no size of a chunk", self._head)
            length = int(size[1], 16)
            start, end = line + 2, line + 2 + length
            if length == 0:
                return bytes(body) if self._read_trailers(start) else None
            if len(buffer) < end + 2:
                return None
            if buffer[end : end + 2] != b"\r\n":
                raise Malformed("a chunk is longer than it says", self._head)
            body += buffer[start:end]
            del buffer[: end + 2]
        return None

    def _read_trailers(self, start: int) -> bool:
        """Whether the trailers, which start after the last chunk's line, are complete; they are then dropped."""
        if self._buffer[start : start + 2] == b"\r\n":
            del self._buffer[: start + 2]
            return True
        end = self._buffer.find(_END_OF_HEAD, start)
        if end >= 0:
            del self._buffer[: end + 4]
        return end >= 0
