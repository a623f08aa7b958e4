"""Virtual: a window of callouts in flight, whose outcomes are reported in the order of dispatch, never of arrival.

So a run repeats, however fast each receiver is. With a window of one, one callout goes out at a time.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import datetime

from simulator.core.attempt import Dispatch
from simulator.core.errors import NotKept
from simulator.core.model import Delivery, Outcome
from simulator.runtime.carrier import Carrier
from simulator.runtime.transport import Conversation

Spawn = Callable[[Coroutine[None, None, list[Outcome]]], "asyncio.Task[list[Outcome]]"]


class Window:
    """Up to ``concurrency`` attempts in flight, and the ``queue`` of what is ready to follow them."""

    def __init__(self, carrier: Carrier, concurrency: int, spawn: Spawn) -> None:
        self.concurrency = concurrency
        self.queue: deque[Delivery] = deque()
        self._carrier = carrier
        self._spawn = spawn
        self._carried: deque[_Carried] = deque()

    def __len__(self) -> int:
        return len(self._carried)

    async def fill(self, count: Callable[[], None]) -> None:
        """Let what is queued go, as far as there is room; `count` is called for each."""
        while self.queue and len(self._carried) < self.concurrency:
            count()
            dispatch = self._carrier.engine.begin(self.queue.popleft().id, self._carrier.clock.now)
            if dispatch is None:
                continue
            if self.concurrency == 1:  # the same without a task for each
                return await self._carrier.carry(dispatch)
            self._launch(_Carried(dispatch, self._carrier.transport.conversation(), self._carrier.clock.now))
        return None

    def _launch(self, carried: "_Carried") -> None:
        carried.answer = self._spawn(self._ask(carried))
        self._carried.append(carried)

    async def _ask(self, carried: "_Carried") -> list[Outcome]:
        if carried.talk is None:
            carried.talk = await carried.conversation.__aenter__()
        return await self._carrier.send(carried.dispatch, carried.talk)

    async def report_oldest(self) -> None:
        """Wait for the answer to the request that went out first, and report it; what follows it goes out at once."""
        carried = self._carried.popleft()
        assert carried.answer is not None  # noqa: S101 - it was launched
        following: Dispatch | None = None
        try:
            following, carried.sent_at = self._carrier.report(carried.dispatch, await carried.answer, carried.sent_at)
        except NotKept:
            raise
        except Exception as error:  # ours: the attempt is closed, the error kept
            self._carrier.engine.abandon(carried.dispatch, error, self._carrier.clock.now)
        if following is not None:
            carried.dispatch = following
            self._launch(carried)
        elif carried.talk is not None:
            try:
                await carried.conversation.__aexit__(None, None, None)
            except Exception as error:
                self._carrier.engine.on_broken(error)


class _Carried:
    """An attempt in the window: its request under way, and the conversation that it is part of."""

    __slots__ = ("answer", "conversation", "dispatch", "sent_at", "talk")

    def __init__(self, dispatch: Dispatch, conversation: Conversation, sent_at: datetime) -> None:
        self.dispatch = dispatch
        self.conversation = conversation
        self.sent_at = sent_at
        self.talk: Conversation | None = None
        self.answer: asyncio.Task[list[Outcome]] | None = None
