"""Text that a million records have in common but for ids, which they keep anyway: kept once, with the ids left open.

What is filled in is what was opened, byte by byte, whatever the text and the ids are.
"""

from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct


class Woven(Struct, frozen=True, gc=False):
    """The payload of what came of a request, with the ids of the request and of its result; ``bytes(woven)`` is the whole."""

    pattern: str
    job: str
    result: str

    def __bytes__(self) -> bytes:
        return filled(self.pattern, {"job": self.job, "result": self.result})

    def __repr__(self) -> str:
        return f"<Woven {self.job[:8]}… {self.result[:8]}…>"


Content = bytes | Woven
"""A body; ``bytes(content)`` is what goes onto the wire."""


def woven(body: bytes, job: str, result: str) -> Content:
    """``body`` as it is kept, where it tells of both; else as it is."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return body
    if not (job and result and job in text and result in text):
        return body
    return Woven(shared(opened(text, {"job": job, "result": result})), job, result)


@lru_cache(maxsize=1024)
def shared(pattern: str) -> str:
    """One that is like one of the last thousand is that one."""
    return pattern


def opened(text: str, ids: Mapping[str, str]) -> str:
    """A pattern for the operator ``%``, in which each id is a gap of its name, wherever it stands.

    Where one id stands in another, or in the name of a gap, nothing is opened: what is filled in would be another text.
    """
    whole = pattern = text.replace("%", "%%")
    for name, value in ids.items():
        if value:
            pattern = pattern.replace(value, f"%({name})s")
    return pattern if _is_pattern_of(pattern, text, ids) else whole


def _is_pattern_of(pattern: str, text: str, ids: Mapping[str, str]) -> bool:
    try:
        return pattern % ids == text
    except (LookupError, ValueError, TypeError):  # an id that stands in what was put in for another
        return False


def filled(pattern: str, ids: Mapping[str, object]) -> bytes:
    """The text of a pattern with these ids, in UTF-8."""
    return (pattern % ids).encode()
