"""What a story says, in the words of the simulator: its settings as options, its definitions as Zuora's API takes them.

Pure: it asks nobody, and the stage sends what comes of it.
"""

from datetime import timedelta
from typing import Any

from msgspec import Struct

from simulator.core.units import parse_duration
from simulator.replay.story import Definition, Settings


def options_of(settings: Settings) -> dict[str, Any]:
    """A story's settings as the keywords of `Simulator`."""
    given: dict[str, Any] = {
        name: value
        for name in settings.__struct_fields__
        if (value := getattr(settings, name)) is not None and name != "interval_minutes"
    }
    for name in ("latency", "patience"):
        if name in given:
            given[name] = parse_duration(given[name])
    if settings.interval_minutes is not None:
        given["interval"] = timedelta(minutes=settings.interval_minutes)
    return given


def registration(definition: Definition, number: int, url: str, provider: str | None) -> dict[str, Any]:
    """A definition in the words of Zuora's API."""
    name = definition.name or f"{definition.event} {number}"
    callout: dict[str, Any] = {
        "name": name,
        "calloutBaseurl": url,
        "eventTypeName": definition.event,
        "httpMethod": definition.method,
        "calloutRetry": definition.retry,
        "requiredAuth": definition.username is not None,
    }
    if definition.username is not None:
        callout["calloutAuth"] = {
            key: value
            for key in ("username", "password", "domain", "preemptive")
            if (value := getattr(definition, key)) is not None
        }
    if provider is not None:
        callout |= {"requiredOauth2": True, "oauth2ProviderId": provider}
    if definition.params:
        callout["calloutParams"] = dict(definition.params)
    if definition.headers:
        callout["calloutHeaders"] = dict(definition.headers)
    if definition.body is not None:
        callout |= {"useCustomRequestBody": True, "customRequestBody": definition.body}
    if definition.confirm_success is not None:
        callout["confirmSuccessFromResponseContent"] = definition.confirm_success
    if definition.hmac is not None:
        callout |= plain(definition.hmac, defaults=True)
    return {
        "name": name,
        "eventTypeName": definition.event,
        "active": definition.active,
        "calloutActive": True,
        "callout": callout,
    }


def plain(part: Struct, *, defaults: bool = False) -> dict[str, Any]:
    """A part of the file as the JSON of the control plane: its own names, without what is not set."""
    names = zip(part.__struct_fields__, part.__struct_encode_fields__, strict=True)
    values = {wire: getattr(part, name) for name, wire in names}
    return {name: value for name, value in values.items() if value is not None or defaults}
