"""Time, as the dispatcher lets it move; in memory, on both clocks."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from simulator.core.dialect import Happening
from simulator.core.engine import Engine
from simulator.core.errors import StillBusy
from simulator.core.faults import Fault, FaultKind
from simulator.core.ledger import AttemptEnded, Fact
from simulator.core.model import Callout, Decision, ErrorClass, Outcome, Phase
from simulator.runtime.clock import VIRTUAL_START, RealClock, VirtualClock
from simulator.runtime.dispatcher import DeliveryMode, Dispatcher
from tests.support.fake_dialect import (
    BREAKS_RENDER,
    HUNG,
    NAME,
    REFUSED,
    TENANT,
    Broken,
    FakeDialect,
    Work,
    answered,
    receiver,
    submission,
)
from tests.support.memory import MemoryTransport, host_of

MINUTES = timedelta(minutes=1)
Build = Callable[..., "World"]


class World:
    """An engine, its clock, its transport and what drives them."""

    def __init__(
        self, dialect: FakeDialect, transport: MemoryTransport, clock: VirtualClock | RealClock, **options: object
    ):
        self.engine = Engine({NAME: dialect})
        self.dialect = dialect
        self.transport = transport
        self.clock = clock
        self.dispatcher = Dispatcher(self.engine, clock, transport, **options)  # type: ignore[arg-type] # a test's keywords

    def submit(self, work: Work | None = None) -> None:
        self.engine.submit(submission(work), self.clock.now)
        self.dispatcher.kick()

    def fire(self, name: str = "Done") -> None:
        self.engine.fire(NAME, TENANT, Happening(name, {}), self.clock.now)
        self.dispatcher.kick()

    @property
    def history(self) -> list[object]:
        """All that is known of what was sent, in order."""
        ledger = self.engine.ledger
        return [(delivery.id, ledger.attempts_of(delivery.id)) for delivery in ledger.deliveries.values()]

    @property
    def phases(self) -> list[Phase]:
        return [delivery.phase for delivery in self.engine.ledger.deliveries.values()]

    def minutes(self) -> list[float]:
        """When attempts began, in minutes since the start of the clock."""
        attempts = [it for tries in self.engine.ledger.attempts.values() for it in tries]
        return [(attempt.sent_at - VIRTUAL_START) / MINUTES for attempt in attempts]


@pytest.fixture
async def world() -> AsyncIterator[Build]:
    """Makes worlds, and closes them."""
    made: list[World] = []

    def build(
        answers: Callable[[Callout], Outcome] = lambda callout: answered(200),
        *,
        receivers: str = "a",
        real: bool = False,
        rate: float = 1.0,
        **options: object,
    ) -> World:
        dialect = FakeDialect(*map(receiver, receivers))
        clock = RealClock(rate) if real else VirtualClock()
        made.append(World(dialect, MemoryTransport(answers), clock, **options))
        return made[-1]

    yield build
    for it in made:
        await it.dispatcher.close()
        assert it.transport.closed


def in_turn(*statuses: int) -> Callable[[Callout], Outcome]:
    """Answers with one status after the other, the last again and again."""
    left = list(statuses)
    return lambda callout: answered(left.pop(0) if len(left) > 1 else left[0])


# ── virtual ──


async def test_settle_delivers_what_is_due_and_lets_time_stand(world: Build) -> None:
    """The first attempt goes out, the retry does not."""
    it = world(in_turn(503, 200))
    it.submit()
    assert it.transport.sent == []
    await it.dispatcher.settle()
    assert len(it.transport.sent) == 1
    assert it.clock.now == VIRTUAL_START
    await it.dispatcher.settle()
    assert len(it.transport.sent) == 1


async def test_advance_runs_every_item_at_its_own_instant(world: Build) -> None:
    """Three attempts, at +0, +30 and +60, and then it is +70."""
    it = world(in_turn(503, 503, 200))
    it.submit()
    await it.dispatcher.advance(70 * MINUTES)
    assert it.minutes() == [0, 30, 60]
    assert it.clock.now == VIRTUAL_START + 70 * MINUTES
    assert it.phases == [Phase.DELIVERED]


async def test_advance_includes_what_falls_due_at_its_end(world: Build) -> None:
    """Half an hour is enough for a retry after half an hour, and not for the one after that."""
    it = world(in_turn(503))
    it.submit()
    await it.dispatcher.advance(30 * MINUTES)
    assert it.minutes() == [0, 30]
    await it.dispatcher.advance(30 * MINUTES - timedelta(microseconds=1))
    assert it.minutes() == [0, 30]


async def test_drain_moves_time_through_all_retries(world: Build) -> None:
    """And no further than the last of them."""
    it = world(in_turn(503))
    it.submit()
    await it.dispatcher.drain()
    assert it.minutes() == [0, 30, 60]
    assert it.phases == [Phase.FAILED]
    assert it.clock.now == VIRTUAL_START + 60 * MINUTES


async def test_advance_until_goes_from_one_due_instant_to_the_next(world: Build) -> None:
    """It stops as soon as what is awaited has happened."""
    it = world(in_turn(503, 503, 200))
    it.submit()
    assert await it.dispatcher.advance_until(lambda: len(it.transport.sent) == 2, None)
    assert it.clock.now == VIRTUAL_START + 30 * MINUTES


async def test_advance_until_gives_in_where_nothing_more_falls_due(world: Build) -> None:
    """By the limit, or at all; and time stands where the last thing happened."""
    it = world(in_turn(503))
    it.submit()
    assert not await it.dispatcher.advance_until(lambda: False, VIRTUAL_START + 59 * MINUTES)
    assert it.clock.now == VIRTUAL_START + 30 * MINUTES
    assert not await it.dispatcher.advance_until(lambda: False, None)
    assert it.clock.now == VIRTUAL_START + 60 * MINUTES


@pytest.mark.parametrize("concurrency", [1, 2, 7])
async def test_a_hung_receiver_costs_its_nominal_time_and_moves_nothing(world: Build, concurrency: int) -> None:
    """The attempt ends 15 s after it began, which lies ahead of now; the next is due an interval after its start."""
    it = world(lambda callout: HUNG, concurrency=concurrency)
    it.submit()
    await it.dispatcher.settle()
    assert it.clock.now == VIRTUAL_START
    (attempt,) = next(iter(it.engine.ledger.attempts.values()))
    assert attempt.ended_at == VIRTUAL_START + timedelta(seconds=15)
    assert attempt.retry_at == VIRTUAL_START + 30 * MINUTES
    await it.dispatcher.drain()
    assert it.minutes() == [0, 30, 60]


async def test_exchanges_of_an_attempt_follow_each_other_in_nominal_time(world: Build) -> None:
    """A challenge is answered at once; a hang after it ends 15 s after the second request."""
    outcomes = [answered(401, nominal=timedelta(seconds=2)), HUNG]
    it = world(lambda callout: outcomes.pop(0))
    it.dialect.terms = it.dialect.terms.__class__(1, 30 * MINUTES)
    it.submit()
    await it.dispatcher.settle()
    (attempt,) = next(iter(it.engine.ledger.attempts.values()))
    assert [(e.sent_at - VIRTUAL_START).total_seconds() for e in attempt.exchanges] == [0, 2]
    assert attempt.ended_at == VIRTUAL_START + timedelta(seconds=17)


def scripted(callout: Callout) -> Outcome:
    """By the request id, so that the same request is answered alike in whatever order it comes."""
    dice = int(callout.request_id[:2], 16)
    if "Authorization" not in dict(callout.headers) and dice % 4 == 0:
        return answered(401)
    return (answered(200), answered(503), answered(404), HUNG, REFUSED)[dice % 5]


async def test_concurrency_changes_nothing_in_the_history(world: Build) -> None:
    """Outcomes are reported in the order of dispatch: N in flight are recorded as one at a time would be."""
    histories = []
    for concurrency in (1, 2, 5, 50):
        it = world(scripted, receivers="abc", concurrency=concurrency)
        for _ in range(20):
            it.submit()
        await it.dispatcher.drain()
        assert it.transport.opened == it.transport.entered == it.transport.left
        histories.append(it.history)
    assert histories[0] == histories[1] == histories[2] == histories[3]


async def test_the_window_is_full_and_no_fuller(world: Build) -> None:
    """Of ten that are due, four are in flight together."""
    it = world(concurrency=4)
    for _ in range(10):
        it.fire()
    it.transport.hold("a")
    moving = asyncio.ensure_future(it.dispatcher.settle())
    await it.transport.arrival(4)
    it.transport.release("a")
    await moving
    assert it.transport.most["a"] == 4
    assert len(it.transport.sent) == 10


async def test_outcomes_are_reported_in_the_order_of_dispatch(world: Build) -> None:
    """The first receiver answers last, and is reported first."""
    it = world(receivers="abc", concurrency=3)
    it.fire()
    it.transport.hold("a")
    reported: list[str] = []

    def listen(fact: Fact) -> None:
        if isinstance(fact, AttemptEnded):
            reported.append(fact.delivery.subscription.id)

    it.engine.ledger.listeners.append(listen)
    moving = asyncio.ensure_future(it.dispatcher.settle())
    await it.transport.arrival(3)
    it.transport.release("a")
    await moving
    assert reported == ["a", "b", "c"]


async def test_immediate_sends_by_itself_and_retries_only_when_time_moves(world: Build) -> None:
    """On the virtual clock, what is due now goes out at once in `immediate` mode."""
    it = world(in_turn(503, 200), mode=DeliveryMode.IMMEDIATE)
    it.submit()
    await it.transport.arrival(1)
    await it.dispatcher.settle()
    assert it.phases == [Phase.WAITING]
    await it.dispatcher.advance(30 * MINUTES)
    assert it.phases == [Phase.DELIVERED]


async def test_a_receiver_that_calls_back_is_served_in_the_same_movement(world: Build) -> None:
    """What a callout makes due now goes out before `settle` returns."""
    left = [2]

    def calls_back(callout: Callout) -> Outcome:
        if left[0]:
            left[0] -= 1
            it.submit()
        return answered(200)

    it = world(calls_back)
    it.submit()
    await it.dispatcher.settle()
    assert it.phases == [Phase.DELIVERED] * 3


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_what_never_rests_is_told(world: Build, concurrency: int) -> None:
    """A receiver that causes a callout for every callout is bounded, and the message names what is busy."""

    def calls_back(callout: Callout) -> Outcome:
        it.submit()
        return answered(200)

    it = world(calls_back, steps=50, concurrency=concurrency)
    it.submit()
    with pytest.raises(StillBusy, match=r"no rest after 50 steps.*<Delivery .*next due"):
        await it.dispatcher.settle()
    assert 40 <= len(it.transport.sent) <= 60


async def test_instants_without_end_are_told(world: Build) -> None:
    """A request that is put off again and again would keep `drain` for ever."""
    it = world(steps=100)
    it.submit(Work(later=10**9))
    with pytest.raises(StillBusy, match="no rest after 100 steps"):
        await it.dispatcher.drain()


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_whoever_gives_up_waiting_cuts_nothing_short(world: Build, concurrency: int) -> None:
    """The attempt under way ends and is recorded, nothing more goes out, and the next movement takes up from there."""
    it = world(receivers="abcde", concurrency=concurrency)
    it.fire()
    it.transport.hold("a")
    moving = asyncio.ensure_future(it.dispatcher.advance(10 * MINUTES))
    await it.transport.arrival(concurrency)
    moving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await moving
    it.transport.release("a")
    await it.dispatcher.settle()
    assert it.phases == [Phase.DELIVERED] * 5
    assert len(it.transport.sent) == 5
    assert it.clock.now == VIRTUAL_START


async def test_movements_take_turns(world: Build) -> None:
    """Two that advance at the same time advance one after the other."""
    it = world()
    await asyncio.gather(it.dispatcher.advance(10 * MINUTES), it.dispatcher.advance(20 * MINUTES))
    assert it.clock.now == VIRTUAL_START + 30 * MINUTES


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_who_is_being_called_may_not_move_time(world: Build, concurrency: int) -> None:
    """It is told so, for both would wait for each other; the callout that it is in goes on."""
    it = world(turn=timedelta(milliseconds=5), concurrency=concurrency)
    it.transport.hold("a")
    it.fire()
    outer = asyncio.create_task(it.dispatcher.advance(10 * MINUTES))
    await it.transport.arrival(1)
    with pytest.raises(StillBusy, match="waits for the answer of a: a receiver that is being called may not move time"):
        await it.dispatcher.settle()
    it.transport.release("a")
    await outer
    assert it.phases == [Phase.DELIVERED]
    assert it.clock.now == VIRTUAL_START + 10 * MINUTES


async def test_behind_callouts_that_nobody_asked_for_one_waits(world: Build) -> None:
    """Those of `immediate` end by the receiver's own limit, and nobody who moves time is refused for them."""
    it = world(turn=timedelta(milliseconds=1), mode=DeliveryMode.IMMEDIATE)
    it.transport.hold("a")
    it.fire()
    await it.transport.arrival(1)
    waiting = asyncio.create_task(it.dispatcher.advance(10 * MINUTES))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(waiting), 0.02)
    it.transport.release("a")
    await waiting
    assert it.clock.now == VIRTUAL_START + 10 * MINUTES


