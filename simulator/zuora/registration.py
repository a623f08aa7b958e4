"""What a client sends to register a definition, read into records.

The guide's own sample is taken as it stands: it has a name only inside `callout` (lenient; Q7). Messages are ours, rules
are Zuora's (contract 2.2, 2.5).
"""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from simulator.core.errors import ClientError
from simulator.zuora.catalogue import canonical, find_category, find_event, near_events
from simulator.zuora.definitions import CalloutTemplate, NotificationDefinition

VIOLATED = "ConstraintViolated"
Record = TypeVar("Record")
URL_LIMIT = 1000
"""Documented: "a maximum of 1000 characters are allowed for the Base URL"."""


def definition_of(
    given: dict[str, Any], new_id: Callable[[], str], refusal: Callable[[str], str | None]
) -> NotificationDefinition:
    """The definition that ``given`` describes; raises ClientError with what is wrong."""
    callout = given.get("callout")
    template = template_of(callout, new_id, refusal) if callout is not None else None
    name = given.get("name") or (template.name if template else None)
    if not name:
        raise ClientError("name is required", code=VIOLATED)
    event_name = given.get("eventTypeName")
    if event_name is None and (category := given.get("eventCategory")) is not None:
        found = find_category(int(category))
        event_name = found.name if found else None
    if not event_name:
        raise ClientError("one of eventTypeName and eventCategory is required", code=VIOLATED)
    if find_event(event_name) is None:
        message = f"eventType {event_name!r} does not exist{near_events(event_name)}"
        raise ClientError(message, code="ObjectNotFound")
    if template and template.event_type_name and canonical(template.event_type_name) != canonical(event_name):
        raise ClientError("callout.eventTypeName must be that of the definition", code=VIOLATED)
    known = set(NotificationDefinition.__struct_encode_fields__) - {"id", "callout"}
    plain = {key: value for key, value in given.items() if key in known}
    plain |= {"id": new_id(), "name": name, "eventTypeName": event_name}
    definition = _convert(plain, NotificationDefinition)
    return msgspec.structs.replace(definition, callout=template)


def template_of(given: Any, new_id: Callable[[], str], refusal: Callable[[str], str | None]) -> CalloutTemplate:
    """The template that ``given`` describes."""
    if not isinstance(given, dict):
        raise ClientError("callout must be an object", code=VIOLATED)
    template = _convert({"id": new_id(), **given}, CalloutTemplate)
    if len(template.callout_baseurl) > URL_LIMIT:
        raise ClientError(f"calloutBaseurl must not exceed {URL_LIMIT} characters", code=VIOLATED)
    refused = refusal(template.callout_baseurl)
    if refused:
        raise ClientError(f"calloutBaseurl: {refused}", code=VIOLATED)
    if template.required_auth and template.callout_auth is None:
        raise ClientError("calloutAuth with username and password is required by requiredAuth", code=VIOLATED)
    return template


def _convert(plain: dict[str, Any], kind: type[Record]) -> Record:
    try:
        return msgspec.convert(plain, kind, strict=False)
    except msgspec.ValidationError as error:
        raise ClientError(str(error), code=VIOLATED) from error
