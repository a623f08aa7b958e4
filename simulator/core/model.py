"""The nouns of the simulator, all frozen: what was asked, what came of it, what was sent, what was answered.

This module alone decides the shape of a record. It knows no provider, no clock, no socket and no rule: it only holds.
Instants are aware ``datetime`` in UTC, spans are ``timedelta``, bodies are the bytes as sent or received.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct

from simulator.core.gaps import Content
from simulator.core.heads import Form, Headers, bare, parse_headers


class ErrorClass(StrEnum):
    """Why an exchange has no proper answer, told apart so that a person knows where to look."""

    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    DNS = "dns"
    CONNECT_TIMEOUT = "connect-timeout"
    TRANSFER_TIMEOUT = "transfer-timeout"
    TLS_CERTIFICATE = "tls-certificate"
    TLS_HANDSHAKE = "tls-handshake"
    CLOSED_EARLY = "closed-early"
    MALFORMED_ANSWER = "malformed-answer"
    INTERIM = "interim"
    OAUTH = "oauth"
    AUTHENTICATION = "authentication"
    NOT_ALLOWED = "not-allowed"
    NOT_SENT = "not-sent"


class Submission(Struct, frozen=True, gc=False):
    """An asynchronous request as a client made it; ``body`` is the request body as received, decompressed."""

    dialect: str
    tenant: str
    method: str
    target: str
    body: bytes = b""
    track_id: str | None = None
    details: Any = None

    def __repr__(self) -> str:
        return f"<Submission {self.method} {bare(self.target)} {len(self.body)} B>"


class JobPhase(StrEnum):
    """Where an asynchronous request stands."""

    QUEUED = "queued"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Job(Struct, frozen=True, gc=False):
    """One asynchronous request and its life. ``due`` is None once it has ended, or where it is never to end.

    ``result`` is the dialect's own, ``error`` says in words why it failed; ``number`` counts what the engine accepted.
    """

    id: str
    submission: Submission
    phase: JobPhase
    created: datetime
    due: datetime | None = None
    completed: datetime | None = None
    tries: int = 0
    result: Any = None
    error: str | None = None
    number: int = 0

    @property
    def tenant(self) -> str:
        return self.submission.tenant

    def __repr__(self) -> str:
        return f"<Job {self.id[:8]}… {self.submission.method} {bare(self.submission.target)} {self.phase}>"


class Event(Struct, frozen=True, gc=False):
    """Something that happened and that somebody may have asked to hear of.

    ``fields`` is the event's data source for merge fields, flat, every value a string; ``content`` is the payload that
    the provider fixes for the event, or None where the definition decides, and ``body`` its bytes.
    """

    id: str
    dialect: str
    tenant: str
    name: str
    at: datetime
    fields: Mapping[str, str]
    content: Content | None = None
    job: str | None = None
    details: Any = None

    @property
    def body(self) -> bytes | None:
        return None if self.content is None else bytes(self.content)

    def __repr__(self) -> str:
        return f"<Event {self.id[:8]}… {self.name!r} at {self.at:%H:%M:%S}>"


class Subscription(Struct, frozen=True, gc=False):
    """One party that hears of an event; ``lane`` is the receiver that it shares with others.

    ``method`` and ``url`` say where its callouts go, before anything is filled in. ``terms`` is the dialect's own
    snapshot of what was agreed.
    """

    id: str
    label: str
    lane: str
    method: str
    url: str
    terms: Any = None

    def __repr__(self) -> str:
        return f"<Subscription {self.id[:8]}… {self.label!r} {self.method} {bare(self.url)}>"


class Callout(Struct, frozen=True, gc=False):
    """One HTTP request, exactly as it goes onto the wire: ``head`` is the request line and headers, ``body`` follows.

    Both are made of what is kept, which many callouts share, when they are asked for. ``notification_id`` is empty where the
    head bears none. ``trusted`` is a certificate in PEM that its receiver may show, or have been signed by, besides all that
    is trusted anyway.
    """

    form: Form
    content: Content
    request_id: str
    notification_id: str = ""

    @property
    def body(self) -> bytes:
        return bytes(self.content)

    @property
    def method(self) -> str:
        return self.form.method

    @property
    def url(self) -> str:
        return self.form.url

    @property
    def purpose(self) -> str:
        return self.form.purpose

    @property
    def trusted(self) -> str:
        return self.form.trusted

    @property
    def head(self) -> bytes:
        return self.form.head(self.request_id, self.notification_id, len(self.body))

    @property
    def headers(self) -> Headers:
        """The headers as sent, in order, read as the UTF-8 that they are."""
        return parse_headers(self.head, "utf-8")

    @property
    def request_bytes(self) -> bytes:
        """What a socket at the receiver reads."""
        body = self.body
        return self.form.head(self.request_id, self.notification_id, len(body)) + body

    def __repr__(self) -> str:
        return f"<Callout {self.method} {bare(self.url)} {len(self.body)} B>"


class Outcome(Struct, frozen=True, gc=False):
    """What came of one request on the wire.

    ``status`` is the last status heard, kept also where the answer broke off; ``error`` says what went wrong, None for
    a complete answer. ``nominal`` is the time that the provider would have spent on a receiver that ran into a limit
    (10 s to connect, 15 s to transfer), zero for all others; ``patience`` marks one that was cut before that limit.
    """

    status: int | None = None
    error: ErrorClass | None = None
    detail: str = ""
    head: bytes = b""
    body: bytes = b""
    truncated: bool = False
    nominal: timedelta = timedelta(0)
    patience: bool = False
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        said = self.status if self.error is None else f"{self.error}{f', after {self.status}' if self.status else ''}"
        return f"<Outcome {said} {len(self.body)} B>"

    @property
    def headers(self) -> Headers:
        """The answer's headers as received, in order."""
        return parse_headers(self.head)

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case; None where there is none."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


