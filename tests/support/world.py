"""An engine, a fake provider and receivers in one place, driven one operation at a time, and the laws it must keep.

An operation is a name and two small numbers that choose among what is possible then, so that any list of operations
can be run, printed and cut down. Whoever chooses them, Hypothesis or a seed, stands elsewhere. What was sent is kept
here as the receivers saw it, apart from the ledger that is judged by it.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from simulator.core.attempt import Dispatch
from simulator.core.dialect import Happening
from simulator.core.engine import Engine
from simulator.core.faults import Fault, FaultKind
from simulator.core.ledger import AttemptEnded, Fact, Ledger
from simulator.core.model import Decision, Delivery, ErrorClass, JobPhase, Outcome, Phase, Policy
from tests.support.fake_dialect import (
    BREAKS_RENDER,
    HUNG,
    NAME,
    REFUSED,
    UNSENDABLE,
    Broken,
    FakeDialect,
    Work,
    answered,
    receiver,
    submission,
)
from tests.support.machine import T0

TENANTS = ("t", "u")
RECEIVERS = (receiver("a"), receiver("b"), receiver("c"), receiver("d", UNSENDABLE), receiver("e", BREAKS_RENDER))
WORKS = (
    Work(),
    Work(),
    Work(events=("Done", "More")),
    Work(later=2),
    Work(events=()),
    Work(stuck=True),
    Work(breaks=True),
    Work(events=("Breaks", "Done")),
)
OUTCOMES = (
    answered(200),
    answered(503),
    answered(401),
    HUNG,
    answered(404),
    answered(200),
    REFUSED,
    answered(500),
    answered(401),
    answered(299),
)
POLICIES = tuple(
    Policy(limit, timedelta(minutes=minutes), retry=retry)
    for limit, minutes, retry in ((3, 30, True), (1, 30, True), (5, 1, True), (2, 1440, True), (3, 30, False))
)
SPANS = tuple(timedelta(minutes=minutes) for minutes in (0, 1, 29, 30, 1500))
FAULTS = (
    Fault(FaultKind.DROP, probability=0.5),
    Fault(FaultKind.DELAY, span=timedelta(minutes=7)),
    Fault(FaultKind.REORDER, span=timedelta(minutes=5)),
    Fault(FaultKind.REORDER),
    Fault(FaultKind.DUPLICATE),
    Fault(FaultKind.DUPLICATE, at_once=True),
    Fault(FaultKind.DUPLICATE, attempt=2, probability=0.5),
    Fault(FaultKind.LOST_ANSWER, probability=0.5),
    Fault(FaultKind.DROP, attempt=2),
    Fault(FaultKind.DELAY, span=timedelta(hours=2), once=True),
)
UNSENT_REASON = "a fault of the simulator itself"
BOUND = 3_000


class Operation(Struct, frozen=True):
    """What to do next; the numbers choose among what is possible."""

    name: str
    which: int
    how: int

    def __repr__(self) -> str:
        return f"{self.name}({self.which}, {self.how})"


class World:
    """See the module. ``live`` lets time run while requests are in flight; ``retain`` is the ledger's."""

    def __init__(self, *, live: bool = False, retain: int | None = None, seed: int = 0) -> None:
        self.live = live
        self.now = T0
        self.dialect = FakeDialect(*RECEIVERS[:2])
        self.engine = Engine({NAME: self.dialect}, seed=seed, retain=retain)
        self.facts: list[Fact] = []
        self.engine.ledger.listeners.append(self._hear)
        self.errors: list[Exception] = []
        self.engine.on_broken = self.errors.append
        self.ready: list[str] = []
        self.open: list[tuple[Dispatch, datetime]] = []
        self.ghosts: list[tuple[Dispatch, datetime]] = []
        self.sent: dict[str, list[str]] = defaultdict(list)
        self.seen: set[str] = set()
        self.faulty = False
        self.ended: dict[str, Delivery] = {}

    # ── operations ──

    def do(self, operation: Operation) -> None:
        """Do it, as far as it is possible now."""
        OPERATIONS[operation.name](self, operation.which, operation.how)

    def submit(self, which: int, how: int) -> None:
        tenant = TENANTS[how % len(TENANTS)]
        self.engine.submit(submission(WORKS[which % len(WORKS)], tenant), self.now)

    def fire(self, which: int, how: int) -> None:
        self.engine.fire(NAME, TENANTS[how % len(TENANTS)], Happening("Done", {"n": str(which)}), self.now)

    def subscribe(self, which: int, how: int) -> None:
        self.dialect.receivers = [it for place, it in enumerate(RECEIVERS) if which >> place & 1]

    def withdraw(self, which: int, how: int) -> None:
        names = {it.id for place, it in enumerate(RECEIVERS) if which >> place & 1}
        self.engine.withdraw(TENANTS[how % len(TENANTS)], names, self.now)

    def change_policy(self, which: int, how: int) -> None:
        self.dialect.terms = POLICIES[which % len(POLICIES)]

    def add_fault(self, which: int, how: int) -> None:
        fault = FAULTS[which % len(FAULTS)]
        until = self.now + timedelta(hours=1) if how % 2 else None
        self.engine.faults.add(replace(fault, until=until, tenant=TENANTS[0] if how % 3 == 0 else None))
        self.faulty = True

    def clear_faults(self, which: int, how: int) -> None:
        self.engine.faults.replace(())

    def resend(self, which: int, how: int) -> None:
        if (delivery := self._any_delivery(which)) is not None:
            self.ended.pop(delivery.id, None)
            self.engine.resend(delivery.id, self.now)

    def duplicate(self, which: int, how: int) -> None:
        if (delivery := self._any_delivery(which)) is not None:
            self.ended.pop(delivery.id, None)
            self.faulty = True
            self.engine.duplicate(delivery.id, self.now, at_once=how % 2 == 0)

    def reconsider(self, which: int, how: int) -> None:
        if jobs := list(self.engine.ledger.jobs):
            self.engine.reconsider(jobs[which % len(jobs)], self.now)

    def forget(self, which: int, how: int) -> None:
        tenant = (*TENANTS, None)[which % 3]
        self.engine.forget(tenant)
        kept = self.engine.ledger.deliveries
        self.ghosts += [it for it in self.open if it[0].delivery.id not in kept]
        self.open = [it for it in self.open if it[0].delivery.id in kept]
        for gone in [key for key in self.sent if key not in kept]:
            self.seen.difference_update(self.sent.pop(gone))
        self.ended = {key: it for key, it in self.ended.items() if key in kept}

    def wait(self, which: int, how: int) -> None:
        """Let time pass; where the clock stands still, only while nothing is in flight or due before that."""
        then = self.now + SPANS[which % len(SPANS)]
        if self.live or self._at_rest():
            due = self.engine.next_due
            self.now = then if self.live or due is None else max(self.now, min(then, due))

    def skip(self, which: int, how: int) -> None:
        """Move to the next due instant, and tick."""
        due = self.engine.next_due
        if due is not None and (self.live or self._at_rest()):
            self.now = max(self.now, due)
        self.tick(which, how)

    def tick(self, which: int, how: int) -> None:
        ready = self.engine.tick(self.now)
        assert len({it.id for it in ready}) == len(ready)
        assert all(it.phase is Phase.READY for it in ready)
        self.ready += [it.id for it in ready]
        due = self.engine.next_due
        assert due is None or due > self.now, "what is due was done"

    def begin(self, which: int, how: int) -> None:
        if self.ready:
            place = which % len(self.ready) if self.live else 0
            self._sent(self.engine.begin(self.ready.pop(place), self.now), self.now)

    def report(self, which: int, how: int) -> None:
        if self.open:
            dispatch, sent_at = self.open.pop(which % len(self.open))
            self._report(dispatch, sent_at, how)

    def report_forgotten(self, which: int, how: int) -> None:
        if self.ghosts:
            dispatch, sent_at = self.ghosts.pop(which % len(self.ghosts))
            before = len(self.facts)
            outcomes = [OUTCOMES[how % len(OUTCOMES)]] * len(dispatch.callouts)
            assert self.engine.report(dispatch, outcomes, sent_at, self.now) is None
            assert len(self.facts) == before, "nobody is told"

    def abandon(self, which: int, how: int) -> None:
        if self.open:
            dispatch, _ = self.open.pop(which % len(self.open))
            self.engine.abandon(dispatch, Broken("the wire"), self.now)

    # ── laws ──

    def check(self) -> None:
        """Whatever was done: this holds."""
        ledger = self.engine.ledger
        assert all(isinstance(error, Broken) for error in self.errors), self.errors
        assert self.engine.in_flight == len(self.open)
        assert {it.id for it in self.engine.under_way} == {dispatch.delivery.id for dispatch, _ in self.open}
        assert len(self.open) == len({dispatch.delivery.id for dispatch, _ in self.open}), "one request at a time"
        ready = set(self.ready)
        for delivery in ledger.deliveries.values():
            self._check_delivery(delivery, ready)
        for key, delivery in self.ended.items():
            assert ledger.deliveries.get(key, delivery) is delivery, "a finished delivery stays silent without a resend"
        if ledger.retain is not None:
            assert sum(it.finished for it in ledger.deliveries.values()) <= ledger.retain
            assert sum(it.phase is not JobPhase.QUEUED for it in ledger.jobs.values()) <= ledger.retain
            assert len(ledger.events) <= ledger.retain

    def _check_delivery(self, delivery: Delivery, ready: set[str]) -> None:
        attempts = self.engine.ledger.attempts_of(delivery.id)
        under_way = [dispatch for dispatch, _ in self.open if dispatch.delivery.id == delivery.id]
        assert (delivery.phase is Phase.SENDING) == bool(under_way)
        assert delivery.phase is not Phase.READY or delivery.id in ready, "what is ready goes"
        assert (delivery.due is not None) == (delivery.phase is Phase.WAITING)
        assert [it.number for it in attempts] == list(range(1, len(attempts) + 1))
        assert delivery.attempts == len(attempts) + len(under_way)
        recorded = [exchange for attempt in attempts for exchange in attempt.exchanges]
        recorded += [exchange for dispatch in under_way for exchange in dispatch.attempt.exchanges]
        on_wire = [it.callout.request_id for it in recorded if it.outcome.error is not ErrorClass.NOT_SENT]
        on_wire += [callout.request_id for dispatch in under_way for callout in dispatch.callouts]
        broken = sum(it.verdict.reason.startswith(UNSENT_REASON) for it in attempts)
        if broken:  # what was on its way when a fault of ours struck is in no record
            assert set(on_wire) <= set(self.sent[delivery.id])
        else:
            assert on_wire == self.sent[delivery.id], "requests sent = exchanges recorded + open"
        for earlier, later in pairwise(attempts):
            assert later.resend or (earlier.retry_at is not None and later.sent_at >= earlier.retry_at)
        if delivery.finished:
            taken = any(it.verdict.decision is Decision.DELIVERED for it in attempts)
            assert (delivery.phase is Phase.DELIVERED) == taken, "what was delivered stays so, and nothing else is"
        for attempt in attempts:
            assert attempt.ended_at >= attempt.sent_at
            assert attempt.retry_at is None or attempt.verdict.decision is Decision.AGAIN
            assert len([it for it in attempt.exchanges if not it.duplicate]) <= 5

    def finish(self) -> None:
        """Let everything come to its end, and prove that nothing was lost."""
        self.engine.faults.replace(())
        for step in range(BOUND):
            if self.open:
                self.report(0, step)
            elif self.ready:
                self.begin(0, step)
            elif self.engine.next_due is not None:
                self.now = max(self.now, self.engine.next_due)
                self.tick(0, 0)
            else:
                break
        else:
            raise AssertionError(f"no end after {BOUND} steps")
        self.check()
        ledger = self.engine.ledger
        assert all(delivery.finished for delivery in ledger.deliveries.values())
        assert all(job.phase is not JobPhase.QUEUED or job.due is None for job in ledger.jobs.values())
        self.check_replay()

    def check_replay(self) -> None:
        """Whoever replays the facts in order has the same ledger."""
        ledger, again = self.engine.ledger, Ledger(self.engine.ledger.retain)
        for fact in self.facts:
            again.append(fact)
        assert list(again.jobs.items()) == list(ledger.jobs.items())
        assert list(again.events.items()) == list(ledger.events.items())
        assert list(again.deliveries.items()) == list(ledger.deliveries.items())
        assert list(again.attempts.items()) == list(ledger.attempts.items())

    @property
    def history(self) -> bytes:
        """All facts, as bytes: equal inputs must make them equal."""
        return msgspec.json.encode([[type(fact).__name__, fact] for fact in self.facts])

    # ── behind it ──

    def _hear(self, fact: Fact) -> None:
        self.facts.append(fact)
        if isinstance(fact, AttemptEnded):
            attempt, policy = fact.attempt, self.dialect.terms
            assert not (attempt.retry_at and attempt.resend), "a resend is not retried"
            if attempt.retry_at is not None:
                assert policy.retry
                assert attempt.number < policy.limit
                assert attempt.retry_at == max(attempt.sent_at + policy.interval, attempt.ended_at)
            if fact.delivery.finished:
                self.ended[fact.delivery.id] = fact.delivery

    def _any_delivery(self, which: int) -> Delivery | None:
        deliveries = list(self.engine.ledger.deliveries.values())
        return deliveries[which % len(deliveries)] if deliveries else None

    def _at_rest(self) -> bool:
        return not self.open and not self.ready

    def _sent(self, dispatch: Dispatch | None, at: datetime) -> None:
        if dispatch is None:
            return
        assert self.faulty or len(dispatch.callouts) == 1
        assert self.faulty or not dispatch.duplicate
        for callout in dispatch.callouts:
            assert dict(callout.headers)["X-Notification-Id"] == dispatch.delivery.id, "the notification id is constant"
            assert callout.request_id not in self.seen, "request ids are unique"
            self.seen.add(callout.request_id)
            self.sent[dispatch.delivery.id].append(callout.request_id)
        self.open.append((dispatch, at))

    def _report(self, dispatch: Dispatch, sent_at: datetime, how: int) -> None:
        outcomes: list[Outcome] = [OUTCOMES[(how + place) % len(OUTCOMES)] for place in range(len(dispatch.callouts))]
        ended_at = self.now if self.live else sent_at + max(outcome.nominal for outcome in outcomes)
        self._sent(self.engine.report(dispatch, outcomes, sent_at, ended_at), ended_at)


OPERATIONS: dict[str, Callable[[World, int, int], None]] = {
    name: getattr(World, name)
    for name in (
        "submit",
        "fire",
        "subscribe",
        "withdraw",
        "change_policy",
        "add_fault",
        "clear_faults",
        "resend",
        "duplicate",
        "reconsider",
        "forget",
        "wait",
        "skip",
        "tick",
        "begin",
        "report",
        "report_forgotten",
        "abandon",
    )
}
