"""``/events/event-triggers``, ``/events/scheduled-events`` and email templates: stored, and listed by position.

A trigger or a schedule registers the custom event that it names (documented: `POST_EventTrigger`); nothing triggers by
itself here: events are fired by hand. Positions count from 0.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace

from simulator.core.errors import ClientError
from simulator.zuora.catalogue import canonical
from simulator.zuora.edge.call import Call
from simulator.zuora.edge.listing import Listed
from simulator.zuora.edge.notification_shapes import RegisteredPage, RegisteredShape, TriggerWrite
from simulator.zuora.edge.operations import Body, Operation, Parameter
from simulator.zuora.edge.replies import NO_OBJECT, VIOLATED, Family, Reply
from simulator.zuora.edge.shapes import REASONS_FAILURES, AnyObject
from simulator.zuora.notifications.presentation import registered_shape
from simulator.zuora.notifications.registered import Registered

MOST = 1000
NAME_LENGTH = 200
DESCRIPTION_LENGTH = 1000
_NAME = re.compile(r"^[A-Za-z]{1,}[\w\-]*$")
"""What the event of a trigger may be called (documented: `POST_EventTrigger`); a space is no part of it."""


class Sort(Struct, frozen=True):
    """One sort of stored thing: where it is kept, how it is called, what it must have and how it is filtered."""

    path: str
    shelf: str
    title: str
    operation: str
    needs: tuple[tuple[str, int], ...] = ()
    filters: tuple[str, ...] = ()
    takes: Any = AnyObject


TRIGGERS = Sort(
    "/events/event-triggers",
    "triggers",
    "event trigger",
    "EventTrigger",
    (("baseObject", 100), ("condition", 5000)),
    ("active", "baseObject", "eventTypeName"),
    TriggerWrite,
)
SCHEDULES = Sort(
    "/events/scheduled-events", "schedules", "scheduled event", "ScheduledEvent", (("name", 200),), ("active",)
)
EMAILS = Sort(
    "/notifications/email-templates", "emails", "email template", "EmailTemplate", (("name", 255),), ("active", "name")
)


class _Stored:
    """The five operations on one sort."""

    def __init__(self, sort: Sort) -> None:
        self.sort = sort

    def create(self, call: Call) -> Reply:
        kept = self._shelf(call)
        if len(kept) >= MOST:
            raise ClientError(f"at most {MOST} may exist", code=VIOLATED)
        fields = _whole(self.sort, {}, call.fields)
        event = _checked(call, self.sort, fields, None)
        marks = call.service.stamp(call.tenant, new=True)
        record = Registered(call.service.next_id(call.tenant, self.sort.title), fields, event, **marks)
        return Reply(registered_shape(kept.put(record.id, record)))

    def show(self, call: Call) -> Reply:
        return Reply(registered_shape(self._found(call)))

    def update(self, call: Call) -> Reply:
        before = self._found(call)
        fields = _whole(self.sort, before.fields, call.fields)
        event = _checked(call, self.sort, fields, before)
        changed = replace(before, fields=fields, event=event, **call.service.stamp(call.tenant, new=False))
        return Reply(registered_shape(self._shelf(call).put(before.id, changed)))

    def delete(self, call: Call) -> Reply:
        self._shelf(call).remove(self._found(call).id)
        return Reply(None, 204)

    def listed(self, call: Call) -> Reply:
        sort = self.sort
        start, limit = call.number("start", 0, least=0), call.number("limit", 10, least=1, most=100)
        asked = {name: call.query[name] for name in sort.filters if call.query.get(name)}
        if "active" in asked:
            asked["active"] = "true" if call.flag("active", True) else "false"
        page, following = self._shelf(call).page(start, limit, lambda one: _wanted(one, asked))
        rest = None
        if following is not None:
            rest = f"{sort.path}?" + urlencode({"start": following, "limit": limit, **asked})
        return Reply({"data": [registered_shape(one) for one in page], "next": rest})

    def _shelf(self, call: Call) -> Listed[Registered]:
        found: Listed[Registered] = getattr(call.tenant, self.sort.shelf)
        return found

    def _found(self, call: Call) -> Registered:
        record = self._shelf(call).get(call.values[0])
        if record is None:
            words = f"no {self.sort.title} found with the given id"  # documented, of triggers
            raise ClientError(words, status=404, code=NO_OBJECT)
        return record

    def operations(self) -> tuple[Operation, ...]:
        path, one, name, title = self.sort.path, self.sort.path + "/{id}", self.sort.operation, self.sort.title
        return (
            self._operation("POST", path, f"create{name}", self.create, f"Create: {title}", RegisteredShape),
            self._operation("GET", path, f"list{name}s", self.listed, f"A page of: {title}", RegisteredPage),
            self._operation("GET", one, f"get{name}", self.show, f"One: {title}", RegisteredShape),
            self._operation("PUT", one, f"update{name}", self.update, f"Change: {title}", RegisteredShape),
            self._operation("DELETE", one, f"delete{name}", self.delete, f"Remove: {title}", None),
        )

    def _operation(
        self, method: str, path: str, name: str, answer: Callable[[Call], Reply], summary: str, shape: Any
    ) -> Operation:
        writes = method in ("POST", "PUT")
        return Operation(
            method,
            path,
            name,
            answer,
            Family.REASONS,
            Body.OBJECT if writes else Body.NONE,
            summary,
            takes=(self.sort.takes if method == "POST" else AnyObject) if writes else None,
            answers={204 if shape is None else 200: shape, **REASONS_FAILURES},
            query=_query(self.sort) if shape is RegisteredPage else (),
        )


def _checked(call: Call, sort: Sort, fields: dict[str, Any], before: Registered | None) -> str | None:
    """The event that a record makes; raises ClientError for what it lacks or has too long."""
    _need(fields, sort.needs)
    _limit(fields, "description")
    if not isinstance(fields.get("active"), bool):
        raise ClientError("active must be true or false", code=VIOLATED)
    if sort is TRIGGERS:
        event = fields.get("eventType")
        if not isinstance(event, dict):
            raise ClientError("eventType with a name and a displayName is required", code=VIOLATED)
        _need(event, (("name", NAME_LENGTH), ("displayName", 500)), "eventType.")
        _limit(event, "description", "eventType.")
        made = str(event["name"])
        if _NAME.fullmatch(made) is None:
            raise ClientError(f"eventType.name must match {_NAME.pattern}", code=VIOLATED)
        return made
    if sort is SCHEDULES:
        scheduled = str(fields["name"])
        taken = [one for one in call.tenant.schedules.values() if canonical(one.event or "") == canonical(scheduled)]
        if taken and (before is None or taken[0].id != before.id):
            raise ClientError(f"a scheduled event {scheduled!r} exists already", code=VIOLATED)
        return scheduled
    return None


def _whole(sort: Sort, before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """A record with what is given in its place; of the event that a trigger makes a part may be given too."""
    fields = {"active": True, **before, **given}
    fields.pop("id", None)
    event = fields.get("eventType")
    if sort is TRIGGERS and isinstance(event, dict):
        fields["eventType"] = {"namespace": "user.notification", **before.get("eventType", {}), **event}
    return fields


def _need(fields: Mapping[str, Any], names: tuple[tuple[str, int], ...], of: str = "") -> None:
    for name, most in names:
        value = fields.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= most:
            raise ClientError(f"{of}{name} is required, as text of at most {most} characters", code=VIOLATED)


def _limit(fields: Mapping[str, Any], name: str, of: str = "") -> None:
    if isinstance(fields.get(name), str) and len(fields[name]) > DESCRIPTION_LENGTH:
        raise ClientError(f"{of}{name} must not exceed {DESCRIPTION_LENGTH} characters", code=VIOLATED)


def _wanted(record: Registered, asked: dict[str, str]) -> bool:
    for name, value in asked.items():
        if name == "active":
            if record.fields.get("active") is not (value == "true"):
                return False
        elif name == "eventTypeName":
            if canonical(record.event or "") != canonical(value):
                return False
        elif record.fields.get(name) != value:
            return False
    return True


def _query(sort: Sort) -> tuple[Parameter, ...]:
    start = Parameter("start", {"type": "integer", "minimum": 0, "default": 0})
    limit = Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 10})
    kinds = {"active": {"type": "boolean"}}
    return (start, limit, *(Parameter(name, kinds.get(name, {})) for name in sort.filters))


OPERATIONS = tuple(operation for sort in (TRIGGERS, SCHEDULES, EMAILS) for operation in _Stored(sort).operations())
