"""Marketing Cloud's answers: every spelling of its envelopes, responses, faults and token bodies lives here.

Shapes: the public WSDL (spec); a fault and the header of an answer as seen live (observed). Nothing here decides whether
something is an error.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from aiohttp import web

from simulator.core.errors import ClientError
from simulator.marketing_cloud.calls import Action, RequestType, ResponseType, SendResponseTo
from simulator.marketing_cloud.results import Result, result_node
from simulator.marketing_cloud.soap import ENVELOPE, SCHEMA_INSTANCE, FaultCode, Node
from simulator.marketing_cloud.writing import attribute, element, text_of, write

ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
ANONYMOUS = f"{ADDRESSING}/role/anonymous"
FAULT_ACTION = f"{ADDRESSING}/fault"
DOCUMENTATION = "https://developer.salesforce.com/docs"
EXPIRES_IN = 1079
"""What every token announces (observed). It goes on working unless a lifetime was asked for (decided)."""

SYNCHRONOUS = SendResponseTo(ResponseType.NONE, include_objects=True)
ACCEPTED = SendResponseTo(ResponseType.NONE)
QUEUED = "The request was accepted and queued."
"""An accepted call's message; the exact text is in no public sample (inferred)."""


class Addressing:
    """What an answer's header says: the message it answers and the id of its own."""

    def __init__(self, message_id: str, relates_to: str) -> None:
        self.message_id = message_id
        self.relates_to = relates_to


def soap(body: str, action: str, addressing: Addressing, status: int = 200) -> web.Response:
    """An envelope around a body that is written already; always with the prefix ``soap:`` (observed: fuel-soap)."""
    relates = f"<wsa:RelatesTo>{text_of(addressing.relates_to)}</wsa:RelatesTo>" if addressing.relates_to else ""
    text = (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{ENVELOPE}" xmlns:xsi="{SCHEMA_INSTANCE}" '
        f'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:wsa="{ADDRESSING}"><soap:Header>'
        f"<wsa:Action>{text_of(action)}</wsa:Action><wsa:MessageID>urn:uuid:{addressing.message_id}</wsa:MessageID>"
        f"{relates}<wsa:To>{ANONYMOUS}</wsa:To></soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>"
    )
    return web.Response(body=text.encode("utf-8"), status=status, content_type="text/xml", charset="utf-8")


def fault(error: ClientError, actor: str, addressing: Addressing) -> web.Response:
    """A SOAP fault; only a server's own has a detail node (documented: page "SOAP Faults")."""
    code = error.code or FaultCode.CLIENT
    if code == FaultCode.SECURITY:  # observed: a login that failed
        tag = f"<faultcode xmlns:q0={attribute(SECURITY)}>q0:Security</faultcode>"
    else:
        tag = f"<faultcode>soap:{code}</faultcode>"
    body = (
        f"<soap:Fault>{tag}<faultstring>{text_of(error.message)}</faultstring>"
        f"<faultactor>{text_of(actor)}</faultactor></soap:Fault>"
    )
    return soap(body, FAULT_ACTION, addressing, error.status)


def operation(action: Action, results: Iterable[Node], request_id: str, status: str) -> str:
    """The response of Create, Update, Delete or Perform."""
    if action is Action.PERFORM:
        inner = [element("Results", *results), element("OverallStatus", status), element("RequestID", request_id)]
        return write(element("PerformResponseMsg", *inner), declare=True)
    inner = [*results, element("RequestID", request_id), element("OverallStatus", status)]
    return write(element(f"{action}Response", *inner), declare=True)


def performed(action: Action, results: Iterable[Result]) -> list[Node]:
    """The results of a synchronous call."""
    return [_plain(result_node(result, action, {}, SYNCHRONOUS, _tag(action))) for result in results]


def accepted(action: Action, kinds: Iterable[str], request_id: str, conversation: str) -> list[Node]:
    """ "All successful asynchronous calls return a status of OK" (documented: seed 001): one for each object."""
    told = {"RequestID": request_id, "ConversationID": conversation, "RequestType": RequestType.ASYNCHRONOUS.value}
    results = [Result(ordinal, kind, QUEUED) for ordinal, kind in enumerate(kinds)]
    return [_plain(result_node(result, action, told, ACCEPTED, _tag(action))) for result in results]


def refused(action: Action, kinds: Iterable[str], code: int, message: str) -> list[Node]:
    """An error for each object of a call that cannot be accepted as it stands."""
    results = [Result(ordinal, kind, message, code) for ordinal, kind in enumerate(kinds)]
    return [_plain(result_node(result, action, {}, ACCEPTED, _tag(action))) for result in results]


def executed(code: int | None, message: str, ordinal: int) -> Node:
    """The result of an Execute request."""
    fields = [element("StatusCode", "OK" if code is None else "Error"), element("StatusMessage", message)]
    fields.append(element("OrdinalID", str(ordinal)))
    if code is not None:
        fields.append(element("ErrorCode", str(code)))
    return element("Results", *fields)


def message(name: str, status: str, request_id: str, results: Iterable[Node]) -> str:
    """``RetrieveResponseMsg`` and ``ExecuteResponseMsg``: status, request id, results."""
    head = [element("OverallStatus", status), element("RequestID", request_id)]
    return write(element(name, *head, *results), declare=True)


def token(access_token: str, base: str, scope: str, expires_in: int) -> web.Response:
    """The answer of ``/v2/token``; both clients add ``Service.asmx`` to the SOAP address (observed)."""
    return _json(
        {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": expires_in,
            "scope": scope,
            "soap_instance_url": base,
            "rest_instance_url": base,
        }
    )


def token_error(error: ClientError) -> web.Response:
    """An OAuth 2.0 error body (observed)."""
    body = {"error": error.code or "invalid_request", "error_description": error.message, "error_uri": DOCUMENTATION}
    return _json(body, error.status)


def _json(body: Any, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")


def _tag(action: Action) -> str:
    return "Result" if action is Action.PERFORM else "Results"


def _plain(node: Node) -> Node:
    """Without ``xsi:type``: the WSDL fixes the type of a response's results."""
    return Node(node.name, node.text, node.children)
