"""What a client sends as a callout template, inline or by itself, read into a record; and the event that it names.

Messages are ours, rules are Zuora's (contract 2.2, 2.5, 2.6). Old schema and new are both read.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from simulator.core.errors import ClientError
from simulator.zuora.catalogue import EventType, canonical, custom_event, find_category, find_event, near_events
from simulator.zuora.edge.replies import NO_OBJECT, VIOLATED
from simulator.zuora.notifications.definitions import CalloutTemplate, HttpMethod

Record = TypeVar("Record")
URL_LIMIT = 1000
"""Documented: "a maximum of 1000 characters are allowed for the Base URL"."""
URL_LEAST = 10
TEXT_LIMIT = 255
MERGE_MARKS = ("<", "{{")
STAMPS = ("createdBy", "createdOn", "updatedBy", "updatedOn", "id")
ANSWERED = (*STAMPS, "contentType")
"""What of a template is answered and never asked for (documented: TPL)."""
MASKED = "******"
"""How a stored password or secret is shown; a client that sends it back means the stored one."""

HOW_TO_REGISTER = ": a custom event is made by POST /events/event-triggers; --allow-unknown takes any name"
_SAYS_NOTHING = (("password", MASKED), ("preemptive", None))


class Registry(Struct, frozen=True):
    """What reading depends on: ids to give, URLs that are refused, the tenant's own events, and what is asked for."""

    new_id: Callable[[str], str]
    refusal: Callable[[str], str | None]
    own_events: tuple[str, ...] = ()
    allow_unknown: bool = False
    strict: bool = False


def template_of(given: Any, registry: Registry, event: EventType | None = None) -> CalloutTemplate:
    """The template that ``given`` describes; ``event`` is that of the definition that it comes with."""
    if not isinstance(given, Mapping):
        raise ClientError("callout must be an object", code=VIOLATED)
    own = given.get("eventTypeName")
    if event is not None and own and (not isinstance(own, str) or canonical(own) != canonical(event.name)):
        raise ClientError("callout.eventTypeName must be that of the definition", code=VIOLATED)
    for name in ("name", "calloutBaseurl", "httpMethod"):
        if given.get(name) in (None, ""):
            raise ClientError(f"{name} is required", code=VIOLATED)
    plain = known_fields(given, CalloutTemplate, leave=ANSWERED) | {"id": registry.new_id("template")}
    if plain["httpMethod"] not in [method.value for method in HttpMethod]:
        methods = ", ".join(method.value for method in HttpMethod)
        raise ClientError(f"httpMethod must be one of {methods}, not {plain['httpMethod']!r}", code=VIOLATED)
    for name in (
        "active",
        "calloutRetry",
        "requiredAuth",
        "requiredOauth2",
        "useCustomRequestBody",
        "eventTypeNamespace",
    ):
        if plain.get(name, "") is None:
            del plain[name]  # null says nothing
    auth = plain.get("calloutAuth")
    if isinstance(auth, Mapping) and auth.get("preemptive", "") is None:
        plain["calloutAuth"] = {name: value for name, value in auth.items() if name != "preemptive"}
    if (
        not plain.get("requiredAuth")
        and isinstance(auth, Mapping)
        and not (auth.get("username") and auth.get("password"))
    ):
        del plain["calloutAuth"]  # clients made from the specification send an empty one
    template = convert(plain, CalloutTemplate)
    _check(template, registry)
    return template


def changed_template(
    before: CalloutTemplate | None, given: Any, registry: Registry, event: EventType | None
) -> CalloutTemplate:
    """A new template in the place of an old one; what is not given is as it was, since clients send a part."""
    if before is None or not isinstance(given, Mapping):
        return template_of(given, registry, event=event)
    whole = known_fields(msgspec.to_builtins(before), CalloutTemplate, leave=ANSWERED)
    if before.hmac_secret is not None and given.get("hmacSecret") == MASKED:
        given = {**given, "hmacSecret": before.hmac_secret}
    auth, stored = given.get("calloutAuth"), before.callout_auth
    if stored is not None and isinstance(auth, Mapping):
        known = {name: value for name, value in auth.items() if (name, value) not in _SAYS_NOTHING}
        given = {**given, "calloutAuth": {**msgspec.to_builtins(stored), **known}}
    return template_of(whole | dict(given), registry, event=event)


