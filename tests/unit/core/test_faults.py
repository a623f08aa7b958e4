"""Scripted misfortune, each kind seen through the engine."""

from datetime import timedelta
from typing import Any

import pytest

from simulator.core.attempt import Dispatch, UnderWay, hear
from simulator.core.dialect import Happening
from simulator.core.engine import Engine
from simulator.core.faults import NOTHING, Fault, FaultKind, Faults, Rewrite, folded, lose
from simulator.core.heads import Form
from simulator.core.ids import Ids
from simulator.core.model import Attempt, Callout, Delivery, ErrorClass, Outcome, Phase
from tests.support.fake_dialect import HUNG, NAME, REFUSED, FakeDialect, answered, receiver
from tests.support.machine import T0, fresh

MINUTE = timedelta(minutes=1)


class Life:
    """An engine and all that it sends, answered in turn."""

    def __init__(self, *faults: Fault, statuses: tuple[int, ...] = (200,), receivers: str = "a", seed: int = 0) -> None:
        self.engine = Engine({NAME: FakeDialect(*map(receiver, receivers))}, seed=seed)
        self.engine.faults.replace(faults)
        self.statuses = list(statuses)
        self.sent: list[tuple[str, float, int]] = []
        """Of each dispatch: the notification's id, when in minutes, how many at once."""

    def fire(self, times: int = 1, name: str = "Done", tenant: str = "t") -> list[str]:
        """Fires; answers with the ids of all notifications."""
        for _ in range(times):
            self.engine.fire(NAME, tenant, Happening(name, {}), T0)
        return list(self.engine.ledger.deliveries)

    def drain(self) -> None:
        """Carry everything to its end."""
        while (due := self.engine.next_due) is not None:
            for ready in self.engine.tick(due):
                dispatch = self.engine.begin(ready.id, due)
                while dispatch is not None:
                    self.sent.append((ready.id, (due - T0) / MINUTE, len(dispatch.callouts)))
                    status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
                    outcomes = [answered(status)] * len(dispatch.callouts)
                    dispatch = self.engine.report(dispatch, outcomes, due, due)

    @property
    def minutes(self) -> list[float]:
        return [minute for _, minute, _ in self.sent]

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Of the first notification."""
        return self.engine.ledger.attempts_of(next(iter(self.engine.ledger.deliveries)))

    @property
    def phases(self) -> list[Phase]:
        return [it.phase for it in self.engine.ledger.deliveries.values()]


def life(*faults: Fault, times: int = 1, **more: Any) -> Life:
    """A life of that many events, lived to its end."""
    it = Life(*faults, **more)
    it.fire(times)
    it.drain()
    return it


def test_drop_sends_nothing() -> None:
    """Not sent, and no attempt."""
    it = life(Fault(FaultKind.DROP))
    assert (it.sent, it.attempts, it.phases) == ([], (), [Phase.NOT_SENT])


def test_delay_holds_an_attempt_back_once() -> None:
    """Every attempt; the interval counts from when it began after all."""
    it = life(Fault(FaultKind.DELAY, span=7 * MINUTE), statuses=(503,))
    assert it.minutes == [7, 44, 81]


def test_reorder_holds_each_back_within_the_window() -> None:
    """Each by its own share of it, so that the order changes; and none for longer."""
    it = life(Fault(FaultKind.REORDER, span=5 * MINUTE), times=50)
    assert all(0 <= minute < 5 for minute in it.minutes)
    assert [notification for notification, *_ in it.sent] != list(it.engine.ledger.deliveries)
    assert it.phases == [Phase.DELIVERED] * 50


@pytest.mark.parametrize("faults", [1, 2])
def test_reorder_without_a_window_shuffles_what_is_due_at_one_instant(faults: int) -> None:
    """Each goes once, at that instant; the same seed shuffles alike, another one otherwise."""
    orders = []
    for seed in (0, 0, 1):
        it = life(*[Fault(FaultKind.REORDER)] * faults, times=20, seed=seed)
        opened = list(it.engine.ledger.deliveries)
        orders.append([opened.index(notification) for notification, *_ in it.sent])
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == list(range(20)) != orders[0]


def test_two_that_are_due_at_one_instant_change_places_by_chance() -> None:
    """Some seeds change them, and some do not."""
    kept = []
    for seed in range(10):
        it = life(Fault(FaultKind.REORDER), times=2, seed=seed)
        kept.append([notification for notification, *_ in it.sent] == list(it.engine.ledger.deliveries))
    assert set(kept) == {True, False}


def test_reorder_leaves_those_alone_that_it_does_not_meet() -> None:
    """They go in their places; a single one that is met has nobody to change with."""
    it = Life(Fault(FaultKind.REORDER, event="Other"), receivers="a")
    for number in range(12):
        it.fire(name="Other" if number % 2 else "Done")
    it.drain()
    opened = list(it.engine.ledger.deliveries)
    sent = [notification for notification, *_ in it.sent]
    assert sent[::2] == opened[::2]
    assert sent[1::2] != opened[1::2]


@pytest.mark.parametrize("at_once", [True, False])
def test_duplicate_adds_a_copy_that_decides_nothing(at_once: bool) -> None:
    """At once or after the answer; one attempt, flagged, with a request id of its own; the first answer counts."""
    it = life(Fault(FaultKind.DUPLICATE, at_once=at_once), statuses=(200,) if at_once else (200, 503))
    (attempt,) = it.attempts
    first, copy = attempt.exchanges
    assert (first.duplicate, copy.duplicate) == (False, True)
    assert first.callout.request_id != copy.callout.request_id
    assert first.callout.body == copy.callout.body
    assert dict(first.callout.headers)["X-Notification-Id"] == dict(copy.callout.headers)["X-Notification-Id"]
    assert [count for *_, count in it.sent] == ([2] if at_once else [1, 1])
    assert it.phases == [Phase.DELIVERED]


@pytest.mark.parametrize(("first", "copy", "phase"), [(200, 503, Phase.DELIVERED), (503, 200, Phase.WAITING)])
def test_a_copy_that_goes_at_once_decides_nothing(first: int, copy: int, phase: Phase) -> None:
    """Whatever its receiver says to it, before or after the answer that counts."""
    engine = Life(Fault(FaultKind.DUPLICATE, at_once=True)).engine
    engine.fire(NAME, "t", Happening("Done", {}), T0)
    (ready,) = engine.tick(T0)
    dispatch = engine.begin(ready.id, T0)
    assert dispatch is not None
    assert engine.report(dispatch, [answered(first), answered(copy)], T0, T0) is None
    assert engine.ledger.deliveries[ready.id].phase is phase


def test_as_many_answers_as_requests() -> None:
    """Fewer, or more, are a bug of whoever carried them."""
    engine = Life().engine
    engine.fire(NAME, "t", Happening("Done", {}), T0)
    (ready,) = engine.tick(T0)
    dispatch = engine.begin(ready.id, T0)
    assert dispatch is not None
    with pytest.raises(ValueError, match="longer"):
        hear(dispatch, [answered(200), answered(200)], T0, T0)


def test_duplicate_repeats_the_request_that_was_accepted() -> None:
    """After a challenge the copy carries the credentials as well; at once, each request of the dialogue has its copy."""
    after = life(Fault(FaultKind.DUPLICATE), statuses=(401, 200))
    assert [(it.duplicate, "Authorization" in dict(it.callout.headers)) for it in after.attempts[0].exchanges] == [
        (False, False),
        (False, True),
        (True, True),
    ]
    together = life(Fault(FaultKind.DUPLICATE, at_once=True), statuses=(401, 200))
    assert [(it.duplicate, "Authorization" in dict(it.callout.headers)) for it in together.attempts[0].exchanges] == [
        (False, False),
        (True, False),
        (False, True),
        (True, True),
    ]


def test_two_duplicates_add_two_copies() -> None:
    """And all have ids of their own."""
    it = life(Fault(FaultKind.DUPLICATE, at_once=True), Fault(FaultKind.DUPLICATE))
    assert len({exchange.callout.request_id for exchange in it.attempts[0].exchanges}) == 3


def test_a_lost_answer_is_judged_as_a_timeout() -> None:
    """The receiver said 200; the sender heard nothing, and tries again. The note tells what really happened."""
    it = life(Fault(FaultKind.LOST_ANSWER, attempt=1))
    assert it.minutes == [0, 30]
    lost = it.attempts[0].exchanges[0]
    assert lost.outcome.error is ErrorClass.TRANSFER_TIMEOUT
    assert lost.outcome.status is None
    assert "the receiver answered 200" in lost.outcome.notes[0]
    assert lost.ended_at - lost.sent_at == timedelta(seconds=15) == it.attempts[0].ended_at - it.attempts[0].sent_at


BROKEN_OFF = Outcome(status=200, error=ErrorClass.CLOSED_EARLY)


@pytest.mark.parametrize("outcome", [HUNG, REFUSED, BROKEN_OFF, answered(101), answered(302), answered(503)])
def test_what_was_no_answer_of_success_cannot_be_lost(outcome: Outcome) -> None:
    """A refusal stays a refusal, an answer that broke off or says no stays what it was."""
    assert lose(outcome) is outcome


@pytest.mark.parametrize("status", [200, 204, 299])
def test_answers_of_success_are_lost(status: int) -> None:
    """Of any kind."""
    assert lose(answered(status)).error is ErrorClass.TRANSFER_TIMEOUT


def test_the_answer_is_lost_that_the_receiver_gives_behind_its_challenge() -> None:
    """The challenge is heard, as is the token of an attempt that asks for one: else nothing would have been done twice."""
    it = life(Fault(FaultKind.LOST_ANSWER, attempt=1), statuses=(401, 200, 200))
    challenge, lost = it.attempts[0].exchanges
    assert (challenge.outcome.status, lost.outcome.error) == (401, ErrorClass.TRANSFER_TIMEOUT)
    assert it.phases == [Phase.DELIVERED]
    asked = Callout(Form("POST", "https://a.test/", "", "oauth-token"), b"", "r")
    attempt = UnderWay(Rewrite(lose_answer=True), [])
    delivery = fresh(Phase.SENDING)
    assert hear(Dispatch(delivery, (asked,), attempt), [answered(200)], T0, T0) == T0
    assert attempt.exchanges[0].outcome.status == 200


@pytest.mark.parametrize(
    ("fault", "meets"),
    [
        ({}, True),
        ({"event": "something"}, True),
        ({"event": "SOME-THING"}, True),
        ({"event": "Some_Thing"}, True),
        ({"event": "Anything"}, False),
        ({"notification": "d" * 32}, True),
        ({"notification": "s"}, True),
        ({"notification": "e" * 32}, False),
        ({"attempt": 1}, True),
        ({"attempt": 2}, False),
        ({"tenant": "t"}, True),
        ({"tenant": "u"}, False),
        ({"until": T0 + MINUTE}, True),
        ({"until": T0}, False),
        ({"until": T0 - MINUTE}, False),
        ({"probability": 0.0}, False),
        ({"event": "Something", "attempt": 1, "tenant": "t", "notification": "s"}, True),
        ({"event": "Something", "attempt": 2, "tenant": "t", "notification": "s"}, False),
    ],
    ids=str,
)
def test_whom_a_fault_meets(fault: dict[str, Any], meets: bool) -> None:
    """Every field that is set must match."""
    faults = Faults(Ids(0), [Fault(FaultKind.DROP, **fault)])
    assert faults.decide(fresh(Phase.READY), T0).drop is meets


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_probability_draws_from_the_seed(probability: float) -> None:
    """About as often as it says, and the same ones in every run of that seed."""

    def dropped(seed: int) -> list[bool]:
        it = life(Fault(FaultKind.DROP, probability=probability), times=400, seed=seed)
        return [phase is Phase.NOT_SENT for phase in it.phases]

    assert dropped(3) == dropped(3)
    assert abs(sum(dropped(3)) / 400 - probability) < 0.08


def test_faults_draw_each_for_itself() -> None:
    """Two of one half each meet a quarter together, not a half."""
    halves = [Fault(FaultKind.DUPLICATE, probability=0.5), Fault(FaultKind.LOST_ANSWER, probability=0.5)]
    it = life(*halves, times=400)
    attempts = [tries[0] for tries in it.engine.ledger.attempts.values()]
    both = [len(tries.exchanges) == 2 and tries.exchanges[0].outcome.error is not None for tries in attempts]
    assert 0.17 < sum(both) / 400 < 0.33


def test_once_is_used_up_by_the_attempt_that_it_meets() -> None:
    """The others go as they would have gone."""
    it = life(Fault(FaultKind.DROP, once=True), times=3)
    assert it.phases == [Phase.NOT_SENT, Phase.DELIVERED, Phase.DELIVERED]
    assert it.engine.faults.current == ()


@pytest.mark.parametrize("first", [0, 1])
def test_once_is_not_used_up_by_an_attempt_that_is_held_back(first: int) -> None:
    """In whatever order the two faults stand: the copy goes when the attempt does."""
    pair = [Fault(FaultKind.DUPLICATE, once=True), Fault(FaultKind.DELAY, span=MINUTE)]
    it = life(pair[first], pair[1 - first])
    assert len(it.attempts[0].exchanges) == 2
    assert it.minutes == [1, 1]


def test_a_delay_marked_once_holds_back_once() -> None:
    """And no other delivery."""
    it = life(Fault(FaultKind.DELAY, span=7 * MINUTE, once=True), statuses=(503,), times=2)
    assert sorted(it.minutes) == [0, 7, 30, 37, 60, 67]
    assert it.engine.faults.current == ()


def test_two_alike_marked_once_are_two() -> None:
    """Each is used up by itself, though they are equal."""
    alike = [Fault(FaultKind.DUPLICATE, once=True), Fault(FaultKind.DUPLICATE, once=True)]
    it = life(*alike, times=2)
    exchanges = [len(tries[0].exchanges) for tries in it.engine.ledger.attempts.values()]
    assert exchanges == [3, 1]


def test_faults_of_one_tenant_are_replaced_alone() -> None:
    """Or all at once."""
    common, mine, yours = (Fault(FaultKind.DROP, tenant=tenant) for tenant in (None, "t", "u"))
    faults = Faults(Ids(0), [common, mine, yours])
    new = Fault(FaultKind.DELAY, tenant="t")
    faults.replace([new], "t")
    assert faults.current == (common, yours, new)
    faults.replace([])
    assert not faults.current
    assert faults.decide(fresh(Phase.READY), T0) is NOTHING


def test_a_copy_can_be_asked_for_by_hand() -> None:
    """Of the next attempt where one is pending; of a finished one, by a resend."""
    it = Life(statuses=(503, 200))
    (notification,) = it.fire()
    it.engine.duplicate(notification, T0, at_once=True)
    it.drain()
    assert [count for *_, count in it.sent] == [2, 1]
    it.engine.duplicate(notification, T0, at_once=True)
    it.drain()
    assert [count for *_, count in it.sent] == [2, 1, 2]
    it.engine.duplicate(notification, T0, at_once=False)
    it.drain()
    assert [count for *_, count in it.sent] == [2, 1, 2, 1]
    assert [(tries.number, tries.resend) for tries in it.attempts] == [(1, False), (2, False), (3, True), (4, True)]
    assert it.engine.faults.current == ()


def test_a_copy_that_is_asked_for_too_late() -> None:
    """The attempt under way was the last one: there is no next one, and no later resend is met."""
    engine = Life().engine
    engine.fire(NAME, "t", Happening("Done", {}), T0)
    (ready,) = engine.tick(T0)
    dispatch = engine.begin(ready.id, T0)
    assert dispatch is not None
    engine.duplicate(ready.id, T0, at_once=False)
    assert len(engine.faults.current) == 1
    engine.report(dispatch, [answered(200)], T0, T0)
    assert not engine.faults.current


def test_an_end_uses_up_what_was_meant_for_that_delivery_alone() -> None:
    """And of that only what was to happen once."""
    mine, again, anybodys, yours = (
        Fault(FaultKind.DUPLICATE, notification=notification, once=once)
        for notification, once in (("d", True), ("d", False), (None, True), ("e", True))
    )
    faults = Faults(Ids(0), [mine, again, anybodys, yours])
    faults.spend("d")
    assert faults.current == (again, anybodys, yours)


def test_folded_names() -> None:
    """An event is meant by its name in any spelling."""
    assert folded("Async Request-Succeeded") == folded("asyncRequest_SUCCEEDED") == "asyncrequestsucceeded"


def test_a_delivery_that_was_held_says_so_until_it_goes() -> None:
    """So that it is not held back for ever."""
    it = Life(Fault(FaultKind.DELAY, span=MINUTE))
    it.fire()
    (ready,) = it.engine.tick(T0)
    assert it.engine.begin(ready.id, T0) is None
    held: Delivery = it.engine.ledger.deliveries[ready.id]
    assert (held.phase, held.held, held.due) == (Phase.WAITING, True, T0 + MINUTE)
