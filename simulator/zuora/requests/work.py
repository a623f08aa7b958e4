"""What a request does to a tenant's resources, and the id or the reasons that come of it; asynchronous or not.

"A resource store by path": POST creates, PUT merges, DELETE removes; acting on what does not exist, or leaving out what
the contract lists as required, fails in Zuora's words. It decides nothing of who hears of it, and words no answer.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from simulator.zuora.edge.replies import MISSING_FIELD, NOT_FOUND, RULE, no_entity_words
from simulator.zuora.requests.resources import DIGITS, Resource, content_of, described, kind_of
from simulator.zuora.tenant import Tenant

OBJECT = "object"
CATALOG = "catalog"
PREVIEW = "preview"
"""What stands in a path for one that is only thought of: nothing is made (documented: previews of orders and subscriptions)."""
VERBS: Mapping[str, str] = {
    "cancel": "Cancelled",
    "suspend": "Suspended",
    "resume": "Active",
    "activate": "Completed",
    "post": "Posted",
    "reverse": "Reversed",
    "unpost": "Draft",
    "close": "Closed",
    "reopen": "Open",
}
"""Verbs at the end of a path, and the status in which they leave their resource (inferred from their names)."""


EMPTY_PREVIEW: Mapping[str, Any] = {"invoices": [], "creditMemos": []}
"""What a preview of an order shows: nothing is rated here (wild: ZR, live)."""


class Reason(Struct, frozen=True):
    """Why a request failed: Zuora's 8-digit code and its words."""

    code: str
    message: str

    @property
    def words(self) -> str:
        """``[50000040]: Cannot find ...``, as an order job tells it (wild: GU)."""
        return f"[{self.code}]: {self.message}"


class Done(Struct, frozen=True):
    """The request did its work on the resource with that id; ``also`` are the others that it made."""

    resource_id: str
    also: tuple[Resource, ...] = ()


class Target(Struct, frozen=True):
    """What a path names: a kind, one of it by ``key``, and what comes after. ``crud`` are the paths under ``/object``."""

    name: str
    collection: str
    key: str | None = None
    rest: tuple[str, ...] = ()
    crud: bool = False

    @property
    def below(self) -> tuple[str, str] | None:
        """Kind and key of one that is named under another: ``/v1/accounts/A1/contacts/C1``; a verb may follow it."""
        return (kind_of(self.rest[0]), self.rest[1]) if len(self.rest) > 1 else None


@lru_cache(maxsize=512)
def target_of(segments: tuple[str, ...]) -> Target:
    """What the segments after ``/v1`` or ``/v1/async`` name; there is at least one."""
    parts = segments
    crud = parts[0] == OBJECT and len(parts) > 1
    if crud or (parts[0] == CATALOG and len(parts) > 1):
        parts = parts[1:]
    return Target(parts[0], kind_of(parts[0]), parts[1] if len(parts) > 1 else None, parts[2:], crud)


def apply(
    tenant: Tenant,
    method: str,
    target: Target,
    body: Any,
    new_id: Callable[[str], str],
    now: datetime,
    *,
    strict_fields: bool = False,
    raw: bytes | None = None,
) -> Done | Reason:
    """Carry out a request. ``new_id`` makes an id out of what it is for; ``raw`` is what ``body`` was decoded from."""
    given = body if isinstance(body, dict) else {} if body is None else {"items": body}
    fields = stored_form(given) if target.crud else given
    if method == "POST":
        return _create(tenant, target, fields, new_id, strict_fields, raw if fields is body else None)
    found = tenant.resources.find(target.collection, target.key) if target.key is not None else None
    if found is None:
        return Reason(NOT_FOUND, no_entity_words(target.key or target.name))
    if target.below is not None or (target.rest and method == "DELETE"):
        found = tenant.resources.find(*target.below) if target.below is not None else None
        if found is None:
            return Reason(NOT_FOUND, no_entity_words(target.rest[:2][-1]))
    if method == "DELETE":
        tenant.resources.remove(found.id)
        return Done(found.id)
    taken = _taken(tenant, found.collection, fields, found.id) if strict_fields else None
    if taken is not None:
        return taken
    status = {"status": VERBS[target.rest[-1]]} if target.rest and target.rest[-1] in VERBS else {}
    changed = found.with_fields(_merged(found.fields, {**status, **fields}))
    tenant.resources.put(found.id, replace(changed, number=_number_in(found.collection, fields) or found.number))
    return Done(found.id)


