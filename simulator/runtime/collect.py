"""A transport that never opens a socket: what would have been sent is recorded, and the answer is given beforehand."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from simulator.core.model import Callout, Outcome

OK = Outcome(status=200, head=b"HTTP/1.1 200 OK\r\n\r\n")


class CollectingTransport:
    """Answers 200 to all, or ``answers`` one after the other, the last one again and again."""

    def __init__(self, answers: Sequence[Outcome] = ()) -> None:
        self._answers = list(answers) or [OK]
        self._next = 0

    def conversation(self) -> "CollectingTransport":
        return self

    async def send(self, callout: Callout) -> Outcome:
        outcome = self._answers[min(self._next, len(self._answers) - 1)]
        self._next += 1
        return outcome

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is open."""
