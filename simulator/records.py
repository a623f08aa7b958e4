"""What a person is shown of what happened: requests, callouts, attempts, exchanges, as frozen records.

One shape for Python, the control plane, the page and the reports; JSON names are the camelCase of the fields, instants
are UTC, secrets are masked. A record is a view: it is built from the ledger when asked for, and decides nothing.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from simulator.core.explain import why
from simulator.core.http import shown
from simulator.core.ids import Ids
from simulator.core.model import Attempt, Delivery, Event, Exchange, Job, Phase, Submission
from simulator.masking import mask_body, mask_headers, mask_url

Pairs = tuple[tuple[str, str], ...]


class ExchangeRecord(Struct, frozen=True, rename="camel"):
    """One request on the wire and what came of it; ``status`` is None where no answer was heard."""

    request_id: str
    purpose: str
    duplicate: bool
    method: str
    url: str
    headers: Pairs
    body: str
    status: int | None
    error_class: str | None
    detail: str
    response_headers: Pairs
    response_body: str
    truncated: bool
    notes: tuple[str, ...]
    sent_at: datetime
    ended_at: datetime

    def header(self, name: str) -> str | None:
        """A header of the request, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def __repr__(self) -> str:
        return f"<Exchange {self.method} {self.url} → {self.error_class or self.status}>"


class AttemptRecord(Struct, frozen=True, rename="camel"):
    """One try; ``response_code`` is Zuora's (negative where nothing was answered), ``why`` names the rule and the next step."""

    number: int
    limit: int
    response_code: int
    error_class: str | None
    sent_at: datetime
    ended_at: datetime
    retry_at: datetime | None
    why: str
    history_id: str
    resend: bool
    patience: bool
    exchanges: tuple[ExchangeRecord, ...]

    def __repr__(self) -> str:
        return f"<Attempt {self.number}/{self.limit} at {self.sent_at:%H:%M:%S} → {self.response_code}: {self.why}>"


class Definition(Struct, frozen=True):
    """Whom a callout goes to."""

    id: str
    name: str


class Resend(Struct, frozen=True):
    """Whether a callout may be sent once more, and why not."""

    allowed: bool
    reason: str | None = None


class CalloutRecord(Struct, frozen=True, rename="camel", dict=True):
    """One event on its way to one receiver; ``outcome`` is ``pending``, ``delivered``, ``failed`` or ``not-sent``.

    What was delivered once is ``delivered`` again after any resend, since its receiver has it; the attempts tell the rest.
    """

    id: str
    seq: int
    provider: str
    client_id: str
    notification_id: str
    event: str
    event_id: str
    event_at: datetime
    request_id: str | None
    definition: Definition
    method: str
    url: str
    outcome: str
    due_at: datetime | None
    max_attempts: int
    warnings: tuple[str, ...]
    resend: Resend
    fields: dict[str, str]
    attempts: tuple[AttemptRecord, ...]

    @property
    def request_bytes(self) -> bytes:
        """The last request exactly as it went, or would have gone, onto the wire; credentials and all."""
        raw: bytes = self.__dict__.get("_request_bytes", b"")
        return raw

    def __repr__(self) -> str:
        codes = ", ".join(str(attempt.response_code) for attempt in self.attempts) or _UNTRIED.get(self.outcome, "")
        return f"<Callout {self.event} → {self.url} {self.outcome}: {codes}>"


_UNTRIED = {"pending": "no attempt yet", "not-sent": "no attempt"}


class Raised(Struct, frozen=True):
    """An event that came of a request."""

    id: str
    name: str
    at: datetime


class Again(Struct, frozen=True):
    """How a request is made once more where its own bytes would not do: POST ``body``, JSON, to ``path``.

    Where it names a receiver, ``${receiver.url}`` stands instead.
    """

    path: str
    body: str


@runtime_checkable
class Repeatable(Protocol):
    """Details of a submission that know a short name of it, and how it is made again."""

    @property
    def label(self) -> str: ...

    def again(self, to: Callable[[str], str], /) -> tuple[str, dict[str, Any]] | None: ...


class RequestRecord(Struct, frozen=True, rename="camel"):
    """One asynchronous request; ``state`` is ``queued``, ``succeeded``, ``failed`` or ``never``.

    ``label`` says what was asked for where the path does not.
    """

    id: str
    seq: int
    provider: str
    client_id: str
    method: str
    path: str
    state: str
    create_time: datetime
    complete_time: datetime | None
    due_at: datetime | None
    track_id: str | None
    error: str | None
    body: str
    events: tuple[Raised, ...]
    label: str = ""
    again: Again | None = None

    def __repr__(self) -> str:
        return f"<Request {self.id[:8]}… {self.method} {self.path} {self.state}>"


