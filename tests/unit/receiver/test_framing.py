"""Where a request ends, whatever the slices in which it comes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.receiver.framing import LONGEST_HEAD, Malformed, Request, RequestReader

HEADS = [
    b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /a?b=\xc3\xb6 HTTP/1.0\r\n\r\n",
    b"DELETE * HTTP/1.1\r\nX: \r\n\r\n",
]


def with_length(body: bytes) -> tuple[bytes, bytes, bytes]:
    head = b"POST / HTTP/1.1\r\nCONTENT-length:  %d \r\n\r\n" % len(body)
    return head, body, head + body


def in_chunks(body: bytes) -> tuple[bytes, bytes, bytes]:
    head = b"PUT / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n"
    chunks = b"".join(
        b"%X;x=1\r\n%b\r\n" % (len(body[at : at + 3]), body[at : at + 3]) for at in range(0, len(body), 3)
    )
    return head, body, head + chunks + b"000\r\nT: 1\r\n\r\n"


REQUESTS = st.one_of(
    st.sampled_from(HEADS).map(lambda head: (head, b"", head)),
    st.binary(max_size=20).map(with_length),
    st.binary(max_size=20).map(in_chunks),
)


def read(*slices: bytes) -> list[Request]:
    """Everything that these slices hold."""
    reader = RequestReader()
    found = []
    for piece in slices:
        reader.feed(piece)
        while (request := reader.next()) is not None:
            found.append(request)
    return found


@given(st.lists(REQUESTS, max_size=5), st.data())
def test_slices_make_no_difference(requests: list[tuple[bytes, bytes, bytes]], choices: st.DataObject) -> None:
    """However the bytes are cut, the same requests come out, head and body to the byte."""
    wire = b"".join(sent for _, _, sent in requests)
    cuts = sorted(choices.draw(st.lists(st.integers(0, len(wire)), max_size=8)))
    slices = [wire[start:end] for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    assert [(request.head, request.body) for request in read(*slices)] == [(head, body) for head, body, _ in requests]


@given(st.binary(max_size=200))
def test_any_bytes_are_requests_or_malformed(garbage: bytes) -> None:
    """Nothing else comes of them."""
    with suppress(Malformed):
        read(garbage, b"\r\n\r\n")


@pytest.mark.parametrize(
    ("head", "stays"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nConnection: Close\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nConnection: foo, close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", True),
    ],
)
def test_who_means_to_send_more_is_kept(head: bytes, stays: bool) -> None:
    """HTTP/1.1 unless it says close, HTTP/1.0 only if it says keep-alive (RFC 9112 9.3)."""
    assert [request.keep_alive for request in read(head)] == [stays]


def test_empty_lines_before_a_request_are_read_over() -> None:
    """RFC 9112 2.2."""
    assert [request.head for request in read(b"\r\n\r\n" + HEADS[0])] == [HEADS[0]]


def test_headers_without_end_are_given_up() -> None:
    """At a megabyte, with 431."""
    with pytest.raises(Malformed, match="never end") as fault:
        read(b"GET / HTTP/1.1\r\n", b"X: " + b"y" * LONGEST_HEAD)
    assert fault.value.status == 431


def test_a_length_of_many_digits_is_refused() -> None:
    """Before anything is made of it."""
    with pytest.raises(Malformed, match="no number"):
        read(b"GET / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n")