def _merged(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields with what is given in their place; of an object in them, such as a contact, a part may be given too (inferred)."""
    fields = {**before, **given}
    for name, value in given.items():
        if isinstance(value, dict) and isinstance(before.get(name), dict):
            fields[name] = {**before[name], **value}
    return fields


def make(
    tenant: Tenant,
    collection: str,
    fields: Mapping[str, Any],
    new_id: str,
    parent: str | None = None,
    raw: bytes | None = None,
) -> Resource:
    """A new resource of a kind, numbered where its kind is; ``raw`` is what ``fields`` were decoded from."""
    kind = described(collection)
    number = _number_in(collection, fields)
    while number is None and kind.prefix:
        candidate = f"{kind.prefix}{tenant.number(collection):0{DIGITS}d}"
        if not tenant.resources.has_number(collection, candidate):
            number = candidate
    status = kind.status if "status" not in fields else None
    content = msgspec.Raw(raw) if raw else content_of(fields)
    return tenant.resources.put(new_id, Resource(new_id, collection, content, number, parent, status))


def missing(collection: str, fields: Mapping[str, Any], *, strict_fields: bool, crud: bool = False) -> Reason | None:
    """What is lacking of the fields that the contract lists as required; with ``strict_fields`` of more."""
    kind = described(collection)
    more = kind.needs_strictly + (() if crud else kind.needs_by_rest)
    for name in kind.needs + (more if strict_fields else ()):
        value = fields.get(name)
        if value is None or value in ("", [], {}):
            return Reason(MISSING_FIELD, f"Missing required value for field '{name}'.")
    return None


def _number_in(collection: str, fields: Mapping[str, Any]) -> str | None:
    """The number that the caller gives to one of that kind."""
    given = fields.get(described(collection).number)
    return given if isinstance(given, str) and given else None


def _taken(tenant: Tenant, collection: str, fields: Mapping[str, Any], own_id: str) -> Reason | None:
    """Why a number cannot be given: another one of that kind has it (inferred; words ours).

    Asked with ``strict_fields`` alone: else a load of one sample, sent again and again, would fail from its second on. Its
    own it may have: work that a crash cut short is done once more, and makes the same ids.
    """
    number = _number_in(collection, fields)
    found = tenant.resources.find(collection, number) if number is not None else None
    if found is None or found.id == own_id:
        return None
    return Reason(RULE, f"The value '{number}' of field '{described(collection).number}' is in use already.")


def stored_form(fields: Mapping[str, Any]) -> dict[str, Any]:
    """CRUD fields in the spelling of the store: ``AccountNumber`` as ``accountNumber``; custom fields as they are."""
    return {_with_first(name, str.lower): value for name, value in fields.items()}


def crud_form(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Stored fields as the CRUD calls write them: ``accountNumber`` as ``AccountNumber``."""
    return {_with_first(name, str.upper): value for name, value in fields.items()}


def _with_first(name: str, change: Callable[[str], str]) -> str:
    return name if name.endswith("__c") else change(name[:1]) + name[1:]


def _create(
    tenant: Tenant,
    target: Target,
    fields: dict[str, Any],
    new_id: Callable[[str], str],
    strict_fields: bool,
    raw: bytes | None,
) -> Done | Reason:
    collection, parent = target.collection, None
    if target.rest:
        over = tenant.resources.find(target.collection, target.key or "")
        if over is None:
            return Reason(NOT_FOUND, no_entity_words(target.key or target.name))
        collection, parent = kind_of(target.rest[0]), over.id
    refused = missing(collection, fields, strict_fields=strict_fields, crud=target.crud)
    if refused is not None:
        return refused
    if target.key == PREVIEW:
        return Done(new_id("preview"))
    own_id = new_id("resource")
    refused = _taken(tenant, collection, fields, own_id) if strict_fields else None
    if refused is not None:
        return refused
    account = fields.get("newAccount") if collection == "order" else None
    if isinstance(account, dict) and not fields.get("existingAccountNumber"):
        account_id = new_id("order account")
        refused = missing("account", account, strict_fields=strict_fields)
        if refused is None and strict_fields:
            refused = _taken(tenant, "account", account, account_id)
        if refused is not None:
            return refused
        owner = make(tenant, "account", account, account_id)
        fields = {name: value for name, value in fields.items() if name != "newAccount"}
        fields, raw = {**fields, "existingAccountNumber": owner.number}, None
    resource = make(tenant, collection, fields, own_id, parent, raw)
    also = order_effects(tenant, resource, new_id) if collection == "order" else ()
    return Done(resource.id, also)


def order_effects(tenant: Tenant, order: Resource, new_id: Callable[[str], str]) -> tuple[Resource, ...]:
    """The subscriptions that an order creates or acts on, and its invoice where billing is asked for."""
    made: list[Resource] = []
    account = order.fields.get("existingAccountNumber")
    given = order.fields.get("subscriptions")
    for place, asked in enumerate(given if isinstance(given, list) else ()):
        if not isinstance(asked, dict):
            continue
        number = asked.get("subscriptionNumber")
        known = tenant.resources.find("subscription", number) if isinstance(number, str) else None
        if known is not None:
            made.append(known)
            continue
        fields = {**asked, "accountNumber": account, "orderNumber": order.number}
        made.append(make(tenant, "subscription", fields, new_id(f"subscription {place}"), order.id))
    options = order.fields.get("processingOptions")
    if isinstance(options, dict) and options.get("runBilling") is True:
        fields = {"accountNumber": account, "orderNumber": order.number}
        made.append(make(tenant, "invoice", fields, new_id("order invoice"), order.id))
    return tuple(made)
