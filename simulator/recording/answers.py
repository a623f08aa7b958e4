"""What a receiver did in one exchange, as an answer of the built-in receiver that leads to the same verdict."""

import json
from typing import Any

from simulator.core.model import ErrorClass, Exchange, Outcome
from simulator.recording.discretion import Discretion
from simulator.recording.writing import Inline

BODY_LIMIT = 2048
"""Longer bodies decide nothing; they are left out."""

TELLING = ("www-authenticate", "content-type", "location", "retry-after")
"""Headers that a verdict, or a reader, depends on."""

_NEVER_SENT = (ErrorClass.NOT_SENT, ErrorClass.NOT_ALLOWED)

# How each kind of failure is had from a receiver that is there. The code is the same; a refused connection reads as closed early.
_FAILURES: dict[ErrorClass, dict[str, Any]] = {
    ErrorClass.TRANSFER_TIMEOUT: {"hang": True},
    ErrorClass.CONNECT_TIMEOUT: {"hang": True},
    ErrorClass.TLS_CERTIFICATE: {"status": 495},
    ErrorClass.MALFORMED_ANSWER: {"raw": "malformed\r\n\r\n"},
}
_BROKEN = {"reset": True}


def reached(exchange: Exchange) -> bool:
    """Whether a receiver had anything to do with it."""
    return exchange.outcome.error not in _NEVER_SENT


def answer_of(outcome: Outcome, discretion: Discretion) -> Any:
    """The answer that a script gives for what came of one request."""
    lost = next((note for note in outcome.notes if note.startswith("fault lost-answer")), None)
    if lost is not None:
        return 200
    if outcome.error is ErrorClass.INTERIM:
        return Inline({"interim": [outcome.status], "close": True})
    if outcome.error is not None or outcome.status is None:
        return Inline(_FAILURES.get(outcome.error, _BROKEN) if outcome.error else _BROKEN)
    given: dict[str, Any] = {"status": outcome.status}
    headers = {name: discretion.text(value) for name, value in outcome.headers if name.lower() in TELLING}
    if outcome.truncated:
        given["big"] = "64KB"
    elif 0 < len(outcome.body) <= BODY_LIMIT:
        body = _body(outcome.body, discretion)
        if body is not None:
            given["body"] = body
    if not given.get("body"):
        headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    if headers:
        given["headers"] = Inline(headers)
    return outcome.status if len(given) == 1 else Inline(given)


def _body(raw: bytes, discretion: Discretion) -> Any:
    """A body as text, so that its bytes are the same; private values replaced where it is JSON."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return discretion.text(text)
    private = discretion.value(value)
    return discretion.text(text) if private == value else json.dumps(private, ensure_ascii=False, separators=(",", ":"))
