"""What a receiver that does not exist answers: the words of the receiver's script, as what the sender would have seen.

It decides only that translation, for ``delivery="collect"``. It opens no socket and waits for nothing.
"""

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from simulator.core.errors import AuthorError
from simulator.core.model import ErrorClass, Outcome
from simulator.receiver.answer import Answer, Ending, Point

TRANSFER_LIMIT: Final = timedelta(seconds=15)
"""Documented (Callout Notification Timeout): "15 seconds for data transfer"; from here on an answer is too late."""
UNTOLD: Final = ("drip", "big", "endless", "raw", "interim")
"""What only a real connection can tell apart."""


def outcomes_of(answers: Sequence[Any]) -> list[Outcome]:
    """What would come of each callout, in order. Raises AuthorError for what is no answer, or needs a real receiver."""
    return [_outcome(Answer.read(given)) for given in answers]


def _outcome(answer: Answer) -> Outcome:
    for name in UNTOLD:
        if getattr(answer, name):
            raise AuthorError(f"{name!r} needs a real receiver: with delivery='collect' no socket is opened")
    if answer.delay >= TRANSFER_LIMIT or (answer.ending is not None and answer.ending[0] is Ending.HANG):
        return Outcome(
            error=ErrorClass.TRANSFER_TIMEOUT, detail="no answer within 15 s, as collected", nominal=TRANSFER_LIMIT
        )
    if answer.ending is not None and answer.ending[1] is not Point.ANSWER:
        return Outcome(error=ErrorClass.CLOSED_EARLY, detail="before the answer was complete, as collected")
    phrase = next((status.phrase for status in HTTPStatus if status == answer.status), "")
    lines = [f"HTTP/1.1 {answer.status} {phrase}", *(f"{name}: {value}" for name, value in answer.headers)]
    return Outcome(status=answer.status, head="\r\n".join([*lines, "", ""]).encode("latin-1"), body=answer.body)
