"""``/v1/async/...``: every POST, PUT and DELETE but Actions answers 202 with a request id (documented: AR)."""

from typing import Any

from simulator.zuora.edge.call import Call
from simulator.zuora.edge.operations import Body, Operation
from simulator.zuora.edge.replies import Family, Reply, no_endpoint
from simulator.zuora.edge.shapes import V1_FAILURES, Accepted, AnyObject
from simulator.zuora.quirks import AcceptedBody

ANY = ("POST", "PUT", "DELETE", "GET", "PATCH")
NOWHERE = ("/v1/async", "/v1/async/action", "/v1/async/action/{rest...}", "/v1/async/object", "/v1/object")


def accept(call: Call) -> Reply:
    """Accept a request whose work is done later, and tell its id."""
    service = call.service
    job = service.submit(call)
    call.request_id = job.id
    quirks = service.settings(call.tenant).quirks
    body: dict[str, Any] = {"requestId": job.id}
    if quirks.accepted_body is AcceptedBody.ID:
        body = {"id": job.id}
    elif quirks.accepted_body is AcceptedBody.BOTH:
        body["id"] = job.id
    if quirks.accepted_success:
        body["success"] = True
    return Reply(body, 202)


def nowhere(call: Call) -> Reply:
    """Actions have no asynchronous form (documented), and an empty resource, or a CRUD call of no object, is none."""
    raise no_endpoint(call.target.partition("?")[0])


OPERATIONS = (
    *(
        Operation(
            method,
            "/v1/async/{resource...}",
            f"{method.lower()}Asynchronously",
            accept,
            Family.V1,
            Body.JSON,
            f"Any {method} of the API but Actions, done later; its end is told by an event",
            takes=AnyObject if method != "DELETE" else None,
            answers={202: Accepted, **V1_FAILURES},
            limited=False,
            plans=True,
        )
        for method in ("POST", "PUT", "DELETE")
    ),
    *(
        Operation(method, path, f"nowhere{number}{method}", nowhere, hidden=True)
        for number, path in enumerate(NOWHERE)
        for method in ANY
    ),
)