async def test_a_movement_that_is_given_up_moves_time_no_further(world: Build) -> None:
    """Whoever asked for it gets no error; what is in flight comes to its end first."""
    it = world(in_turn(503, 200))
    it.transport.hold("a")
    it.fire()
    moving = asyncio.create_task(it.dispatcher.advance(60 * MINUTES))
    await it.transport.arrival(1)
    it.dispatcher.give_up()
    it.transport.release("a")
    await moving
    assert it.clock.now == VIRTUAL_START
    await it.dispatcher.advance(30 * MINUTES)
    assert it.phases == [Phase.DELIVERED]


class Failing(MemoryTransport):
    """A wire with a bug of its own."""

    async def exchange(self, callout: Callout) -> Outcome:
        if host_of(callout) == "b":
            raise Broken("the wire")
        return await super().exchange(callout)


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_a_fault_of_ours_ends_one_attempt_and_is_kept(concurrency: int) -> None:
    """The callout to the one receiver fails, and says why; the others are delivered."""
    it = World(FakeDialect(*map(receiver, "abc")), Failing(), VirtualClock(), concurrency=concurrency)
    it.fire()
    await it.dispatcher.settle()
    assert it.phases == [Phase.DELIVERED, Phase.FAILED, Phase.DELIVERED]
    assert [str(error) for error in it.dispatcher.broken] == ["the wire"]
    (attempt,) = it.engine.ledger.attempts_of(list(it.engine.ledger.deliveries)[1])
    assert attempt.verdict.decision is Decision.FINAL
    assert attempt.verdict.reason == "a fault of the simulator itself (Broken)"
    assert it.engine.in_flight == 0


