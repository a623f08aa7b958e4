"""Small things that a tenant stores beside its definitions: profiles, triggers, schedules, kept answers, deletions.

Frozen records, and nothing that decides.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct


class CommunicationProfile(Struct, frozen=True, rename="camel"):
    """Whom accounts are told things through; one that is not ``active`` is muted and sends nothing (documented)."""

    id: str
    profile_name: str
    description: str | None = None
    active: bool = True


class Registered(Struct, frozen=True, rename="camel"):
    """An event trigger, a scheduled event or an email template: what was given, and the event that it makes, if any."""

    id: str
    fields: Mapping[str, Any]
    event: str | None = None
    created_by: str | None = None
    created_on: datetime | None = None
    updated_by: str | None = None
    updated_on: datetime | None = None


class KeptAnswer(Struct, frozen=True, rename="camel"):
    """The first answer to an `Idempotency-Key`, and the request that it answered."""

    method: str
    target: str
    at: datetime
    status: int
    headers: Mapping[str, str]
    body: bytes
    content_type: str


class HistoryDeletion(Struct, frozen=True, rename="camel"):
    """An account's history was deleted at ``at``; ``job`` is the engine's id of the task."""

    id: str
    account_id: str
    at: datetime
    created_by: str
    job: str
