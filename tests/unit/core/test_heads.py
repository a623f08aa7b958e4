"""A head that is kept with its ids left open is the head that was written, byte by byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.heads import opened, parse_headers
from simulator.core.http import compose
from simulator.core.model import Callout

ID, OTHER, ABOUT = "5f0c2a9e8b7d4c1fa2e3d4c5b6a79808", "6" * 32, "9d1e4f7a6b5c4d3e8f90a1b2c3d4e5f6"
TRACE = f"Root=1-{ID[:8]}-{ID[8:]}"
# Pieces that could be taken for an id, a gap or an escape, and short ids that stand in the names of gaps.
PIECES = st.sampled_from([ID, ABOUT, TRACE, "r", "s", "%", "%%", "%(request)s", "%(length)d", "é", "\r\n", "-", "a: b"])
IDS = st.sampled_from([ID, ABOUT, "r", "r-", "s", "%", "%%", "%(request)s", "trace", ""])


@given(st.lists(PIECES), st.integers(0, 1200), st.booleans(), IDS, IDS)
def test_what_was_opened_is_filled_in_again(
    pieces: list[str], length: int, framed: bool, request_id: str, about: str
) -> None:
    """Whatever stands in it, and whatever the ids are."""
    head = "".join(pieces) + (f"\r\nContent-Length: {length}\r\n\r\n" if framed else "")
    form = opened("POST", "https://a.test/", head, length, request_id, about)
    assert form.head(request_id, about, length) == head.encode()


def test_requests_that_differ_in_their_ids_share_a_form() -> None:
    """The id, the trace made of it, whom it is about, and the length of the body are the request's own."""

    def made(request_id: str, about: str, body: bytes) -> Callout:
        headers = [("X-Id", request_id), ("X-Trace", f"{request_id[:8]}-{request_id[8:]}"), ("X-About", about)]
        return compose("POST", "https://a.test/", headers, body, request_id, notification_id=about)

    one, other = made(ID, ABOUT, b"{}"), made(OTHER, "7" * 32, b"[1, 2, 3]")
    assert one.form is other.form
    assert other.head == (
        b"POST / HTTP/1.1\r\nHost: a.test\r\n"
        b"X-Id: 66666666666666666666666666666666\r\n"
        b"X-Trace: 66666666-666666666666666666666666\r\n"
        b"X-About: 77777777777777777777777777777777\r\n"
        b"Content-Length: 9\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:planted@a.test/x?token=planted", "https://a.test/x"),
        ("https://a.test/x", "https://a.test/x"),
        ("/x?token=planted", "/x"),
        ("nothing@all", "nothing@all"),
    ],
)
def test_a_repr_shows_no_secrets(url: str, shown: str) -> None:
    """Neither those of the URL nor those of a header."""
    form = opened("POST", url, "POST / HTTP/1.1\r\nAuthorization: planted\r\n\r\n", 0, ID)
    assert repr(form) == f"<Form POST {shown}>"


def test_headers_are_the_lines_behind_the_first() -> None:
    """In order, doubled ones too; a line without a colon is none, and white space around a value is not its own."""
    head = b"HTTP/1.1 200 OK\r\nB: 1\r\na:  two words \r\nB:\r\nno header\nBare: feed\n\r\n"
    assert parse_headers(head) == (("B", "1"), ("a", "two words"), ("B", ""), ("Bare", "feed"))
    assert parse_headers("POST / HTTP/1.1\r\nX: é\r\n".encode(), "utf-8") == (("X", "é"),)
    assert parse_headers(b"") == ()
