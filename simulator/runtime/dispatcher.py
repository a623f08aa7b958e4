"""Lets time move, and what is due go out: by lanes where the clock runs, through a window where it stands still.

Time moves only while nothing is in flight, one movement after the other, each bounded. Whoever waits for time to move
may give up waiting: no attempt is cut short, and time moves no further. A receiver that asks for a movement while one
waits for its answer is told so after ``turn``, or both would wait for each other.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from simulator.core.engine import Engine
from simulator.core.errors import StillBusy
from simulator.runtime.carrier import Carrier
from simulator.runtime.clock import Clock
from simulator.runtime.lanes import PER_RECEIVER, Lanes
from simulator.runtime.transport import Transport
from simulator.runtime.window import Window

log = logging.getLogger(__name__)

STEPS = 1_000_000
"""Instants and attempts that one movement of time goes through at most."""

Answer = TypeVar("Answer")


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
        steps: int = STEPS,
        turn: timedelta | None = None,
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.transport = transport
        self.mode = mode
        self.steps = steps
        self.turn = turn
        self.broken: list[BaseException] = []
        engine.on_broken = self._keep
        self._moving = asyncio.Lock()
        self._asked = False
        self._moves: set[_Move] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._carrier = carrier = Carrier(engine, clock, transport)
        self._window = Window(carrier, concurrency, self._spawn)
        self._lanes = Lanes(carrier, per_receiver, self._spawn, self.kick)
        self._timer: asyncio.TimerHandle | None = None
        self._kicked = False

    # ── time ──

    def kick(self) -> None:
        """Something may be due: look, if it is ours to look by ourselves."""
        if self._kicked or self.mode is DeliveryMode.ON_ADVANCE:
            return
        self._kicked = True
        asyncio.get_running_loop().call_soon(self._look)

    async def settle(self) -> None:
        """Deliver what is due now and wait until nothing is in flight. Time stands still."""
        move = _Move(self.steps)
        await self._see_through(move, self._come_to_rest(move))

    async def advance(self, span: timedelta) -> None:
        """Move time by ``span``: every item that falls due runs at its own instant."""
        move = _Move(self.steps)
        await self._see_through(move, self._move(move, span))

    async def drain(self) -> None:
        """Move time until nothing is due any more, through all retries."""
        move = _Move(self.steps)
        await self._see_through(move, self._move(move, None))

    async def advance_until(self, reached: Callable[[], bool], limit: datetime | None) -> bool:
        """Move time from one due instant to the next until ``reached``; False where nothing more falls due by ``limit``."""
        move = _Move(self.steps)
        return await self._see_through(move, self._move_until(move, reached, limit))

    def keep_before_sending(self, durable: Callable[[], Awaitable[None]]) -> None:
        """Send nothing before ``durable`` has answered."""
        self._carrier.durable = durable

    def halt(self, error: Exception) -> None:
        """Begin nothing any more, because of ``error``."""
        self._lanes.close()
        self.mode = DeliveryMode.ON_ADVANCE
        log.error("%s", error)
        self.broken.append(error)

    def give_up(self) -> None:
        """Move time no further, whoever asked for it: what it was moved for is forgotten."""
        for move in self._moves:
            move.given_up = True

    async def close(self) -> None:
        """Stop: what is in flight is cut off."""
        self._lanes.close()
        self.mode = DeliveryMode.ON_ADVANCE
        if self._timer is not None:
            self._timer.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.transport.close()

    async def _see_through(self, move: "_Move", work: Coroutine[None, None, Answer], *, asked: bool = True) -> Answer:
        self._moves.add(move)
        task = self._spawn(self._in_turn(work, asked))
        task.add_done_callback(lambda _: self._moves.discard(move))
        task.add_done_callback(lambda _: work.close())  # cancelled before its first step, it leaves `work` unbegun
        try:
            answer = await asyncio.shield(task)
            if self._carrier.durable is not None:
                await self._carrier.durable()
            return answer
        except asyncio.CancelledError:
            move.given_up = True
            raise

    async def _in_turn(self, work: Coroutine[None, None, Answer], asked: bool) -> Answer:
        try:
            await self._take_turn(asked)
            try:
                self._asked = asked
                return await work
            finally:
                self._moving.release()
        finally:
            self._set_timer()

    async def _take_turn(self, asked: bool) -> None:
        seconds = self.turn.total_seconds() if self.turn is not None and asked else None
        while True:
            before = self._unanswered() if self._moving.locked() and self._asked else set()
            try:
                async with asyncio.timeout(seconds):
                    await self._moving.acquire()
                return
            except TimeoutError:
                same = before & self._unanswered()
                if same:
                    lanes = ", ".join(sorted({lane for lane, *_ in same}))
                    raise StillBusy(
                        f"time is moving already, and waits for the answer of {lanes}: a receiver that is being called may"
                        " not move time before it has answered; anybody else may try again"
                    ) from None

    def _unanswered(self) -> set[tuple[str, str, int, int]]:
        under_way = self.engine.under_way
        return {(each.subscription.lane, each.id, each.attempts, each.exchange) for each in under_way}

    async def _move(self, move: "_Move", span: timedelta | None) -> None:
        target = None if span is None else self.clock.now + span
        while True:
            await self._come_to_rest(move)
            due = self.engine.next_due
            if move.given_up or due is None or (target is not None and due > target):
                break
            self._count(move)
            self.clock.skip_to(due)
        if target is not None and not move.given_up:
            self.clock.skip_to(target)

    async def _move_until(self, move: "_Move", reached: Callable[[], bool], limit: datetime | None) -> bool:
        await self._come_to_rest(move)
        while not reached():
            due = self.engine.next_due
            if due is None or (limit is not None and due > limit) or move.given_up:
                return False
            self._count(move)
            self.clock.skip_to(due)
            await self._come_to_rest(move)
        return True

    async def _come_to_rest(self, move: "_Move") -> None:
        if self.clock.runs:
            await self._through_lanes(move)
        else:
            await self._through_window(move)

    async def _through_lanes(self, move: "_Move") -> None:
        while not move.given_up:
            self._lanes.fill()
            if not self._lanes.carrying:
                return
            self._count(move)
            await self._lanes.idle()

    async def _through_window(self, move: "_Move") -> None:
        window = self._window
        while window or not move.given_up:
            if not move.given_up:
                window.queue.extend(self.engine.tick(self.clock.now))
                await window.fill(partial(self._count, move))
            if window:
                await window.report_oldest()
            elif not window.queue and not self._due():
                return

    def _due(self) -> bool:
        due = self.engine.next_due
        return due is not None and due <= self.clock.now

    def _count(self, move: "_Move") -> None:
        move.left -= 1
        if move.left < 0:
            busy = self.engine.under_way[:5] or list(self._window.queue)[:5]
            due = self.engine.next_due
            raise StillBusy(
                f"no rest after {self.steps} steps, it is {self.clock.now}; still busy: {busy or 'nothing'}; next due: {due}"
            )

    def _look(self) -> None:
        self._kicked = False
        if self.mode is DeliveryMode.ON_ADVANCE:
            return
        if self.clock.runs:
            self._lanes.fill()
            self._set_timer()
        elif not self._moving.locked():  # whoever moves now will see it
            self._spawn(self._settle_unasked())

    async def _settle_unasked(self) -> None:
        move = _Move(self.steps)
        try:
            await self._see_through(move, self._come_to_rest(move), asked=False)
        except StillBusy as error:
            self._keep(error)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.mode is DeliveryMode.ON_ADVANCE or not self.clock.runs:
            return
        due = self.engine.next_due
        seconds = None if due is None else self.clock.seconds_until(due)
        if seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def _keep(self, error: Exception) -> None:
        log.error("a fault of the simulator itself", exc_info=error)
        self.broken.append(error)

    def _spawn(self, work: Coroutine[None, None, Answer]) -> asyncio.Task[Answer]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


class _Move:
    """One movement of time, and how many steps it may still take."""

    __slots__ = ("given_up", "left")

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.given_up = False
