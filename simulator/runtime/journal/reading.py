"""Turns rows into facts again, and into all that is no fact: shelves, notes, how often it was taken up.

It decides nothing; a row that refers to something that was never written is damage.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from simulator.core.latest import Latest
from simulator.core.ledger import (
    AttemptEnded,
    Cleared,
    DeliveryChanged,
    EventRaised,
    ExchangeStarted,
    Fact,
    JobChanged,
)
from simulator.core.model import Delivery, Event, Job, Outcome, Phase, Submission, Subscription, Verdict
from simulator.runtime.journal import entries
from simulator.runtime.journal.codec import Codec
from simulator.runtime.journal.rows import (
    AttemptRow,
    ClearedRow,
    DeliveryRow,
    EventRow,
    JobRow,
    JobStepRow,
    LifeRow,
    NoteRow,
    Row,
    ShelfRow,
    Stand,
    StartRow,
    StepRow,
    SubscriptionRow,
)

Told = Callable[[Fact], None]
Put = Callable[[str, str, str, str, Any], None]
Noted = Callable[[str, Any], None]
NO_FIELDS: Mapping[str, str] = {}


class Reader:
    """``told`` takes the facts, ``put`` the records of shelves, ``noted`` the notes, all in order.

    A delivery whose event is no longer kept by the ledger has kept it itself. ``life`` counts the processes so far,
    ``subscriptions`` the numbers given.
    """

    def __init__(self, codec: Codec, told: Told, put: Put, noted: Noted) -> None:
        self._codec = codec
        self._told = told
        self._put = put
        self._noted = noted
        self._events: dict[str, Event] = {}
        self._jobs: dict[str, Job] = {}
        self._deliveries: dict[str, Delivery] = {}
        self._subscriptions: dict[int, Subscription] = {}
        self._heard: Latest[Outcome] = Latest()
        self._verdicts: Latest[Verdict] = Latest()
        self.life = 0
        self.subscriptions = 0
        self._readers: dict[type, Callable[[Any], None]] = {
            JobRow: self._job,
            JobStepRow: self._job_step,
            EventRow: self._event,
            SubscriptionRow: self._subscription,
            DeliveryRow: self._delivery,
            StepRow: lambda row: self._told(DeliveryChanged(self._stands(row.stand))),
            StartRow: lambda row: self._told(ExchangeStarted(self._stands(row.stand), (), row.at)),
            AttemptRow: self._attempt,
            ClearedRow: self._cleared,
            ShelfRow: self._shelf,
            NoteRow: lambda row: self._noted(row.name, self._codec.decode(row.value)),
            LifeRow: self._lives,
        }

    def read(self, rows: Iterable[Row]) -> None:
        """Raises LookupError or ValueError where a row makes no sense after those before it."""
        for row in rows:
            self._readers[type(row)](row)

    def _job(self, row: JobRow) -> None:
        details = self._codec.decode(row.details)
        asked = Submission(row.dialect, row.tenant, row.method, row.target, row.body, row.track_id, details)
        job = self._jobs[row.id] = Job(row.id, asked, row.phase, row.created, row.due, number=row.number)
        self._told(JobChanged(job))

    def _job_step(self, row: JobStepRow) -> None:
        result = self._codec.decode(row.result)
        job = self._jobs[row.id] = replace(
            self._jobs[row.id],
            phase=row.phase,
            due=row.due,
            completed=row.completed,
            tries=row.tries,
            result=result,
            error=row.error,
        )
        self._told(JobChanged(job))

    def _event(self, row: EventRow) -> None:
        details, fields = self._codec.decode(row.details), row.fields or NO_FIELDS
        content = entries.content(row.body, self._jobs.get(row.job or ""))
        event = self._events[row.id] = Event(
            row.id, row.dialect, row.tenant, row.name, row.at, fields, content, row.job, details
        )
        self._told(EventRaised(event))

    def _subscription(self, row: SubscriptionRow) -> None:
        terms = self._codec.decode(row.terms)
        self._subscriptions[row.number] = Subscription(row.id, row.label, row.lane, row.method, row.url, terms)
        self.subscriptions = max(self.subscriptions, row.number)

    def _delivery(self, row: DeliveryRow) -> None:
        event, subscription = self._events[row.event], self._subscriptions[row.subscription]
        delivery = Delivery(row.id, event, subscription, Phase.WAITING, due=row.due, number=row.number)
        self._deliveries[row.id] = delivery
        self._told(DeliveryChanged(delivery))

    def _stands(self, to: Stand) -> Delivery:
        delivery = self._deliveries[to.id] = replace(
            self._deliveries[to.id],
            phase=to.phase,
            due=to.due,
            started=to.started,
            attempts=to.attempts,
            exchange=to.exchange,
            last=to.last,
            resent=to.resent,
            held=to.held,
            taken=to.taken,
        )
        return delivery

    def _attempt(self, row: AttemptRow) -> None:
        delivery = self._stands(row.stand)
        attempt = entries.read(row.attempt, delivery)
        verdict = self._verdicts.like(attempt.verdict)
        exchanges = tuple([replace(it, outcome=self._heard.like(it.outcome)) for it in attempt.exchanges])
        self._told(AttemptEnded(delivery, replace(attempt, verdict=verdict, exchanges=exchanges)))

    def _cleared(self, row: ClearedRow) -> None:
        for records in (self._jobs, self._events, self._deliveries):
            for key in [key for key, it in records.items() if row.tenant in (None, it.tenant)]:
                del records[key]
        self._told(Cleared(row.tenant))

    def _shelf(self, row: ShelfRow) -> None:
        self._put(row.dialect, row.tenant, row.shelf, row.key, self._codec.decode(row.record))

    def _lives(self, row: LifeRow) -> None:
        self.life = row.number
