"""What came of a call, and how it is told: the ten callback fields, the result XML, ResultMessage and ResultItem.

It alone decides these shapes (seed 001; pages "Response Options", "ResultMessage"; the public WSDL). It performs nothing.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from simulator.marketing_cloud.calls import Action, RequestType, ResponseType, SendResponseTo
from simulator.marketing_cloud.quirks import EmptyFields, FailedStatus, PartlyFailed, Quirks
from simulator.marketing_cloud.soap import Node
from simulator.marketing_cloud.writing import element, write

OK = "OK"
ERROR = "Error"
HAS_ERRORS = "Has Errors"

CALLBACK_FIELDS = (
    "RequestID", "ConversationID", "OverallStatusCode", "StatusCode", "StatusMessage", "ErrorCode", "RequestType",
    "ResultType", "ResultDetailXML", "SequenceCode",
)  # fmt: skip
"""What a callback holds, in this order (documented: seed 001)."""

BASE_FIELDS = (
    "Client", "PartnerKey", "PartnerProperties", "CreatedDate", "ModifiedDate", "ID", "ObjectID", "CustomerKey", "Owner",
    "CorrelationID", "ObjectState",
)  # fmt: skip
"""The fields of every APIObject (spec: WSDL)."""


class Result(Struct, frozen=True, gc=False):
    """What came of one object. ``error`` is None where it went well."""

    ordinal: int
    kind: str
    message: str
    error: int | None = None
    new_id: int = 0
    object_id: str = ""
    object: Node | None = None

    @property
    def status(self) -> str:
        return OK if self.error is None else ERROR


class Outcome(Struct, frozen=True, gc=False):
    """What came of one asynchronous call, or of a whole conversation: the results of all its calls."""

    request_id: str
    action: Action
    results: tuple[Result, ...]
    at: datetime
    conversation: str = ""
    sequence: int | None = None
    calls: int | None = None
    correlation: str = ""

    @property
    def failed(self) -> bool:
        return any(result.error is not None for result in self.results)

    @property
    def first_error(self) -> Result | None:
        return next((result for result in self.results if result.error is not None), None)

    def __repr__(self) -> str:
        failures = sum(result.error is not None for result in self.results)
        return f"<Outcome {self.action} {self.overall()}, {failures} of {len(self.results)} failed>"

    def overall(self, partly: str = ERROR) -> str:
        """``OK``, ``Error``, or ``partly`` where some objects went well."""
        return overall(self.results, partly)


def overall(results: tuple[Result, ...], partly: str = HAS_ERRORS) -> str:
    """The overall status of a call's results; a synchronous call that fails in part answers ``Has Errors`` (observed)."""
    failures = sum(result.error is not None for result in results)
    if not failures:
        return OK
    return ERROR if failures == len(results) else partly


def callback_fields(outcome: Outcome, asked: SendResponseTo, quirks: Quirks) -> dict[str, str]:
    """The fields of a callback in their order; without a value for this call they are absent (documented: seed 001)."""
    told = message_fields(outcome, quirks.partly_failed)
    if outcome.failed and quirks.failed_status is FailedStatus.OK:
        told |= {"OverallStatusCode": OK, "StatusCode": OK, "StatusMessage": "", "ErrorCode": ""}
    told["ResultDetailXML"] = detail_xml(outcome, asked) if asked.include_results else ""
    fields = {name: told[name] for name in CALLBACK_FIELDS}
    if quirks.empty_fields is EmptyFields.BLANK:
        return fields
    return {name: value for name, value in fields.items() if value}


def message_fields(outcome: Outcome, partly: PartlyFailed) -> dict[str, str]:
    """A ResultMessage by its fields but for the result XML, blank where there is no value.

    StatusCode is the same as OverallStatusCode, ResultType the same as RequestType (documented: page "Response Options").
    """
    error = outcome.first_error
    status = outcome.overall(partly)
    return {
        "RequestID": outcome.request_id,
        "ResultID": outcome.request_id,
        "ConversationID": outcome.conversation,
        "CorrelationID": outcome.correlation,
        "OverallStatusCode": status,
        "StatusCode": status,
        "StatusMessage": error.message if error is not None else "",
        "ErrorCode": str(error.error) if error is not None else "",
        "RequestType": RequestType.ASYNCHRONOUS,
        "ResultType": RequestType.ASYNCHRONOUS,
        "SequenceCode": number(outcome.sequence),
        "CallsInConversation": number(outcome.calls),
        "CreatedDate": outcome.at.isoformat(),
    }


def item_fields(outcome: Outcome, partly: PartlyFailed) -> Iterator[dict[str, str]]:
    """A ResultItem for each object. It has ``OverallStatusCode`` too: seed 001 asks for that of both."""
    for result in outcome.results:
        yield {
            "RequestID": outcome.request_id,
            "ResultID": outcome.request_id,
            "ConversationID": outcome.conversation,
            "CorrelationID": outcome.correlation,
            "OverallStatusCode": outcome.overall(partly),
            "StatusCode": result.status,
            "StatusMessage": result.message,
            "OrdinalID": str(result.ordinal),
            "ErrorCode": number(result.error),
            "RequestType": RequestType.ASYNCHRONOUS,
            "RequestObjectType": result.kind,
            "CreatedDate": outcome.at.isoformat(),
            "ObjectID": result.object_id,
        }


def result_node(result: Result, action: Action, told: Mapping[str, str], asked: SendResponseTo, name: str) -> Node:
    """A result in the WSDL's order; ``told`` holds what its call adds to each."""
    fields = [
        element("StatusCode", result.status),
        element("StatusMessage", result.message),
        element("OrdinalID", str(result.ordinal)),
    ]
    if result.error is not None:
        fields.append(element("ErrorCode", str(result.error)))
    fields += [element(key, value) for key, value in told.items() if value]
    if action is Action.CREATE:
        fields.append(element("NewID", str(result.new_id)))
        if result.object_id:
            fields.append(element("NewObjectID", result.object_id))
    if asked.include_objects and result.object is not None:
        fields.append(_object(result.object, base_only=asked.only_include_base))
    if action is Action.PERFORM and result.error is None:
        fields.append(_task(result))
    return element(name, *fields, kind=f"{action}Result")


def detail_xml(outcome: Outcome, asked: SendResponseTo) -> str:
    """The serialized results. That they are XML is documented, the name of their root is in no public sample (inferred)."""
    told = {"RequestID": outcome.request_id, "ConversationID": outcome.conversation}
    results = [result_node(result, outcome.action, told, asked, "Result") for result in outcome.results]
    return write(element("Results", *results), declare=True)


def number(value: int | None) -> str:
    return "" if value is None else str(value)


EVERYTHING = SendResponseTo(ResponseType.NONE, include_results=True)
"""What a retrieval shows of the results."""


def _object(node: Node, *, base_only: bool) -> Node:
    children = tuple(child for child in node.children if not base_only or child.name in BASE_FIELDS)
    return Node("Object", "" if children else node.text, children, node.kind)


def _task(result: Result) -> Node:
    """What a Perform started (observed: answers to QueryDefinition and ImportDefinition)."""
    return element(
        "Task",
        element("StatusCode", result.status),
        element("StatusMessage", result.message),
        element("OrdinalID", str(result.ordinal)),
        element("ID", str(result.new_id)),
        element("InteractionObjectID", result.object_id),
    )