async def test_a_dialect_that_breaks_stops_nobody_else(world: Build) -> None:
    """Whatever it breaks in: rendering, judging, working or finding its audience."""
    it = world(lambda callout: answered(299 if host_of(callout) == "b" else 200), receivers="ab")
    it.dialect.receivers.append(receiver("c", BREAKS_RENDER))
    it.submit(Work(breaks=True))
    it.submit(Work(events=("Breaks", "Done")))
    await it.dispatcher.drain()
    assert [str(error) for error in it.dispatcher.broken] == ["perform", "audience", "judge", "render"]
    assert it.phases == [Phase.DELIVERED, Phase.FAILED, Phase.FAILED]
    assert it.engine.in_flight == 0


async def test_copies_at_once_are_in_flight_together(world: Build) -> None:
    """Both before either is answered, by connections of their own."""
    it = world()
    it.engine.faults.add(Fault(FaultKind.DUPLICATE, at_once=True))
    it.transport.hold("a")
    it.fire()
    moving = asyncio.ensure_future(it.dispatcher.settle())
    await it.transport.arrival(2)
    it.transport.release("a")
    await moving
    assert it.transport.most["a"] == 2
    assert it.transport.opened == it.transport.left == 2


async def test_a_lost_answer_is_a_timeout_of_nominal_length(world: Build) -> None:
    """The receiver answered at once; the sender waited its 15 s."""
    it = world()
    it.engine.faults.add(Fault(FaultKind.LOST_ANSWER, attempt=1))
    it.fire()
    await it.dispatcher.settle()
    (attempt,) = next(iter(it.engine.ledger.attempts.values()))
    assert attempt.exchanges[0].outcome.error is ErrorClass.TRANSFER_TIMEOUT
    assert attempt.ended_at == attempt.exchanges[0].ended_at == VIRTUAL_START + timedelta(seconds=15)


