"""Which answer comes next.

This module alone decides how a script of answers is run through: in order, the last one for ever, on each path its own
where the paths are told apart. It knows no socket.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from simulator.core.errors import AuthorError
from simulator.receiver.answer import Answer, Point
from simulator.receiver.received import Received

Decider = Callable[[Received], Any]
"""Looks at a request and gives an answer in any form that ``Answer.read`` takes (None is 200), or an awaitable of one."""

Answers: TypeAlias = Answer | int | Mapping[str, Any] | Decider | Sequence[Any] | None
"""A single answer, a list of them, or either of these for each path; an answer may be a function of the request."""

ELSEWHERE = "*"
"""The key for all paths that are not named; without it they are answered 404."""


class Script:
    """The answers still to come. Read in full when it is made, so that a mistake is told at once."""

    def __init__(self, answers: Answers = None) -> None:
        self._places: Mapping[str, _Lane] | None = None
        self._lane = _Lane(None)
        if isinstance(answers, Mapping) and any(str(key).startswith(("/", ELSEWHERE)) for key in answers):
            self._places = {_path(key): _Lane(value) for key, value in answers.items()}
            self._lane = self._places.get(ELSEWHERE) or _Lane(404)
        else:
            self._lane = _Lane(answers)

    def at_accept(self) -> Answer | None:
        """The next answer, where it is one that no request is read for; None for all others and where paths decide."""
        if self._places is not None:
            return None
        choice = self._lane.peek()
        if isinstance(choice, Answer) and choice.ending and choice.ending[1] is Point.ACCEPT:
            self._lane.step()
            return choice
        return None

    def next(self, received: Received) -> Answer | Awaitable[Any]:
        """The answer to this request; an awaitable's result still has to be read by ``decided``."""
        lane = self._lane if self._places is None else self._places.get(received.path, self._lane)
        choice = lane.step()
        if isinstance(choice, Answer):
            return choice
        result = choice(received)
        return result if inspect.isawaitable(result) else decided(result)


def decided(result: Any) -> Answer:
    """The answer that a function gave; None stands for 200."""
    return Answer() if result is None else Answer.read(result)


class _Lane:
    """One run of answers, of which the last repeats; an empty one is 200 for ever."""

    def __init__(self, answers: Any) -> None:
        listed = list(answers) if isinstance(answers, list | tuple) else [answers]
        self._choices = [each if callable(each) else decided(each) for each in listed] or [Answer()]
        self._next = 0

    def peek(self) -> Answer | Decider:
        return self._choices[self._next]

    def step(self) -> Answer | Decider:
        choice = self._choices[self._next]
        self._next = min(self._next + 1, len(self._choices) - 1)
        return choice


def _path(key: Any) -> str:
    if not isinstance(key, str) or not (key == ELSEWHERE or key.startswith("/")):
        raise AuthorError(f"{key!r} is not a path: answers are told apart by paths like '/hook', or {ELSEWHERE!r}")
    if "?" in key:
        raise AuthorError(f"{key!r} has a query: answers are told apart by the path alone")
    return key
