"""A simulator's ledger as a story that replays to the same attempts, codes and verdicts.

What clients and people did becomes steps, with the time between them; what the receiver did becomes its script; what came
of it becomes the expectations. Where several receivers were called, one script answers for all, in the order of the calls.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from msgspec import Struct

from simulator.control.faults import write_faults
from simulator.core.ledger import Ledger
from simulator.core.model import Delivery, ErrorClass, Event, Exchange, Job
from simulator.core.units import format_duration
from simulator.instance import Instance
from simulator.recording.answers import answer_of, reached
from simulator.recording.definitions import address, definitions_of
from simulator.recording.discretion import Discretion, escaped
from simulator.recording.writing import Inline, write_story
from simulator.records import RECEIVER, Repeatable
from simulator.zuora.requests.outcomes import write_rule
from simulator.zuora.settings import Settings

TICK = timedelta(milliseconds=1)
LAST = 2**62


class _Deed(Struct, frozen=True):
    """Something that somebody did, and when."""

    at: datetime
    number: int
    step: dict[str, Any]


def export_story(
    instance: Instance, client_id: str | None = None, *, title: str = "A recorded story", keep_values: bool = False
) -> str:
    """What happened so far to one tenant (the default one), as the text of a scenario file.

    Credentials become ``${env:...}``, e-mail addresses and names pseudonyms, unless ``keep_values``.
    """
    tenant_id = client_id or instance.client_id
    discretion = Discretion(keep=keep_values)
    ledger = instance.engine.ledger
    deliveries = ledger.deliveries_of(tenant_id)
    sent = list(_sent(ledger, deliveries))
    start = _start(instance, ledger, tenant_id)
    story: dict[str, Any] = {
        "title": title,
        "seed": instance.options.seed,
        "start": start.isoformat().replace("+00:00", "Z"),
        "settings": _settings(instance, tenant_id, sent),
        "receiver": {"answers": [answer_of(exchange.outcome, discretion) for exchange in sent]},
        "customEvents": list(instance.tenants[tenant_id].own_events),
        "definitions": definitions_of(
            instance.tenants[tenant_id], {delivery.subscription.id for delivery in deliveries}, discretion
        ),
        "steps": _steps(instance, tenant_id, deliveries, start, discretion),
        "expect": list(_expectations(ledger, deliveries)),
    }
    comments = ["Recorded by zuora-simulator."]
    if discretion.variables:
        comments.append("It needs these environment variables, with any values: " + ", ".join(discretion.variables))
    return write_story(story, comments)


def _sent(ledger: Ledger, deliveries: list[Delivery]) -> Iterator[Exchange]:
    """Every request that reached for a receiver, in the order in which they went out."""
    place = {key: number for number, key in enumerate(ledger.attempts)}
    found = [
        (attempt.sent_at, place[delivery.id], attempt.number, number, exchange)
        for delivery in deliveries
        for attempt in ledger.attempts_of(delivery.id)
        for number, exchange in enumerate(attempt.exchanges)
    ]
    for *_, exchange in sorted(found, key=lambda one: one[:4]):
        if reached(exchange):
            yield exchange


def _start(instance: Instance, ledger: Ledger, tenant: str) -> datetime:
    """On a virtual clock where it began, else when the first thing happened, to the second below."""
    if instance.options.clock == "virtual":
        clock = instance.options.start
        first = min(
            [job.created for job in ledger.jobs_of(tenant)] + [one.event.at for one in ledger.deliveries_of(tenant)],
            default=instance.clock.now,
        )
        return clock or first.replace(hour=0, minute=0, second=0, microsecond=0)
    times = [job.created for job in ledger.jobs_of(tenant)] + [event.at for event in _fired(ledger, tenant)]
    return min(times, default=instance.clock.now).replace(microsecond=0)


def _settings(instance: Instance, tenant: str, sent: list[Exchange]) -> dict[str, Any]:
    """What differs from the defaults."""
    plain, default = instance.tenants.settings(tenant).as_dict(), Settings().as_dict()
    changed: dict[str, Any] = {key: value for key, value in plain.items() if key != "quirks" and value != default[key]}
    quirks = {key: value for key, value in plain["quirks"].items() if value != default["quirks"][key]}
    if quirks:
        changed["quirks"] = quirks
    if instance.options.latency:
        changed["latency"] = format_duration(instance.options.latency)
    if instance.options.allow_unknown:
        changed["allowUnknown"] = True
    if any(exchange.outcome.error is ErrorClass.TRANSFER_TIMEOUT for exchange in sent):
        changed["patience"] = "200ms"
    return Inline(changed)


# ── steps ──


def _steps(
    instance: Instance, tenant: str, deliveries: list[Delivery], start: datetime, discretion: Discretion
) -> list[Any]:
    ledger = instance.engine.ledger
    faults = [fault for fault in instance.engine.faults.current if not fault.once and fault.tenant in (None, tenant)]
    steps: list[Any] = [{"fault": Inline(fault)} for fault in write_faults(faults, start)]
    rules = [*instance.tenants.outcomes.values(), *instance.tenants[tenant].outcomes.values()]
    # How many calls a rule has seen is counted anew.
    told = [{key: value for key, value in write_rule(rule).items() if key != "seen"} for rule in rules]
    steps += [{"outcome": Inline(discretion.value(rule))} for rule in told]
    deeds = [
        *_submitted(ledger, tenant, discretion),
        *_fires(ledger, tenant, discretion),
        *_resends(ledger, deliveries),
    ]
    at = start
    for deed in sorted(deeds, key=lambda one: (one.at, one.number)):
        at = _wait(steps, at, deed.at)
        steps.append(deed.step)
    ends = [attempt.sent_at for delivery in deliveries for attempt in ledger.attempts_of(delivery.id)]
    _wait(steps, at, max(ends, default=at))
    return [*steps, "settle"]


def _wait(steps: list[Any], before: datetime, after: datetime) -> datetime:
    """Let time pass until ``after``; less than a millisecond is no time."""
    span = (after - before) // TICK * TICK
    if span <= timedelta(0):
        return before
    steps.append({"advance": format_duration(span)})
    return before + span


def _submitted(ledger: Ledger, tenant: str, discretion: Discretion) -> Iterator[_Deed]:
    for job in ledger.jobs_of(tenant):
        yield _Deed(job.created, job.number, {"submit": _submit(job, discretion)})


def _submit(job: Job, discretion: Discretion) -> dict[str, Any]:
    submission = job.submission
    details = submission.details
    again = details.again(partial(address, discretion=discretion)) if isinstance(details, Repeatable) else None
    if again is not None:
        return Inline({"path": again[0], "body": _led(discretion.value(again[1]))})
    step: dict[str, Any] = {"method": submission.method, "path": discretion.url(submission.target)}
    if submission.track_id:
        step["headers"] = Inline({"Zuora-Track-Id": escaped(submission.track_id)})
    if submission.body:
        step["body"] = _body(submission.body, discretion)
    return Inline(step)


def _led(value: Any) -> Any:
    """A told call, its receiver a reference as `address` left it; all else stays the plain text that discretion made of it."""
    if isinstance(value, dict):
        return {name: _led(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_led(each) for each in value]
    return value.replace(escaped(RECEIVER), RECEIVER) if isinstance(value, str) else value


def _body(raw: bytes, discretion: Discretion) -> Any:
    try:
        return discretion.value(json.loads(raw))
    except ValueError:
        return discretion.text(raw.decode("utf-8", "replace"))


def _fired(ledger: Ledger, tenant: str) -> Iterator[Event]:
    return (event for event in ledger.events.values() if event.tenant == tenant and event.job is None)


def _fires(ledger: Ledger, tenant: str, discretion: Discretion) -> Iterator[_Deed]:
    first: dict[str, int] = {}
    for delivery in ledger.deliveries_of(tenant):
        first.setdefault(delivery.event.id, delivery.number)
    for event in _fired(ledger, tenant):
        step: dict[str, Any] = {"event": event.name}
        if event.fields:
            step["fields"] = Inline({key: discretion.text(value, key) for key, value in event.fields.items()})
        yield _Deed(event.at, first.get(event.id, LAST), {"fire": Inline(step)})


def _resends(ledger: Ledger, deliveries: list[Delivery]) -> Iterator[_Deed]:
    for event, nth, delivery in _numbered(deliveries):
        for attempt in ledger.attempts_of(delivery.id):
            if attempt.resend:
                yield _Deed(attempt.sent_at, LAST, {"resend": Inline({"event": event, "nth": nth})})


def _numbered(deliveries: list[Delivery]) -> Iterator[tuple[str, int, Delivery]]:
    """Deliveries as expectations name them: by their event, and as which of it."""
    counts: dict[str, int] = defaultdict(int)
    for delivery in deliveries:
        counts[delivery.event.name] += 1
        yield delivery.event.name, counts[delivery.event.name], delivery


def _expectations(ledger: Ledger, deliveries: list[Delivery]) -> Iterator[dict[str, Any]]:
    for event, nth, delivery in _numbered(deliveries):
        codes = [attempt.response_code for attempt in ledger.attempts_of(delivery.id)]
        outcome = delivery.phase.value if delivery.finished else "pending"
        yield Inline({"event": event, "nth": nth, "attempts": len(codes), "codes": codes, "outcome": outcome})
