"""How a job ends: as its plan says, or as its work does.

It joins plan, work and the operations that are asynchronous on their own; what is told of the end is the dialect's.
"""

from datetime import datetime
from typing import Any

from simulator.core.dialect import Finished
from simulator.core.ids import Ids
from simulator.core.model import Job, JobPhase
from simulator.zuora.edge.reading import read_json, segments_of
from simulator.zuora.edge.replies import LOCK_WORDS, LOCKED, RULE
from simulator.zuora.requests import own_jobs
from simulator.zuora.requests.plans import Plan, Result
from simulator.zuora.requests.work import Reason, apply, target_of
from simulator.zuora.tenant import Tenant


def carry_out(tenant: Tenant, ids: Ids, job: Job, plan: Plan | None, now: datetime, *, strict_fields: bool) -> Any:
    """The id of the resource that the request made, changed or removed (what came of it, for a job of its own), or why not."""
    chosen = _chosen(plan)
    if chosen is not None:
        return chosen if plan is not None and plan.code else _own(job, chosen)
    if job.submission.details:
        came = own_jobs.perform(tenant, ids, job, now, strict_fields=strict_fields)
        return _own(job, came) if isinstance(came, Reason) else came
    submission = job.submission
    segments = segments_of(submission.target.partition("?")[0])[2:]
    body = read_json(submission.body) if submission.body else {}
    done = apply(
        tenant,
        submission.method,
        target_of(segments),
        body,
        lambda what: ids.hex(what, tenant.id, job.id),
        now,
        strict_fields=strict_fields,
        raw=submission.body,
    )
    return done if isinstance(done, Reason) else done.resource_id


def _chosen(plan: Plan | None) -> Reason | None:
    """The failure that a plan asks for."""
    if plan is not None and plan.result is Result.FAIL:
        return Reason(plan.code or RULE, plan.message or "Operation failed.")
    if plan is not None and plan.result is Result.LOCK:
        return Reason(plan.code or LOCKED, plan.message or LOCK_WORDS)
    return None


def _own(job: Job, reason: Reason) -> Reason:
    """A reason in the codes of order jobs: 40000050 where others say 50000050 (wild: GU)."""
    if not job.submission.details or not reason.code.startswith("5"):
        return reason
    return Reason("4" + reason.code[1:], reason.message)


def silent(tenant: Tenant, job: Job, outcome: Any) -> Finished:
    """The end of an operation that is asynchronous on its own: nobody is told."""
    if isinstance(outcome, Reason):
        own_jobs.fail(tenant, job)
        return Finished(JobPhase.FAILED, error=outcome.words)
    return Finished(JobPhase.SUCCEEDED, result=outcome)
