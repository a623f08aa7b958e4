"""What is kept of all that happened."""

import pytest
from msgspec.structs import replace

from simulator.core.dialect import Happening
from simulator.core.engine import Engine
from simulator.core.ledger import Cleared, DeliveryChanged, EventRaised, Fact, JobChanged, Ledger
from simulator.core.model import Delivery, Job, JobPhase, Phase
from tests.support.fake_dialect import NAME, FakeDialect, answered, submission
from tests.support.machine import T0


def job(number: int, phase: JobPhase = JobPhase.QUEUED, tenant: str = "t") -> Job:
    return Job(id=f"job {number}", submission=submission(tenant=tenant), phase=phase, created=T0)


def delivered(engine: Engine) -> Delivery:
    """One event, called out and answered."""
    engine.fire(NAME, "t", Happening("Done", {}), T0)
    return answer(engine)


def answer(engine: Engine) -> Delivery:
    """The one callout that is due, answered."""
    (ready,) = engine.tick(T0)
    dispatch = engine.begin(ready.id, T0)
    assert dispatch is not None
    engine.report(dispatch, [answered(200)], T0, T0)
    return engine.ledger.deliveries.get(ready.id, ready)


def test_a_listener_hears_each_fact_after_it_stands() -> None:
    """In order."""
    ledger = Ledger()
    heard: list[tuple[Fact, int]] = []
    ledger.listeners.append(lambda fact: heard.append((fact, len(ledger.jobs))))
    facts: list[Fact] = [JobChanged(job(1)), JobChanged(job(2)), JobChanged(job(1, JobPhase.FAILED)), Cleared(None)]
    for fact in facts:
        ledger.append(fact)
    assert heard == list(zip(facts, [1, 2, 2, 0], strict=True))


def test_records_are_listed_by_tenant_in_the_order_of_their_coming() -> None:
    """A change leaves a record in its place."""
    engine = Engine({NAME: FakeDialect()})
    for tenant in ("t", "u", "t"):
        engine.submit(submission(tenant=tenant), T0)
    engine.tick(T0)
    ledger = engine.ledger
    assert [it.tenant for it in ledger.jobs_of(None)] == ["t", "u", "t"]
    assert [it.tenant for it in ledger.deliveries_of(None)] == ["t", "u", "t"]
    assert len(ledger.jobs_of("t")) == len(ledger.deliveries_of("t")) == 2
    assert not ledger.jobs_of("nobody")
    assert not ledger.deliveries_of("nobody")
    assert ledger.attempts_of("nothing") == ()


@pytest.mark.parametrize("gone", ["t", None])
def test_clearing_forgets_one_tenant_or_all(gone: str | None) -> None:
    """And nothing of the others."""
    engine = Engine({NAME: FakeDialect()})
    for tenant in ("t", "u"):
        engine.submit(submission(tenant=tenant), T0)
    for ready in engine.tick(T0):
        dispatch = engine.begin(ready.id, T0)
        assert dispatch is not None
        engine.report(dispatch, [answered(200)], T0, T0)
    ledger = engine.ledger
    ledger.append(Cleared(gone))
    left = 1 if gone else 0
    assert [len(it) for it in (ledger.jobs, ledger.events, ledger.deliveries, ledger.attempts)] == [left] * 4
    assert {it.tenant for it in ledger.jobs.values()} <= {"u"}
    assert {it.tenant for it in ledger.events.values()} <= {"u"}
    assert {it.tenant for it in ledger.deliveries.values()} <= {"u"}


def test_without_a_limit_everything_is_kept() -> None:
    """The default: a test that looks for its callout finds it."""
    engine = Engine({NAME: FakeDialect()})
    for _ in range(50):
        delivered(engine)
    assert len(engine.ledger.deliveries) == len(engine.ledger.attempts) == len(engine.ledger.events) == 50


def test_with_a_limit_the_oldest_that_is_finished_is_forgotten() -> None:
    """With its attempts; what is still pending is never forgotten."""
    engine = Engine({NAME: FakeDialect()}, retain=2)
    engine.fire(NAME, "t", Happening("Done", {}), T0)
    (pending,) = engine.tick(T0)
    done = [delivered(engine).id for _ in range(5)]
    assert list(engine.ledger.deliveries) == [pending.id, *done[-2:]]
    assert list(engine.ledger.attempts) == done[-2:]
    assert len(engine.ledger.events) == 2


def test_a_resend_makes_a_delivery_the_latest() -> None:
    """It counts once, from when it was finished again."""
    engine = Engine({NAME: FakeDialect()}, retain=2)
    first, second = delivered(engine), delivered(engine)
    engine.resend(first.id, T0)
    answer(engine)
    third = delivered(engine)
    assert set(engine.ledger.deliveries) == {first.id, third.id}
    assert second.id not in engine.ledger.attempts
    assert len(engine.ledger.attempts_of(first.id)) == 2


def test_ended_requests_are_forgotten_and_queued_ones_are_not() -> None:
    """The limit counts those that have ended."""
    ledger = Ledger(retain=1)
    for number in range(4):
        ledger.append(JobChanged(job(number)))
    for number in (2, 0):
        ledger.append(JobChanged(job(number, JobPhase.FAILED)))
    assert list(ledger.jobs) == ["job 0", "job 1", "job 3"]


def test_a_limit_of_nought_keeps_nothing_that_has_ended() -> None:
    """And all that has not."""
    ledger = Ledger(retain=0)
    for phase in (JobPhase.QUEUED, JobPhase.FAILED):
        ledger.append(JobChanged(job(len(ledger.jobs), phase)))
    assert list(ledger.jobs) == ["job 0"]


def test_after_clearing_the_limit_counts_from_nothing() -> None:
    """What was cleared is not counted among the latest."""
    ledger = Ledger(retain=2)
    engine = Engine({NAME: FakeDialect()})
    one = replace(delivered(engine), phase=Phase.FAILED)
    for first in (0, 2):
        for number in range(first, first + 2):
            ledger.append(JobChanged(job(number, JobPhase.FAILED)))
            ledger.append(EventRaised(replace(one.event, id=f"event {number}")))
            ledger.append(DeliveryChanged(replace(one, id=f"delivery {number}")))
        assert len(ledger.deliveries) == len(ledger.events) == len(ledger.jobs) == 2
        ledger.append(Cleared(None))
    assert not ledger.deliveries


def test_after_clearing_one_tenant_the_limit_counts_the_others() -> None:
    """Those that ended before are still the first to be forgotten."""
    ledger = Ledger(retain=2)
    for number, tenant in enumerate("tuuu"):
        ledger.append(JobChanged(job(number, JobPhase.FAILED, tenant)))
        if number == 1:
            ledger.append(Cleared("t"))
    assert list(ledger.jobs) == ["job 2", "job 3"]
