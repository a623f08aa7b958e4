"""The append-only record of all that happened, and the questions asked of it.

Every change of the engine's state is a fact appended here; whoever replays the facts in order has the same state. It
decides nothing. Listeners are told each fact after it stands, in order.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

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
    """``retain`` is how many finished deliveries, ended jobs and events are kept, the latest; all where it is None.

    An event that a delivery is still under way for is kept by that delivery, whether or not it is still listed.
    """

    def __init__(self, retain: int | None = None) -> None:
        self.jobs: dict[str, Job] = {}
        self.events: dict[str, Event] = {}
        self.deliveries: dict[str, Delivery] = {}
        self.attempts: dict[str, tuple[Attempt, ...]] = {}
        self.listeners: list[Listener] = []
        self.retain = retain
        # What may be forgotten, oldest first; kept only where something is to be forgotten.
        self._ended_jobs: dict[str, None] = {}
        self._raised: dict[str, None] = {}
        self._finished: dict[str, None] = {}
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
            self._keep_latest(self._ended_jobs, fact.job.id, self.jobs)

    def _event(self, fact: EventRaised) -> None:
        self.events[fact.event.id] = fact.event
        if self.retain is not None:
            self._keep_latest(self._raised, fact.event.id, self.events)

    def _delivery(self, fact: DeliveryChanged | ExchangeStarted) -> None:
        self.deliveries[fact.delivery.id] = fact.delivery
        if self.retain is not None:
            self._forget_oldest(fact.delivery)

    def _attempt(self, fact: AttemptEnded) -> None:
        delivery_id = fact.delivery.id
        self.attempts[delivery_id] = (*self.attempts.get(delivery_id, ()), fact.attempt)
        self.deliveries[delivery_id] = fact.delivery
        if self.retain is not None:
            self._forget_oldest(fact.delivery)

    def _forget_oldest(self, changed: Delivery) -> None:
        if changed.finished:
            self._keep_latest(self._finished, changed.id, self.deliveries, self.attempts)
        else:
            self._finished.pop(changed.id, None)  # resent: it is not over after all

    def _keep_latest(self, order: dict[str, None], latest: str, *kept: dict[str, Any]) -> None:
        order[latest] = None  # what has ended stays so: it has no other place yet
        while len(order) > (self.retain or 0):
            oldest = next(iter(order))
            for records in (order, *kept):
                records.pop(oldest, None)

    def _clear(self, fact: Cleared) -> None:
        gone = fact.tenant
        self.jobs = {} if gone is None else {k: v for k, v in self.jobs.items() if v.tenant != gone}
        self.events = {} if gone is None else {k: v for k, v in self.events.items() if v.tenant != gone}
        self.deliveries = {} if gone is None else {k: v for k, v in self.deliveries.items() if v.tenant != gone}
        self.attempts = {k: v for k, v in self.attempts.items() if k in self.deliveries}
        self._ended_jobs = {k: None for k in self._ended_jobs if k in self.jobs}
        self._raised = {k: None for k in self._raised if k in self.events}
        self._finished = {k: None for k in self._finished if k in self.deliveries}
