"""``/v1/action/query``: the one action that is simulated; communication profiles are found by it (documented)."""

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.core.errors import ClientError
from simulator.zuora.edge.call import Call
from simulator.zuora.edge.operations import Body, Operation
from simulator.zuora.edge.replies import Family, Reply
from simulator.zuora.edge.routes.asynchronous import ANY, nowhere
from simulator.zuora.edge.routes.resources import crud_shape
from simulator.zuora.edge.shapes import V1_FAILURES, ActionFailure, QueryRequest, QueryResult
from simulator.zuora.notifications.profiles import profiles_of
from simulator.zuora.requests import zoql
from simulator.zuora.requests.resources import kind_of

PROFILE = "communicationprofile"
MOST = 2000
"""Records in one answer (documented: the query action)."""


def query(call: Call) -> Reply:
    """The records that a ZOQL query selects."""
    text = call.fields.get("queryString")
    if not isinstance(text, str):
        raise ClientError("queryString is required", code="MISSING_REQUIRED_VALUE")
    asked = zoql.read(text)
    records = asked.run(_rows(call, kind_of(asked.object)))
    return Reply({"size": len(records), "records": records[:MOST], "done": True})


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
    Operation("POST", "/v1/action/{action}", "action", unknown, Family.ACTION, Body.JSON, hidden=True),
    *(
        Operation(method, path, f"noAction{number}{method}", nowhere, hidden=True)
        for number, path in enumerate(("/v1/action", "/v1/action/{action}/{rest...}"))
        for method in ANY
    ),
)
