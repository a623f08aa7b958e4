"""What must not go onto the wire: a URL, a body or a header that rendered to something invalid, and where it is wrong.

It alone decides which of them are faults. Seed 002 names white space, characters that aren't URL-safe, and an invalid
body (documented); that a header with a line break is one too is ours: it would write headers that nobody configured.
Positions count characters from 0. A fault never quotes the value around it: it may be a password.
"""

import json
import re
import unicodedata
from functools import lru_cache
from urllib.parse import urlsplit

from msgspec import Struct

LONGEST_NAME = 40  # characters shown of a header's name

_SAFE_URL = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]+|%[0-9A-Fa-f]{2})*", re.ASCII)
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", re.ASCII)
_UNSPEAKABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")

# Headers that say where a message goes and where it ends: the sender writes them itself.
FRAMING = frozenset({
    "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip


class Fault(Struct, frozen=True):
    """What is wrong with a rendered callout: ``where`` is a part of it, ``what`` a clause, ``position`` counted from 0."""

    where: str
    what: str
    position: int | None = None
    nearby: str = ""

    def __str__(self) -> str:
        at = "" if self.position is None else f" at position {self.position}"
        return f"{self.where} {self.what}{at}{self.nearby}"


@lru_cache(maxsize=1024)
def url_fault(url: str) -> Fault | None:
    """The first fault of a final URL, None where it can be sent."""
    where = "the final URL"
    end = _SAFE_URL.match(url).end()  # type: ignore[union-attr]  # the pattern matches the empty string too
    if end < len(url):
        character = url[end]
        if character.isspace():
            what = f"has white space ({_named(character)})"
        elif character == "%":
            what = "has a '%' that encodes nothing"
        else:
            what = f"has {_named(character)}, which is not URL-safe"
        return Fault(where, what, end, _parameter(url[:end]))
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return Fault(where, "has no readable host and port", url.find("//") + 2)
    if parts.scheme.lower() not in {"http", "https"}:
        return Fault(where, "does not begin with https://", 0)
    return None if host else Fault(where, "has no host", url.find("//") + 2)


def _parameter(before: str) -> str:
    """Which parameter of the query a fault stands in, given what comes before it; by its name, never by its value."""
    query = before.partition("?")[2].rpartition("&")[2]
    return f", in the query parameter {query.partition('=')[0]!r}" if "=" in query else ""


def body_fault(text: str) -> Fault | None:
    """The first fault of a rendered request body, None where it is JSON."""
    where = "the rendered request body"
    if not text.strip():
        return Fault(where, "is empty, which is not JSON", 0)
    try:
        _STRICT.decode(text)
    except json.JSONDecodeError as wrong:
        found = f" but found {_named(text[wrong.pos])}" if wrong.pos < len(text) else " but the text ends"
        line = f" (line {wrong.lineno}, column {wrong.colno})" if "\n" in text else ""
        return Fault(where, f"is not JSON: {wrong.msg.lower().removesuffix(' at')}{found}", wrong.pos, line)
    except _NotJson as constant:
        return Fault(where, f"is not JSON: it has {constant}", text.find(str(constant)))
    except RecursionError:
        return Fault(where, "is nested too deeply")
    return None


def header_fault(name: str, value: str) -> Fault | None:
    """The fault of a rendered header, None where it can be sent."""
    valid = _TOKEN.match(name)
    if valid is None or valid.end() < len(name):
        position = valid.end() if valid else 0
        found = f"has {_named(name[position])}" if name else "is empty"
        return Fault(f"the header name {name[:LONGEST_NAME]!r}", found, position)
    if name.lower() in FRAMING:
        return Fault(f"the header {name}", "is written by the sender itself and can't be a custom one")
    if (wrong := _UNSPEAKABLE.search(value)) is not None:
        return Fault(f"the value of the header {name}", f"has {_named(wrong[0])}", wrong.start())
    return None


def _named(character: str) -> str:
    point = f"U+{ord(character):04X}"
    if character == " ":
        return f"{point} space"
    if character.isprintable():
        return f"{character!r} ({point})" if not character.isascii() else repr(character)
    return f"{point} {unicodedata.name(character, 'control character').lower()}"


class _NotJson(ValueError):
    """NaN and the infinities, which Python's parser would take."""


def _refuse_constant(name: str) -> object:
    raise _NotJson(name)


# Numbers are left as text: their size is nobody's concern here.
_STRICT = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse_constant)
