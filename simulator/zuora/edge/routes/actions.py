"""``/v1/action/query`` and ``queryMore``: the actions that are simulated; communication profiles are found by it (documented)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from simulator.core.errors import ClientError
from simulator.zuora.edge.call import Call
from simulator.zuora.edge.operations import Body, Operation
from simulator.zuora.edge.replies import Family, Reply
from simulator.zuora.edge.routes.asynchronous import ANY, nowhere
from simulator.zuora.edge.routes.resources import crud_shape
from simulator.zuora.edge.shapes import V1_FAILURES, ActionFailure, QueryMoreRequest, QueryRequest, QueryResult
from simulator.zuora.notifications.profiles import profiles_of
from simulator.zuora.requests import zoql
from simulator.zuora.requests.resources import kind_of

PROFILE = "communicationprofile"
MOST = 2000
"""Records in one answer; the rest is asked for by its locator (documented: the query actions)."""


def query(call: Call) -> Reply:
    """The records that a ZOQL query selects."""
    text = call.fields.get("queryString")
    if not isinstance(text, str):
        raise ClientError("queryString is required", code="MISSING_REQUIRED_VALUE")
    return _batch(call, text, 0)


def query_more(call: Call) -> Reply:
    """What a query selects beyond what was answered before, by the locator that came with it."""
    try:
        begin, text = msgspec.json.decode(urlsafe_b64decode(str(call.fields.get("queryLocator"))), type=tuple[int, str])
    except (ValueError, msgspec.MsgspecError):
        raise ClientError("queryLocator is none that a query answered", code="INVALID_QUERY_LOCATOR") from None
    return _batch(call, text, max(begin, 0))


def _batch(call: Call, text: str, begin: int) -> Reply:
    asked = zoql.read(text)
    records = asked.run(_rows(call, kind_of(asked.object)))
    end = begin + MOST
    body: dict[str, Any] = {"size": len(records), "records": records[begin:end], "done": end >= len(records)}
    if end < len(records):
        body["queryLocator"] = urlsafe_b64encode(msgspec.json.encode((end, text))).decode()
    return Reply(body)


def unknown(call: Call) -> Reply:
    """An action that does not exist, or is not simulated (wild: its words)."""
    raise ClientError(f"Invalid action '{call.values[0]}'", code="ClientError")


def _rows(call: Call, collection: str) -> Iterable[Mapping[str, Any]]:
    if collection == PROFILE:
        return [
            {"Id": one.id, "ProfileName": one.profile_name, "Description": one.description}
            for one in profiles_of(call.tenant, call.service.default_profile(call.tenant))
        ]
    return (crud_shape(one) for one in call.tenant.resources.of(collection))


OPERATIONS = (
    Operation(
        "POST",
        "/v1/action/query",
        "query",
        query,
        Family.ACTION,
        Body.OBJECT,
        "A ZOQL query: select Id, ProfileName from CommunicationProfile",
        takes=QueryRequest,
        answers={**V1_FAILURES, 200: QueryResult, 400: ActionFailure},
    ),
    Operation(
        "POST",
        "/v1/action/queryMore",
        "queryMore",
        query_more,
        Family.ACTION,
        Body.OBJECT,
        "What a query selects beyond its first 2,000 records",
        takes=QueryMoreRequest,
        answers={**V1_FAILURES, 200: QueryResult, 400: ActionFailure},
    ),
    Operation("POST", "/v1/action/{action}", "action", unknown, Family.ACTION, Body.JSON, hidden=True),
    *(
        Operation(method, path, f"noAction{number}{method}", nowhere, hidden=True)
        for number, path in enumerate(("/v1/action", "/v1/action/{action}/{rest...}"))
        for method in ANY
    ),
)
