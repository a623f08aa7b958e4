"""A call as plain data, for scenarios and tests: the names are those of SOAP, the braces and brackets are JSON's.

``{"action": "Create", "type": "Subscriber", "objects": [{...}], "options": {"SendResponseTo": [{...}]}}`` is the same call as
its envelope, read by the same rules; it is asynchronous unless its options say otherwise. It decides nothing else.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from simulator.core.errors import ClientError, near_match
from simulator.marketing_cloud.calls import Action, Call, RequestType, read_call
from simulator.marketing_cloud.soap import ENVELOPE, MAX_DEPTH, Node
from simulator.marketing_cloud.writing import write

KEYS = ("action", "type", "objects", "options")
ACTIONS = tuple(action.value for action in Action)


def plain_call(given: Mapping[str, Any]) -> tuple[Call, bytes]:
    """The call, and the envelope that it would have come in. Raises ClientError, with the nearest names."""
    for key in given:
        if key not in KEYS:
            raise ClientError(f"unknown key {key!r} of a call{near_match(key, KEYS)}")
    action, kind = given.get("action", Action.CREATE.value), given.get("type", "Subscriber")
    if action not in ACTIONS:
        raise ClientError(
            f"the action of a call is {' or '.join(ACTIONS)}, not {action!r}{near_match(str(action), ACTIONS)}"
        )
    objects, options = given.get("objects"), given.get("options", {})
    if not isinstance(objects, list) or not isinstance(options, Mapping) or not isinstance(kind, str):
        raise ClientError('a call is {"action", "type", "objects": [{...}], "options": {...}}')
    request = _request(Action(action), kind, objects, {"RequestType": RequestType.ASYNCHRONOUS.value} | dict(options))
    try:
        call = read_call(Action(action), request)
    except ClientError as error:
        raise ClientError(error.message) from error
    body = write(request, declare=True)
    return call, f'<soap:Envelope xmlns:soap="{ENVELOPE}"><soap:Body>{body}</soap:Body></soap:Envelope>'.encode()


def _request(action: Action, kind: str, objects: list[Any], options: Mapping[str, Any]) -> Node:
    chosen = Node("Options", "", tuple(_fields(options)))
    if action is Action.PERFORM:
        definitions = tuple(_node("Definition", each, kind) for each in objects)
        children = (chosen, Node("Action", "start"), Node("Definitions", "", definitions))
        return Node("PerformRequestMsg", "", children)
    return Node(f"{action}Request", "", (chosen, *(_node("Objects", each, kind) for each in objects)))


def _fields(given: Mapping[str, Any], depth: int = 0) -> Iterator[Node]:
    """A list repeats its element, an object nests; null is left out."""
    if depth > MAX_DEPTH:
        raise ClientError("a call is nested deeper than any object")
    for name, value in given.items():
        if not name.isidentifier():
            raise ClientError(f"{name!r} cannot be the name of a field")
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                yield _node(name, each, "", depth + 1)


def _node(name: str, value: Any, kind: str = "", depth: int = 0) -> Node:
    if isinstance(value, Mapping):
        return Node(name, "", tuple(_fields(value, depth)), kind)
    if isinstance(value, bool):
        return Node(name, str(value).lower(), (), kind)
    if isinstance(value, str | int | float):
        return Node(name, str(value), (), kind)
    raise ClientError(f"{name} is neither a text, a number, an object nor a list of these")
