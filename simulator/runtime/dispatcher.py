"""Carries callouts out and outcomes back, on either clock.

It decides who goes when, and nothing else: in lanes, one for each receiver, so that a slow receiver holds up only its
own (live); or through a window of ``concurrency`` whose outcomes are reported in the order of dispatch, never of
arrival, so that a run repeats (virtual). Time moves only while nothing is in flight.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from enum import StrEnum

from simulator.core.engine import Dispatch, Engine
from simulator.core.errors import StillBusy
from simulator.core.model import Callout, Delivery, Outcome
from simulator.runtime.clock import Clock
from simulator.runtime.transport import Conversation, Transport

log = logging.getLogger(__name__)

PER_RECEIVER = 20
"""Callouts in flight to one receiver at most, live (measured: one pool of 100 for all lets a hung receiver stall the others)."""

STEPS = 1_000_000
"""Instants that one advance or drain visits at most."""


class DeliveryMode(StrEnum):
    """When what is due goes out."""

    IMMEDIATE = "immediate"
    ON_ADVANCE = "on-advance"


class Dispatcher:
    """Drives an engine by a clock and a transport. Errors of ours are kept in ``broken``, and never lost."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        transport: Transport,
        *,
        mode: DeliveryMode = DeliveryMode.ON_ADVANCE,
        concurrency: int = 1,
        per_receiver: int = PER_RECEIVER,
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.transport = transport
        self.mode = mode
        self.concurrency = concurrency
        self.per_receiver = per_receiver
        self.broken: list[BaseException] = []
        self._moving = asyncio.Lock()
        self._queue: deque[Delivery] = deque()
        self._lanes: dict[str, _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._kicked = False
        self._idle = asyncio.Event()
        self._idle.set()

    # ── time ──

    def kick(self) -> None:
        """Something may be due: look, if it is ours to look by ourselves."""
        if self._kicked or self.mode is DeliveryMode.ON_ADVANCE:
            return
        self._kicked = True
        asyncio.get_running_loop().call_soon(self._look)

    async def settle(self) -> None:
        """Deliver what is due now and wait until nothing is in flight. Time stands still."""
        async with self._moving:
            await self._come_to_rest()

    async def advance(self, span: timedelta) -> None:
        """Move time by ``span``: every item that falls due runs at its own instant."""
        async with self._moving:
            await self._move(self.clock.now + span)

    async def drain(self) -> None:
        """Move time until nothing is due any more, through all retries."""
        async with self._moving:
            await self._move(None)

    async def advance_until(self, reached: Callable[[], bool], limit: datetime | None) -> bool:
        """Move time from one due instant to the next until ``reached``; False where nothing more falls due by ``limit``."""
        async with self._moving:
            await self._come_to_rest()
            for _ in range(STEPS):
                if reached():
                    return True
                due = self.engine.next_due
                if due is None or (limit is not None and due > limit):
                    return False
                self.clock.skip_to(due)
                await self._come_to_rest()
        raise self._still_busy()

    async def close(self) -> None:
        """Stop: what is in flight is cut off."""
        if self._timer is not None:
            self._timer.cancel()
        self.mode = DeliveryMode.ON_ADVANCE
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.transport.close()

    async def _move(self, target: datetime | None) -> None:
        for _ in range(STEPS):
            await self._come_to_rest()
            due = self.engine.next_due
            if due is None or (target is not None and due > target):
                break
            self.clock.skip_to(due)
        else:
            raise self._still_busy()
        if target is not None:
            self.clock.skip_to(target)
        self._set_timer()

    async def _come_to_rest(self) -> None:
        if self.clock.runs:
            self._fill_lanes()
            await self._idle.wait()
        else:
            await self._through_window()

    def _still_busy(self) -> StillBusy:
        busy = [repr(delivery) for delivery in self.engine.under_way[:5]]
        due = self.engine.next_due
        return StillBusy(f"no rest after {STEPS} instants; under way: {busy or 'nothing'}, next due: {due}")

    def _look(self) -> None:
        self._kicked = False
        if self.mode is DeliveryMode.ON_ADVANCE:
            return
        if self.clock.runs:
            self._fill_lanes()
            self._set_timer()
        elif not self._moving.locked():
            self._spawn(self.settle())

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self.engine.next_due
        if due is None or not self.clock.runs or self.mode is DeliveryMode.ON_ADVANCE:
            return
        seconds = self.clock.seconds_until(due)
        if seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    # ── live: a lane for each receiver ──

    def _fill_lanes(self) -> None:
        for delivery in self.engine.tick(self.clock.now):
            lane = self._lanes.setdefault(delivery.subscription.lane, _Lane())
            lane.waiting.append(delivery)
            self._start(lane)

    def _start(self, lane: "_Lane") -> None:
        while lane.waiting and lane.active < self.per_receiver:
            dispatch = self._begin(lane.waiting.popleft())
            if dispatch is not None:
                lane.active += 1
                self._idle.clear()
                self._spawn(self._carry_in(lane, dispatch))

    async def _carry_in(self, lane: "_Lane", dispatch: Dispatch) -> None:
        try:
            await self._carry(dispatch)
        finally:
            lane.active -= 1
            self._start(lane)
            if not self.engine.in_flight:
                self._idle.set()
            self.kick()

    # ── virtual: one at a time, or a window reported in the order of dispatch ──

    async def _through_window(self) -> None:
        window: deque[tuple[Dispatch, Conversation, asyncio.Task[list[Outcome]], datetime]] = deque()
        while True:
            self._queue.extend(self.engine.tick(self.clock.now))
            while self._queue and len(window) < self.concurrency:
                dispatch = self._begin(self._queue.popleft())
                if dispatch is None:
                    continue
                if self.concurrency == 1:
                    await self._carry(dispatch)
                    break
                window.append(self._launch(dispatch, self.transport.conversation(), self.clock.now))
            if window:
                dispatch, talk, answer, sent_at = window.popleft()
                try:
                    following, ended_at = self._report(dispatch, await answer, sent_at)
                except Exception as error:  # ours: the attempt is closed, the error kept
                    self._break(dispatch, error)
                    following, ended_at = None, sent_at
                if following is None:
                    await talk.__aexit__(None, None, None)
                else:
                    window.append(self._launch(following, talk, ended_at))
            elif not self._queue and not self._due():
                return

    def _launch(
        self, dispatch: Dispatch, talk: Conversation, sent_at: datetime
    ) -> tuple[Dispatch, Conversation, "asyncio.Task[list[Outcome]]", datetime]:
        return dispatch, talk, asyncio.ensure_future(self._send(dispatch, talk)), sent_at

    def _due(self) -> bool:
        due = self.engine.next_due
        return due is not None and due <= self.clock.now

    # ── one attempt ──

    def _begin(self, delivery: Delivery) -> Dispatch | None:
        try:
            return self.engine.begin(delivery.id, self.clock.now)
        except Exception as error:  # ours: the attempt is closed, the error kept
            self._break(delivery, error)
            return None

    async def _carry(self, dispatch: Dispatch) -> None:
        """Carry an attempt through all its exchanges."""
        following: Dispatch | None = dispatch
        sent_at = self.clock.now
        try:
            async with self.transport.conversation() as talk:
                while following is not None:
                    dispatch = following
                    following, sent_at = self._report(dispatch, await self._send(dispatch, talk), sent_at)
        except Exception as error:  # ours: the attempt is closed, the error kept
            self._break(dispatch, error)

    async def _send(self, dispatch: Dispatch, talk: Conversation) -> list[Outcome]:
        if len(dispatch.callouts) == 1 and not dispatch.duplicate:
            return [await talk.send(dispatch.callouts[0])]
        own = () if dispatch.duplicate else dispatch.callouts[:1]
        copies = dispatch.callouts[len(own) :]
        sends = [talk.send(callout) for callout in own] + [self._send_alone(callout) for callout in copies]
        return list(await asyncio.gather(*sends))

    async def _send_alone(self, callout: Callout) -> Outcome:
        async with self.transport.conversation() as talk:
            return await talk.send(callout)

    def _report(
        self, dispatch: Dispatch, outcomes: list[Outcome], sent_at: datetime
    ) -> tuple[Dispatch | None, datetime]:
        ended_at = self.clock.now if self.clock.runs else sent_at + max(outcome.nominal for outcome in outcomes)
        return self.engine.report(dispatch, outcomes, sent_at, ended_at), ended_at

    def _break(self, broken: Dispatch | Delivery, error: Exception) -> None:
        log.error("a fault of the simulator itself", exc_info=error)
        self.broken.append(error)
        self.engine.abandon(broken, error, self.clock.now)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Lane:
    """The callouts to one receiver."""

    __slots__ = ("active", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[Delivery] = deque()
        self.active = 0
