"""What the families share whose operations are asynchronous on their own: a job is begun, and asked for by its id."""

from collections.abc import Container

from simulator.core.model import Job
from simulator.zuora.edge.call import Call
from simulator.zuora.edge.replies import no_entity
from simulator.zuora.requests import own_jobs
from simulator.zuora.requests.own_jobs import OwnKind


def begin(call: Call, kind: OwnKind, key: str = "") -> str:
    """Accept what a call asks for as a job of that kind; answers with the id by which it is asked for."""
    return own_jobs.job_id_of(call.service.submit(call, own_jobs.details(kind, key)))


def polled(call: Call, kinds: Container[OwnKind]) -> Job:
    """The job that a call's path names, asked once more; raises a ClientError where the tenant has none of these kinds."""
    job_id = call.values[0]
    job = call.service.engine.ledger.jobs.get(own_jobs.engine_id_of(job_id))
    if job is None or job.tenant != call.tenant.id or not job.submission.details:
        raise no_entity(job_id)
    if own_jobs.kind_of_job(job) not in kinds:
        raise no_entity(job_id)
    return call.service.polled(call.tenant, job)
