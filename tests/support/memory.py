"""A transport without a wire: what is sent is recorded, and a function answers."""

import asyncio
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self

from simulator.core.model import Callout, Outcome
from tests.support.fake_dialect import answered

Answers = Callable[[Callout], Outcome]


class MemoryTransport:
    """Answers with what ``answers`` says; 200 unless told.

    Callouts to a host in ``held`` are answered only when it is released; ``arrived`` is told each callout.
    """

    def __init__(self, answers: Answers = lambda callout: answered(200)) -> None:
        self.answers = answers
        self.sent: list[Callout] = []
        self.opened = self.entered = self.left = 0
        self.in_flight: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.closed = False
        self._held: dict[str, asyncio.Event] = {}
        self._arrived = asyncio.Condition()

    def hold(self, host: str) -> None:
        """Let callouts to ``host`` hang."""
        self._held[host] = asyncio.Event()

    def release(self, host: str) -> None:
        """Let ``host`` answer all that hang, and all to come."""
        self._held.pop(host).set()

    async def arrival(self, number: int, host: str | None = None) -> None:
        """Wait until ``number`` callouts have arrived (at ``host``)."""
        async with self._arrived:
            await self._arrived.wait_for(
                lambda: len([it for it in self.sent if host is None or host_of(it) == host]) >= number
            )

    def conversation(self) -> "MemoryConversation":
        self.opened += 1
        return MemoryConversation(self)

    async def close(self) -> None:
        self.closed = True

    async def exchange(self, callout: Callout) -> Outcome:
        host = host_of(callout)
        self.sent.append(callout)
        self.in_flight[host] += 1
        self.most[host] = max(self.most[host], self.in_flight[host])
        async with self._arrived:
            self._arrived.notify_all()
        try:
            if host in self._held:
                await self._held[host].wait()
            return self.answers(callout)
        finally:
            self.in_flight[host] -= 1


class MemoryConversation:
    """The exchanges of one attempt. It must be entered before it is used."""

    def __init__(self, transport: MemoryTransport) -> None:
        self._transport = transport
        self._open = False

    async def send(self, callout: Callout) -> Outcome:
        assert self._open, "a conversation is entered first"
        return await self._transport.exchange(callout)

    async def __aenter__(self) -> Self:
        self._open = True
        self._transport.entered += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        self._transport.left += 1


def host_of(callout: Callout) -> str:
    """The first label of the host that ``callout`` goes to: the fake receiver's name."""
    return callout.url.split("/")[2].split(".")[0]