async def test_what_was_forgotten_on_its_way_is_told_to_nobody(world: Build) -> None:
    """A reset while a callout hangs: the new one that bears its id is not answered by it."""
    it = world(in_turn(503, 200), concurrency=2)
    it.fire()
    it.transport.hold("a")
    moving = asyncio.ensure_future(it.dispatcher.settle())
    await it.transport.arrival(1)
    it.engine.forget()
    it.fire()
    it.transport.release("a")
    await moving
    await it.dispatcher.settle()
    (attempts,) = it.engine.ledger.attempts.values()
    assert len(attempts) == 1
    assert len(attempts[0].exchanges) == 1
    assert len(it.transport.sent) == 2


# ── live ──


@pytest.mark.real
async def test_live_callouts_go_out_by_themselves(world: Build) -> None:
    """And the retry when the clock says so: at this rate half an hour takes a moment."""
    it = world(in_turn(503, 503, 200), real=True, rate=1_000_000, mode=DeliveryMode.IMMEDIATE)
    it.submit()
    await it.transport.arrival(3)
    await it.dispatcher.settle()
    assert it.phases == [Phase.DELIVERED]
    (attempts,) = it.engine.ledger.attempts.values()
    assert [attempt.number for attempt in attempts] == [1, 2, 3]
    starts = [attempt.sent_at for attempt in attempts]
    assert starts[1] - starts[0] >= 30 * MINUTES <= starts[2] - starts[1]


