"""What stands in a journal, row by row; a row is one thing that happened, in the order in which things did.

This module alone decides the format: a change of a row here is a new `FORMAT`. A delivery is written whole when it is
opened, and from then on only as a step; its event and its subscription are written once.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Struct

from simulator.core.model import JobPhase, Outcome, Phase, Verdict
from simulator.runtime.journal.codec import Payload

FORMAT = 1


class JobRow(Struct, frozen=True, array_like=True, tag="job"):
    """A request that was accepted."""

    id: str
    dialect: str
    tenant: str
    method: str
    target: str
    body: bytes
    track_id: str | None
    details: Payload | None
    phase: JobPhase
    created: datetime
    due: datetime | None
    number: int


class JobStepRow(Struct, frozen=True, array_like=True, tag="job step"):
    """Where a request then stood."""

    id: str
    phase: JobPhase
    due: datetime | None
    completed: datetime | None
    tries: int
    result: Payload | None
    error: str | None


class EventRow(Struct, frozen=True, array_like=True, tag="event"):
    """Something happened."""

    id: str
    dialect: str
    tenant: str
    name: str
    at: datetime
    fields: Mapping[str, str]
    body: bytes | None
    job: str | None
    details: Payload | None


class SubscriptionRow(Struct, frozen=True, array_like=True, tag="subscription"):
    """Somebody who hears of events, under a number that deliveries refer to."""

    number: int
    id: str
    label: str
    lane: str
    method: str
    url: str
    terms: Payload | None


class DeliveryRow(Struct, frozen=True, array_like=True, tag="delivery"):
    """A delivery was opened."""

    id: str
    event: str
    subscription: int
    due: datetime | None
    number: int


class Stand(Struct, frozen=True, array_like=True):
    """Where a delivery then stood."""

    id: str
    phase: Phase
    due: datetime | None
    started: datetime | None
    attempts: int
    exchange: int
    last: bool
    resent: bool
    held: bool
    taken: bool


class StepRow(Struct, frozen=True, array_like=True, tag="step"):
    """A delivery moved on."""

    stand: Stand


class StartRow(Struct, frozen=True, array_like=True, tag="start"):
    """Requests are about to go out, under these ids."""

    stand: Stand
    at: datetime
    request_ids: tuple[str, ...]


class CalloutEntry(Struct, frozen=True):
    """A request as it went out."""

    method: str
    url: str
    head: bytes
    body: bytes
    request_id: str
    purpose: str
    trusted: str

    def __repr__(self) -> str:
        return f"<CalloutEntry {self.request_id}>"  # its head may hold credentials


class ExchangeEntry(Struct, frozen=True):
    """A request and what came of it."""

    callout: CalloutEntry
    outcome: Outcome
    sent_at: datetime
    ended_at: datetime
    duplicate: bool


class AttemptEntry(Struct, frozen=True):
    """An attempt as it ended."""

    number: int
    limit: int
    verdict: Verdict
    sent_at: datetime
    ended_at: datetime
    retry_at: datetime | None
    exchanges: tuple[ExchangeEntry, ...]
    history_id: str
    retry: bool
    resend: bool


class AttemptRow(Struct, frozen=True, array_like=True, tag="attempt"):
    """An attempt ended."""

    stand: Stand
    attempt: AttemptEntry


class ClearedRow(Struct, frozen=True, array_like=True, tag="cleared"):
    """What happened to a tenant, or to all, was forgotten."""

    tenant: str | None


class ShelfRow(Struct, frozen=True, array_like=True, tag="shelf"):
    """A tenant's record was put under a key, or taken away."""

    dialect: str
    tenant: str
    shelf: str
    key: str
    record: Payload | None


class NoteRow(Struct, frozen=True, array_like=True, tag="note"):
    """A setting of the whole, by name: the latest counts."""

    name: str
    value: Payload | None


class LifeRow(Struct, frozen=True, array_like=True, tag="life"):
    """A process took the journal up."""

    number: int


Row = (
    JobRow
    | JobStepRow
    | EventRow
    | SubscriptionRow
    | DeliveryRow
    | StepRow
    | StartRow
    | AttemptRow
    | ClearedRow
    | ShelfRow
    | NoteRow
    | LifeRow
)

encode = msgspec.msgpack.Encoder().encode
_rows = msgspec.msgpack.Decoder(tuple[Row, ...])


def decode(batch: bytes) -> tuple[Row, ...]:
    """The rows of a batch. Raises msgspec.MsgspecError or ValueError for bytes that are none."""
    return _rows.decode(batch)


def joined(rows: list[bytes]) -> bytes:
    """Encoded rows as one batch: a MessagePack array of them."""
    return b"\xdd" + len(rows).to_bytes(4, "big") + b"".join(rows)
