"""How a request is written: the bytes of its head, so that what is recorded is what is sent.

It alone decides the order of the framing headers. It never opens a socket and never looks inside a body.
"""

from codecs import getincrementaldecoder
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from simulator.core.errors import OurFault
from simulator.core.heads import CALLOUT, opened
from simulator.core.model import Callout


def compose(
    method: str,
    url: str,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    request_id: str,
    purpose: str = CALLOUT,
    *,
    notification_id: str = "",
    trusted: str = "",
) -> Callout:
    """A callout whose head is the request line, ``Host``, the given headers, then the framing.

    ``url`` must be absolute, with scheme and host, and free of white space; a fragment is not sent. ``Content-Length``
    is written wherever there is a body or the method has one by nature. A line break in a header would be a header that
    nobody configured: who renders refuses it before, here it is our fault.
    """
    parts = urlsplit(url)
    lines = [f"{method} {request_target(parts)} HTTP/1.1", f"Host: {_named(parts)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body)}")
    text = "\r\n".join(lines)
    if text.count("\n") + text.count("\r") != 2 * len(lines) - 2:
        raise OurFault(f"a line break within a header or the target of {method} {parts.netloc}")
    form = opened(method, url, f"{text}\r\n\r\n", len(body), request_id, notification_id, purpose, trusted)
    return Callout(form, body, request_id, notification_id)


def _named(parts: SplitResult) -> str:
    """Host and port as a receiver is asked for them: without credentials, a name beyond ASCII as IDNA spells it (RFC 5890)."""
    host = parts.netloc.rpartition("@")[2]
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return host  # no name that anybody could have: the wire says so


def request_target(parts: SplitResult) -> str:
    """The origin form of a URL: path and query."""
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def shown(body: bytes, *, cut: bool = True) -> str:
    """A body as text for a person: UTF-8, other bytes replaced.

    A body that may have been ``cut`` loses the character that the cut went through; otherwise its bytes are replaced too.
    """
    return getincrementaldecoder("utf-8")("replace").decode(body, final=not cut)
