"""Durations, sizes and rates as people write them: ``30m``, ``200KB``, ``1B/s``.

This module alone decides how such a word is read and written. It is pure, and every fault of a word is the author's,
told in a sentence with an example. A KB is 1,024 bytes, as in the 60 KB (61,440 bytes) that is kept of an answer.
"""

import re
from datetime import timedelta
from typing import Final

from simulator.core.errors import AuthorError, near_match

SPANS: Final = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
SIZES: Final = {"B": 1, "KB": 1024, "KiB": 1024, "MB": 1024**2, "MiB": 1024**2, "GB": 1024**3, "GiB": 1024**3}

# Fifteen digits are more than anybody means, and keep every sum inside what a float and a timedelta hold.
_NUMBER: Final = r"(\d{1,15}(?:\.\d{1,6})?)"
_DURATION: Final = re.compile(rf"(?:{_NUMBER}([a-zA-Z]+))+", re.ASCII)
_PART: Final = re.compile(rf"{_NUMBER}([a-zA-Z]+)", re.ASCII)
_SIZE: Final = re.compile(rf"{_NUMBER}([a-zA-Z]*)", re.ASCII)


def parse_duration(word: object) -> timedelta:
    """A span of time: ``"16s"``, ``"30m"``, ``"24h"``, ``"1h30m"``, ``"500ms"``, ``"2d"``, never negative.

    A ``timedelta`` passes through. Raises ``AuthorError`` for anything else, a number without its unit among them.
    """
    if isinstance(word, timedelta):
        if word < timedelta(0):
            raise AuthorError(f"{word} is negative: a duration cannot be")
        return word
    if not isinstance(word, str) or not _DURATION.fullmatch(word):
        raise AuthorError(f"{_shown(word)} is not a duration: write a number and its unit, like 30m, 24h, 15s or 500ms")
    total = timedelta(0)
    for number, unit in _PART.findall(word):
        if unit not in SPANS:
            known = ", ".join(SPANS)
            raise AuthorError(f"{unit!r} in {_shown(word)} is not a unit of time ({known}){near_match(unit, SPANS)}")
        try:
            total += float(number) * SPANS[unit]
        except OverflowError:
            raise AuthorError(f"{_shown(word)} is longer than any duration that can be kept") from None
    return total


def format_duration(span: timedelta) -> str:
    """The shortest word that ``parse_duration`` reads back: ``"30m"``, ``"1h30m"``, ``"1d"``, ``"0s"``, ``"1.5ms"``."""
    if span < timedelta(0):
        return "-" + format_duration(-span)
    words = []
    rest = span
    for unit in ("d", "h", "m", "s"):
        count, rest = divmod(rest, SPANS[unit])
        if count:
            words.append(f"{count}{unit}")
    if rest:
        words.append(f"{rest / SPANS['ms']:.3f}".rstrip("0").rstrip(".") + "ms")
    return "".join(words) or "0s"


def parse_size(word: object) -> int:
    """A number of bytes: ``"200KB"`` is 204,800, ``"60KB"`` 61,440; a bare number counts bytes. Never negative.

    Raises ``AuthorError`` for what is no size, and for a fraction of a byte.
    """
    if isinstance(word, int) and not isinstance(word, bool) and word >= 0:
        return word
    match = _SIZE.fullmatch(word) if isinstance(word, str) else None
    if match is None:
        raise AuthorError(f"{_shown(word)} is not a size: write a number and its unit, like 512B, 200KB or 1MB")
    number, unit = match.groups()
    spelt = next((known for known in SIZES if known.lower() == (unit or "B").lower()), None)
    if spelt is None:
        raise AuthorError(
            f"{unit!r} in {_shown(word)} is not a unit of size ({', '.join(SIZES)}){near_match(unit, SIZES)}"
        )
    size = float(number) * SIZES[spelt]
    if not size.is_integer():
        raise AuthorError(f"{_shown(word)} is not a whole number of bytes")
    return int(size)


def format_size(size: int) -> str:
    """The shortest exact word for a number of bytes that ``parse_size`` reads back: ``"200KB"``, ``"1B"``, ``"1025B"``."""
    for unit in ("GB", "MB", "KB"):
        if size and size % SIZES[unit] == 0:
            return f"{size // SIZES[unit]}{unit}"
    return f"{size}B"


def parse_rate(word: object) -> int:
    """Bytes per second: ``"1B/s"``, ``"10KB/s"``; at least one. Raises ``AuthorError`` for anything else."""
    size, slash, per = word.partition("/") if isinstance(word, str) else ("", "", "")
    if not slash or per != "s" or not size:
        raise AuthorError(f"{_shown(word)} is not a rate: write bytes per second, like 1B/s or 10KB/s")
    rate = parse_size(size)
    if not rate:
        raise AuthorError(f"{_shown(word)} never ends: a rate is at least 1B/s; to answer nothing at all, hang")
    return rate


def format_rate(rate: int) -> str:
    """The word for a number of bytes per second that ``parse_rate`` reads back."""
    return f"{format_size(rate)}/s"


def _shown(word: object) -> str:
    """A word as it is quoted in a message, cut where it is longer than a reader wants."""
    text = repr(word)
    return text if len(text) <= 60 else f"{text[:57]}..."
