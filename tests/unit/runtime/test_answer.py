"""The reader of answers: the same whatever the slices, and never anything but its own exception."""

from itertools import pairwise

import httptools
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulator.core.model import ErrorClass
from simulator.runtime.wire.answer import AnswerReader
from simulator.runtime.wire.body import BODY_KEPT, Malformed

Told = tuple[int | None, bytes, bytes, bool, object]

HEADERS = st.sampled_from(
    [b"X: y", b"x-a:  b ", b"Connection: close", b"Content-Type: a/b; charset=\xe9", b"Content-Encoding: gzip", b"E:"]
)
BODIES = st.binary(max_size=300)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Whole answers, and more than one: interim ones before, bytes behind."""
    interim = draw(
        st.lists(st.sampled_from([b"HTTP/1.1 100 x\r\n\r\n", b"HTTP/1.1 103 x\r\nLink: <a>\r\n\r\n"]), max_size=3)
    )
    status = draw(st.sampled_from([200, 204, 301, 304, 401, 500, 600, 999]))
    headers = draw(st.lists(HEADERS, max_size=4))
    body = draw(BODIES)
    match draw(st.sampled_from(["length", "chunks", "close"])):
        case "length":
            headers.append(b"Content-Length: %d" % len(body))
        case "chunks":
            headers.append(b"Transfer-Encoding: chunked")
            sizes = draw(st.lists(st.integers(1, 100), max_size=5))
            body = b"".join(b"%x\r\n%b\r\n" % (size, bytes(size)) for size in sizes) + b"0\r\n\r\n"
    head = b"\r\n".join([b"HTTP/1.1 %d x" % status, *headers, b"", b""])
    return b"".join(interim) + head + body


def read(*slices: bytes) -> Told:
    """What the reader tells of a stream that comes in these slices and then ends."""
    reader = AnswerReader()
    try:
        for part in slices:
            if part and reader.feed(part):
                return reader.status, reader.head, reader.body, reader.truncated, None
        ending = reader.end()
        return reader.status, reader.head, reader.body, reader.truncated, ending and ending[0]
    except Malformed:
        return reader.status, reader.head, reader.body, reader.truncated, ErrorClass.MALFORMED_ANSWER


@given(answers(), st.lists(st.integers(0, 1000), max_size=8), st.integers(0, 1000))
def test_slices_change_nothing(text: bytes, cuts: list[int], end: int) -> None:
    """An answer, whole or broken off, reads the same in one piece, in any pieces, and byte by byte."""
    text = text[: max(1, len(text) - end)] if end % 3 == 0 else text
    places = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    pieces = [text[start:stop] for start, stop in pairwise(places)]
    assert read(text) == read(*pieces) == read(*(text[n : n + 1] for n in range(len(text))))


@given(answers())
def test_same_as_llhttp(text: bytes) -> None:
    """Where llhttp reads a whole body, it reads the same one."""
    seen: list[bytes] = []

    class Other:
        def on_message_begin(self) -> None:
            seen.clear()

        def on_body(self, body: bytes) -> None:
            seen.append(body)

    parser = httptools.HttpResponseParser(Other())
    try:
        parser.feed_data(text)
    except httptools.HttpParserError:
        return
    status, _, body, _, error = read(text)
    assert (status, body, error) == (parser.get_status_code(), b"".join(seen), None)


@given(st.binary(max_size=400))
@example(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(70_000))
def test_any_bytes_are_read_or_told(noise: bytes) -> None:
    """Whatever comes, there is a verdict, and no more is kept than may be."""
    for text in (
        noise,
        b"HTTP/1.1 200 OK\r\n" + noise,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + noise,
    ):
        _, _, body, truncated, _ = read(text)
        assert len(body) <= BODY_KEPT
        assert truncated is (len(body) == BODY_KEPT)


def test_flood_of_interim_answers_is_not_read_to_its_end() -> None:
    """After a thousand interim answers the rest is not looked at: only the limit of time can end it."""
    reader = AnswerReader()
    assert not reader.feed(b"HTTP/1.1 102 x\r\n\r\n" * 5_000)
    assert (reader.flooded, reader.status) == (True, 102)


def test_answer_to_head() -> None:
    """An answer to HEAD has a length and no body."""
    reader = AnswerReader(bodiless=True)
    assert reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    assert reader.body == b""


def test_last_coding_decides() -> None:
    """Chunked as the last of several codings frames the body; another one is read until the connection ends."""
    assert read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")[2] == b"ok"
    assert read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n2\r\nok\r\n0\r\n\r\n")[2] == b"2\r\nok\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (b"Content-Length: -2", "invalid character in Content-Length"),
        (b"Content-Length: 99999999999999999999999", "Content-Length overflow"),
        (b"Content-Length: 2\r\nTransfer-Encoding: chunked", "Transfer-Encoding can't be present with Content-Length"),
    ],
)
def test_what_is_malformed_is_named_as_it_is_written(header: bytes, told: str) -> None:
    """A clause that begins with the name of a header keeps its capital."""
    with pytest.raises(Malformed, match=f"^{told}$"):
        AnswerReader().feed(b"HTTP/1.1 200 OK\r\n" + header + b"\r\n\r\nhi")
