"""Orders, asynchronous on their own: create, preview and delete, and the job that tells how it went.

Documented: seed 000, "Limitations"; the reference of each (contract, section 1.2). They fire neither event.
"""

from simulator.core.errors import ClientError
from simulator.zuora.edge.call import Call
from simulator.zuora.edge.operations import Body, Operation, Parameter
from simulator.zuora.edge.replies import NOT_FOUND, Family, Reply, no_entity
from simulator.zuora.edge.shapes import V1_FAILURES, AnyObject, AsyncJob, Failure, JobAccepted, PreviewAccepted
from simulator.zuora.requests import own_jobs
from simulator.zuora.requests.own_jobs import OwnKind


def create(call: Call) -> Reply:
    """An order job. What is wrong with the order is told by the job, not here."""
    status = call.service.settings(call.tenant).quirks.async_orders_status
    return Reply({"jobId": _submit(call, OwnKind.ORDER), "success": True}, status)


def preview(call: Call) -> Reply:
    """A preview job; this answer alone has no `success` (documented)."""
    return Reply({"jobId": _submit(call, OwnKind.PREVIEW)}, 202)


def delete(call: Call) -> Reply:
    """A job that deletes an order; an order that does not exist is refused at once (wild: ZR, live)."""
    number = call.values[0]
    if call.tenant.resources.find("order", number) is None:
        raise ClientError("orderNumber does not exist", code=NOT_FOUND)
    return Reply({"jobId": _submit(call, OwnKind.ORDER_DELETION, number), "success": True})


def status(call: Call) -> Reply:
    """How an order job stands."""
    job_id = call.values[0]
    job = call.service.engine.ledger.jobs.get(own_jobs.engine_id_of(job_id))
    if job is None or job.tenant != call.tenant.id or not job.submission.details:
        raise no_entity(job_id)
    if own_jobs.kind_of_job(job) not in own_jobs.POLLED:
        raise no_entity(job_id)
    return Reply(own_jobs.order_status(call.service.polled(call.tenant, job)))


def _submit(call: Call, kind: OwnKind, key: str = "") -> str:
    return own_jobs.job_id_of(call.service.submit(call, own_jobs.details(kind, key)))


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
