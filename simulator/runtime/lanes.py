"""Live: a lane for each receiver, so that a slow receiver holds up only its own callouts.

Whatever is due starts at once where its lane has room, and waits for room in the order in which it fell due.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine

from simulator.core.attempt import Dispatch
from simulator.core.errors import NotKept
from simulator.core.model import Delivery
from simulator.runtime.carrier import Carrier

PER_RECEIVER = 20
"""Callouts in flight to one receiver at most (measured: one pool of 100 for all lets a hung receiver stall the others)."""


class Lanes:
    """Carries what is due, ``per_receiver`` at a time to each receiver; calls ``after_each`` when an attempt has ended."""

    def __init__(
        self,
        carrier: Carrier,
        per_receiver: int,
        spawn: Callable[[Coroutine[None, None, None]], object],
        after_each: Callable[[], None],
    ) -> None:
        self.per_receiver = per_receiver
        self.carrying = 0
        self._carrier = carrier
        self._spawn = spawn
        self._after_each = after_each
        self._lanes: dict[str, _Lane] = {}
        self._idle = asyncio.Event()
        self._closed = False

    async def idle(self) -> None:
        """Wait until nothing is in flight."""
        self._idle.clear()
        if self.carrying:
            await self._idle.wait()

    def close(self) -> None:
        """Let nothing go any more."""
        self._closed = True

    def fill(self) -> None:
        """Let everything go that is due now, as far as its lane has room."""
        for delivery in self._carrier.engine.tick(self._carrier.clock.now):
            lane = self._lanes.get(delivery.subscription.lane)
            if lane is None:
                lane = self._lanes[delivery.subscription.lane] = _Lane(delivery.subscription.lane)
            lane.waiting.append(delivery)
            self._start(lane)

    def _start(self, lane: "_Lane") -> None:
        while lane.waiting and lane.active < self.per_receiver and not self._closed:
            dispatch = self._carrier.engine.begin(lane.waiting.popleft().id, self._carrier.clock.now)
            if dispatch is not None:
                lane.active += 1
                self.carrying += 1
                self._spawn(self._carry_in(lane, dispatch))
        if not lane.active:
            self._lanes.pop(lane.name, None)

    async def _carry_in(self, lane: "_Lane", dispatch: Dispatch) -> None:
        try:
            await self._carrier.carry(dispatch)
        except NotKept:
            self.close()  # it goes out when the journal is taken up again
        finally:
            lane.active -= 1
            self.carrying -= 1
            self._start(lane)
            if not self.carrying:
                self._idle.set()
            self._after_each()


class _Lane:
    """The callouts to one receiver."""

    __slots__ = ("active", "name", "waiting")

    def __init__(self, name: str) -> None:
        self.name = name
        self.waiting: deque[Delivery] = deque()
        self.active = 0