class Exchange(Struct, frozen=True, gc=False):
    """One request and what came of it. ``duplicate`` marks a copy that a fault added: its answer decides nothing."""

    callout: Callout
    outcome: Outcome
    sent_at: datetime
    ended_at: datetime
    duplicate: bool = False


class Decision(StrEnum):
    """What an answer means for a delivery, before limits are asked."""

    DELIVERED = "delivered"
    AGAIN = "again"
    FINAL = "final"
    NOT_SENT = "not-sent"


class Verdict(Struct, frozen=True, gc=False):
    """The dialect's reading of an attempt. ``reason`` is a clause that names the rule ("403 is in the retry list")."""

    decision: Decision
    code: int
    reason: str
    error: ErrorClass | None = None


class Policy(Struct, frozen=True, gc=False):
    """When a delivery is tried again: at most ``limit`` attempts, ``interval`` from start to start, none if not ``retry``."""

    limit: int
    interval: timedelta
    retry: bool = True


class Phase(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    READY = "ready"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    NOT_SENT = "not-sent"


class Delivery(Struct, frozen=True, gc=False):
    """One event on its way to one subscriber. ``id`` stays the same through all attempts.

    ``attempts`` counts those begun, ``exchange`` the requests of the attempt under way; ``last`` forbids a further retry
    (a resend, or a withdrawn definition); ``held`` says that a fault has held the next attempt back already. ``taken``: the
    receiver has taken it once, and no resend undoes that.
    """

    id: str
    event: Event
    subscription: Subscription
    phase: Phase
    due: datetime | None = None
    started: datetime | None = None
    attempts: int = 0
    exchange: int = 0
    last: bool = False
    resent: bool = False
    held: bool = False
    taken: bool = False
    number: int = 0

    @property
    def tenant(self) -> str:
        return self.event.tenant

    @property
    def finished(self) -> bool:
        return self.phase in FINISHED

    def __repr__(self) -> str:
        due = f", due {self.due:%H:%M:%S}" if self.due else ""
        return f"<Delivery {self.id[:4]}… {self.phase}, {self.attempts} begun{due}>"


FINISHED = frozenset({Phase.DELIVERED, Phase.FAILED, Phase.NOT_SENT})


class Attempt(Struct, frozen=True, gc=False):
    """One try at a delivery, as it ended. ``retry_at`` is None where nothing follows; ``limit`` is the one then in force."""

    number: int
    limit: int
    verdict: Verdict
    sent_at: datetime
    ended_at: datetime
    retry_at: datetime | None
    exchanges: tuple[Exchange, ...]
    retry: bool = True
    resend: bool = False

    @property
    def response_code(self) -> int:
        return self.verdict.code
