"""``/notifications/notification-definitions``: who is told of which event (documented: ND).

The list's `next` is the documented literal, without `/notifications`; its path is served too.
"""

from urllib.parse import urlencode

from simulator.core.errors import ClientError
from simulator.zuora.catalogue import canonical
from simulator.zuora.edge.call import Call
from simulator.zuora.edge.notification_shapes import DefinitionChange, DefinitionPage, DefinitionShape, DefinitionWrite
from simulator.zuora.edge.operations import Body, Operation, Parameter
from simulator.zuora.edge.replies import NO_OBJECT, VIOLATED, Family, Reply
from simulator.zuora.edge.shapes import FLAT_FAILURES
from simulator.zuora.notifications.definitions import NotificationDefinition
from simulator.zuora.notifications.library import leave
from simulator.zuora.notifications.presentation import definition_shape
from simulator.zuora.quirks import AfterDelete

PATH = "/notifications/notification-definitions"
ALIAS = "/notification-definitions"


def create(call: Call) -> Reply:
    """Register a definition; 200, not 201 (documented)."""
    return _shown(call, call.service.register(call.tenant, call.fields))


def show(call: Call) -> Reply:
    return _shown(call, _found(call))


def update(call: Call) -> Reply:
    """Change what is given; the whole definition is answered."""
    return _shown(call, call.service.change(call.tenant, _found(call), call.fields))


def delete(call: Call) -> Reply:
    """204; an unknown id is 400 (documented). Retries that wait are dropped, the template and history stay (Q13)."""
    definition = call.tenant.definitions.remove(call.values[0])
    if definition is None:
        raise ClientError(_no_such(call.values[0]), code=NO_OBJECT)
    if definition.callout is not None:
        leave(call.tenant, definition.callout)
    if call.service.settings(call.tenant).quirks.after_delete is AfterDelete.DROP:
        call.service.engine.withdraw(call.tenant.id, {definition.id}, call.now)
    return Reply(None, 204)


def listed(call: Call) -> Reply:
    """A page of definitions; `start` counts from 1, and 0 is taken like 1."""
    start = max(call.number("start", 1, least=0), 1)
    limit = call.number("limit", 20, least=1, most=100)
    asked, category = {name: call.query[name] for name in _FILTERS if call.query.get(name)}, call.category()
    if "eventCategory" in asked and "eventTypeName" in asked:
        raise ClientError("eventCategory and eventTypeName exclude each other", code=VIOLATED)
    if category is not None:
        asked["eventCategory"] = category
    page, following = call.tenant.definitions.page(start - 1, limit, lambda one: _wanted(one, asked))
    passwords = call.service.settings(call.tenant).quirks.shown_password
    rest = None
    if following is not None:
        rest = f"{ALIAS}?" + urlencode({"start": following + 1, "limit": limit, **asked})
    return Reply({"data": [definition_shape(one, passwords) for one in page], "next": rest})


def _wanted(definition: NotificationDefinition, asked: dict[str, str]) -> bool:
    profile, category = asked.get("profileId"), asked.get("eventCategory")
    name, email = asked.get("eventTypeName"), asked.get("emailTemplateId")
    return (
        (profile is None or profile in definition.communication_profile_ids)
        and (category is None or str(definition.event_category) == category)
        and (name is None or canonical(definition.event_type_name or "") == canonical(name))
        and (email is None or definition.email_template_id == email)
    )


def _found(call: Call) -> NotificationDefinition:
    definition = call.tenant.definitions.get(call.values[0])
    if definition is None:
        raise ClientError(_no_such(call.values[0]), status=404, code=NO_OBJECT)
    return definition


def _no_such(definition_id: str) -> str:
    return f"The notification definition with id {definition_id} does not exist"


def _shown(call: Call, definition: NotificationDefinition) -> Reply:
    return Reply(definition_shape(definition, call.service.settings(call.tenant).quirks.shown_password))


_FILTERS = ("profileId", "eventCategory", "eventTypeName", "emailTemplateId")
_QUERY = (
    Parameter("start", {"type": "integer", "minimum": 0, "default": 1}),
    Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}),
    *(Parameter(name) for name in _FILTERS),
)
OPERATIONS = (
    Operation(
        "POST",
        PATH,
        "createNotificationDefinition",
        create,
        Family.FLAT,
        Body.OBJECT,
        "Register who is told of an event",
        takes=DefinitionWrite,
        answers={200: DefinitionShape, **FLAT_FAILURES},
    ),
    *(
        Operation(
            "GET",
            path,
            name,
            listed,
            Family.FLAT,
            summary="A page of notification definitions",
            answers={200: DefinitionPage, **FLAT_FAILURES},
            query=_QUERY,
        )
        for path, name in ((PATH, "queryNotificationDefinitions"), (ALIAS, "nextNotificationDefinitions"))
    ),
    Operation(
        "GET",
        PATH + "/{id}",
        "getNotificationDefinition",
        show,
        Family.FLAT,
        summary="One notification definition",
        answers={200: DefinitionShape, **FLAT_FAILURES},
    ),
    Operation(
        "PUT",
        PATH + "/{id}",
        "updateNotificationDefinition",
        update,
        Family.FLAT,
        Body.OBJECT,
        "Change what is given of a notification definition",
        takes=DefinitionChange,
        answers={200: DefinitionShape, **FLAT_FAILURES},
    ),
    Operation(
        "DELETE",
        PATH + "/{id}",
        "deleteNotificationDefinition",
        delete,
        Family.FLAT,
        summary="Remove a notification definition; retries that wait are dropped",
        answers={204: None, **FLAT_FAILURES},
    ),
)