def event_of(given: Mapping[str, Any], registry: Registry) -> EventType:
    """The event that a definition or a template names, by exactly one of its two selectors."""
    name, category = given.get("eventTypeName"), given.get("eventCategory")
    if (name in (None, "")) is (category is None):
        raise ClientError("exactly one of eventTypeName and eventCategory is required", code=VIOLATED)
    if category is None:
        return event_named(name, registry, str(given.get("eventTypeNamespace") or "user.notification"))
    if isinstance(category, bool) or not isinstance(category, int | float) or category != int(category):
        raise ClientError("eventCategory must be a number", code=VIOLATED)
    found = find_category(int(category))
    if found is None:
        raise ClientError(f"event category {int(category)} does not exist", code=NO_OBJECT)
    return found


def event_named(
    name: Any, registry: Registry, namespace: str = "user.notification", *, allow_unknown: bool = False
) -> EventType:
    """The event of that name: of the catalogue, or one that the tenant registered."""
    if not isinstance(name, str):
        raise ClientError("eventTypeName must be text", code=VIOLATED)
    found = find_event(name)
    if found is not None:
        return EventType(name, found.category, found.object, found.area, found.kind)
    if allow_unknown or registry.allow_unknown or canonical(name) in map(canonical, registry.own_events):
        return custom_event(name)
    near = near_events(name, registry.own_events) or HOW_TO_REGISTER
    raise ClientError(f"eventType {{{namespace}, {name}}} does not exist{near}", code=NO_OBJECT)  # documented words


def _check(template: CalloutTemplate, registry: Registry) -> None:
    limit_text("callout.name", template.name)
    limit_text("callout.description", template.description)
    url = template.callout_baseurl
    if not URL_LEAST <= len(url) <= URL_LIMIT:
        raise ClientError(f"calloutBaseurl must have from {URL_LEAST} to {URL_LIMIT} characters", code=VIOLATED)
    refused = url_refusal(url, registry.refusal)
    if refused:
        raise ClientError(f"calloutBaseurl: {refused}", code=VIOLATED)
    auth = template.callout_auth
    if template.required_auth and (auth is None or not auth.username or not auth.password):
        raise ClientError("calloutAuth with username and password is required by requiredAuth", code=VIOLATED)
    if template.required_oauth2 and not template.oauth2_provider_id:
        raise ClientError("oauth2ProviderId is required by requiredOauth2", code=VIOLATED)
    if template.required_auth and template.required_oauth2:
        raise ClientError("requiredAuth and requiredOauth2 exclude each other", code=VIOLATED)


def url_refusal(url: str, refusal: Callable[[str], str | None]) -> str | None:
    """Why a base URL cannot be registered: only scheme, host and port are looked at, and not where a merge field is in them.

    What comes behind may hold anything until it is rendered: a fault there is -2000 (documented: CC).
    """
    scheme, separator, rest = url.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if any(mark in scheme + separator + authority for mark in MERGE_MARKS) or scheme.startswith(MERGE_MARKS):
        return None
    return refusal(scheme + separator + authority)


def known_fields(given: Mapping[str, Any], kind: type[Any], leave: tuple[str, ...]) -> dict[str, Any]:
    """What is given of a record's fields; other names are not looked at, as Zuora does."""
    fields = set(kind.__struct_encode_fields__) - set(leave)
    return {name: value for name, value in given.items() if name in fields}


def limit_text(name: str, text: str | None) -> None:
    """Refuse a text that is longer than any may be."""
    if text is not None and len(text) > TEXT_LIMIT:
        raise ClientError(f"{name} must not exceed {TEXT_LIMIT} characters", code=VIOLATED)


def convert(plain: Mapping[str, Any], kind: type[Record]) -> Record:
    """A record out of plain values; raises ClientError for a value that it cannot have."""
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        raise ClientError(str(error), code=VIOLATED) from error
