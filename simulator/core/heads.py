"""The head of a request and of an answer, as text: how it is kept, how it is written out again, how it is read.

A million callouts of one definition differ in their ids and lengths alone, and the ids are kept anyway: so a head is kept
with these left open, once for all, and filled in when it is asked for. What is filled in is what was opened, byte by byte.
"""

from functools import lru_cache

from msgspec import Struct

from simulator.core import gaps

Headers = tuple[tuple[str, str], ...]

CALLOUT = "callout"
"""The purpose of a request that tells of an event; others are asked beside it, such as for a token."""


class Form(Struct, frozen=True, gc=False):
    """What requests have in common that differ in their ids alone; ``text`` is a pattern for the operator ``%``."""

    method: str
    url: str
    text: str
    purpose: str = CALLOUT
    trusted: str = ""

    def __repr__(self) -> str:
        return f"<Form {self.method} {bare(self.url)}>"

    def head(self, request_id: str, notification_id: str, length: int) -> bytes:
        """The request line and the headers of the request that bears these ids, to the blank line; in UTF-8."""
        return gaps.filled(self.text, {**_ids(request_id, notification_id), "length": length})


def opened(
    method: str,
    url: str,
    head: str,
    length: int,
    request_id: str,
    notification_id: str = "",
    purpose: str = CALLOUT,
    trusted: str = "",
) -> Form:
    """The form of a head that is written out: its ids, wherever they stand, and the length at its end left open."""
    framing = f"\r\nContent-Length: {length}\r\n\r\n"
    text = gaps.opened(head.removesuffix(framing), _ids(request_id, notification_id))
    if head.endswith(framing):
        text += "\r\nContent-Length: %(length)d\r\n\r\n"
    return _shared(method, url, text, purpose, trusted)


_shared = lru_cache(maxsize=1024)(Form)
"""Those that are like one of the last thousand are that one."""


def _ids(request_id: str, notification_id: str) -> dict[str, str]:
    """What is left open; ``trace`` is the request's id as tracing systems write one: the time first, then the rest."""
    trace = f"{request_id[:8]}-{request_id[8:]}"
    return {"request": request_id, "trace": trace, "notification": notification_id}


def bare(url: str) -> str:
    """A URL without its query and its user information, where secrets stand."""
    address = url.partition("?")[0]
    scheme, slashes, rest = address.partition("://")
    return f"{scheme}{slashes}{rest.rpartition('@')[2]}" if slashes else address


def parse_headers(head: bytes, encoding: str = "latin-1") -> Headers:
    """The header lines of a request's or an answer's head, in order; by default as HTTP reads them."""
    lines = head.decode(encoding, "replace").split("\n")[1:]
    pairs = (line.rstrip("\r").partition(":") for line in lines)
    return tuple((name, value.strip()) for name, colon, value in pairs if colon)
