"""Submit, report and resend go in; dispatches and the next due instant come out. It never waits.

The engine joins the other rooms of the core: jobs and deliveries fall due on the timeline, the dialect answers the five
questions, the machine takes its steps, faults rewrite what is sent, and every change is a fact in the ledger. Whoever
drives it owns the clock and the wire: ``tick`` what is due, ``begin`` what is ready, carry the dispatch out, ``report``.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from simulator.core import job as jobs
from simulator.core.delivery import (
    EXCHANGES_PER_ATTEMPT,
    Asked,
    Begun,
    Deferred,
    Dropped,
    Due,
    Judged,
    Resent,
    Signal,
    Wake,
    Withdrawn,
    step,
)
from simulator.core.dialect import Dialect, Finished, Happening
from simulator.core.errors import OurFault
from simulator.core.faults import Fault, FaultKind, Faults, Rewrite, lose
from simulator.core.ids import Ids
from simulator.core.ledger import (
    AttemptEnded,
    Cleared,
    DeliveryChanged,
    EventRaised,
    ExchangeStarted,
    JobChanged,
    Ledger,
)
from simulator.core.model import (
    Attempt,
    Callout,
    Decision,
    Delivery,
    ErrorClass,
    Event,
    Exchange,
    Job,
    JobPhase,
    Outcome,
    Phase,
    Submission,
    Unsendable,
    Verdict,
)
from simulator.core.timeline import Timeline


class Dispatch(Struct, frozen=True, gc=False):
    """Requests to carry out now: one, or at once with its copies. ``duplicate`` marks a copy that goes out by itself."""

    delivery: Delivery
    callouts: tuple[Callout, ...]
    duplicate: bool = False


class _Open(Struct):
    """An attempt under way."""

    rewrite: Rewrite
    exchanges: list[Exchange]
    verdict: Verdict | None = None


class Engine:
    """The simulated provider without its clock and its wire."""

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
        self._counts: Counter[tuple[str, str]] = Counter()
        self._open: dict[str, _Open] = {}
        self._accepted = 0
        self.attempts_ended = 0

    # ── in ──

    def submit(self, submission: Submission, now: datetime) -> Job:
        """Accept an asynchronous request; the work falls due after the latency."""
        number = self._number("job", submission.tenant)
        job_id = self.ids.uuid("job", submission.tenant, number)
        job = jobs.queued(job_id, submission, now, now + self.latency, self._next())
        self.ledger.append(JobChanged(job))
        self._timeline.add(now + self.latency, job.id)
        return job

    def fire(self, dialect: str, tenant: str, happening: Happening, now: datetime, job: str | None = None) -> Event:
        """Let something happen: a delivery is opened for each who hears of it."""
        number = self._number("event", tenant)
        event = Event(
            id=self.ids.hex("event", tenant, number),
            dialect=dialect,
            tenant=tenant,
            name=happening.name,
            at=now,
            fields=happening.fields,
            body=happening.body,
            job=job,
            details=happening.details,
        )
        self.ledger.append(EventRaised(event))
        for place, subscription in enumerate(self.dialects[dialect].audience(event)):
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

    def resend(self, delivery_id: str, now: datetime) -> Delivery:
        """One more attempt, numbered on and never retried; a retry that is pending gives it its place."""
        return self._take(self.ledger.deliveries[delivery_id], Resent(), now)

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
                self._take(delivery, Withdrawn(), now)

    def forget(self, tenant: str | None = None) -> None:
        """Forget all that happened to one tenant, or to all. Answers still on their way are then told to nobody."""
        self.ledger.append(Cleared(tenant))
        self.faults.replace((), tenant)
        if tenant is None:
            self._accepted = 0
        for key in [key for key in self._counts if tenant is None or key[1] == tenant]:
            del self._counts[key]
        for delivery_id in [key for key in self._open if key not in self.ledger.deliveries]:
            del self._open[delivery_id]

    # ── time ──

    @property
    def in_flight(self) -> int:
        """How many attempts are under way."""
        return len(self._open)

    @property
    def under_way(self) -> list[Delivery]:
        """The deliveries whose attempts are under way."""
        return [self.ledger.deliveries[key] for key in self._open]

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
                ready.append(self._take(delivery, Due(), now))
        return self.faults.shuffle(ready, now)

    def _holds(self, at: datetime, item: str) -> bool:
        """Whether an entry of the timeline still stands: what it names may have moved on."""
        delivery = self.ledger.deliveries.get(item)
        if delivery is not None:
            return delivery.phase is Phase.WAITING and delivery.due == at
        job = self.ledger.jobs.get(item)
        return job is not None and job.phase is JobPhase.QUEUED and job.due == at

    def _work(self, job: Job, now: datetime) -> None:
        answer = self.dialects[job.submission.dialect].perform(job, now)
        after = jobs.worked(job, answer, now)
        self.ledger.append(JobChanged(after))
        if after.due is not None:
            self._timeline.add(after.due, after.id)
        if isinstance(answer, Finished):
            for happening in answer.happenings:
                self.fire(job.submission.dialect, job.tenant, happening, now, job.id)

    # ── out ──

    def begin(self, delivery_id: str, now: datetime) -> Dispatch | None:
        """Begin an attempt at a ready delivery; None where it is not to go after all, or could not be sent at all."""
        delivery = self.ledger.deliveries.get(delivery_id)
        if delivery is None or delivery.phase is not Phase.READY:
            return None
        rewrite = self.faults.decide(delivery, now)
        if rewrite.drop:
            self._take(delivery, Dropped(), now)
            return None
        if rewrite.hold_until is not None:
            self._take(delivery, Deferred(rewrite.hold_until), now)
            return None
        delivery = self._take(delivery, Begun(), now)
        attempt = _Open(rewrite, [])
        self._open[delivery.id] = attempt
        rendered = self._dialect(delivery).render(delivery, self._request_id(delivery), now)
        if isinstance(rendered, Unsendable):
            outcome = Outcome(error=ErrorClass.NOT_SENT, detail=rendered.detail)
            attempt.exchanges.append(Exchange(rendered.callout, outcome, now, now))
            self._end(delivery, attempt, rendered.verdict, now)
            return None
        return self._send(delivery, attempt, rendered, now)

    def report(
        self, dispatch: Dispatch, outcomes: Sequence[Outcome], sent_at: datetime, ended_at: datetime
    ) -> Dispatch | None:
        """What came of a dispatch, an outcome for each of its callouts; answers with the attempt's next dispatch."""
        attempt = self._open.get(dispatch.delivery.id)
        if attempt is None:
            return None  # forgotten while it was on its way
        delivery = dispatch.delivery
        for place, (callout, outcome) in enumerate(zip(dispatch.callouts, outcomes, strict=True)):
            duplicate = dispatch.duplicate or place > 0
            heard = lose(outcome) if attempt.rewrite.lose_answer else outcome
            attempt.exchanges.append(Exchange(callout, heard, sent_at, ended_at, duplicate))
        if attempt.verdict is not None:
            self._end(delivery, attempt, attempt.verdict, ended_at)
            return None
        return self._judge(delivery, attempt, ended_at)

    def abandon(self, dispatch_or_delivery: Dispatch | Delivery, error: BaseException, now: datetime) -> None:
        """An attempt that a fault of ours broke: it ends, and the record says so."""
        given = dispatch_or_delivery
        delivery = self.ledger.deliveries.get((given.delivery if isinstance(given, Dispatch) else given).id)
        if delivery is not None and delivery.phase is Phase.SENDING and delivery.id in self._open:
            reason = f"a fault of the simulator itself ({type(error).__name__})"
            self._end(delivery, self._open[delivery.id], Verdict(Decision.FINAL, -1, reason), now)

    def _judge(self, delivery: Delivery, attempt: _Open, now: datetime) -> Dispatch | None:
        decisive = [exchange for exchange in attempt.exchanges if not exchange.duplicate]
        answer = self._dialect(delivery).judge(delivery, decisive, self._request_id(delivery, next_one=True), now)
        if isinstance(answer, Callout):
            if delivery.exchange < EXCHANGES_PER_ATTEMPT:
                return self._send(self._take(delivery, Asked(), now), attempt, answer, now)
            reason = f"the authentication dialogue did not end within {EXCHANGES_PER_ATTEMPT} exchanges"
            answer = Verdict(Decision.AGAIN, decisive[-1].outcome.status or -1, reason, ErrorClass.AUTHENTICATION)
        if attempt.rewrite.copies and not attempt.rewrite.at_once:
            attempt.verdict = answer
            return self._repeat(delivery, decisive, now)
        self._end(delivery, attempt, answer, now)
        return None

    def _send(self, delivery: Delivery, attempt: _Open, callout: Callout, now: datetime) -> Dispatch:
        copies: tuple[Callout, ...] = ()
        if attempt.rewrite.at_once:
            so_far = [exchange for exchange in attempt.exchanges if not exchange.duplicate]
            copies = tuple(self._copy(delivery, so_far, n, now) for n in range(attempt.rewrite.copies))
        return self._started(Dispatch(delivery, (callout, *copies)), now)

    def _repeat(self, delivery: Delivery, decisive: list[Exchange], now: datetime) -> Dispatch:
        """The copies that follow an answered request, one after the other's start."""
        attempt = self._open[delivery.id]
        copies = tuple(self._copy(delivery, decisive[:-1], n, now) for n in range(attempt.rewrite.copies))
        return self._started(Dispatch(delivery, copies, duplicate=True), now)

    def _copy(self, delivery: Delivery, before: list[Exchange], copy: int, now: datetime) -> Callout:
        """The request that follows ``before``, once more, with a request id of its own."""
        request_id = self._request_id(delivery, copy + 1)
        dialect = self._dialect(delivery)
        again = (
            dialect.judge(delivery, before, request_id, now) if before else dialect.render(delivery, request_id, now)
        )
        if not isinstance(again, Callout):
            raise OurFault(f"{delivery!r}: a copy of a request that went out could not be made")
        return again

    def _started(self, dispatch: Dispatch, now: datetime) -> Dispatch:
        self.ledger.append(ExchangeStarted(dispatch.delivery, dispatch.callouts, now))
        return dispatch

    def _end(self, delivery: Delivery, attempt: _Open, verdict: Verdict, now: datetime) -> None:
        policy = self._dialect(delivery).policy(delivery)
        delivery = self.ledger.deliveries[delivery.id]  # a resend or a withdrawal may have come meanwhile
        after, action = step(policy, delivery, Judged(verdict), now)
        assert delivery.started is not None  # it was begun
        record = Attempt(
            number=delivery.attempts,
            limit=policy.limit,
            verdict=verdict,
            sent_at=delivery.started,
            ended_at=now,
            retry_at=action.at if isinstance(action, Wake) else None,
            exchanges=tuple(attempt.exchanges),
            history_id=self.ids.hex("history", delivery.id, delivery.attempts),
            retry=policy.retry,
            resend=delivery.resent,
        )
        del self._open[delivery.id]
        self.attempts_ended += 1
        self.ledger.append(AttemptEnded(after, record))
        if isinstance(action, Wake):
            self._timeline.add(action.at, after.id)

    def _take(self, delivery: Delivery, signal: Signal, now: datetime) -> Delivery:
        after, action = step(self._dialect(delivery).policy(delivery), delivery, signal, now)
        if after is not delivery:
            self.ledger.append(DeliveryChanged(after))
        if isinstance(action, Wake):
            self._timeline.add(action.at, after.id)
        return after

    def _dialect(self, delivery: Delivery) -> Dialect:
        return self.dialects[delivery.event.dialect]

    def _request_id(self, delivery: Delivery, copy: int = 0, *, next_one: bool = False) -> str:
        return self.ids.hex("request", delivery.id, delivery.attempts, delivery.exchange + next_one, copy)

    def _next(self) -> int:
        self._accepted += 1
        return self._accepted

    def _number(self, kind: str, tenant: str) -> int:
        self._counts[kind, tenant] += 1
        return self._counts[kind, tenant]
