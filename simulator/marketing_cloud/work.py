"""What a call does to a tenant's objects, and what comes of each: an object fails by itself, the others go on.

Error codes are those of the pages "SOAP Error Codes" (documented) where one says what happened. It decides nothing of who
hears of it, nor when.
"""

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from simulator.core.errors import near_match
from simulator.core.ids import Ids
from simulator.marketing_cloud import objects
from simulator.marketing_cloud.calls import Action, Call, SaveAction
from simulator.marketing_cloud.objects import Stored
from simulator.marketing_cloud.quirks import CreateExisting, Quirks
from simulator.marketing_cloud.results import Result
from simulator.marketing_cloud.soap import Node
from simulator.marketing_cloud.tenant import Tenant

NAME_EXISTS = 1
NOT_THERE = 3
UNSUPPORTED_TYPE = 8
FAILED_VALIDATION = 204
INVALID_EMAIL = 12000
SUBSCRIBER_NOT_FOUND = 12001
ALREADY_ON_LIST = 12014


class Refused(Exception):
    """One object can't be worked on: the code and the words."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Work:
    """One call at work on one tenant's objects."""

    def __init__(self, tenant: Tenant, ids: Ids, quirks: Quirks, call: Call, now: datetime) -> None:
        self.tenant = tenant
        self.shelf = tenant.objects
        self.ids = ids
        self.quirks = quirks
        self.call = call
        self.now = now

    def results(self) -> tuple[Result, ...]:
        """A result for each object, in order."""
        return tuple(self._one(ordinal, node) for ordinal, node in enumerate(self.call.objects))

    def _one(self, ordinal: int, node: Node) -> Result:
        try:
            key = self._key(node)
            stored, message = WORK[self.call.action](self, node, key)
        except Refused as refused:
            return Result(ordinal, node.kind, refused.message, refused.code, object=node)
        return Result(ordinal, node.kind, message, None, stored.number, stored.object_id, stored.node())

    def _key(self, node: Node) -> str:
        if not node.kind:
            raise Refused(
                UNSUPPORTED_TYPE, "This operation does not support the APIObject of type '': xsi:type is missing"
            )
        key = objects.key_of(node, self.shelf)
        if not key:
            wanted = " or ".join(objects.key_fields(node.kind))
            code = INVALID_EMAIL if node.kind == "Subscriber" else FAILED_VALIDATION
            raise Refused(code, f"The {node.kind} lacks its key: {wanted} is required")
        address = node.value("EmailAddress")
        if node.kind == "Subscriber" and address and "@" not in address.strip("@"):
            raise Refused(INVALID_EMAIL, f"InvalidEmailAddress: {address!r}")
        return key

    def create(self, node: Node, key: str) -> tuple[Stored, str]:
        before = objects.find(self.shelf, node.kind, key)
        save = self.call.options.save
        if node.kind in objects.ALWAYS_NEW:
            return self._add(node, f"{key}\x1e{self.tenant.number('sent')}")
        if before is None:
            if save is SaveAction.UPDATE_ONLY:
                raise _not_there(node.kind, key)
            return self._add(node, key)
        if save is SaveAction.ADD_ONLY or (
            save is SaveAction.DEFAULT and self.quirks.create_existing is CreateExisting.ERROR
        ):
            raise _exists(node.kind, key)
        return self._change(before, node) if save is not SaveAction.NOTHING else (before, "Nothing was changed.")

    def update(self, node: Node, key: str) -> tuple[Stored, str]:
        before = objects.find(self.shelf, node.kind, key)
        if before is not None:
            return self._change(before, node)
        if self.call.options.save is SaveAction.UPDATE_ADD:
            return self._add(node, key)
        raise _not_there(node.kind, key)

    def delete(self, node: Node, key: str) -> tuple[Stored, str]:
        before = objects.find(self.shelf, node.kind, key)
        if before is None:
            raise _not_there(node.kind, key)
        self.shelf.remove(objects.place(before.kind, before.key))
        return before, f"{node.kind} deleted"

    def perform(self, node: Node, key: str) -> tuple[Stored, str]:
        number = self.tenant.number("task")
        task = Stored(
            node.kind,
            key,
            number,
            self.ids.uuid("cloud-task", self.tenant.id, number),
            node.children,
            self.now,
            self.now,
        )
        return task, f"{node.kind} perform called successfully"

    def _add(self, node: Node, key: str) -> tuple[Stored, str]:
        number = self.tenant.number("object")
        object_id = self.ids.uuid("cloud-object", self.tenant.id, number)
        stored = Stored(node.kind, key, number, object_id, node.children, self.now, self.now)
        return self.shelf.put(objects.place(node.kind, key), stored), f"Created {node.kind}."

    def _change(self, before: Stored, node: Node) -> tuple[Stored, str]:
        after = replace(before, fields=objects.merge(before.fields, node.children), modified=self.now)
        return self.shelf.put(objects.place(before.kind, before.key), after), f"Updated {node.kind}."


WORK: dict[Action, Callable[[Work, Node, str], tuple[Stored, str]]] = {
    Action.CREATE: Work.create,
    Action.UPDATE: Work.update,
    Action.DELETE: Work.delete,
    Action.PERFORM: Work.perform,
}

EXECUTABLE = ("LogUnsubEvent",)
"""What Execute can do here, of what the documents describe."""


def execute(tenant: Tenant, name: str, parameters: dict[str, str], now: datetime) -> tuple[int | None, str]:
    """Run an Execute request by its name: an error code or None, and the words."""
    if name not in EXECUTABLE:
        return UNSUPPORTED_TYPE, f"There is no {name!r} to execute here{near_match(name, EXECUTABLE)}"
    key = parameters.get("SubscriberKey") or parameters.get("EmailAddress") or ""
    before = objects.find(tenant.objects, "Subscriber", key)
    if before is None:
        return SUBSCRIBER_NOT_FOUND, f"SubscriberNotFound: {key!r}"
    fields = objects.merge(before.fields, (Node("Status", "Unsubscribed"),))
    tenant.objects.put(objects.place(before.kind, before.key), replace(before, fields=fields, modified=now))
    return None, "Event posted"


def _not_there(kind: str, key: str) -> Refused:
    if kind == "Subscriber":
        return Refused(SUBSCRIBER_NOT_FOUND, f"SubscriberNotFound: {key!r}")
    return Refused(NOT_THERE, f"There is no {kind} {key!r}")


def _exists(kind: str, key: str) -> Refused:
    if kind == "Subscriber":
        return Refused(ALREADY_ON_LIST, f"The subscriber is already on the list: {key!r}")
    return Refused(NAME_EXISTS, f"Name already exists: {kind} {key!r}")