RECEIVER = "${receiver.url}"
PENDING = "pending"
NEVER = "never"


def callout_record(
    delivery: Delivery, attempts: tuple[Attempt, ...], ids: Ids, *, limit: int, warnings: tuple[str, ...] = ()
) -> CalloutRecord:
    """The whole record of one delivery; ``limit`` is the attempt limit now in force, ``warnings`` are about its URL."""
    last = attempts[-1].exchanges[-1].callout if attempts and attempts[-1].exchanges else None
    event, subscription = delivery.event, delivery.subscription
    method, url = (last.method, last.url) if last else (subscription.method, subscription.url)
    record = CalloutRecord(
        id=delivery.id,
        seq=delivery.number,
        provider=event.dialect,
        client_id=event.tenant,
        notification_id=delivery.id,
        event=event.name,
        event_id=event.id,
        event_at=event.at,
        request_id=event.job,
        definition=Definition(subscription.id, subscription.label),
        method=method,
        url=mask_url(url),
        outcome=delivery.phase.value if delivery.finished else PENDING,
        due_at=delivery.due,
        max_attempts=limit,
        warnings=warnings,
        resend=resendable(delivery),
        fields=dict(event.fields),
        attempts=tuple(
            _attempt(attempt, ids.history(delivery.id, attempt.number)) for attempt in _as_it_ended(delivery, attempts)
        ),
    )
    if last is not None:
        record.__dict__["_request_bytes"] = last.request_bytes
    return record


def _as_it_ended(delivery: Delivery, attempts: tuple[Attempt, ...]) -> tuple[Attempt, ...]:
    """The attempts, the last one without the retry that was due when its definition was withdrawn."""
    if delivery.phase is not Phase.FAILED or attempts[-1].retry_at is None:
        return attempts
    return (*attempts[:-1], replace(attempts[-1], retry_at=None))


def request_record(job: Job, events: Iterable[Event]) -> RequestRecord:
    """The record of one asynchronous request and of the events that came of it."""
    submission = job.submission
    return RequestRecord(
        id=job.id,
        seq=job.number,
        provider=submission.dialect,
        client_id=submission.tenant,
        method=submission.method,
        path=mask_url(submission.target),
        state=NEVER if job.due is None and job.completed is None else job.phase.value,
        create_time=job.created,
        complete_time=job.completed,
        due_at=job.due,
        track_id=submission.track_id,
        error=job.error,
        body=mask_body(shown(submission.body)),
        events=tuple(Raised(event.id, event.name, event.at) for event in events),
        label=label_of(submission),
        again=_again(submission),
    )


def label_of(submission: Submission) -> str:
    """What was asked for, in a few words; empty where the path says it."""
    return submission.details.label if isinstance(submission.details, Repeatable) else ""


def _again(submission: Submission) -> Again | None:
    details = submission.details
    told = details.again(lambda _address: RECEIVER) if isinstance(details, Repeatable) else None
    return Again(told[0], mask_body(msgspec.json.encode(told[1]).decode())) if told is not None else None


def _attempt(attempt: Attempt, history_id: str) -> AttemptRecord:
    return AttemptRecord(
        number=attempt.number,
        limit=attempt.limit,
        response_code=attempt.response_code,
        error_class=attempt.verdict.error,
        sent_at=attempt.sent_at,
        ended_at=attempt.ended_at,
        retry_at=attempt.retry_at,
        why=why(attempt),
        history_id=history_id,
        resend=attempt.resend,
        patience=any(exchange.outcome.patience for exchange in attempt.exchanges),
        exchanges=tuple(_exchange(exchange) for exchange in attempt.exchanges),
    )


def _exchange(exchange: Exchange) -> ExchangeRecord:
    callout, outcome = exchange.callout, exchange.outcome
    return ExchangeRecord(
        request_id=callout.request_id,
        purpose=callout.purpose,
        duplicate=exchange.duplicate,
        method=callout.method,
        url=mask_url(callout.url),
        headers=mask_headers(callout.headers),
        body=mask_body(shown(callout.body)),
        status=outcome.status,
        error_class=outcome.error,
        detail=outcome.detail,
        response_headers=mask_headers(outcome.headers),
        response_body=mask_body(shown(outcome.body)),
        truncated=outcome.truncated,
        notes=outcome.notes,
        sent_at=exchange.sent_at,
        ended_at=exchange.ended_at,
    )


def resendable(delivery: Delivery) -> Resend:
    """Whether a delivery may be sent once more."""
    if delivery.phase is Phase.SENDING:
        return Resend(False, "an attempt is under way")
    return Resend(True)
