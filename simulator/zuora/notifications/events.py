"""An event that somebody fires by hand: its name checked, its fields made into what is sent.

Exactly the fields that are set are sent, as text; names are those of the catalogue and of the tenant's own events. The
two asynchronous events have a payload of Zuora's, so their fields must be fields of it.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from simulator.core.dialect import Happening
from simulator.core.errors import ClientError, near_match
from simulator.core.model import Event
from simulator.zuora.catalogue import EventKind, canonical, find_event, near_events

_PAYLOAD = (
    "createTime",
    "completeTime",
    "request.id",
    "request.method",
    "request.url",
    "request.trackId",
    "state",
)
PAYLOAD_FIELDS = {
    canonical("Async Request Succeeded"): (*_PAYLOAD, "data.id"),
    canonical("Async Request Failed"): (*_PAYLOAD, "reasons.code", "reasons.message", "processId"),
}


def happening(
    name: str, fields: Mapping[str, Any], own: Iterable[str] = (), *, allow_unknown: bool = False
) -> Happening:
    """The event of that name with those fields; raises ClientError for an unknown name or field, with near matches."""
    named = {canonical(event): event for event in own}
    found = find_event(name)
    if found is None and canonical(name) not in named and not allow_unknown:
        message = f"unknown event {name!r}{near_events(name, tuple(named.values()))}"
        raise ClientError(message, status=400, code="ObjectNotFound")
    flat = flattened(fields)
    title = found.name if found else named.get(canonical(name), name)
    if found is None or found.kind is not EventKind.ASYNC:
        return Happening(title, flat)
    known = PAYLOAD_FIELDS[canonical(title)]
    for field in flat:
        if field not in known:
            raise ClientError(f"{title} has no field {field!r}{near_match(field, known)}", status=400)
    return Happening(title, flat, msgspec.json.encode(_nested(flat)))


def flattened(fields: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Fields as text under dotted names: ``{"Account": {"Id": 1}}`` is ``{"Account.Id": "1"}``."""
    flat: dict[str, str] = {}
    for name, value in fields.items():
        if isinstance(value, Mapping) and value:
            flat |= flattened(value, f"{prefix}{name}.")
        elif isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping) and value[0]:
            flat |= flattened(value[0], f"{prefix}{name}.")
        else:
            flat[prefix + name] = spoken(value)
    return flat


def fields_of(event: Event) -> Mapping[str, str]:
    """The data source of an event: its own fields, or those of the payload that tells of an asynchronous request."""
    return event.fields if event.fields or event.content is None else _fields_of_payload(bytes(event.content))


@lru_cache(maxsize=256)
def _fields_of_payload(body: bytes) -> Mapping[str, str]:
    payload = msgspec.json.decode(body)
    return flattened(payload) if isinstance(payload, dict) else {}


def spoken(value: Any) -> str:
    """A value as text: every value of a callout is a string (documented: IMF)."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _nested(flat: Mapping[str, str]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, value in flat.items():
        outer, _, inner = name.rpartition(".")
        if not outer:
            body[name] = value
        elif outer == "reasons":
            body.setdefault("reasons", [{}])[0][inner] = value
        else:
            body.setdefault(outer, {})[inner] = value
    return body
