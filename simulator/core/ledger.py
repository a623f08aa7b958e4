"""The append-only record of all that happened, and the questions asked of it.

Every change of the engine's state is a fact appended here; whoever replays the facts in order has the same state. It
decides nothing. Listeners are told each fact after it stands, in order.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from simulator.core.model import Attempt, Callout, Delivery, Event, Job, JobPhase


class JobChanged(Struct, frozen=True, gc=False):
    """A request was accepted, put off, or ended."""

    job: Job


class EventRaised(Struct, frozen=True, gc=False):
    """Something happened that somebody may hear of."""

    event: Event


class DeliveryChanged(Struct, frozen=True, gc=False):
    """A delivery was opened, held back, resent, or withdrawn."""

    delivery: Delivery


class ExchangeStarted(Struct, frozen=True, gc=False):
    """A request is about to go out."""

    delivery: Delivery
    callouts: tuple[Callout, ...]
    at: datetime


class AttemptEnded(Struct, frozen=True, gc=False):
    """An attempt is over, and where its delivery then stands."""

    delivery: Delivery
    attempt: Attempt


class Cleared(Struct, frozen=True, gc=False):
    """Everything of one tenant is forgotten, or everything where ``tenant`` is None."""

    tenant: str | None


Fact = JobChanged | EventRaised | DeliveryChanged | ExchangeStarted | AttemptEnded | Cleared
Listener = Callable[[Fact], None]


class Ledger:
    """``retain`` is how many finished deliveries, and ended jobs, are kept; all where it is None."""

    def __init__(self, retain: int | None = None) -> None:
        self.jobs: dict[str, Job] = {}
        self.events: dict[str, Event] = {}
        self.deliveries: dict[str, Delivery] = {}
        self.attempts: dict[str, tuple[Attempt, ...]] = {}
        self.listeners: list[Listener] = []
        self.retain = retain
        self._ended_jobs: deque[str] = deque()
        self._finished: deque[str] = deque()
        self._apply: dict[type, Callable[..., None]] = {
            JobChanged: self._job,
            EventRaised: self._event,
            DeliveryChanged: self._delivery,
            ExchangeStarted: self._delivery,
            AttemptEnded: self._attempt,
            Cleared: self._clear,
        }

    def append(self, fact: Fact) -> None:
        """Let ``fact`` stand, and tell it."""
        self._apply[type(fact)](fact)
        for listener in self.listeners:
            listener(fact)

    def jobs_of(self, tenant: str | None) -> list[Job]:
        """The tenant's requests in the order of their submission; everybody's where it is None."""
        return [job for job in self.jobs.values() if tenant is None or job.tenant == tenant]

    def deliveries_of(self, tenant: str | None) -> list[Delivery]:
        """The tenant's deliveries in the order in which they were opened; everybody's where it is None."""
        return [delivery for delivery in self.deliveries.values() if tenant is None or delivery.tenant == tenant]

    def attempts_of(self, delivery_id: str) -> tuple[Attempt, ...]:
        """The attempts of a delivery that have ended, in order."""
        return self.attempts.get(delivery_id, ())

    def _job(self, fact: JobChanged) -> None:
        self.jobs[fact.job.id] = fact.job
        if self.retain is not None and fact.job.phase is not JobPhase.QUEUED:
            self._ended_jobs.append(fact.job.id)
            while len(self._ended_jobs) > self.retain:
                self.jobs.pop(self._ended_jobs.popleft(), None)

    def _event(self, fact: EventRaised) -> None:
        self.events[fact.event.id] = fact.event

    def _delivery(self, fact: DeliveryChanged | ExchangeStarted) -> None:
        self.deliveries[fact.delivery.id] = fact.delivery
        self._forget_oldest(fact.delivery)

    def _attempt(self, fact: AttemptEnded) -> None:
        self.attempts[fact.delivery.id] = (*self.attempts.get(fact.delivery.id, ()), fact.attempt)
        self.deliveries[fact.delivery.id] = fact.delivery
        self._forget_oldest(fact.delivery)

    def _forget_oldest(self, changed: Delivery) -> None:
        if self.retain is None or not changed.finished:
            return
        self._finished.append(changed.id)
        while len(self._finished) > self.retain:
            oldest = self.deliveries.get(self._finished.popleft())
            if oldest is not None and oldest.finished:
                del self.deliveries[oldest.id]
                self.attempts.pop(oldest.id, None)
                self.events.pop(oldest.event.id, None)

    def _clear(self, fact: Cleared) -> None:
        gone = fact.tenant
        self.jobs = {} if gone is None else {k: v for k, v in self.jobs.items() if v.tenant != gone}
        self.events = {} if gone is None else {k: v for k, v in self.events.items() if v.tenant != gone}
        self.deliveries = {} if gone is None else {k: v for k, v in self.deliveries.items() if v.tenant != gone}
        self.attempts = {k: v for k, v in self.attempts.items() if k in self.deliveries}
