"""The laws of the retry machine, over every state that it has.

Each law is a function over the steps of an exhaustive search, so that it can be held against a machine with a planted
fault as well: a law that no fault can break proves nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from msgspec.structs import replace

from simulator.core import delivery as machine
from simulator.core.delivery import (
    EXCHANGES_PER_ATTEMPT,
    TABLE,
    Asked,
    Begun,
    Deferred,
    Dropped,
    Due,
    Judged,
    Offer,
    Resent,
    Send,
    Signal,
    Step,
    Wake,
    Withdrawn,
    step,
)
from simulator.core.errors import IllegalStep
from simulator.core.model import FINISHED, Decision, Delivery, Phase, Policy
from tests.support.machine import T0, VERDICTS, Edge, Machine, TooLarge, explore, fresh

POLICIES = [
    Policy(1, timedelta(minutes=30)),
    Policy(2, timedelta(minutes=1)),
    Policy(3, timedelta(minutes=30)),
    Policy(3, timedelta(minutes=30), retry=False),
    Policy(5, timedelta(minutes=1440)),
]

LEGAL: dict[Phase, set[type[Signal]]] = {
    Phase.WAITING: {Due, Resent, Withdrawn},
    Phase.READY: {Begun, Deferred, Dropped, Resent, Withdrawn},
    Phase.SENDING: {Asked, Judged, Resent, Withdrawn},
    Phase.DELIVERED: {Resent, Withdrawn},
    Phase.FAILED: {Resent, Withdrawn},
    Phase.NOT_SENT: {Resent, Withdrawn},
}

Law = Callable[[list[Edge]], None]


def taken(edges: list[Edge], *kinds: type[Signal]) -> list[tuple[Edge, Delivery, Delivery]]:
    """The legal steps, with the delivery before and after each."""
    return [
        (edge, edge.before.delivery, edge.after.delivery)
        for edge in edges
        if edge.after is not None and (not kinds or isinstance(edge.signal, kinds))
    ]


def is_total_over_the_legal_pairs(edges: list[Edge]) -> None:
    """Every legal pair of phase and signal is met and answered; every other is refused."""
    answered = {(it.phase, type(edge.signal)) for edge, it, _ in taken(edges)}
    refused = {(edge.before.delivery.phase, type(edge.signal)) for edge in edges if edge.after is None}
    legal = {(phase, kind) for phase, kinds in LEGAL.items() for kind in kinds}
    assert answered == legal
    too_long = {(Phase.SENDING, Asked)}  # refused once the dialogue is at its end
    assert refused & legal <= too_long


def reaches_every_phase(edges: list[Edge]) -> None:
    """No phase is there for nothing."""
    assert {after.phase for _, _, after in taken(edges)} == set(Phase)


def never_exceeds_the_limit_and_can_reach_it(edges: list[Edge]) -> None:
    """Attempts that nobody asked for are at most the limit, or one where retry is off; and that many do happen."""
    policy = edges[0].policy
    allowed = policy.limit if policy.retry else 1
    unasked = [after.attempts for edge, _, after in taken(edges) if edge.after and not edge.after.asked_for]
    assert max(unasked) == allowed
    assert all(it.attempts <= allowed + edge.before.asked_for for edge, _, it in taken(edges))


def asks_for_the_action_that_fits(edges: list[Edge]) -> None:
    """At most one action: a wake for what now waits, an offer for what is ready, a request for what is sent."""
    for edge, before, after in taken(edges):
        match edge.action:
            case Wake(at=at):
                assert after.phase is Phase.WAITING
                assert after.due == at >= edge.now
            case Offer():
                assert (before.phase, after.phase) == (Phase.WAITING, Phase.READY)
            case Send():
                assert after.phase is Phase.SENDING
                assert isinstance(edge.signal, Begun | Asked)
            case None:
                assert after.phase is before.phase or after.finished
        assert (after.due is not None) == (after.phase is Phase.WAITING)
        assert isinstance(edge.action, Send) == isinstance(edge.signal, Begun | Asked)


def holds_one_dialogue_at_most(edges: list[Edge]) -> None:
    """An attempt has one request, and with an authentication dialogue at most five."""
    exchanges = {after.exchange for _, _, after in taken(edges) if after.phase is Phase.SENDING}
    assert exchanges == set(range(1, EXCHANGES_PER_ATTEMPT + 1))
    assert all(after.exchange == 0 for _, _, after in taken(edges) if after.phase is not Phase.SENDING)


def settles_under_endless_refusal(edges: list[Edge]) -> None:
    """Whatever came before: refused again and again, a delivery ends."""
    policy = edges[0].policy
    for edge, _, after in taken(edges, Judged):
        it, now = after, edge.now
        for _ in range(policy.limit + 1):
            if it.finished:
                break
            now = it.due or now
            it, _ = step(policy, it, Due(), now)
            it, _ = step(policy, it, Begun(), now)
            it, _ = step(policy, it, Judged(VERDICTS[Decision.AGAIN]), now)
        assert it.finished


def leaves_the_finished_in_peace(edges: list[Edge]) -> None:
    """A finished delivery stays as it is, and silent, without a resend."""
    for edge, before, after in taken(edges):
        if before.finished and not isinstance(edge.signal, Resent):
            assert (after, edge.action) == (before, None)


def keeps_attempts_an_interval_apart(edges: list[Edge]) -> None:
    """Start to start, unless somebody asked for the second; later only where the first took longer than that."""
    interval = edges[0].policy.interval
    for edge, before, after in taken(edges, Judged):
        if after.phase is Phase.WAITING:
            assert before.started is not None
            assert after.due == max(before.started + interval, edge.now)
    for edge, _, _ in taken(edges, Begun):
        assert edge.after is not None
        begun = edge.after.begun
        apart = [later - earlier >= interval for earlier, later in pairwise(begun)]
        assert apart.count(False) <= edge.after.asked_for


def sends_one_request_at_a_time(edges: list[Edge]) -> None:
    """What is under way cannot begin again: the next request waits for the answer to the last."""
    for edge, before, after in taken(edges):
        if before.phase is Phase.SENDING and after.phase is Phase.SENDING and isinstance(edge.action, Send):
            assert after.exchange == before.exchange + 1
            assert after.attempts == before.attempts
        assert after.attempts - before.attempts == isinstance(edge.signal, Begun)


def gives_a_resend_one_attempt(edges: list[Edge]) -> None:
    """A resend is tried once, and takes the place of a retry that was pending."""
    for _, before, after in taken(edges, Judged):
        if before.last:
            assert after.finished
    for _, before, after in taken(edges, Resent):
        pending = before.phase in {Phase.WAITING, Phase.READY}
        if before.phase is Phase.SENDING or (pending and not before.attempts):
            assert after is before  # the attempt under way, or the first one, answers for it
        else:
            assert (after.last, after.resent) == (True, True)
            assert after.phase is (Phase.READY if before.phase is Phase.READY else Phase.WAITING)


def leaves_nothing_open_at_an_end(edges: list[Edge]) -> None:
    """What has ended waits for nothing, is in no exchange, and is no resend any more."""
    for _, before, after in taken(edges):
        if after.finished and not before.finished:
            assert (after.due, after.exchange, after.resent) == (None, 0, False)


def never_undoes_a_delivery(edges: list[Edge]) -> None:
    """What its receiver has taken once is delivered at every later end, whatever comes of a resend."""
    for _, before, after in taken(edges):
        if before.phase is Phase.DELIVERED:
            assert after.taken
        if before.taken:
            assert after.taken
            assert after.phase is Phase.DELIVERED or not after.finished


def sends_nothing_for_a_withdrawn_definition(edges: list[Edge]) -> None:
    """What is pending is dropped, what is under way ends and is not tried again."""
    for edge, before, _ in taken(edges):
        if edge.before.withdrawn:
            assert not isinstance(edge.signal, Begun | Due)
            assert before.finished or before.phase is Phase.SENDING


def is_held_back_once_for_each_attempt(edges: list[Edge]) -> None:
    """A delivery that a fault held back says so until its attempt begins."""
    for edge, _, after in taken(edges):
        if isinstance(edge.signal, Deferred):
            assert after.held
        if after.phase is Phase.SENDING:
            assert not after.held


def knows_no_other_time_than_now(edges: list[Edge]) -> None:
    """The same steps, a year later, are the same but for the year."""
    year = timedelta(days=365)
    for edge, before, after in taken(edges):
        signal = Deferred(edge.signal.until + year) if isinstance(edge.signal, Deferred) else edge.signal
        moved, _ = step(edge.policy, later(before, year), signal, edge.now + year)
        assert moved == later(after, year)


def later(delivery: Delivery, span: timedelta) -> Delivery:
    """The delivery, with all its instants moved."""
    return replace(
        delivery,
        due=delivery.due and delivery.due + span,
        started=delivery.started and delivery.started + span,
    )


LAWS: list[Law] = [
    is_total_over_the_legal_pairs,
    reaches_every_phase,
    never_exceeds_the_limit_and_can_reach_it,
    asks_for_the_action_that_fits,
    holds_one_dialogue_at_most,
    settles_under_endless_refusal,
    leaves_the_finished_in_peace,
    keeps_attempts_an_interval_apart,
    sends_one_request_at_a_time,
    gives_a_resend_one_attempt,
    leaves_nothing_open_at_an_end,
    never_undoes_a_delivery,
    sends_nothing_for_a_withdrawn_definition,
    is_held_back_once_for_each_attempt,
    knows_no_other_time_than_now,
]


@pytest.fixture(scope="module", params=POLICIES, ids=lambda it: f"{it.limit}x{it.interval}{'' if it.retry else ' off'}")
def steps(request: pytest.FixtureRequest) -> list[Edge]:
    """All steps of the machine under one policy."""
    return explore(request.param)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_machine(law: Law, steps: list[Edge]) -> None:
    """Every law holds in every state, under every policy."""
    law(steps)


def test_the_table_is_the_legal_pairs() -> None:
    """What may happen when is written down once more here, by hand."""
    assert set(TABLE) == {(phase, kind) for phase, kinds in LEGAL.items() for kind in kinds}
    assert {Phase.DELIVERED, Phase.FAILED, Phase.NOT_SENT} == FINISHED


def test_an_illegal_step_names_both_sides() -> None:
    """Such an error is read by somebody who looks for our bug."""
    with pytest.raises(IllegalStep, match=r"<Delivery dddd… waiting, 0 begun, due 00:00:00> cannot take Begun\(\)"):
        step(POLICIES[0], fresh(), Begun(), T0)


# ── planted faults: each must break a law ──


def _without_limit(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    return step(replace(policy, limit=10**9), delivery, signal, now)


def _without_last(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    return step(policy, replace(delivery, last=False), signal, now)


def _counting_from_zero(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    after, action = step(policy, delivery, signal, now)
    return (replace(after, attempts=0) if isinstance(signal, Begun) else after), action


def _one_short(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    return step(replace(policy, limit=max(1, policy.limit - 1)), delivery, signal, now)


def _counting_from_the_end(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    if isinstance(signal, Judged):
        delivery = replace(delivery, started=now)
    return step(policy, delivery, signal, now)


def _due_in_the_past(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    after, action = step(policy, delivery, signal, now)
    if isinstance(signal, Judged) and isinstance(action, Wake) and delivery.started:
        at = delivery.started + policy.interval
        return replace(after, due=at), Wake(at)
    return after, action


def _deaf_to_retry_off(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    return step(replace(policy, retry=True), delivery, signal, now)


def _endless_dialogue(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    if isinstance(signal, Asked) and delivery.phase is Phase.SENDING:
        return replace(delivery, exchange=delivery.exchange + 1), Send()
    return step(policy, delivery, signal, now)


def _withdrawn_yet_retried(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    if isinstance(signal, Withdrawn) and delivery.phase is Phase.SENDING:
        return delivery, None
    return step(policy, delivery, signal, now)


def _restless(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    if delivery.finished and isinstance(signal, Withdrawn):
        return replace(delivery, phase=Phase.WAITING, due=now), Wake(now)
    return step(policy, delivery, signal, now)


def _silent(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    after, action = step(policy, delivery, signal, now)
    return after, None if isinstance(action, Wake) else action


def _twice_in_flight(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    if isinstance(signal, Begun) and delivery.phase is Phase.SENDING:
        return replace(delivery, attempts=delivery.attempts + 1, started=now), Send()
    return step(policy, delivery, signal, now)


def _forgiving(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    try:
        return step(policy, delivery, signal, now)
    except IllegalStep:
        return delivery, None


PLANTED: list[Machine] = [
    _without_limit,
    _without_last,
    _counting_from_zero,
    _one_short,
    _counting_from_the_end,
    _due_in_the_past,
    _deaf_to_retry_off,
    _endless_dialogue,
    _withdrawn_yet_retried,
    _restless,
    _silent,
    _twice_in_flight,
    _forgiving,
]


@pytest.mark.parametrize("planted", PLANTED, ids=lambda it: it.__name__.strip("_"))
def test_a_planted_fault_breaks_a_law(planted: Machine) -> None:
    """And ends: a machine that never settles runs into the bound of the search."""
    broken: set[str] = set()
    for policy in (Policy(2, timedelta(minutes=30)), Policy(2, timedelta(minutes=30), retry=False)):
        try:
            edges = explore(policy, planted, bound=1_500)
        except TooLarge:
            broken.add("bound")
            continue
        for law in LAWS:
            try:
                law(edges)
            except (AssertionError, IllegalStep):
                broken.add(law.__name__)
    assert broken


def test_the_limit_of_a_dialogue_is_the_documented_longest() -> None:
    """OAuth at its longest is five exchanges; nothing asks for six."""
    assert machine.EXCHANGES_PER_ATTEMPT == 5