@pytest.mark.real
async def test_a_hung_receiver_holds_up_only_its_own_lane(world: Build) -> None:
    """Two in flight to it, and no more; the other receiver gets all of its twenty."""
    it = world(real=True, receivers="ab", mode=DeliveryMode.IMMEDIATE, per_receiver=2)
    it.transport.hold("a")
    for _ in range(20):
        it.fire()
    await it.transport.arrival(20, "b")
    assert it.transport.in_flight["a"] == 2
    assert it.transport.most["b"] <= 2
    it.transport.release("a")
    await it.transport.arrival(20, "a")
    await it.dispatcher.settle()
    assert it.phases == [Phase.DELIVERED] * 40
    assert it.transport.most["a"] == 2


@pytest.mark.real
async def test_live_callouts_to_one_receiver_start_in_the_order_of_their_events(world: Build) -> None:
    """Also where there is no room for all at once."""
    it = world(real=True, mode=DeliveryMode.IMMEDIATE, per_receiver=2)
    for _ in range(20):
        it.fire()
    await it.transport.arrival(20)
    await it.dispatcher.settle()
    sent = [dict(callout.headers)["X-Notification-Id"] for callout in it.transport.sent]
    assert sent == list(it.engine.ledger.deliveries)


@pytest.mark.real
async def test_the_real_clock_can_skip_ahead(world: Build) -> None:
    """Due items run in order at their own instants, then the clock runs on with that offset."""
    it = world(in_turn(503), real=True, mode=DeliveryMode.IMMEDIATE)
    start = it.clock.now
    it.submit()
    await it.dispatcher.advance(45 * MINUTES)
    assert len(it.transport.sent) == 2
    assert it.clock.now - start >= 45 * MINUTES
    await it.dispatcher.drain()
    assert it.phases == [Phase.FAILED]


@pytest.mark.real
async def test_settling_live_includes_what_came_meanwhile(world: Build) -> None:
    """Also where nothing goes out by itself: a receiver that calls back is served in the same movement."""
    left = [2]

    def calls_back(callout: Callout) -> Outcome:
        if left[0]:
            left[0] -= 1
            it.submit()
        return answered(200)

    it = world(calls_back, real=True)
    it.submit()
    await it.dispatcher.settle()
    assert it.phases == [Phase.DELIVERED] * 3


@pytest.mark.real
async def test_closing_cuts_off_what_hangs_and_starts_nothing_more() -> None:
    """A lane with more waiting does not go on."""
    it = World(FakeDialect(), MemoryTransport(), RealClock(), mode=DeliveryMode.IMMEDIATE, per_receiver=1)
    it.transport.hold("a")
    for _ in range(3):
        it.fire()
    await it.transport.arrival(1)
    await it.dispatcher.close()
    assert len(it.transport.sent) == 1
    assert it.transport.closed


@pytest.mark.real
async def test_moving_by_hand_sets_the_timer_anew(world: Build) -> None:
    """After a skip the next retry comes sooner than its timer, set before, would have it."""
    it = world(in_turn(503, 503, 200), real=True, rate=60, mode=DeliveryMode.IMMEDIATE)
    it.submit()
    await it.transport.arrival(1)
    await it.dispatcher.settle()
    due = it.engine.next_due
    assert due is not None
    await it.dispatcher.advance(due - it.clock.now - timedelta(seconds=1))
    await it.transport.arrival(2)


def test_a_clock_that_stands_still_never_gets_there() -> None:
    """It has no real seconds to tell, but for what is due already."""
    clock = VirtualClock()
    assert clock.seconds_until(clock.now) == 0
    assert clock.seconds_until(clock.now + MINUTES) is None
    clock.skip_to(clock.now - MINUTES)
    assert clock.now == VIRTUAL_START
    clock.skip_to(clock.now + MINUTES)
    clock.reset()
    assert clock.now == VIRTUAL_START


@pytest.mark.real
def test_a_real_clock_runs_at_its_rate_from_where_it_is() -> None:
    """An hour lies a minute ahead at rate 60; a skip is kept, a reset undoes it."""
    clock = RealClock(rate=60, start=VIRTUAL_START)
    seconds = clock.seconds_until(VIRTUAL_START + 60 * MINUTES)
    assert seconds is not None
    assert math.isclose(seconds, 60, abs_tol=5)
    clock.skip_to(VIRTUAL_START + timedelta(days=2))
    assert clock.now >= VIRTUAL_START + timedelta(days=2)
    clock.skip_to(VIRTUAL_START)
    assert clock.now >= VIRTUAL_START + timedelta(days=2)
    clock.reset()
    assert clock.now < VIRTUAL_START + timedelta(days=1)
