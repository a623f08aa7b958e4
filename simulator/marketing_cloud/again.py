"""A call told again as plain data, for whoever repeats it in a story or a test: the way back from `plain`.

It knows what plain data cannot say: objects of several types, names that are no identifiers, and other actions to perform
than `start`. An ``xsi:type`` within an object is lost.
"""

from collections.abc import Callable, Iterable
from typing import Any

from simulator.marketing_cloud.calls import (
    Action,
    Call,
    Options,
    QueuePriority,
    ResponseType,
    SaveAction,
    SendResponseTo,
)
from simulator.marketing_cloud.soap import Node

PATH = "/_simulator/marketing-cloud/calls"


def plain_of(call: Call, to: Callable[[str], str]) -> dict[str, Any] | None:
    """The call as `plain_call` reads it, with the addresses of its callbacks led ``to``; None where that cannot be said."""
    kinds = {node.kind for node in call.objects}
    if len(kinds) != 1 or not all(map(_sayable, call.objects)):
        return None
    if call.action is Action.PERFORM and call.verb.lower() != "start":
        return None
    told = {
        "action": call.action.value,
        "type": kinds.pop(),
        "objects": [_object(node.children) for node in call.objects],
    }
    return told | {"options": _options(call.options, to)}


def _sayable(node: Node) -> bool:
    return all(child.name.isidentifier() and _sayable(child) for child in node.children)


def _object(children: Iterable[Node]) -> dict[str, Any]:
    """Elements as a mapping; those that are repeated as a list."""
    found: dict[str, list[Any]] = {}
    for child in children:
        found.setdefault(child.name, []).append(_object(child.children) if child.children else child.text)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def _options(options: Options, to: Callable[[str], str]) -> dict[str, Any]:
    every = {
        "SendResponseTo": [_response(asked, to) for asked in options.send_response_to],
        "SaveOptions": {"SaveOption": {"SaveAction": options.save.value}}
        if options.save is not SaveAction.DEFAULT
        else None,
        "QueuePriority": options.priority.value if options.priority is not QueuePriority.MEDIUM else None,
        "ConversationID": options.conversation,
        "SequenceCode": options.sequence,
        "CallsInConversation": options.calls,
        "CorrelationID": options.correlation,
        "ScheduledTime": options.scheduled.isoformat() if options.scheduled is not None else None,
    }
    return {name: value for name, value in every.items() if value not in (None, "", [])}


def _response(asked: SendResponseTo, to: Callable[[str], str]) -> dict[str, Any]:
    address = to(asked.address) if asked.type is ResponseType.HTTP_POST else asked.address
    flags = {
        "IncludeResults": asked.include_results,
        "IncludeObjects": asked.include_objects,
        "OnlyIncludeBase": asked.only_include_base,
    }
    where = {"ResponseType": asked.type.value, "ResponseAddress": address, "RespondWhen": asked.when.value}
    return where | {name: True for name, given in flags.items() if given}
