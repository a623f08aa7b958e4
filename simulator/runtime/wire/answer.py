"""Reads one answer from the bytes of a receiver, however they are sliced.

It alone decides what is a proper answer, what is malformed and where the body ends. It knows no socket and no clock.
llhttp (by way of httptools) judges the head; what it lets pass and the fault table does not is checked here, and the body
is read here, since llhttp does not tell the size of a chunk.
"""

import re
from collections.abc import Callable

import httptools

from simulator.core.model import ErrorClass

BODY_KEPT = 61_440
"""Bytes of an answer's body that are read and kept (documented: the provider reads 60 KB); after them the connection closes."""

INTERIM_LIMIT = 1_000
"""Interim answers that are read: who sends more only ever runs into the limit of time, and need not cost any until then."""

HEAD_LIMIT = 65_536
LINE_LIMIT = 8_192
CHUNK_LIMIT = 2**31 - 1

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]+)[ \t]*(?:;[^\x00]*)?")
_TLS_ALERT = b"\x15\x03"


class Malformed(Exception):
    """The bytes are not an HTTP/1 answer; the message says where they depart from one."""


class AnswerReader:
    """The answer to one request as far as it has come: ``status``, ``head`` and ``body`` fill as bytes are fed.

    ``begun`` is true from the first byte on, ``reusable`` once the answer is complete and leaves the connection fit for
    another request. ``status`` is the last one heard, an interim one too.
    """

    __slots__ = (
        "_body",
        "_chunked",
        "_interims",
        "_lasting",
        "_left",
        "_lengths",
        "_parser",
        "_pending",
        "_step",
        "begun",
        "bodiless",
        "head",
        "reusable",
        "status",
        "truncated",
    )

    def __init__(self, *, bodiless: bool = False) -> None:
        self.bodiless = bodiless
        self.status: int | None = None
        self.head = b""
        self.begun = False
        self.truncated = False
        self.reusable = False
        self._body = bytearray()
        self._pending = bytearray()
        self._parser: httptools.HttpResponseParser | None = None
        self._step: Callable[[AnswerReader], bool] | None = None  # unbound: no reader refers to itself
        self._lasting = False
        self._left = 0
        self._lengths: list[bytes] = []
        self._chunked = False
        self._interims = 0

    @property
    def flooded(self) -> bool:
        """Whether nothing more need be read, since interim answers come without end."""
        return self._interims >= INTERIM_LIMIT

    @property
    def body(self) -> bytes:
        """The body as received, at most `BODY_KEPT` bytes."""
        return bytes(self._body)

    def feed(self, data: bytes) -> bool:
        """Take what came; true once the answer is complete or enough of it is there. Raises `Malformed`."""
        self.begun = True
        while self._step is None:
            rest = None if self.flooded else self._read_head(data)
            if rest is None:
                return False
            data = rest
        self._pending += data
        return self._step(self)

    def end(self) -> tuple[ErrorClass, str] | None:
        """What the end of the stream means now; None where it is the proper end of the body."""
        if self._step is AnswerReader._until_close:
            return None
        if self._step is not None:
            return ErrorClass.CLOSED_EARLY, f"after status {self.status}, before the body was complete"
        if self._pending:
            return ErrorClass.CLOSED_EARLY, "before the headers were complete"
        if self.status is not None:
            return ErrorClass.INTERIM, f"{self.status} was the last that was heard before the connection ended"
        return ErrorClass.CLOSED_EARLY, "before any byte of an answer"

    # -- the head

    def on_headers_complete(self) -> None:
        """llhttp's call at the end of a head. After an empty body it has forgotten by then whether the connection lasts."""
        if self._parser is not None:
            self._lasting = self._parser.should_keep_alive()

    def on_header(self, name: bytes, value: bytes) -> None:
        """llhttp's call for each header, in order: only framing matters here."""
        match name.lower():
            case b"content-length":
                self._lengths.append(value)
            case b"transfer-encoding":
                # The last coding decides (RFC 9112 6.3); llhttp has refused it beside a Content-Length.
                self._chunked = value.rpartition(b",")[2].strip().lower() == b"chunked"

    def _read_head(self, data: bytes) -> bytes | None:
        """Go on with a head; the bytes after it, or None where more must come."""
        pending = self._pending
        if not pending:
            # An empty line before the status line is forgiven, as RFC 9112 2.2 does for requests.
            data = data.lstrip(b"\r\n")
            if not data:
                return None
            self._parser = None
        parser = self._parser
        if parser is None:
            parser = self._parser = httptools.HttpResponseParser(self)
            parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True)
        known = len(pending)
        pending += data
        end = _END_OF_HEAD.search(pending, max(0, known - 2))
        head_size = end.end() if end else len(pending)
        self._check_sizes(known, head_size)
        self._judge(parser, data[: head_size - known] if end else data)
        if end is None:
            return None
        self.head = bytes(pending[:head_size])
        self._pending = bytearray()
        self._parser = None  # the reader and its parser hold each other
        self._begin_body(parser.get_status_code())
        return data[head_size - known :] if self._step or head_size - known < len(data) else None

    def _check_sizes(self, known: int, size: int) -> None:
        if size > LINE_LIMIT:
            if size > HEAD_LIMIT:
                raise Malformed(f"headers of more than {HEAD_LIMIT} bytes")
            start = self._pending.rfind(b"\n", 0, known) + 1
            if max(map(len, self._pending[start:size].split(b"\n"))) > LINE_LIMIT:
                raise Malformed(f"a header line of more than {LINE_LIMIT} bytes")

    def _judge(self, parser: httptools.HttpResponseParser, data: bytes) -> None:
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # 101: the head is complete, and nothing after it is read
        except httptools.HttpParserError as error:
            raise Malformed(_departure(bytes(self._pending), str(error))) from None

    def _begin_body(self, status: int) -> None:
        if status < 100 or not self.head.startswith(b"HTTP/1."):
            line = self.head.splitlines()[0][:40].decode("latin-1")
            raise Malformed(f"{line!r} is no status line of HTTP/1")
        self.status = status
        if status < 200 and status != 101:
            self._interims += 1
            self._lengths.clear()
            self._chunked = False
            return
        lasting = self._lasting
        if self.bodiless or status in (101, 204, 304):
            self.reusable = lasting and status != 101 and not self._chunked and all(n == b"0" for n in self._lengths)
            self._step = AnswerReader._nothing
        elif self._chunked:
            self.reusable = lasting
            self._left = -1
            self._step = AnswerReader._chunks
        elif self._lengths:
            self.reusable = lasting
            self._left = int(self._lengths[0])
            self._step = AnswerReader._counted
        else:
            self._step = AnswerReader._until_close

    # -- the body: each step takes what is pending, and is true once the answer is complete

    def _nothing(self) -> bool:
        self.reusable = self.reusable and not self._pending
        return True

    def _until_close(self) -> bool:
        self._keep(self._pending)
        self._pending.clear()
        return self.truncated

    def _counted(self) -> bool:
        pending = self._pending
        if len(pending) > self._left:
            self.reusable = False  # bytes that belong to no request
            del pending[self._left :]
        self._left -= len(pending)
        self._keep(pending)
        pending.clear()
        if self._left and len(self._body) == BODY_KEPT:
            self._cut()
        return self.truncated or not self._left

    def _chunks(self) -> bool:
        """``_left``: bytes of the chunk under way; 0 its closing line is due; -1 a size line is due; -2 trailers."""
        data, at = bytes(self._pending), 0
        complete = False
        while at < len(data) and not self.truncated:
            if self._left > 0:
                part = data[at : at + self._left]
                at += len(part)
                self._left -= len(part)
                self._keep(part)
                continue
            end = data.find(b"\n", at, at + LINE_LIMIT)
            if end < 0:
                self._check_open_line(data[at : at + LINE_LIMIT])
                break
            line = data[at:end].removesuffix(b"\r")
            at = end + 1
            if self._left == 0:
                if line:
                    raise Malformed(_LONG_CHUNK)
                self._left = -1
            elif self._left == -1:
                self._left = _chunk_size(line) or -2
            elif not line:
                complete = True
                break
        del self._pending[:at]
        self.reusable = self.reusable and not (complete and self._pending)
        return complete or self.truncated

    def _check_open_line(self, line: bytes) -> None:
        """A line of the chunked framing whose end has not come."""
        if self._left == 0 and line != b"\r":
            raise Malformed(_LONG_CHUNK)
        if len(line) == LINE_LIMIT:
            raise Malformed("a line of the chunked framing that does not end")

    def _keep(self, data: bytes | bytearray) -> None:
        room = BODY_KEPT - len(self._body)
        if len(data) > room:
            self._body += data[:room]
            self._cut()
        else:
            self._body += data

    def _cut(self) -> None:
        self.truncated = True
        self.reusable = False


_LONG_CHUNK = "a chunk is longer than its size says"


def _chunk_size(line: bytes) -> int:
    found = _CHUNK_SIZE.fullmatch(line)
    if found is None:
        raise Malformed(f"a chunk size that is none: {line[:20].decode('latin-1')!r}")
    size = int(found[1], 16)
    if size > CHUNK_LIMIT:
        raise Malformed(f"a chunk size of over {CHUNK_LIMIT} bytes: {found[1][:20].decode('ascii')}")
    return size


def _departure(seen: bytes, reason: str) -> str:
    if seen.startswith(_TLS_ALERT):
        return "the receiver speaks TLS on this port: use https://"
    if not seen.startswith(b"HTTP/1."[: len(seen)]):
        return f"it begins {seen[:20].decode('latin-1')!r}, where a status line is due"
    return reason[:1].lower() + reason[1:]
