"""What goes in, what comes out, and when: the engine by hand, one call after the other."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from simulator.core.attempt import Dispatch
from simulator.core.dialect import Happening
from simulator.core.engine import Engine
from simulator.core.faults import Fault, FaultKind
from simulator.core.model import Decision, ErrorClass, JobPhase, Outcome, Phase, Policy
from tests.support.fake_dialect import (
    BREAKS_RENDER,
    NAME,
    NEVER_CONTENT,
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

MINUTE = timedelta(minutes=1)


@pytest.fixture
def dialect() -> FakeDialect:
    """One receiver, three attempts, half an hour apart."""
    return FakeDialect()


@pytest.fixture
def engine(dialect: FakeDialect) -> Engine:
    """An engine that asks that dialect."""
    return Engine({NAME: dialect})


def fire(engine: Engine, now: datetime = T0) -> str:
    """One event; answers with the id of its notification."""
    engine.fire(NAME, "t", Happening("Done", {}), now)
    return list(engine.ledger.deliveries)[-1]


def begin(engine: Engine, now: datetime = T0) -> Dispatch:
    """Begins the one attempt that is due."""
    (ready,) = engine.tick(now)
    dispatch = engine.begin(ready.id, now)
    assert dispatch is not None
    return dispatch


def attempt(engine: Engine, *outcomes: Outcome, now: datetime = T0) -> None:
    """Carries out the one attempt that is due, whose exchanges are answered so."""
    dispatch: Dispatch | None = begin(engine, now)
    for outcome in outcomes:
        assert dispatch is not None
        dispatch = engine.report(dispatch, [outcome], now, now)
    assert dispatch is None


def test_every_due_time_is_exact() -> None:
    """Every attempt limit with every interval, 7,200 in all: each attempt on the minute, and no more of them than that."""
    refused = [answered(503)]
    for limit in range(1, 6):
        dialect = FakeDialect(limit=limit)
        for minutes in range(1, 1441):
            dialect.terms = Policy(limit, minutes * MINUTE)
            engine = Engine({NAME: dialect})
            engine.fire(NAME, "t", Happening("Done", {}), T0)
            began = []
            while (due := engine.next_due) is not None:
                began.append(due)
                for ready in engine.tick(due):
                    dispatch = engine.begin(ready.id, due)
                    assert dispatch is not None
                    engine.report(dispatch, refused, due, due)
            assert began == [T0 + number * minutes * MINUTE for number in range(limit)]


def test_a_request_is_worked_after_the_latency() -> None:
    """Then its event is raised, and its callout is due at once."""
    engine = Engine({NAME: FakeDialect()}, latency=5 * MINUTE)
    job = engine.submit(submission(), T0)
    assert (job.phase, job.due, engine.next_due) == (JobPhase.QUEUED, T0 + 5 * MINUTE, T0 + 5 * MINUTE)
    assert engine.tick(T0 + 4 * MINUTE) == []
    (ready,) = engine.tick(T0 + 5 * MINUTE)
    assert engine.ledger.jobs[job.id].phase is JobPhase.SUCCEEDED
    assert ready.event.job == job.id
    assert ready.event.at == T0 + 5 * MINUTE
    assert ready.event.fields == {"Id": job.id}


def test_work_that_is_put_off_is_looked_at_again(engine: Engine) -> None:
    """As often as the dialect says."""
    job = engine.submit(submission(Work(later=3)), T0)
    for number in range(3):
        assert engine.tick(T0 + number * MINUTE) == []
    assert len(engine.tick(T0 + 3 * MINUTE)) == 1
    assert engine.ledger.jobs[job.id].tries == 4


def test_work_that_never_ends_can_be_reconsidered(engine: Engine) -> None:
    """A request whose outcome was changed by hand is looked at now; one that has ended stays as it is."""
    job = engine.submit(submission(Work(stuck=True)), T0)
    engine.tick(T0)
    assert engine.next_due is None
    engine.reconsider(job.id, T0 + MINUTE)
    assert engine.next_due == T0 + MINUTE
    engine.tick(T0 + MINUTE)
    done = engine.submit(submission(), T0)
    engine.tick(T0 + MINUTE)
    engine.reconsider(done.id, T0 + MINUTE)
    assert engine.tick(T0 + MINUTE) == []


def test_work_can_be_looked_at_at_once() -> None:
    """Whenever it was due; one that has ended is not done twice."""
    engine = Engine({NAME: FakeDialect()}, latency=5 * MINUTE)
    job = engine.submit(submission(), T0)
    engine.look(job.id, T0)
    assert engine.ledger.jobs[job.id].phase is JobPhase.SUCCEEDED
    assert len(engine.ledger.events) == 1
    engine.look(job.id, T0)
    assert len(engine.ledger.events) == 1
    assert engine.ledger.jobs[job.id].tries == 1


def test_a_changed_subscription_is_heard_as_it_is_now(engine: Engine, dialect: FakeDialect) -> None:
    """And what was opened before keeps what it was opened with; one that is like the last is the last."""
    dialect.receivers = [receiver("a")]
    first = fire(engine)
    dialect.receivers = [replace(receiver("a"), url="https://elsewhere.test/")]
    second, third = fire(engine), fire(engine)
    deliveries = engine.ledger.deliveries
    assert deliveries[first].subscription == receiver("a")
    assert deliveries[second].subscription.url == "https://elsewhere.test/"
    assert deliveries[third].subscription is deliveries[second].subscription


def test_first_attempts_are_ready_in_the_order_of_their_events(engine: Engine, dialect: FakeDialect) -> None:
    """And the receivers of one event in the order in which the dialect named them."""
    dialect.receivers = [receiver("b"), receiver("a")]
    engine.submit(submission(Work(events=("One", "Two"))), T0)
    engine.fire(NAME, "t", Happening("Zero", {}), T0)
    ready = [(it.event.name, it.subscription.id) for it in engine.tick(T0)]
    assert ready == [("Zero", "b"), ("Zero", "a"), ("One", "b"), ("One", "a"), ("Two", "b"), ("Two", "a")]


def test_a_challenge_and_its_answer_are_one_attempt(engine: Engine) -> None:
    """Two exchanges with request ids of their own."""
    notification = fire(engine)
    attempt(engine, answered(401), answered(200))
    (it,) = engine.ledger.attempts_of(notification)
    assert engine.attempts_ended == 1
    assert (it.number, it.response_code) == (1, 200)
    assert len({exchange.callout.request_id for exchange in it.exchanges}) == 2


def test_a_dialogue_without_end_is_cut_after_five_exchanges(engine: Engine) -> None:
    """The attempt has failed, and is tried again."""
    notification = fire(engine)
    attempt(engine, *[answered(401)] * 5)
    (it,) = engine.ledger.attempts_of(notification)
    assert len(it.exchanges) == 5
    assert (it.verdict.decision, it.verdict.code, it.verdict.error) == (Decision.AGAIN, 401, ErrorClass.AUTHENTICATION)
    assert engine.next_due == T0 + 30 * MINUTE


@pytest.mark.parametrize(("last", "code"), [(answered(407), 407), (REFUSED, -1)], ids=["answered", "refused"])
def test_a_dialogue_that_is_cut_has_the_code_of_its_last_exchange(
    engine: Engine, dialect: FakeDialect, last: Outcome, code: int
) -> None:
    """And the code of a failed transport where that was not answered."""
    dialect.receivers = [receiver("a", NEVER_CONTENT)]
    notification = fire(engine)
    attempt(engine, *[answered(401)] * 4, last)
    (it,) = engine.ledger.attempts_of(notification)
    assert it.verdict.code == code


def test_what_many_have_in_common_is_kept_once(engine: Engine) -> None:
    """A million callouts that wait take no more memory than they must."""
    notifications = [fire(engine), fire(engine)]
    for ready in engine.tick(T0):
        dispatch = engine.begin(ready.id, T0)
        assert dispatch is not None
        engine.report(dispatch, [answered(503)], T0, T0)
    one, other = (engine.ledger.attempts_of(it)[0] for it in notifications)
    assert one.verdict is other.verdict
    assert one.exchanges[0].outcome is other.exchanges[0].outcome
    first, second = (engine.ledger.deliveries[it] for it in notifications)
    assert first.subscription is second.subscription
    assert len({id(instant) for instant in (one.retry_at, other.retry_at, first.due, second.due)}) == 1


def test_without_a_seed_it_is_that_of_nought() -> None:
    """As the fixture and the server have it: ids of two runs are alike."""
    assert Engine({}).ids.seed == 0


def test_what_cannot_be_sent_is_recorded_and_not_sent(engine: Engine, dialect: FakeDialect) -> None:
    """One exchange that never was, one attempt, no retry."""
    dialect.receivers = [receiver("a", UNSENDABLE)]
    notification = fire(engine)
    (ready,) = engine.tick(T0)
    assert engine.begin(ready.id, T0) is None
    (it,) = engine.ledger.attempts_of(notification)
    assert (it.response_code, it.exchanges[0].outcome.error) == (-2000, ErrorClass.NOT_SENT)
    assert it.exchanges[0].outcome.detail == "white space at 3"
    assert engine.ledger.deliveries[notification].phase is Phase.NOT_SENT
    assert engine.in_flight == 0


def test_a_changed_setting_applies_to_the_next_decision(engine: Engine, dialect: FakeDialect) -> None:
    """A wait that has begun stays as long as it was."""
    notification = fire(engine)
    attempt(engine, REFUSED)
    dialect.terms = Policy(5, MINUTE)
    attempt(engine, REFUSED, now=T0 + 30 * MINUTE)
    dialect.terms = Policy(2, MINUTE)
    attempt(engine, REFUSED, now=T0 + 31 * MINUTE)
    assert engine.next_due is None
    assert [(it.number, it.limit) for it in engine.ledger.attempts_of(notification)] == [(1, 3), (2, 5), (3, 2)]


def test_a_resend_takes_the_place_of_a_pending_retry(engine: Engine) -> None:
    """It doubles nothing, is numbered on, and is not retried."""
    notification = fire(engine)
    attempt(engine, REFUSED)
    engine.resend(notification, T0 + MINUTE)
    attempt(engine, REFUSED, now=T0 + MINUTE)
    assert engine.next_due is None
    assert engine.tick(T0 + 30 * MINUTE) == []
    assert [(it.number, it.resend) for it in engine.ledger.attempts_of(notification)] == [(1, False), (2, True)]


def test_a_resend_that_is_held_back_is_not_sent_when_the_retry_was_due(engine: Engine) -> None:
    """It goes when the delay is over: the retry gave it its place, and the delay took it."""
    notification = fire(engine)
    attempt(engine, REFUSED)
    engine.faults.add(Fault(FaultKind.DELAY, span=60 * MINUTE))
    engine.resend(notification, T0)
    (ready,) = engine.tick(T0)
    assert engine.begin(ready.id, T0) is None
    assert engine.next_due == T0 + 60 * MINUTE
    assert engine.tick(T0 + 59 * MINUTE) == []
    assert [it.id for it in engine.tick(T0 + 60 * MINUTE)] == [notification]


@pytest.mark.parametrize("times", [1, 3])
def test_a_resend_of_what_is_ready_or_on_its_way_doubles_nothing(engine: Engine, times: int) -> None:
    """The attempt that is about to go, or under way, answers for it."""
    notification = fire(engine)
    (ready,) = engine.tick(T0)
    for _ in range(times):
        engine.resend(notification, T0)
    assert engine.tick(T0) == []
    dispatch = engine.begin(ready.id, T0)
    assert dispatch is not None
    engine.resend(notification, T0)
    engine.report(dispatch, [answered(503)], T0, T0)
    assert engine.next_due == T0 + 30 * MINUTE, "a first attempt keeps its retries"
    assert len(engine.ledger.attempts_of(notification)) == 1
    engine.tick(T0 + 30 * MINUTE)
    for _ in range(times):
        engine.resend(notification, T0 + 30 * MINUTE)
    assert engine.next_due is None
    assert engine.ledger.deliveries[notification].resent


@pytest.mark.parametrize("dialogue", [False, True])
def test_what_is_on_its_way_when_its_definition_goes_ends_and_is_not_tried_again(
    engine: Engine, dialogue: bool
) -> None:
    """Also in the middle of an authentication dialogue."""
    notification = fire(engine)
    dispatch: Dispatch | None = begin(engine)
    assert dispatch is not None
    engine.withdraw("t", {"a"}, T0)
    if dialogue:
        dispatch = engine.report(dispatch, [answered(401)], T0, T0)
        assert dispatch is not None
    assert engine.report(dispatch, [answered(503)], T0, T0) is None
    assert engine.ledger.deliveries[notification].phase is Phase.FAILED
    assert engine.next_due is None


def test_what_is_pending_when_its_definition_goes_is_dropped(engine: Engine, dialect: FakeDialect) -> None:
    """Whether it waits or is ready; those of other definitions and tenants are left alone."""
    dialect.receivers = [receiver("a"), receiver("b")]
    fire(engine)
    ready = engine.tick(T0)
    fire(engine)
    engine.withdraw("u", {"a", "b"}, T0)
    engine.withdraw("t", {"a"}, T0)
    assert engine.begin(ready[0].id, T0) is None
    phases = [it.phase for it in engine.ledger.deliveries.values()]
    assert phases == [Phase.NOT_SENT, Phase.READY, Phase.NOT_SENT, Phase.WAITING]


def test_what_was_forgotten_comes_to_nothing(engine: Engine) -> None:
    """An answer to it is told to nobody, even where a new notification bears its id."""
    notification = fire(engine)
    dispatch = begin(engine)
    engine.forget()
    assert (engine.in_flight, engine.next_due) == (0, None)
    assert fire(engine) == notification
    again = begin(engine)
    assert engine.report(dispatch, [answered(503)], T0, T0) is None
    engine.abandon(dispatch, Broken(), T0)
    assert engine.report(again, [answered(200)], T0, T0) is None
    (it,) = engine.ledger.attempts_of(notification)
    assert [exchange.outcome.status for exchange in it.exchanges] == [200]


def test_forgetting_one_tenant_leaves_the_others(engine: Engine) -> None:
    """What they wait for still comes, and their answers still count."""
    fire(engine)
    mine = begin(engine)
    engine.submit(submission(tenant="u"), T0 + MINUTE)
    engine.forget("u")
    assert engine.next_due is None
    assert engine.in_flight == 1
    engine.report(mine, [answered(503)], T0, T0)
    assert engine.next_due == T0 + 30 * MINUTE
    engine.forget("t")
    assert engine.next_due is None


def test_a_reset_engine_is_as_good_as_new(engine: Engine, dialect: FakeDialect) -> None:
    """The same inputs give the same ids again."""
    notification = fire(engine)
    job = engine.submit(submission(), T0).id
    attempt_ids = []
    for _ in range(2):
        engine.forget()
        assert fire(engine) == notification
        attempt(engine, answered(503))
        assert engine.submit(submission(), T0).id == job
        attempt_ids.append(engine.ledger.attempts_of(notification)[0].exchanges[0].callout.request_id)
    assert attempt_ids[0] == attempt_ids[1]


# ── a dialect with a bug ──


def test_work_that_breaks_the_dialect_stays_queued(engine: Engine) -> None:
    """And stops nothing that was due with it."""
    job = engine.submit(submission(Work(breaks=True)), T0)
    fire(engine)
    assert len(engine.tick(T0)) == 1
    assert [str(error) for error in engine.broken] == ["perform"]
    assert (engine.ledger.jobs[job.id].phase, engine.ledger.jobs[job.id].due) == (JobPhase.QUEUED, None)
    assert engine.next_due is None


def test_an_event_that_finds_no_audience_has_not_happened(engine: Engine) -> None:
    """Whoever fires it is told; a request that tells it has ended all the same, and its other events happen."""
    with pytest.raises(Broken, match="audience"):
        engine.fire(NAME, "t", Happening("Breaks", {}), T0)
    assert not engine.ledger.events
    job = engine.submit(submission(Work(events=("Breaks", "Done"))), T0)
    assert [it.event.name for it in engine.tick(T0)] == ["Done"]
    assert [str(error) for error in engine.broken] == ["audience"]
    assert engine.ledger.jobs[job.id].phase is JobPhase.SUCCEEDED


def test_an_attempt_that_cannot_be_rendered_ends(engine: Engine, dialect: FakeDialect) -> None:
    """Its record says that the fault is ours."""
    dialect.receivers = [receiver("a", BREAKS_RENDER)]
    notification = fire(engine)
    (ready,) = engine.tick(T0)
    assert engine.begin(ready.id, T0) is None
    (it,) = engine.ledger.attempts_of(notification)
    assert (it.verdict.decision, it.verdict.reason) == (Decision.FINAL, "a fault of the simulator itself (Broken)")
    assert it.verdict.code == -1
    assert engine.ledger.deliveries[notification].phase is Phase.FAILED


def test_an_attempt_that_cannot_be_judged_keeps_what_was_heard(engine: Engine) -> None:
    """The exchange is in the record."""
    notification = fire(engine)
    attempt(engine, answered(299))
    (it,) = engine.ledger.attempts_of(notification)
    assert [exchange.outcome.status for exchange in it.exchanges] == [299]
    assert [str(error) for error in engine.broken] == ["judge"]


def test_a_policy_that_breaks_ends_the_attempt(
    engine: Engine, dialect: FakeDialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a policy nothing is tried again."""

    def breaks(delivery: object) -> Policy:
        raise Broken("policy")

    notification = fire(engine)
    monkeypatch.setattr(dialect, "policy", breaks)
    attempt(engine, answered(503))
    assert engine.ledger.deliveries[notification].phase is Phase.FAILED
    assert engine.in_flight == 0
    assert [str(error) for error in engine.broken] == ["policy"]


def test_an_attempt_can_be_abandoned(engine: Engine) -> None:
    """Whoever carried it had a bug; it ends once."""
    notification = fire(engine)
    dispatch = begin(engine)
    for _ in range(2):
        engine.abandon(dispatch, Broken("the wire"), T0)
    assert len(engine.ledger.attempts_of(notification)) == 1
    assert len(engine.broken) == 2
    assert engine.report(dispatch, [answered(200)], T0, T0) is None


def test_what_is_accepted_is_numbered_through(engine: Engine, dialect: FakeDialect) -> None:
    """Requests and notifications together, so that a list of both has an order; a reset begins again."""
    dialect.receivers = [receiver("a"), receiver("b")]
    for _ in range(2):
        first, second = engine.submit(submission(), T0), engine.submit(submission(), T0)
        fire(engine)
        ledger = engine.ledger
        assert [first.number, second.number, *(it.number for it in ledger.deliveries.values())] == [1, 2, 3, 4]
        engine.forget()
