"""What a tenant owns in Marketing Cloud: objects of any type, each found by the keys of its type.

It alone decides what identifies an object and how an update is merged into it. "A store by key", not an e-mail platform.
"""

from datetime import datetime

from msgspec import Struct

from simulator.core.shelf import Shelf
from simulator.marketing_cloud.soap import Node
from simulator.marketing_cloud.writing import element

KEYS = {
    "Subscriber": ("SubscriberKey", "EmailAddress"),
    "List": ("CustomerKey", "ListName"),
    "TriggeredSend": ("TriggeredSendDefinition.CustomerKey",),
    "DataExtensionObject": ("CustomerKey",),
}
OTHER_KEYS = ("CustomerKey", "Name", "Key", "Email.CustomerKey")
SYSTEM_KEYS = ("ObjectID", "ID")
"""What names an object, the first that is given. Subscriber: documented (a SubscriberKey defaults to the e-mail address);
the others follow the object pages, any type not named here takes the general ones (inferred)."""

ALWAYS_NEW = ("TriggeredSend",)
"""Types of which every Create makes another one."""


class Stored(Struct, frozen=True, gc=False):
    """An object with its fields as they were sent. ``number`` is its ``ID``."""

    kind: str
    key: str
    number: int
    object_id: str
    fields: tuple[Node, ...]
    created: datetime
    modified: datetime

    def node(self, name: str = "Object") -> Node:
        """The object as it is answered: the system's fields before its own."""
        own = {
            "CreatedDate": self.created.isoformat(),
            "ModifiedDate": self.modified.isoformat(),
            "ID": str(self.number),
            "ObjectID": self.object_id,
        }
        given = tuple(field for field in self.fields if field.name not in own)
        return Node(name, "", (*(element(key, value) for key, value in own.items()), *given), self.kind)


def key_fields(kind: str) -> tuple[str, ...]:
    """The fields of which one must be given."""
    return KEYS.get(kind, OTHER_KEYS)


def key_of(node: Node, shelf: Shelf[Stored]) -> str:
    """What identifies the object among those of its type; empty where it lacks its key fields."""
    natural = next((value for name in key_fields(node.kind) if (value := node.value(name))), "")
    if node.kind == "DataExtensionObject" and natural:
        return _row_key(node, natural, shelf)
    if natural or node.kind in KEYS:
        return natural
    return next((f"{name}={value}" for name in SYSTEM_KEYS if (value := node.value(name))), "")


def find(shelf: Shelf[Stored], kind: str, key: str) -> Stored | None:
    """The object of that type and key, or with that ``ObjectID=`` or ``ID=``."""
    found = shelf.get(place(kind, key))
    if found is None and key.startswith(("ObjectID=", "ID=")):
        name, _, value = key.partition("=")
        return next((each for each in shelf.values() if each.kind == kind and each.node().value(name) == value), None)
    return found


def place(kind: str, key: str) -> str:
    """Where on the shelf an object stands."""
    return f"{kind}\x1f{key}"


def merge(old: tuple[Node, ...], new: tuple[Node, ...]) -> tuple[Node, ...]:
    """The fields of an object after an update: what was sent takes the place of what has its name.

    ``Attributes`` and the entries of ``Properties`` are pairs, and replaced one by one.
    """
    names = {field.name for field in new}
    kept = tuple(field for field in old if field.name not in names)
    merged = []
    for field in new:
        before = next((each for each in old if each.name == "Properties" == field.name), None)
        if before is not None:
            merged.append(Node(field.name, "", _by_name(before.children, field.children), field.kind))
        elif field.name != "Attributes":
            merged.append(field)
    pairs = tuple(field for field in new if field.name == "Attributes")
    if pairs:
        merged += _by_name(tuple(field for field in old if field.name == "Attributes"), pairs)
    return (*kept, *merged)


def _by_name(old: tuple[Node, ...], new: tuple[Node, ...]) -> tuple[Node, ...]:
    names = {pair.value("Name") for pair in new}
    return (*(pair for pair in old if pair.value("Name") not in names), *new)


def _row_key(node: Node, extension: str, shelf: Shelf[Stored]) -> str:
    """A row of a data extension is found by its keys, else by the primary keys of an extension that is stored here."""
    keys, properties = node.child("Keys"), node.child("Properties")
    pairs = keys.children if keys is not None else properties.children if properties is not None else ()
    values = {pair.value("Name"): pair.value("Value") for pair in pairs}
    if keys is None:
        stored = shelf.get(place("DataExtension", extension))
        fields = stored.node().child("Fields") if stored is not None else None
        primary = [
            field.value("Name")
            for field in (fields.children if fields is not None else ())
            if field.value("IsPrimaryKey").lower() in ("true", "1")
        ]
        if primary and all(name in values for name in primary):
            values = {name: values[name] for name in primary}
    return "\x1e".join([extension, *(f"{name}={value}" for name, value in sorted(values.items()))]) if values else ""
