"""What a receiver does with a request: an answer, or one of the ways of not giving one.

This module alone decides how an answer is written in a test, a scenario or a flag, and reads it. It knows no socket.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final, Self

from msgspec import Struct, json

from simulator.core.errors import AuthorError, near_match
from simulator.core.heads import Headers
from simulator.core.units import format_duration, format_rate, format_size, parse_duration, parse_rate, parse_size


class Ending(StrEnum):
    """How an exchange ends when it is not by a complete answer."""

    HANG = "hang"
    RESET = "reset"
    CLOSE = "close"


class Point(StrEnum):
    """How far an exchange comes before its ending.

    ``accept``: the connection is up and nothing is read, over TLS not even the handshake; ``request``: the request is
    read, no answer begun (interim ones are sent); ``headers``, ``body``: in the middle of these; ``answer``: all of it.
    """

    ACCEPT = "accept"
    REQUEST = "request"
    HEADERS = "headers"
    BODY = "body"
    ANSWER = "answer"


class AnswerError(AuthorError):
    """An answer that cannot be read; ``key`` is the one at fault, None where it is the whole."""

    def __init__(self, message: str, key: str | None = None) -> None:
        super().__init__(message)
        self.key = key


class Answer(Struct, frozen=True, kw_only=True):
    """One answer of the receiver's script, as read by ``Answer.read``.

    ``body`` is followed by ``big`` bytes of filler, or by filler without end; ``drip`` is in bytes per second and holds
    for the whole answer, its head included; ``raw`` is written as it is in place of an answer, then the connection ends.
    """

    status: int = 200
    headers: Headers = ()
    body: bytes = b""
    delay: timedelta = timedelta(0)
    interim: tuple[int, ...] = ()
    drip: int | None = None
    big: int = 0
    endless: bool = False
    hang: Point | None = None
    reset: Point | None = None
    close: Point | None = None
    raw: bytes | None = None

    def __post_init__(self) -> None:
        given = [ending.value for ending in Ending if getattr(self, ending.value) is not None]
        if len(given) > 1:
            raise AnswerError(f"an exchange ends once: {' and '.join(given)} do not go together", given[1])
        if self.hang is Point.ANSWER:
            raise AnswerError("after the whole answer there is nothing left to hang", "hang")

    @classmethod
    def read(cls, value: Any) -> Self:
        """An answer from ``503``, from ``{"status": 200, "body": {...}, "delay": "16s"}`` or the like.

        The keys are those of ``KEYS``. Raises ``AnswerError`` for anything else, with the near match of a misspelt key.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            value = {"status": value}
        if not isinstance(value, Mapping):
            raise AnswerError(f"{value!r} is not an answer: write a status like 503, or keys like {{'hang': True}}")
        fields: dict[str, Any] = {}
        seen: dict[str, Any] = {}
        for key, word in value.items():
            known = SYNONYMS.get(key, key)
            if known not in KEYS:
                raise AnswerError(f"unknown key {key!r} in an answer{near_match(str(key), KEYS)}", str(key))
            if known in seen:
                raise AnswerError(f"{key!r} says again what {known!r} has said", key)
            seen[known] = word
            try:
                fields.update(KEYS[known](word))
            except AuthorError as fault:
                raise AnswerError(f"{key}: {fault}", key) from None
        if "redirect" in seen:
            fields.setdefault("status", HTTPStatus.FOUND.value)
        fields["headers"] = fields.get("headers", ()) + _implied(seen, fields)
        return cls(**fields)

    @property
    def ending(self) -> tuple[Ending, Point] | None:
        """How and where the exchange is cut, None for a complete answer."""
        cuts = ((ending, getattr(self, ending.value)) for ending in Ending)
        return next(((ending, point) for ending, point in cuts if point is not None), None)

    @property
    def plain(self) -> bool:
        """Whether it can be written in one go, at once: the way that thousands a second take."""
        return not (self.delay or self.drip or self.big or self.endless or self.ending or self.raw is not None)

    def __repr__(self) -> str:
        words = [str(self.status)]
        if self.ending is not None:
            words = [" at ".join(self.ending)]
        elif self.raw is not None:
            words = [f"raw {len(self.raw)} B"]
        words[:0] = [str(status) for status in self.interim]
        words += [f"after {format_duration(self.delay)}"] if self.delay else []
        words += [f"at {format_rate(self.drip)}"] if self.drip else []
        words += ["without end"] if self.endless else [f"with {format_size(self.big)}"] if self.big else []
        return f"<Answer {' '.join(words)}>"


