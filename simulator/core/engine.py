"""Submit, report and resend go in; dispatches and the next due instant come out. It never waits.

The engine joins the other rooms of the core: jobs and deliveries fall due on the timeline, the dialect answers the five
questions, the machine takes its steps, faults rewrite what is sent, and every change is a fact in the ledger. Whoever
drives it owns the clock and the wire: ``tick`` what is due, ``begin`` what is ready, carry the dispatch out, ``report``.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from simulator.core import job as jobs
from simulator.core.attempt import Dispatch
from simulator.core.attempts import Attempts
from simulator.core.delivery import Due, Resent, Withdrawn
from simulator.core.dialect import Dialect, Finished, Happening
from simulator.core.faults import Fault, FaultKind, Faults
from simulator.core.ids import Ids
from simulator.core.latest import Latest
from simulator.core.ledger import (
    Cleared,
    DeliveryChanged,
    EventRaised,
    JobChanged,
    Ledger,
)
from simulator.core.model import (
    Delivery,
    Event,
    Job,
    JobPhase,
    Outcome,
    Phase,
    Submission,
    Subscription,
)
from simulator.core.timeline import Timeline

NO_FIELDS: Mapping[str, str] = {}
"""One for all events without fields: there may be millions of them."""


class Engine:
    """The simulated provider without its clock and its wire.

    An error that a dialect raises ends what it broke, is kept in ``broken``, and stops nothing else. ``on_broken`` takes
    it instead where somebody wants to know at once. A listener of the ledger must not raise.
    """

    def __init__(
        self,
        dialects: Mapping[str, Dialect],
        *,
        seed: int = 0,
        latency: timedelta = timedelta(0),
        retain: int | None = None,
    ) -> None:
        self.dialects = dict(dialects)
        self.ids = Ids(seed)
        self.latency = latency
        self.ledger = Ledger(retain)
        self.faults = Faults(self.ids)
        self._timeline: Timeline[str] = Timeline()
        self.counts: Counter[tuple[str, str]] = Counter()
        self.accepted = 0
        self._heard_by: defaultdict[tuple[str, int], Latest[Subscription]] = defaultdict(Latest)
        self._attempts = Attempts(self.dialects, self.ids, self.ledger, self._timeline, self.faults, self._tell)
        self.broken: list[Exception] = []
        self.on_broken: Callable[[Exception], None] = self.broken.append

    # ── in ──

    def submit(self, submission: Submission, now: datetime) -> Job:
        """Accept an asynchronous request; the work falls due after the latency."""
        number = self._number("job", submission.tenant)
        job_id = self.ids.uuid("job", submission.tenant, number)
        job = jobs.queued(job_id, submission, now, now + self.latency, self._next())
        self.ledger.append(JobChanged(job))
        self._timeline.add(now + self.latency, job.id)
        return job

    def fire(self, dialect: str, tenant: str, happening: Happening, now: datetime, job: Job | None = None) -> Event:
        """Let something happen: a delivery is opened for each who hears of it."""
        number = self.counts["event", tenant] + 1
        event = Event(
            id=self.ids.hex("event", tenant, number),
            dialect=dialect,
            tenant=tenant,
            name=happening.name,
            at=now,
            fields=happening.fields or NO_FIELDS,
            content=happening.body,
            job=job.id if job is not None else None,
            details=happening.details,
        )
        audience = self.dialects[dialect].audience(event)  # asked first: where it fails, nothing has happened
        self.counts["event", tenant] = number
        self.ledger.append(EventRaised(event))
        for place, heard_by in enumerate(audience):
            subscription = self._heard_by[heard_by.id, place].like(heard_by)
            delivery_id = self.ids.hex("notification", event.id, subscription.id, place)
            delivery = Delivery(delivery_id, event, subscription, Phase.WAITING, due=now, number=self._next())
            self.ledger.append(DeliveryChanged(delivery))
            self._timeline.add(now, delivery.id)
        return event

    def reconsider(self, job_id: str, now: datetime) -> None:
        """Look at a job now, whenever it was due: its outcome was changed by hand."""
        job = self.ledger.jobs[job_id]
        if job.phase is JobPhase.QUEUED:
            self.ledger.append(JobChanged(replace(job, due=now)))
            self._timeline.add(now, job_id)

    def look(self, job_id: str, now: datetime) -> None:
        """Do the work of a job that has not ended at once, whenever it was due."""
        job = self.ledger.jobs[job_id]
        if job.phase is JobPhase.QUEUED:
            self._work(job, now)

    def resend(self, delivery_id: str, now: datetime) -> Delivery:
        """One more attempt, numbered on and never retried; a retry that is pending gives it its place."""
        return self._attempts.take(self.ledger.deliveries[delivery_id], Resent(), now)

    def duplicate(self, delivery_id: str, now: datetime, *, at_once: bool) -> Delivery:
        """One more copy: of the next attempt where one is pending, else of a resend (at once), else the resend itself."""
        delivery = self.ledger.deliveries[delivery_id]
        if at_once or not delivery.finished:
            kind = FaultKind.DUPLICATE
            self.faults.add(Fault(kind, notification=delivery_id, at_once=at_once, tenant=delivery.tenant, once=True))
        return self.resend(delivery_id, now) if delivery.finished else delivery

    def withdraw(self, tenant: str, subscription_ids: set[str], now: datetime) -> None:
        """Drop what is pending for definitions that are gone."""
        for delivery in self.ledger.deliveries_of(tenant):
            if delivery.subscription.id in subscription_ids and not delivery.finished:
                self._attempts.take(delivery, Withdrawn(), now)

    def forget(self, tenant: str | None = None) -> None:
        """Forget all that happened to one tenant, or to all. Answers still on their way are then told to nobody."""
        self.ledger.append(Cleared(tenant))
        self.faults.replace((), tenant)
        self._heard_by.clear()
        self.forget_counts(tenant)
        # The ids will come again, for other things: nothing that bears them may be left behind.
        self._attempts.forget()
        self._timeline.keep(lambda item: item in self.ledger.deliveries or item in self.ledger.jobs)

    def forget_counts(self, tenant: str | None = None) -> None:
        """Number what happens to a tenant, or to all, from the beginning again."""
        if tenant is None:
            self.accepted = 0
        for key in [key for key in self.counts if tenant is None or key[1] == tenant]:
            del self.counts[key]

    def wake(self, at: datetime, item: str) -> None:
        """Look at a job or a delivery at ``at``, if it then still waits for that."""
        self._timeline.add(at, item)

    def send_again(self, delivery_id: str, times: int) -> None:
        """Requests of the next attempt at this delivery went out ``times`` before: it uses none of their ids."""
        self._attempts.again[delivery_id] = times

    @property
    def sent_again(self) -> Mapping[str, int]:
        """How often requests of an attempt that has not ended had gone out before this process."""
        return self._attempts.again

    # ── time ──

    @property
    def in_flight(self) -> int:
        """How many attempts are under way."""
        return len(self._attempts)

    @property
    def attempts_ended(self) -> int:
        """How many attempts have ended since the engine began."""
        return self._attempts.ended

    @property
    def under_way(self) -> list[Delivery]:
        """The deliveries whose attempts are under way."""
        return self._attempts.deliveries

    @property
    def next_due(self) -> datetime | None:
        """The next instant at which there is something to do; None where there is nothing."""
        while (entry := self._timeline.peek()) is not None:
            if self._holds(*entry):
                return entry[0]
            self._timeline.pop()
        return None

    def tick(self, now: datetime) -> list[Delivery]:
        """Do the work that is due and answer with the deliveries that became ready, in the order in which they may go."""
        ready: list[Delivery] = []
        while (entry := self._timeline.peek()) is not None and entry[0] <= now:
            self._timeline.pop()
            if not self._holds(*entry):
                continue
            delivery = self.ledger.deliveries.get(entry[1])
            if delivery is None:
                self._work(self.ledger.jobs[entry[1]], now)
            else:
                ready.append(self._attempts.take(delivery, Due(), now))
        return self.faults.shuffle(ready, now)

    def _holds(self, at: datetime, item: str) -> bool:
        """Whether an entry of the timeline still stands: what it names may have moved on."""
        delivery = self.ledger.deliveries.get(item)
        if delivery is not None:
            return delivery.phase is Phase.WAITING and delivery.due == at
        job = self.ledger.jobs.get(item)
        return job is not None and job.phase is JobPhase.QUEUED and job.due == at

    def _work(self, job: Job, now: datetime) -> None:
        try:
            answer = self.dialects[job.submission.dialect].perform(job, now)
            after = jobs.worked(job, answer, now)
        except Exception as error:
            self.on_broken(error)
            self.ledger.append(JobChanged(replace(job, due=None)))  # it stays queued, and can be looked at again
            return
        self.ledger.append(JobChanged(after))
        if after.due is not None:
            self._timeline.add(after.due, after.id)
        if isinstance(answer, Finished):
            for happening in answer.happenings:
                try:
                    self.fire(job.submission.dialect, job.tenant, happening, now, after)
                except Exception as error:
                    self.on_broken(error)
            for waiting in answer.awaited_by:
                self.reconsider(waiting, now)

    # ── out ──

    def begin(self, delivery_id: str, now: datetime) -> Dispatch | None:
        """Begin an attempt at a ready delivery; None where it is not to go after all, or could not be sent at all."""
        return self._attempts.begin(delivery_id, now)

    def report(
        self, dispatch: Dispatch, outcomes: Sequence[Outcome], sent_at: datetime, ended_at: datetime
    ) -> Dispatch | None:
        """What came of a dispatch, an outcome for each of its callouts; answers with the attempt's next dispatch."""
        return self._attempts.report(dispatch, outcomes, sent_at, ended_at)

    def abandon(self, dispatch: Dispatch, error: Exception, now: datetime) -> None:
        """A fault of ours broke the carrying of ``dispatch``: its attempt ends, and the record says so."""
        self._attempts.abandon(dispatch, error, now)

    def _tell(self, error: Exception) -> None:
        self.on_broken(error)

    def _next(self) -> int:
        self.accepted += 1
        return self.accepted

    def _number(self, kind: str, tenant: str) -> int:
        self.counts[kind, tenant] += 1
        return self.counts[kind, tenant]
