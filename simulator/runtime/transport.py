"""What carries a callout: the one door between the dispatcher and whatever answers.

A conversation is the exchanges of one attempt: they share a connection where the receiver keeps it open. Whatever a
receiver does comes back as an `Outcome`; a conversation raises nothing for it.
"""

from types import TracebackType
from typing import Protocol, Self

from simulator.core.model import Callout, Outcome


class Conversation(Protocol):
    """The exchanges of one attempt, one after the other."""

    async def send(self, callout: Callout) -> Outcome:
        """Send ``callout`` and wait for what comes of it."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Transport(Protocol):
    """Opens conversations."""

    def conversation(self) -> Conversation:
        """A fresh conversation; nothing is connected before its first `send`."""

    async def close(self) -> None:
        """Close what is still open."""