def _implied(seen: Mapping[str, Any], fields: Mapping[str, Any]) -> Headers:
    """The headers that other keys bring along, where the author has not written them."""
    named = {name.lower() for name, _ in fields.get("headers", ())}
    implied = []
    body = seen.get("body")
    if body is not None and not isinstance(body, bytes):
        implied.append(("Content-Type", "text/plain; charset=utf-8" if isinstance(body, str) else "application/json"))
    if "redirect" in seen:
        implied.append(("Location", seen["redirect"]))
    return tuple((name, text) for name, text in implied if name.lower() not in named)


def _status(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 100 <= value <= 999:
        raise AuthorError(f"{value!r} is not a status: write a number from 100 to 999 (others go in raw)")
    return int(value)


def _interim(value: Any) -> tuple[int, ...]:
    statuses = tuple(_status(each) for each in (value if isinstance(value, list | tuple) else [value]))
    if any(status > 199 for status in statuses):
        raise AuthorError(f"{value!r} is not interim: interim answers are 1xx")
    return statuses


def _body(value: Any) -> bytes:
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    try:
        return _text(value) if isinstance(value, str) else json.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as fault:
        raise AuthorError(f"this is neither text, bytes nor JSON: {fault}") from None


def _headers(value: Any) -> Headers:
    pairs = list(value.items()) if isinstance(value, Mapping) else value
    if not isinstance(pairs, list | tuple) or not all(
        isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs
    ):
        raise AuthorError(f"{value!r} are not headers: write names and values")
    headers: list[tuple[str, str]] = []
    for name, text in pairs:
        texts = text if isinstance(text, list | tuple) else [text]
        headers += [(str(name), str(each)) for each in texts]
    for name, text in headers:
        if not name or any(char in name + text for char in "\r\n") or not (name + text).isascii():
            raise AuthorError(f"{name!r}: {text!r} is not a header line (bytes that no header may hold go in raw)")
    return tuple(headers)


def _raw(value: Any) -> bytes:
    if not isinstance(value, str | bytes):
        raise AuthorError(f"{value!r} are not bytes: write text, or bytes in Python")
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise AuthorError("half a surrogate pair is no text (bytes that are none go in raw, in Python)") from None


def _redirect(value: Any) -> dict[str, Any]:
    if not isinstance(value, str) or not value.isprintable() or not value.isascii():
        raise AuthorError(f"{value!r} is not a URL to redirect to")
    return {}


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise AuthorError(f"{value!r} is neither true nor false")
    return value


def _point(value: Any) -> Point | None:
    if isinstance(value, bool):
        return Point.REQUEST if value else None
    try:
        return Point(value)
    except ValueError:
        points = [point.value for point in Point]
        known = ", ".join(points)
        raise AuthorError(f"{value!r} is not a point: true, {known}{near_match(str(value), points)}") from None


def _field(name: str, read: Callable[[Any], Any]) -> Callable[[Any], dict[str, Any]]:
    return lambda word: {name: read(word)}


KEYS: Final[Mapping[str, Callable[[Any], dict[str, Any]]]] = {
    "status": _field("status", _status),
    "headers": _field("headers", _headers),
    "body": _field("body", _body),
    "delay": _field("delay", parse_duration),
    "interim": _field("interim", _interim),
    "drip": _field("drip", parse_rate),
    "big": _field("big", parse_size),
    "endless": _field("endless", _flag),
    "hang": _field("hang", _point),
    "reset": _field("reset", _point),
    "close": _field("close", _point),
    "raw": _field("raw", _raw),
    "redirect": _redirect,
}
"""Every key of an answer and what reads it."""

SYNONYMS: Final[Mapping[str, str]] = {"late": "delay", "then": "status"}
"""Second words for a key, for the place where they read better: ``{interim: 102, then: 200}``."""
