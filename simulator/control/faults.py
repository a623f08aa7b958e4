"""``/_simulator/faults``: scripted misfortune, as it is written and as the core keeps it.

It alone decides the spelling of a fault; what a fault does is the core's.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from simulator.control.json import answer, client_of, only, read_object
from simulator.core.errors import AuthorError, ClientError, near_match
from simulator.core.faults import Fault, FaultKind, folded
from simulator.core.units import parse_duration
from simulator.instance import Instance

COMMON = ("kind", "event", "notification", "attempt", "probability", "ttlMinutes")
OWN: Mapping[FaultKind, tuple[str, ...]] = {
    FaultKind.DROP: (),
    FaultKind.DELAY: ("minutes",),
    FaultKind.REORDER: ("window",),
    FaultKind.DUPLICATE: ("atOnce",),
    FaultKind.LOST_ANSWER: (),
}


def add_routes(app: web.Application, instance: Instance) -> None:
    async def show(request: web.Request) -> web.Response:
        return answer(shown(instance, client_of(request)))

    async def change(request: web.Request) -> web.Response:
        client_id = client_of(request)
        given = (await read_object(request, ("faults",))).get("faults")
        if not isinstance(given, list):
            raise ClientError('give the whole list: {"faults": [{"kind": "duplicate"}]}, or [] for none')
        now = instance.clock.now
        events = instance.event_names(client_id)
        read = [read_fault(fault, now, client_id, events) for fault in given]
        instance.engine.faults.replace(read, client_id)
        return answer(shown(instance, client_id))

    app.router.add_get("/_simulator/faults", show)
    app.router.add_put("/_simulator/faults", change)


def shown(instance: Instance, client_id: str | None) -> dict[str, Any]:
    """The faults in force for a tenant, or all of them."""
    now = instance.clock.now
    faults = [f for f in instance.engine.faults.current if client_id is None or f.tenant in (None, client_id)]
    return {"faults": [write_fault(fault, now) for fault in faults]}


def read_fault(given: Any, now: datetime, client_id: str | None = None, events: Iterable[str] | None = None) -> Fault:
    """One fault; raises ClientError for an unknown kind or key (with the nearest) and for a value out of range.

    ``events`` are the only names of events that it may have; None takes any, since an own event may come later.
    """
    if not isinstance(given, Mapping):
        raise ClientError(f"a fault is an object with a kind, not {given!r}")
    kinds = [kind.value for kind in FaultKind]
    if given.get("kind") not in kinds:
        near = near_match(str(given.get("kind")), kinds) or f"; known: {', '.join(kinds)}"
        raise ClientError(f"unknown kind {given.get('kind')!r} of fault{near}")
    kind = FaultKind(given["kind"])
    only(given, (*COMMON, *OWN[kind]))
    probability = _number(given, "probability", 1.0)
    if not 0 <= probability <= 1:
        raise ClientError(f"probability must be from 0 to 1, not {probability!r}")
    _check_names(given, events)
    if not isinstance(given.get("atOnce", False), bool):
        raise ClientError(f"atOnce must be true or false, not {given['atOnce']!r}")
    attempt = given.get("attempt")
    if attempt is not None and (isinstance(attempt, bool) or not isinstance(attempt, int) or attempt < 1):
        raise ClientError(f"attempt counts from 1, so it cannot be {attempt!r}")
    if kind is FaultKind.DELAY and not given.get("minutes"):
        raise ClientError('say how long the delay is: {"kind": "delay", "minutes": 5}')
    ttl = given.get("ttlMinutes")
    return Fault(
        kind,
        event=given.get("event"),
        notification=given.get("notification"),
        attempt=attempt,
        probability=probability,
        until=now + timedelta(minutes=_number(given, "ttlMinutes", 0)) if ttl is not None else None,
        span=_span(given, "minutes" if kind is FaultKind.DELAY else "window"),
        at_once=given.get("atOnce", False),
        tenant=client_id,
    )


def write_fault(fault: Fault, now: datetime) -> dict[str, Any]:
    """A fault as `read_fault` reads it."""
    minutes = fault.span / timedelta(minutes=1)
    ttl = (fault.until - now) / timedelta(minutes=1) if fault.until else None
    written = {
        "kind": fault.kind.value,
        "event": fault.event,
        "notification": fault.notification,
        "attempt": fault.attempt,
        "probability": fault.probability if fault.probability != 1 else None,
        "ttlMinutes": ttl,
        "minutes": minutes if fault.kind is FaultKind.DELAY else None,
        "window": minutes if fault.kind is FaultKind.REORDER and minutes else None,
        "atOnce": fault.at_once or None,
    }
    return {key: value for key, value in written.items() if value is not None}


def _check_names(given: Mapping[str, Any], events: Iterable[str] | None) -> None:
    for key in ("event", "notification"):
        if not isinstance(given.get(key), str | None):
            raise ClientError(f"{key} must be text, not {given[key]!r}")
    name = given.get("event")
    if name is not None and events is not None:
        known = list(events)
        if folded(name) not in map(folded, known):
            raise ClientError(f"unknown event {name!r}{near_match(name, known)}: the fault would never strike")


def _span(given: Mapping[str, Any], key: str) -> timedelta:
    value = given.get(key)
    if isinstance(value, str):
        try:
            return parse_duration(value)
        except AuthorError as error:
            raise ClientError(f"{key}: {error}") from error
    return timedelta(minutes=_number(given, key, 0))


def _number(given: Mapping[str, Any], key: str, default: float) -> float:
    value = given.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ClientError(f"{key} must be a number of 0 or more, not {value!r}")
    return value
