"""How requests are written and bodies are shown."""

import pytest

from simulator.core.errors import OurFault
from simulator.core.http import compose, shown


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", ""),
        (b"ok", "ok"),
        ("für €".encode(), "für €"),
        ("für €".encode()[:-1], "für "),
        ("für €".encode()[:-2], "für "),
        ("😀".encode()[:3], ""),
        (b"a\xffb", "a\ufffdb"),
        (b"\x00\x1f", "\x00\x1f"),
    ],
)
def test_shown(body: bytes, text: str) -> None:
    """A body is shown as UTF-8 and ends with a whole character; other bytes are replaced."""
    assert shown(body) == text


def test_shown_whole() -> None:
    """Of a body that was not cut nothing is left out."""
    assert shown("€".encode()[:2], cut=False) == "\ufffd"


@pytest.mark.parametrize(
    ("method", "url", "body", "head"),
    [
        ("POST", "https://a.test", b"{}", "POST / HTTP/1.1|Host: a.test|X: y|Content-Length: 2"),
        ("POST", "https://a.test/", b"", "POST / HTTP/1.1|Host: a.test|X: y|Content-Length: 0"),
        (
            "PUT",
            "http://a.test:8080/p?q=1#f",
            "é".encode(),
            "PUT /p?q=1 HTTP/1.1|Host: a.test:8080|X: y|Content-Length: 2",
        ),
        ("PATCH", "https://a.test?q", b"", "PATCH /?q HTTP/1.1|Host: a.test|X: y|Content-Length: 0"),
        ("GET", "https://u:p@a.test/p", b"", "GET /p HTTP/1.1|Host: a.test|X: y"),
        ("DELETE", "https://[::1]:8443/p", b"", "DELETE /p HTTP/1.1|Host: [::1]:8443|X: y"),
        ("DELETE", "https://a.test/p", b"1", "DELETE /p HTTP/1.1|Host: a.test|X: y|Content-Length: 1"),
    ],
    ids=lambda it: str(it)[:24],
)
def test_compose(method: str, url: str, body: bytes, head: str) -> None:
    """What is recorded is what is sent: the target without fragment, `Host` without credentials, the length in bytes."""
    callout = compose(method, url, [("X", "y")], body, "r" * 32)
    assert callout.head == (head.replace("|", "\r\n") + "\r\n\r\n").encode()
    assert callout.request_bytes == callout.head + body
    assert callout.headers[1] == ("X", "y")
    assert (callout.method, callout.url, callout.request_id, callout.purpose) == (method, url, "r" * 32, "callout")


@pytest.mark.parametrize("value", ["a\r\nInjected: 1", "a\nb", "a\rb"])
def test_a_header_that_breaks_its_line_is_never_written(value: str) -> None:
    """Whoever renders has refused it before; here it is a fault of ours."""
    with pytest.raises(OurFault, match="a line break within a header"):
        compose("POST", "https://a.test/", [("X", value)], b"", "r")
