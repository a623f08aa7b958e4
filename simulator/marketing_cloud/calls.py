"""A call as its caller meant it: the action, the objects, and the options that decide how it runs and who is told.

It alone knows what may stand in ``Options`` (contract; pages "Anatomy of the Options Base Object" and "CreateOptions";
documented). Whatever cannot be meant is the client's fault, told with what may stand there. It knows no tenant and no clock.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from msgspec import Struct

from simulator.core.errors import near_match
from simulator.marketing_cloud.soap import PARTNER, Node, fault


class Action(StrEnum):
    """What a call does."""

    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"
    PERFORM = "Perform"


class ResponseType(StrEnum):
    """How the one who asked is told."""

    NONE = "None"
    EMAIL = "email"
    FTP = "FTP"
    HTTP_POST = "HTTPPost"


class RespondWhen(StrEnum):
    """On what one is told. ``Always`` is the deprecated name of ``OnCallComplete`` (documented)."""

    NEVER = "Never"
    ON_ERROR = "OnError"
    ALWAYS = "Always"
    ON_CONVERSATION_ERROR = "OnConversationError"
    ON_CONVERSATION_COMPLETE = "OnConversationComplete"
    ON_CALL_COMPLETE = "OnCallComplete"


class SaveAction(StrEnum):
    """What becomes of an object that is there already, or is not there yet."""

    DEFAULT = "Default"
    ADD_ONLY = "AddOnly"
    NOTHING = "Nothing"
    UPDATE_ADD = "UpdateAdd"
    UPDATE_ONLY = "UpdateOnly"


class RequestType(StrEnum):
    """Whether the caller waits."""

    SYNCHRONOUS = "Synchronous"
    ASYNCHRONOUS = "Asynchronous"


class QueuePriority(StrEnum):
    """Taken and kept; calls run in the order in which they come all the same."""

    LOW = "Low"
    MEDIUM = "Medium"
    HIGH = "High"


class SendResponseTo(Struct, frozen=True, gc=False):
    """One who asked to be told."""

    type: ResponseType
    address: str = ""
    when: RespondWhen = RespondWhen.NEVER
    include_results: bool = False
    include_objects: bool = False
    only_include_base: bool = False


class Options(Struct, frozen=True, gc=False):
    """``sequence`` and ``calls`` are None where they were not given; ``scheduled`` is an aware instant."""

    asynchronous: bool = False
    send_response_to: tuple[SendResponseTo, ...] = ()
    save: SaveAction = SaveAction.DEFAULT
    conversation: str = ""
    sequence: int | None = None
    calls: int | None = None
    correlation: str = ""
    scheduled: datetime | None = None
    priority: QueuePriority = QueuePriority.MEDIUM


class Call(Struct, frozen=True, gc=False):
    """``objects`` are the call's APIObjects, or the definitions to perform; ``verb`` is what they are to do then."""

    action: Action
    objects: tuple[Node, ...]
    options: Options = Options()
    verb: str = ""

    @property
    def label(self) -> str:
        """What a person calls it: ``Create Subscriber x 3``."""
        kinds = sorted({node.kind or "object" for node in self.objects})
        number = f" x {len(self.objects)}" if len(self.objects) > 1 else ""
        return f"{self.action} {', '.join(kinds)}{number}"

    def again(self, to: Callable[[str], str]) -> tuple[str, dict[str, Any]] | None:
        """Where the same call can be made as plain data, and that data, its callbacks led ``to``; None where it can't."""
        from simulator.marketing_cloud.again import PATH, plain_of  # it reads calls itself

        told = plain_of(self, to)
        return None if told is None else (PATH, told)


SCHEDULED_AHEAD = timedelta(days=30)
"""How far ahead ``ScheduledTime`` may lie (documented: page "CreateOptions")."""

Choice = TypeVar("Choice", bound=StrEnum)


