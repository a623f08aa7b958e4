"""Puts each fact into rows, at the moment at which it stands. It reads facts and decides nothing.

What many facts share is written once and referred to: an event by its id, a subscription by a number.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from simulator.core.ids import Ids
from simulator.core.ledger import (
    AttemptEnded,
    Cleared,
    DeliveryChanged,
    EventRaised,
    ExchangeStarted,
    Fact,
    JobChanged,
)
from simulator.core.model import Attempt, Delivery, Event, Job, JobPhase, Phase, Subscription
from simulator.runtime.journal import entries
from simulator.runtime.journal.codec import Codec
from simulator.runtime.journal.rows import (
    AttemptRow,
    ClearedRow,
    DeliveryRow,
    EventRow,
    JobRow,
    JobStepRow,
    NoteRow,
    Row,
    ShelfRow,
    Stand,
    StartRow,
    StepRow,
    SubscriptionRow,
)

REMEMBERED = 1_000
"""Subscriptions that are known to be written: one that comes again after so many others is written again."""


class Scribe:
    """``write`` takes the rows, in order; ``ids`` make those that are derived; so many ``subscriptions`` have a number."""

    def __init__(self, codec: Codec, write: Callable[[Row], None], ids: Ids, subscriptions: int) -> None:
        self._codec = codec
        self._ids = ids
        self._write = write
        self._numbered = subscriptions
        self._subscriptions: OrderedDict[int, tuple[int, Subscription]] = OrderedDict()

    def hear(self, fact: Fact) -> None:
        """A listener of the ledger."""
        match fact:
            case AttemptEnded(delivery=delivery, attempt=attempt):
                self.attempt(delivery, attempt)
            case ExchangeStarted(delivery=delivery, callouts=callouts, at=at):
                request_ids = tuple([callout.request_id for callout in callouts])
                self._write(StartRow(stand(delivery), at, request_ids))
            case DeliveryChanged(delivery=delivery):
                if is_fresh(delivery):
                    self.opened(delivery)
                elif delivery.phase is not Phase.READY or delivery.resent:  # else its time has come: that is known
                    self._write(StepRow(stand(delivery)))
            case JobChanged(job=job):
                self.job(job)
            case EventRaised(event=event):
                self.event(event)
            case Cleared(tenant=tenant):
                self._write(ClearedRow(tenant))

    def job(self, job: Job) -> None:
        """A request: whole at first, then by its steps."""
        if job.tries or job.phase is not JobPhase.QUEUED:
            self.job_step(job)
        else:
            self.accepted(job)

    def accepted(self, job: Job) -> None:
        """A request, as it came."""
        asked, details = job.submission, self._codec.encode(job.submission.details)
        self._write(
            JobRow(
                job.id, asked.dialect, asked.tenant, asked.method, asked.target, asked.body, asked.track_id, details,
                job.phase, job.created, job.due, job.number,
            )
        )  # fmt: skip

    def job_step(self, job: Job) -> None:
        """Where a request stands."""
        result = self._codec.encode(job.result)
        self._write(JobStepRow(job.id, job.phase, job.due, job.completed, job.tries, result, job.error))

    def event(self, event: Event) -> None:
        """Something that happened."""
        details = self._codec.encode(event.details)
        self._write(
            EventRow(
                event.id,
                event.dialect,
                event.tenant,
                event.name,
                event.at,
                event.fields,
                event.body,
                event.job,
                details,
            )
        )

    def opened(self, delivery: Delivery) -> None:
        """A delivery, as it was opened."""
        subscription = self._number(delivery.subscription)
        self._write(DeliveryRow(delivery.id, delivery.event.id, subscription, delivery.due, delivery.number))

    def attempt(self, delivery: Delivery, attempt: Attempt) -> None:
        """An attempt that ended, and where its delivery stands."""
        history_id = self._ids.history(delivery.id, attempt.number)
        self._write(AttemptRow(stand(delivery), entries.written(attempt, history_id)))

    def shelf(self, dialect: str, tenant: str, shelf: str, key: str, record: Any) -> None:
        """A tenant's record was put there, or taken away where it is None."""
        self._write(ShelfRow(dialect, tenant, shelf, key, self._codec.encode(record)))

    def note(self, name: str, value: Any) -> None:
        """A setting of the whole."""
        self._write(NoteRow(name, self._codec.encode(value)))

    def _number(self, subscription: Subscription) -> int:
        known = self._subscriptions.get(id(subscription))
        if known is None:
            self._numbered += 1
            known = self._subscriptions[id(subscription)] = (self._numbered, subscription)
            if len(self._subscriptions) > REMEMBERED:
                self._subscriptions.popitem(last=False)
            it = subscription
            terms = self._codec.encode(it.terms)
            self._write(SubscriptionRow(self._numbered, it.id, it.label, it.lane, it.method, it.url, terms))
        return known[0]


def stand(delivery: Delivery) -> Stand:
    """What changes of a delivery."""
    it = delivery
    return Stand(it.id, it.phase, it.due, it.started, it.attempts, it.exchange, it.last, it.resent, it.held, it.taken)


def is_fresh(delivery: Delivery) -> bool:
    """Whether nothing has happened to a delivery yet: no later step leads back to such a state."""
    it = delivery
    return it.phase is Phase.WAITING and not (it.attempts or it.started or it.held or it.resent or it.last)
