"""An engine as it was when its process ended: the facts once more, in order, and what was then under way made ready again.

A delivery that had its turn, or was being sent, waits again from the present instant on. An attempt whose outcome nobody
recorded goes out once more under its own number, since it may not have happened; its requests bear ids of their own,
since it may have. Listeners of the ledger had better come between the facts and the end: what was told before is not news.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from simulator.core.engine import Engine
from simulator.core.ledger import AttemptEnded, Cleared, DeliveryChanged, EventRaised, ExchangeStarted, Fact, JobChanged
from simulator.core.model import Delivery, Phase


def recovered(delivery: Delivery, now: datetime) -> Delivery:
    """A delivery that was under way, as it goes on: its attempt is begun again."""
    begun = delivery.phase is Phase.SENDING
    return replace(delivery, phase=Phase.WAITING, due=now, attempts=delivery.attempts - begun, exchange=0)


class Recovery:
    """Fills an engine to which nothing has happened yet. Each fact is `told`; `finish` lets it go on."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._ledger = engine.ledger
        self._dues: dict[str, datetime] = {}  # what waits, in the order in which it began to
        self._begun: dict[str, int] = {}  # how often a request went out for an attempt that has not ended
        self._before: dict[type, Callable[[Any], None]] = {
            JobChanged: self._job,
            EventRaised: self._event,
            DeliveryChanged: self._delivery,
            ExchangeStarted: self._started,
            AttemptEnded: self._ended,
            Cleared: self._cleared,
        }

    def told(self, fact: Fact) -> None:
        """The next fact."""
        self._before[type(fact)](fact)
        self._ledger.append(fact)

    def _job(self, fact: JobChanged) -> None:
        job, engine = fact.job, self._engine
        if job.id not in self._ledger.jobs:
            engine.counts["job", job.tenant] += 1
        engine.accepted = max(engine.accepted, job.number)
        self._wait(job.id, job.due)

    def _event(self, fact: EventRaised) -> None:
        self._engine.counts["event", fact.event.tenant] += 1

    def _delivery(self, fact: DeliveryChanged | AttemptEnded) -> None:
        delivery, engine = fact.delivery, self._engine
        engine.accepted = max(engine.accepted, delivery.number)
        self._wait(delivery.id, delivery.due)

    def _started(self, fact: ExchangeStarted) -> None:
        self._begun[fact.delivery.id] = self._begun.get(fact.delivery.id, 0) + 1

    def _ended(self, fact: AttemptEnded) -> None:
        self._delivery(fact)
        self._begun.pop(fact.delivery.id, None)

    def _cleared(self, fact: Cleared) -> None:
        self._engine.forget_counts(fact.tenant)

    def counted(self, counts: Counter[tuple[str, str]], accepted: int) -> None:
        """What had been counted by then: more than the facts show, where some were forgotten."""
        self._engine.counts = Counter(counts)
        self._engine.accepted = accepted

    def finish(self, now: datetime) -> None:
        """Let the engine go on at ``now``."""
        engine, deliveries = self._engine, self._ledger.deliveries
        under_way = [delivery for delivery in deliveries.values() if delivery.phase in (Phase.READY, Phase.SENDING)]
        for key, times in self._begun.items():
            if key in deliveries:
                engine.send_again(key, times)
        for delivery in sorted(under_way, key=lambda it: it.number):
            self._ledger.append(DeliveryChanged(recovered(delivery, now)))
            engine.wake(now, delivery.id)
        for item, due in self._dues.items():
            if item in deliveries or item in self._ledger.jobs:
                engine.wake(due, item)

    def _wait(self, item: str, due: datetime | None) -> None:
        self._dues.pop(item, None)
        if due is not None:
            self._dues[item] = due
