"""What a client sends to register a notification definition, or to change one, read into a record.

The guide's own sample is taken as it stands: it has a name only inside `callout` (lenient; Q7). Messages are ours, rules
are Zuora's (contract 2.2, 2.5, 2.6). Old schema and new are both read.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from simulator.core.errors import ClientError
from simulator.zuora.catalogue import EventKind, EventType, canonical
from simulator.zuora.edge.replies import VIOLATED
from simulator.zuora.notifications.definitions import FilterRule, NotificationDefinition
from simulator.zuora.notifications.templates import (
    STAMPS,
    Registry,
    changed_template,
    convert,
    event_named,
    event_of,
    known_fields,
    limit_text,
    template_of,
)

ACCOUNTS = ("Account.Id", "ParentAccount.Id", "SubscriptionOwnerAccount.Id")
RESERVED = frozenset({
    "AttachmentList", "RecipientList", "RecipientType", "Exceptions", "OCP_OBJECT_TYPE", "OCP_OBJECT_ID",
    "OCP_TRIGGER_BY",
})  # fmt: skip
"""Names that no filter parameter may have (documented)."""


def definition_of(given: Mapping[str, Any], registry: Registry) -> NotificationDefinition:
    """The definition that ``given`` describes; raises ClientError with what is wrong."""
    event = event_of(given, registry)
    callout = given.get("callout")
    template = None
    if callout is not None:
        if given.get("calloutTemplateIds"):
            raise ClientError("callout and calloutTemplateIds exclude each other", code=VIOLATED)
        template = template_of(callout, registry, event=event)
        if registry.strict and "requiredAuth" not in callout and "requiredOauth2" not in callout:
            raise ClientError("callout.requiredAuth is required", code=VIOLATED)
    name = given.get("name") or (template.name if template and not registry.strict else None)
    if not name:
        raise ClientError("name is required", code=VIOLATED)
    plain = known_fields(given, NotificationDefinition, leave=("callout", "filterRule", *STAMPS))
    plain |= {"id": registry.new_id("definition"), "name": name, "eventTypeName": event.name}
    plain["eventTypeNamespace"] = given.get("eventTypeNamespace") or _namespace(event, given)
    plain["eventCategory"] = event.category
    definition = convert(_params_as_text(plain), NotificationDefinition)
    rule = given.get("filterRule")
    definition = replace(
        definition, callout=template, filter_rule=filter_of(rule, registry) if rule is not None else None
    )
    _check_definition(definition)
    return definition


def changed_definition(
    before: NotificationDefinition, given: Mapping[str, Any], registry: Registry
) -> NotificationDefinition:
    """A definition with what is given in its place, the rest as it was. `callout` makes a new template (documented)."""
    event = event_named(before.event_type_name or "", registry, allow_unknown=True)
    name, category = given.get("eventTypeName"), given.get("eventCategory")
    if (name is not None and (not isinstance(name, str) or canonical(name) != canonical(event.name))) or (
        category is not None and category != event.category
    ):
        raise ClientError("the event of a notification definition cannot be changed", code=VIOLATED)
    template, links = before.callout, before.callout_template_ids
    if given.get("callout") is not None:
        if given.get("calloutTemplateIds"):
            raise ClientError("callout and calloutTemplateIds exclude each other", code=VIOLATED)
        template, links = changed_template(template, given["callout"], registry, event), ()
    elif given.get("calloutTemplateIds") is not None:
        template = None if given["calloutTemplateIds"] else template
    elif "callout" in given:
        template = None
    leave = ("callout", "filterRule", "eventTypeName", "eventCategory", "eventTypeNamespace", *STAMPS)
    plain = known_fields(given, NotificationDefinition, leave=leave)
    if plain.get("name", "") is None or plain.get("name") == "":
        raise ClientError("name is required", code=VIOLATED)
    if "communicationProfileId" in plain and "communicationProfileIds" not in plain:
        profile = plain["communicationProfileId"]
        plain["communicationProfileIds"] = [profile] if profile is not None else []
    whole = msgspec.to_builtins(replace(before, callout=None, filter_rule=None, callout_template_ids=links))
    definition = convert(_params_as_text(whole | plain), NotificationDefinition)
    rule = before.filter_rule
    if "filterRule" in given:
        rule = filter_of(given["filterRule"], registry) if given["filterRule"] is not None else None
    definition = replace(definition, callout=template, filter_rule=rule)
    _check_definition(definition)
    return definition


def filter_of(given: Any, registry: Registry) -> FilterRule:
    """A filter rule: a condition, and the parameters that it names."""
    if not isinstance(given, Mapping):
        raise ClientError("filterRule must be an object", code=VIOLATED)
    if not isinstance(given.get("condition"), str) or not given["condition"]:
        raise ClientError("filterRule.condition is required", code=VIOLATED)
    if not isinstance(given.get("parameters"), Mapping):
        raise ClientError("filterRule.parameters is required", code=VIOLATED)
    for name in given["parameters"]:
        if name in RESERVED:
            raise ClientError(f"filterRule.parameters: {name} is reserved", code=VIOLATED)
    plain = known_fields(given, FilterRule, leave=STAMPS) | {"id": registry.new_id("filter")}
    rule = convert(plain, FilterRule)
    limit_text("filterRule.description", rule.description)
    for name, parameter in rule.parameters.items():
        limit_text(f"filterRule.parameters.{name}.displayName", parameter.display_name)
        limit_text(f"filterRule.parameters.{name}.description", parameter.description)
    return rule


def _check_definition(definition: NotificationDefinition) -> None:
    limit_text("name", definition.name)
    limit_text("description", definition.description)
    if definition.email_active and not definition.email_template_id:
        raise ClientError("emailTemplateId is required by emailActive", code=VIOLATED)
    if definition.associated_account is not None and definition.associated_account not in ACCOUNTS:
        raise ClientError(f"associatedAccount must be one of {', '.join(ACCOUNTS)}", code=VIOLATED)


def _namespace(event: EventType, given: Mapping[str, Any]) -> str:
    """The namespace of an event that no namespace was given for; documented default, but for those Zuora makes."""
    return event.namespace.value if event.kind is EventKind.ZUORA_CUSTOM else "user.notification"


def _params_as_text(plain: dict[str, Any]) -> dict[str, Any]:
    """Filter parameters are answered as text; samples also send numbers (documented)."""
    params = plain.get("filterRuleParams")
    if isinstance(params, Mapping):
        plain["filterRuleParams"] = {name: _as_text(value) for name, value in params.items()}
    for name in ("active", "calloutActive", "emailActive", "communicationProfileIds", "calloutTemplateIds"):
        if plain.get(name, "") is None:
            del plain[name]  # null says nothing
    return plain


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
