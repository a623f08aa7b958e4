"""``/notifications/callout-templates``: where headers, custom bodies and HMAC belong (documented: TPL)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from msgspec.structs import replace

from simulator.core.errors import ClientError
from simulator.zuora.catalogue import canonical
from simulator.zuora.edge.call import Call
from simulator.zuora.edge.notification_shapes import ImportRequest, TemplatePage, TemplateShape, TemplateWrite
from simulator.zuora.edge.operations import Body, Operation, Parameter
from simulator.zuora.edge.replies import NO_OBJECT, VIOLATED, Family, Reply
from simulator.zuora.edge.shapes import REASONS_FAILURES, AnyObject, Reasons
from simulator.zuora.notifications.definitions import CalloutTemplate
from simulator.zuora.notifications.library import (
    all_templates,
    check_callout_name,
    find_template,
    put_template,
    remove_template,
)
from simulator.zuora.notifications.presentation import template_shape
from simulator.zuora.notifications.templates import changed_template, event_of, template_of

PATH = "/notifications/callout-templates"
IMPORTED_AT_ONCE = 1000


def create(call: Call) -> Reply:
    """A template that stands by itself; definitions link it."""
    template = _new(call, call.fields)
    return _shown(call, call.tenant.templates.put(template.id, template))


def show(call: Call) -> Reply:
    return _shown(call, _found(call))


def update(call: Call) -> Reply:
    """Change what is given."""
    changed = _changed(call, _found(call), call.fields)
    check_callout_name(call.tenant, changed)
    put_template(call.tenant, changed)
    return _shown(call, changed)


def delete(call: Call) -> Reply:
    """204; 404 for one that is not there (wild: TF)."""
    if not remove_template(call.tenant, call.values[0]):
        raise _no_such(call.values[0])
    return Reply(None, 204)


def listed(call: Call) -> Reply:
    """A page of templates; its `next` has the whole path (documented)."""
    start = max(call.number("start", 1, least=0), 1)
    limit = call.number("limit", 20, least=1, most=100)
    asked, category = {name: call.query[name] for name in _FILTERS if call.query.get(name)}, call.category()
    if "eventCategory" in asked and "eventTypeName" in asked:
        raise ClientError("eventCategory and eventTypeName exclude each other", code=VIOLATED)
    if category is not None:
        asked["eventCategory"] = category
    places = call.tenant.template_places
    places.follow({one.id: one for one in all_templates(call.tenant)})
    page, following = places.page(start - 1, limit, lambda one: _wanted(one, asked))
    rest = None
    if following is not None:
        rest = f"{PATH}?" + urlencode({"start": following + 1, "limit": limit, **asked})
    passwords = call.service.settings(call.tenant).quirks.shown_password
    return Reply({"data": [template_shape(one, passwords) for one in page], "next": rest})


def import_all(call: Call) -> Reply:
    """Create or update up to 1,000; with `allowPartialSuccess` those that are right, else all or none (documented)."""
    given, partial = call.fields.get("calloutTemplates"), call.fields.get("allowPartialSuccess")
    if not isinstance(given, list) or len(given) > IMPORTED_AT_ONCE:
        raise ClientError(f"calloutTemplates must be an array of at most {IMPORTED_AT_ONCE}", code=VIOLATED)
    made: list[CalloutTemplate] = []
    reasons: list[dict[str, str]] = []
    names: set[str] = set()
    for one in given:
        try:
            template = _imported(call, one)
            if template.name in names:
                raise ClientError(f"the name {template.name!r} comes twice", code=VIOLATED)
        except ClientError as error:
            reasons.append({"code": error.code or VIOLATED, "message": error.message})
            continue
        names.add(template.name)
        made.append(template)
    if reasons and partial is not True:
        return Reply({"reasons": reasons}, 400)
    for template in made:
        put_template(call.tenant, template)
    return Reply({"reasons": reasons})


def _imported(call: Call, given: Any) -> CalloutTemplate:
    """One of an import: it takes the place of the template of its id or name."""
    if not isinstance(given, dict):
        raise ClientError("a callout template must be an object", code=VIOLATED)
    named = [one for one in call.tenant.templates.values() if given.get("name") == one.name]
    found = find_template(call.tenant, str(given["id"])) if given.get("id") else None
    before = found or (named[0] if named else None)
    return _new(call, given) if before is None else _changed(call, before, given)


def _changed(call: Call, before: CalloutTemplate, given: Mapping[str, Any]) -> CalloutTemplate:
    """A template with what is given in its place. One of no event may be given one; else it stays, as with definitions."""
    registry = call.service.registry(call.tenant)
    asked = {name: given[name] for name in _EVENT if given.get(name) is not None}
    rest = {name: value for name, value in given.items() if name not in _EVENT}
    changed = changed_template(before, rest, registry, None)
    if asked and before.event_type_name is None:
        event = event_of(asked, registry)
        changed = replace(changed, event_type_name=event.name, event_category=event.category)
    elif any(not _same_event(before, name, value) for name, value in asked.items()):
        raise ClientError("the event of a callout template cannot be changed", code=VIOLATED)
    marks = call.service.stamp(call.tenant, new=False)
    return replace(changed, id=before.id, created_on=before.created_on, created_by=before.created_by, **marks)


def _same_event(template: CalloutTemplate, name: str, value: Any) -> bool:
    if name == "eventCategory":
        return bool(value == template.event_category)
    return isinstance(value, str) and canonical(value) == canonical(template.event_type_name or "")


def _new(call: Call, given: dict[str, Any]) -> CalloutTemplate:
    registry = call.service.registry(call.tenant)
    event = None
    if given.get("eventTypeName") or given.get("eventCategory") is not None:
        event = event_of(given, registry)
    template = template_of(given, registry)
    marks = call.service.stamp(call.tenant, new=True)
    template = replace(template, **marks, event_type_name=event.name if event else None)
    if event is not None and event.category is not None:
        template = replace(template, event_category=event.category)
    check_callout_name(call.tenant, template)
    return template


def _wanted(template: CalloutTemplate, asked: dict[str, str]) -> bool:
    category, event, name = asked.get("eventCategory"), asked.get("eventTypeName"), asked.get("name")
    return (
        (category is None or str(template.event_category) == category)
        and (event is None or canonical(template.event_type_name or "") == canonical(event))
        and (name is None or template.name == name)
    )


def _found(call: Call) -> CalloutTemplate:
    template = find_template(call.tenant, call.values[0])
    if template is None:
        raise _no_such(call.values[0])
    return template


def _no_such(template_id: str) -> ClientError:
    return ClientError(f"The callout template with id {template_id} does not exist", status=404, code=NO_OBJECT)


def _shown(call: Call, template: CalloutTemplate) -> Reply:
    return Reply(template_shape(template, call.service.settings(call.tenant).quirks.shown_password))


_EVENT = ("eventTypeName", "eventCategory")
_FILTERS = ("eventCategory", "eventTypeName", "name")
OPERATIONS = (
    Operation(
        "POST",
        PATH,
        "createCalloutTemplate",
        create,
        Family.REASONS,
        Body.OBJECT,
        "Create a callout template",
        takes=TemplateWrite,
        answers={200: TemplateShape, **REASONS_FAILURES},
    ),
    Operation(
        "GET",
        PATH,
        "getCalloutTemplates",
        listed,
        Family.REASONS,
        summary="A page of callout templates",
        answers={200: TemplatePage, **REASONS_FAILURES},
        query=(
            Parameter("start", {"type": "integer", "minimum": 0, "default": 1}),
            Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}),
            *(Parameter(name) for name in _FILTERS),
        ),
    ),
    Operation(
        "POST",
        PATH + "/import",
        "createOrUpdateCalloutTemplates",
        import_all,
        Family.REASONS,
        Body.OBJECT,
        "Create or update many callout templates",
        takes=ImportRequest,
        answers={200: Reasons, **REASONS_FAILURES},
    ),
    Operation(
        "GET",
        PATH + "/{id}",
        "getCalloutTemplate",
        show,
        Family.REASONS,
        summary="One callout template",
        answers={200: TemplateShape, **REASONS_FAILURES},
    ),
    Operation(
        "PUT",
        PATH + "/{id}",
        "updateCalloutTemplate",
        update,
        Family.REASONS,
        Body.OBJECT,
        "Change what is given of a callout template",
        takes=AnyObject,
        answers={200: TemplateShape, **REASONS_FAILURES},
    ),
    Operation(
        "DELETE",
        PATH + "/{id}",
        "deleteCalloutTemplate",
        delete,
        Family.REASONS,
        summary="Remove a callout template",
        answers={204: None, **REASONS_FAILURES},
    ),
)
