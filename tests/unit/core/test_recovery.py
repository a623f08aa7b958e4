"""What an engine is after its process ended: as it was, and what was under way goes out again."""

from datetime import timedelta

from simulator.core.dialect import Happening
from simulator.core.engine import Engine
from simulator.core.ledger import Fact
from simulator.core.recovery import Recovery
from tests.support.fake_dialect import NAME, TENANT, FakeDialect, answered, receiver
from tests.support.machine import T0

LATER = T0 + timedelta(minutes=90)
HALF_HOUR = T0 + timedelta(minutes=30)


def engine(*names: str) -> tuple[Engine, list[Fact]]:
    facts: list[Fact] = []
    made = Engine({NAME: FakeDialect(*map(receiver, names or ("a",)))})
    made.ledger.listeners.append(facts.append)
    return made, facts


def again(facts: list[Fact], *names: str) -> Engine:
    """An engine to which these facts are told."""
    made, _ = engine(*names)
    recovery = Recovery(made)
    for fact in facts:
        recovery.told(fact)
    recovery.finish(LATER)
    return made


def test_what_was_being_sent_goes_out_again_under_its_own_number() -> None:
    """It may not have happened, so it is attempt 1 still; it may have, so its requests bear other ids."""
    now, (life, facts) = T0, engine()
    life.fire(NAME, TENANT, Happening("Done", {}), T0)
    ids = set()
    for times in range(1, 5):
        (ready,) = life.tick(now)
        sent = life.begin(ready.id, now)
        assert sent is not None
        assert sent.delivery.attempts == 1
        ids.add(sent.callouts[0].request_id)
        assert len(ids) == times, "none is used twice, however often the process ends"
        now, life = LATER, again(facts)
        assert life.sent_again == {ready.id: times}
        assert life.ledger.deliveries[ready.id].exchange == 0, "no request of it has gone out yet"
        life.ledger.listeners.append(facts.append)
    (ready,) = life.tick(now)
    sent = life.begin(ready.id, now)
    assert sent is not None
    life.report(sent, [answered(503)], LATER, LATER)
    (attempt,) = life.ledger.attempts_of(ready.id)
    assert (attempt.number, attempt.sent_at) == (1, LATER)
    assert life.sent_again == {}, "the next attempt bears the ids that it would have borne"
    assert life.next_due == LATER + timedelta(minutes=30)


def test_what_ended_before_is_not_counted_as_begun() -> None:
    """The next attempt bears the ids that it would have borne."""
    life, facts = engine()
    life.fire(NAME, TENANT, Happening("Done", {}), T0)
    (ready,) = life.tick(T0)
    sent = life.begin(ready.id, T0)
    assert sent is not None
    life.report(sent, [answered(503)], T0, T0)
    after = again(facts)
    assert after.sent_again == {}
    requests = []
    for engine_ in (life, after):
        (ready,) = engine_.tick(HALF_HOUR)
        sent = engine_.begin(ready.id, HALF_HOUR)
        assert sent is not None
        requests.append(sent.callouts[0].request_id)
    assert requests[0] == requests[1]


def test_what_is_due_at_one_instant_keeps_its_order() -> None:
    """The order in which things began to wait, and not that in which they were opened."""
    first, facts = engine("a", "b")
    first.fire(NAME, TENANT, Happening("Done", {}), T0)
    one, other = first.tick(T0)
    for delivery in (other, one):
        sent = first.begin(delivery.id, T0)
        assert sent is not None
        first.report(sent, [answered(503)], T0, T0)
    assert [it.id for it in again(facts, "a", "b").tick(HALF_HOUR)] == [other.id, one.id]
    assert [it.id for it in first.tick(HALF_HOUR)] == [other.id, one.id]


def test_numbers_go_on() -> None:
    """New things are not taken for old ones."""
    first, facts = engine()
    events = {first.fire(NAME, TENANT, Happening("Done", {}), T0).id for _ in range(3)}
    second = again(facts)
    new = second.fire(NAME, TENANT, Happening("Done", {}), LATER)
    assert new.id not in events
    assert [it.number for it in second.ledger.deliveries.values()] == [1, 2, 3, 4]
    second.forget()
    assert second.fire(NAME, TENANT, Happening("Done", {}), LATER).id in events, "after a reset all begins again"