def read_call(action: Action, request: Node) -> Call:
    """The call that a request element describes. Raises ClientError."""
    objects = request.all("Objects")
    if action is Action.PERFORM:
        definitions = request.child("Definitions")
        objects = definitions.all("Definition") if definitions is not None else ()
    if not objects:
        raise fault(f"{action} needs at least one object")
    options = request.child("Options")
    return Call(action, objects, read_options(options) if options is not None else Options(), request.value("Action"))


def read_options(node: Node) -> Options:
    """The options of a call, in any order. Raises ClientError."""
    for child in node.children:
        if child.name not in KNOWN and child.space == PARTNER:
            raise fault(f"Options has no property {child.name!r}{near_match(child.name, KNOWN)}")
    return Options(
        asynchronous=_choice(node, "RequestType", RequestType.SYNCHRONOUS) is RequestType.ASYNCHRONOUS,
        send_response_to=tuple(_response(each) for each in node.all("SendResponseTo")),
        save=_save(node.child("SaveOptions")),
        conversation=node.value("ConversationID"),
        sequence=_whole(node, "SequenceCode"),
        calls=_whole(node, "CallsInConversation"),
        correlation=node.value("CorrelationID"),
        scheduled=_instant(node, "ScheduledTime"),
        priority=_choice(node, "QueuePriority", QueuePriority.MEDIUM),
    )


KNOWN = (
    "Client", "SendResponseTo", "SaveOptions", "Priority", "ConversationID", "SequenceCode", "CallsInConversation",
    "ScheduledTime", "RequestType", "QueuePriority", "Container", "CorrelationID", "RequestExpirationTime",
    "QueryAllAccounts",
)  # fmt: skip
"""What may stand in Options; the last one is what fuel-soap adds (observed)."""


def _response(node: Node) -> SendResponseTo:
    if not node.value("ResponseType"):
        raise fault("SendResponseTo needs a ResponseType: HTTPPost, email or None")
    kind = _choice(node, "ResponseType", ResponseType.NONE)
    address = node.value("ResponseAddress")
    if kind is ResponseType.FTP:
        raise fault("ResponseType FTP is not served by this simulator: use HTTPPost, email or None")
    if kind is ResponseType.EMAIL and "@" not in address.strip("@"):
        raise fault(f"ResponseAddress must be an e-mail address for ResponseType email, not {address!r}")
    if kind is ResponseType.HTTP_POST and not address:
        raise fault("ResponseAddress is required for ResponseType HTTPPost")
    return SendResponseTo(
        type=kind,
        address=address,
        when=_choice(node, "RespondWhen", RespondWhen.NEVER),
        include_results=_flag(node, "IncludeResults"),
        include_objects=_flag(node, "IncludeObjects"),
        only_include_base=_flag(node, "OnlyIncludeBase"),
    )


def _save(node: Node | None) -> SaveAction:
    options = node.all("SaveOption") if node is not None else ()
    return _choice(options[0], "SaveAction", SaveAction.DEFAULT) if options else SaveAction.DEFAULT


def _choice(node: Node, name: str, default: Choice) -> Choice:
    text = node.value(name)
    if not text:
        return default
    kinds = type(default)
    try:
        return kinds(text)
    except ValueError:
        known = [kind.value for kind in kinds]
        raise fault(f"{name} must be {' or '.join(known)}, not {text!r}{near_match(text, known)}") from None


def _flag(node: Node, name: str) -> bool:
    text = node.value(name).lower()
    if text not in FLAGS:
        raise fault(f"{name} must be true or false, not {text!r}")
    return FLAGS[text]


FLAGS = {"": False, "false": False, "0": False, "true": True, "1": True}


def _whole(node: Node, name: str) -> int | None:
    text = node.value(name)
    if not text:
        return None
    if not text.lstrip("-").isdecimal() or len(text) > 9:
        raise fault(f"{name} must be a whole number, not {text!r}")
    return int(text)


def _instant(node: Node, name: str) -> datetime | None:
    text = node.value(name)
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise fault(f"{name} must be an ISO 8601 time in UTC or with an offset, not {text!r}")
    return instant
