"""``/_simulator/faults``: scripted misfortune, as it is written and as the core keeps it.

It alone decides the spelling of a fault; what a fault does is the core's.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from simulator.control.clock import LONGEST
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
    return {"faults": write_faults(faults, now)}


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
    span = _span(given, "minutes" if kind is FaultKind.DELAY else "window")
    if kind is FaultKind.DELAY and not span:
        raise ClientError('say how long the delay is: {"kind": "delay", "minutes": 5}')
    lifetime = _span(given, "ttlMinutes") if given.get("ttlMinutes") is not None else None
    if lifetime == timedelta(0):
        raise ClientError("ttlMinutes must be more than 0: the fault would never strike")
    return Fault(
        kind,
        event=given.get("event"),
        notification=given.get("notification"),
        attempt=attempt,
        probability=probability,
        until=None if lifetime is None else now + lifetime,
        span=span,
        at_once=given.get("atOnce", False),
        tenant=client_id,
    )


def write_faults(faults: Iterable[Fault], now: datetime) -> list[dict[str, Any]]:
    """Those of some faults that are in force: one whose time is over is not told any more, and so not given back."""
    return [write_fault(fault, now) for fault in faults if fault.until is None or now < fault.until]


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
    """A number of minutes, or a duration as people write it; one that no clock can reach is refused."""
    value = given.get(key)
    try:
        span = parse_duration(value) if isinstance(value, str) else timedelta(minutes=_number(given, key, 0))
    except AuthorError as error:
        raise ClientError(f"{key}: {error}") from error
    except OverflowError:
        span = timedelta.max
    if span > LONGEST:
        raise ClientError(f"{key}: at most {LONGEST.days} days")
    return span


def _number(given: Mapping[str, Any], key: str, default: float) -> float:
    value = given.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ClientError(f"{key} must be a number of 0 or more, not {value!r}")
    return value
