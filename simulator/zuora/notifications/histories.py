"""Callout history: the ledger's attempts in Zuora's words, one row for each (documented: CH; Q15).

It decides which rows there are and how they are written. A row's id is nowhere in it, as in Zuora's own.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from simulator.core.http import shown
from simulator.core.ids import Ids
from simulator.core.ledger import Ledger
from simulator.core.model import Attempt, Decision, Delivery
from simulator.zuora.catalogue import find_event
from simulator.zuora.notifications.definitions import Terms
from simulator.zuora.tenant import Tenant

OBJECT_FIELDS = ("Object.Id", "Id", "id")


class Row(Struct, frozen=True):
    """One attempt of one delivery."""

    delivery: Delivery
    attempt: Attempt

    def id(self, ids: Ids) -> str:
        """By which it is sent once more."""
        return ids.history(self.delivery.id, self.attempt.number)

    @property
    def at(self) -> datetime:
        """Seconds are all that history tells of it."""
        return self.attempt.sent_at.replace(microsecond=0)

    @property
    def failed(self) -> bool:
        return self.attempt.verdict.decision is not Decision.DELIVERED

    @property
    def object_id(self) -> str:
        """The object that the event is about: ``data.id`` of an asynchronous one, else the id of its base object."""
        event = self.delivery.event
        if event.body is not None and not event.fields:
            payload = msgspec.json.decode(event.body)
            found = payload.get("data") if isinstance(payload, dict) else None
            return str(found.get("id", "")) if isinstance(found, dict) else ""
        named = find_event(event.name)
        base = "".join(named.object.split()) if named else ""
        for name in (f"{base}.Id", f"{base}.ID", *OBJECT_FIELDS):
            if name in event.fields:
                return event.fields[name]
        return next((value for name, value in event.fields.items() if name.endswith(".Id")), "")

    @property
    def account_id(self) -> str:
        fields = self.delivery.event.fields
        return next((fields[name] for name in ("Account.Id", "Account.ID", "AccountId") if name in fields), "")

    @property
    def category(self) -> int | str:
        """Zuora's code of the event, else ``namespace:name`` (documented: where custom events are enabled)."""
        named = find_event(self.delivery.event.name)
        if named is not None and named.category is not None:
            return named.category
        namespace = named.namespace.value if named else "user.notification"
        compact = named.compact if named else "".join(self.delivery.event.name.split())
        return f"{namespace}:{compact}"


def rows_of(tenant: Tenant, ledger: Ledger) -> Iterator[Row]:
    """All rows of a tenant, newest first; those of an account whose history was deleted are gone."""
    rows = [
        Row(delivery, attempt)
        for delivery in ledger.deliveries_of(tenant.id)
        for attempt in ledger.attempts_of(delivery.id)
    ]
    rows.sort(key=lambda row: (row.attempt.sent_at, row.delivery.number, row.attempt.number), reverse=True)
    gone = {one.account_id: one.at for one in tenant.deletions.values()}
    for row in rows:
        deleted = gone and (gone.get(row.account_id) or gone.get(row.object_id))
        if not deleted or row.attempt.sent_at > deleted:
            yield row


def written(row: Row, user: str, *, with_content: bool, strings: bool) -> dict[str, Any]:
    """A row as it is answered: with the types of the documented example, or all ``strings`` as in the schema."""
    attempt = row.attempt
    last = attempt.exchanges[-1] if attempt.exchanges else None
    terms: Terms = row.delivery.subscription.terms
    body: dict[str, Any] = {
        "attemptedNum": attempt.number,
        "createTime": row.at.strftime("%Y-%m-%dT%H:%M:%S"),
        "eventCategory": row.category,
        "eventContext": _context(row, terms, user),
        "notification": terms.definition_name,
        "requestMethod": last.callout.method if last else row.delivery.subscription.method,
        "requestUrl": last.callout.url if last else row.delivery.subscription.url,
        "responseCode": attempt.response_code,
    }
    if with_content:
        body["responseContent"] = shown(last.outcome.body) if last else ""
    return {name: _text(value) for name, value in body.items()} if strings else body


def _context(row: Row, terms: Terms, user: str) -> Mapping[str, Any]:
    event = row.delivery.event
    named = find_event(event.name)
    return {
        "<Account.ID>": row.account_id,
        "<Event.Category>": named.compact if named else "".join(event.name.split()),
        "<Event.ID>": event.id,
        "<Event.Timestamp>": event.at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{event.at.microsecond // 1000:03d}+0000",
        "<Notification>": {
            "EmailTemplate": None,
            "Event": event.name,
            "Profile": "Default Profile",
            "calloutAction": True,
            "emailAction": False,
            "id": terms.definition_id,
            "updatedBy": user,
            "updatedOn": event.at.strftime("%m/%d/%Y %H:%M:%S"),
        },
        "<Object.ID>": row.object_id,
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
