"""Reads one answer from the bytes of a receiver, however they are sliced.

It alone decides what is a proper answer and what the end of a stream means. It knows no socket and no clock. llhttp (by way
of httptools) judges the head; what it lets pass and the fault table does not is checked here.
"""

import re

import httptools

from simulator.core.model import ErrorClass
from simulator.runtime.wire.body import LINE_LIMIT, Chunked, Counted, Framing, Kept, Malformed, Nothing, UntilClose

INTERIM_LIMIT = 1_000
"""Interim answers that are read: who sends more only ever runs into the limit of time, and need not cost any until then."""

HEAD_LIMIT = 65_536

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_TLS_ALERT = b"\x15\x03"


class AnswerReader:
    """The answer to one request as far as it has come: ``status``, ``head`` and ``body`` fill as bytes are fed.

    ``begun`` is true from the first byte on, ``reusable`` once the answer is complete and leaves the connection fit for
    another request. ``status`` is the last one heard, an interim one too. ``bodiless`` is the answer to HEAD.
    """

    __slots__ = (
        "_bodiless",
        "_chunked",
        "_framing",
        "_interims",
        "_kept",
        "_lasting",
        "_length",
        "_parser",
        "_pending",
        "begun",
        "head",
        "reusable",
        "status",
    )

    def __init__(self, *, bodiless: bool = False) -> None:
        self._bodiless = bodiless
        self.status: int | None = None
        self.head = b""
        self.begun = False
        self.reusable = False
        self._kept = Kept()
        self._framing: Framing | None = None
        self._pending = bytearray()
        self._parser: httptools.HttpResponseParser | None = None
        self._interims = 0
        self._lasting = False
        self._length: bytes | None = None
        self._chunked = False

    @property
    def body(self) -> bytes:
        """The body as received, at most `BODY_KEPT` bytes."""
        return self._kept.whole()

    @property
    def truncated(self) -> bool:
        """Whether the receiver had more to say than is kept."""
        return self._kept.cut

    @property
    def flooded(self) -> bool:
        """Whether nothing more need be read, since interim answers come without end."""
        return self._interims >= INTERIM_LIMIT

    def feed(self, data: bytes) -> bool:
        """Take what came; true once the answer is complete or enough of it is there. Raises `Malformed`."""
        self.begun = True
        while (framing := self._framing) is None:
            rest = None if self.flooded else self._read_head(data)
            if rest is None:
                return False
            data = rest
        used = framing.take(data, self._kept)
        if self._kept.cut:
            return True
        self.reusable = self._lasting and used == len(data)
        return used is not None

    def end(self) -> tuple[ErrorClass, str] | None:
        """What the end of the stream means now; None where it is the proper end of the body."""
        if isinstance(self._framing, UntilClose):
            return None
        if self._framing is not None:
            return ErrorClass.CLOSED_EARLY, f"after status {self.status}, before the body was complete"
        if self._pending:
            return ErrorClass.CLOSED_EARLY, "before the headers were complete"
        if self.status is not None:
            return ErrorClass.INTERIM, f"after status {self.status}, the last that was heard"
        return ErrorClass.CLOSED_EARLY, "before any byte of an answer"

    def on_headers_complete(self) -> None:
        """llhttp's call at the end of a head. After an empty body it has forgotten by then whether the connection lasts."""
        if self._parser is not None:
            self._lasting = self._parser.should_keep_alive()

    def on_header(self, name: bytes, value: bytes) -> None:
        """llhttp's call for each header, in order: only framing matters here."""
        match name.lower():
            case b"content-length":
                self._length = value
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
        parser = self._parser
        if parser is None:
            parser = self._parser = httptools.HttpResponseParser(self)
            parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True)
        known = len(pending)
        pending += data
        end = _END_OF_HEAD.search(pending, max(0, known - 2))
        size = end.end() if end else len(pending)
        self._check_sizes(known, size)
        self._judge(parser, data[: size - known])
        if end is None:
            return None
        self.head = bytes(pending[:size])
        self._pending = bytearray()
        self._parser = None  # the reader and its parser hold each other
        self._begin_body(parser.get_status_code())
        rest = data[size - known :]
        return rest if rest or self._framing is not None else None

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
            # llhttp stops after every 101; httptools calls it an upgrade only where the headers name one.
            if parser.get_status_code() != 101 or "CONNECT/Upgrade" not in str(error):
                raise Malformed(_departure(bytes(self._pending), str(error))) from None

    def _begin_body(self, status: int) -> None:
        if status < 100 or not self.head.startswith(b"HTTP/1."):
            line = self.head.splitlines()[0][:40].decode("latin-1")
            raise Malformed(f"{line!r} is no status line of HTTP/1")
        self.status = status
        length, chunked = self._length, self._chunked
        self._length, self._chunked = None, False
        if status < 200 and status != 101:
            self._interims += 1
            return
        if self._bodiless or status in {101, 204, 304}:
            # A body that is announced and must not come may come all the same: the connection is in doubt.
            self._lasting = self._lasting and status != 101 and not chunked and length in {None, b"0"}
            self._framing = Nothing()
        elif chunked:
            self._framing = Chunked()
        elif length is not None:
            self._framing = Counted(int(length))
        else:
            self._framing = UntilClose()


def _departure(seen: bytes, reason: str) -> str:
    if seen.startswith(_TLS_ALERT):
        return "the receiver speaks TLS on this port: use https://"
    if not seen.startswith(b"HTTP/1."[: len(seen)]):
        return f"it begins {seen[:20].decode('latin-1')!r}, where a status line is due"
    first = reason.partition(" ")[0]
    return reason if "-" in first else reason[:1].lower() + reason[1:]  # the name of a header keeps its capital
