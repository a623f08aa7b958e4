"""Orders, asynchronous on their own: create, preview and delete, and the job that tells how it went.

Documented: seed 000, "Limitations"; the reference of each (contract, section 1.2). They fire neither event.
"""

from simulator.core.errors import ClientError
from simulator.zuora.edge.call import Call
from simulator.zuora.edge.operations import Body, Operation, Parameter
from simulator.zuora.edge.replies import NOT_FOUND, Family, Reply
from simulator.zuora.edge.routes import own
from simulator.zuora.edge.shapes import V1_FAILURES, AnyObject, AsyncJob, Failure, JobAccepted, PreviewAccepted
from simulator.zuora.requests import own_jobs
from simulator.zuora.requests.own_jobs import OwnKind


def create(call: Call) -> Reply:
    """An order job. What is wrong with the order is told by the job, not here."""
    call.flag("returnIds", False)  # the job reads it
    status = call.service.settings(call.tenant).quirks.async_orders_status
    return Reply({"jobId": own.begin(call, OwnKind.ORDER), "success": True}, status)


def preview(call: Call) -> Reply:
    """A preview job; this answer alone has no `success` (documented)."""
    return Reply({"jobId": own.begin(call, OwnKind.PREVIEW)}, 202)


def delete(call: Call) -> Reply:
    """A job that deletes an order; an order that does not exist is refused at once (wild: ZR, live)."""
    number = call.values[0]
    if call.tenant.resources.find("order", number) is None:
        raise ClientError("orderNumber does not exist", code=NOT_FOUND)
    return Reply({"jobId": own.begin(call, OwnKind.ORDER_DELETION, number), "success": True})


def status(call: Call) -> Reply:
    """How an order job stands."""
    return Reply(own_jobs.order_status(own.polled(call, own_jobs.POLLED)))


OPERATIONS = (
    Operation(
        "POST",
        "/v1/async/orders",
        "createOrderAsynchronously",
        create,
        Family.V1,
        Body.OBJECT,
        "Create an order; ask its job how it went",
        takes=AnyObject,
        answers={202: JobAccepted, 200: JobAccepted | Failure, **V1_FAILURES},
        query=(Parameter("returnIds", {"type": "boolean", "default": False}),),
        plans=True,
    ),
    Operation(
        "POST",
        "/v1/async/orders/preview",
        "previewOrderAsynchronously",
        preview,
        Family.V1,
        Body.OBJECT,
        "Preview an order; ask its job for the result",
        takes=AnyObject,
        answers={202: PreviewAccepted, **V1_FAILURES},
        plans=True,
    ),
    Operation(
        "DELETE",
        "/v1/async/orders/{orderNumber}",
        "deleteOrderAsynchronously",
        delete,
        summary="Delete an order; ask its job how it went",
        answers={200: JobAccepted, **V1_FAILURES},
        plans=True,
    ),
    Operation(
        "GET",
        "/v1/async-jobs/{jobId}",
        "getJobStatusAndResponse",
        status,
        summary="The state of an order job: Processing, Failed or Completed",
        answers={200: AsyncJob | Failure, **V1_FAILURES},
    ),
)
