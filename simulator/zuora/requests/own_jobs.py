"""The operations that are asynchronous on their own: they fire neither event and keep states of their own.

Documented: seed 000, "Limitations", and the reference of each (contract, section 1.2). Their work runs on the engine's
timeline like that of any request; its submission's ``details`` are the job's kind and what it is about: ``"kind key"``.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from simulator.core.ids import Ids, hyphenated
from simulator.core.model import Job, JobPhase
from simulator.zuora.edge.reading import read_json
from simulator.zuora.edge.replies import INTERNAL
from simulator.zuora.requests.resources import Resource
from simulator.zuora.requests.work import EMPTY_PREVIEW, Done, Reason, Target, apply, missing
from simulator.zuora.tenant import Tenant


class OwnKind(StrEnum):
    """Which operation a job of its own kind came of."""

    ORDER = "order"
    PREVIEW = "order-preview"
    ORDER_DELETION = "order-deletion"
    JOURNAL_RUN = "journal-run"
    JOURNAL_CANCEL = "journal-run-cancel"
    TRIAL_BALANCE = "trial-balance"
    FILES_DELETION = "files-deletion"
    HISTORY_DELETION = "history-deletion"


POLLED = frozenset({OwnKind.ORDER, OwnKind.PREVIEW, OwnKind.ORDER_DELETION})
"""Those whose state ``GET /v1/async-jobs/{id}`` tells."""

JOURNAL_RUN = "journalrun"
PERIOD = "accountingperiod"


def details(kind: OwnKind, key: str = "") -> str:
    """What a submission's ``details`` say of a job."""
    return f"{kind.value} {key}"


def kind_of_job(job: Job) -> OwnKind:
    """Which operation a job came of; only for one whose submission has ``details``."""
    return OwnKind(job.submission.details.partition(" ")[0])


def job_id_of(job: Job) -> str:
    """The id by which a client knows a job: 32 hex digits."""
    return job.id.replace("-", "")


def engine_id_of(job_id: str) -> str:
    """The engine's id of a job that a client names."""
    return hyphenated(job_id) if len(job_id) == 32 else job_id


def perform(tenant: Tenant, ids: Ids, job: Job, now: datetime, *, strict_fields: bool) -> Any | Reason:
    """Do the work; what comes of it is a plain value, or a reason."""
    return _WORK[kind_of_job(job)](tenant, ids, job, now, strict_fields)


def fail(tenant: Tenant, job: Job) -> None:
    """Note on what a job was about that it failed."""
    kind = kind_of_job(job)
    if kind is OwnKind.JOURNAL_RUN:
        _set(tenant, JOURNAL_RUN, _key(job), status="Error")
    elif kind is OwnKind.JOURNAL_CANCEL:
        _set(tenant, JOURNAL_RUN, _key(job), status="Completed")  # documented: it can stay Completed
    elif kind is OwnKind.TRIAL_BALANCE:
        _set(
            tenant,
            PERIOD,
            _key(job),
            runTrialBalanceStatus="Error",
            runTrialBalanceErrorMessage="Trial balance failed.",
        )


def order_status(job: Job) -> dict[str, Any]:
    """What ``GET /v1/async-jobs/{id}`` answers; the root is exactly these four (wild: ZR, live). ``success`` stays true."""
    if job.phase is JobPhase.QUEUED:
        return {"status": "Processing", "errors": None, "result": None, "success": True}
    if job.phase is JobPhase.FAILED:
        errors = job.error or f"[{INTERNAL}]: Internal error."
        return {"status": "Failed", "errors": errors, "result": None, "success": True}
    return {"status": "Completed", "errors": None, "result": job.result, "success": True}


def file_status(job: Job) -> str:
    """The state of a job that deletes files; one that failed is in error (spec: GetBillingDocumentFilesDeletionJobStatus)."""
    return {JobPhase.QUEUED: "Pending", JobPhase.SUCCEEDED: "Completed", JobPhase.FAILED: "Error"}[job.phase]


def _order(tenant: Tenant, ids: Ids, job: Job, now: datetime, strict_fields: bool) -> Any:
    done = apply(
        tenant,
        "POST",
        Target("orders", "order"),
        _body(job),
        _new_id(ids, tenant, job),
        now,
        strict_fields=strict_fields,
    )
    if isinstance(done, Reason):
        return done
    order = tenant.resources[done.resource_id]
    return _order_result(tenant, order, done, "returnids=true" in job.submission.target.lower())


def _order_result(tenant: Tenant, order: Resource, done: Done, with_ids: bool) -> dict[str, Any]:
    subscriptions = [one for one in done.also if one.collection == "subscription"]
    invoices = [one for one in done.also if one.collection == "invoice"]
    account = order.fields.get("existingAccountNumber")
    result: dict[str, Any] = {
        "jobType": "AsyncCreateOrder",
        "orderNumber": order.number,
        "accountNumber": account if isinstance(account, str) else None,
        "status": order.fields.get("status"),
        "subscriptions": [
            {"subscriptionNumber": one.number, "status": one.fields.get("status")} for one in subscriptions
        ],
    }
    if invoices:
        result["invoiceNumbers"] = [one.number for one in invoices]
    if with_ids:
        result |= {"orderId": order.id, "subscriptionIds": [one.id for one in subscriptions]}
        result["invoiceIds"] = [one.id for one in invoices]
        known = tenant.resources.find("account", account) if isinstance(account, str) else None
        result["accountId"] = known.id if known else None
    return result | {"success": True}


def _preview(tenant: Tenant, ids: Ids, job: Job, now: datetime, strict_fields: bool) -> Any:
    body = _body(job)
    lacking = missing("order", body if isinstance(body, dict) else {}, strict_fields=strict_fields)
    return lacking or EMPTY_PREVIEW


def _delete_order(tenant: Tenant, ids: Ids, job: Job, now: datetime, strict_fields: bool) -> Any:
    number = _key(job)
    target = Target("orders", "order", number)
    done = apply(tenant, "DELETE", target, None, _new_id(ids, tenant, job), now)
    if isinstance(done, Reason):
        return done
    return {"jobType": "AsyncDeleteOrder", "orderNumber": number, "success": True}


def _run_journal(tenant: Tenant, ids: Ids, job: Job, now: datetime, strict_fields: bool) -> Any:
    run = tenant.resources.find(JOURNAL_RUN, _key(job))
    if run is not None and run.fields.get("status") == "Pending":
        executed = now.strftime("%Y-%m-%d %H:%M:%S")  # documented sample: 2014-11-15 22:05:12
        _set(tenant, JOURNAL_RUN, run.id, status="Completed", executedOn=executed)
    return {"journalRunNumber": _key(job)}


def _cancel_journal(tenant: Tenant, ids: Ids, job: Job, now: datetime, strict_fields: bool) -> Any:
    _set(tenant, JOURNAL_RUN, _key(job), status="Cancelled")
    return {"journalRunNumber": _key(job)}


def _balance(tenant: Tenant, ids: Ids, job: Job, now: datetime, strict_fields: bool) -> Any:
    _set(
        tenant,
        PERIOD,
        _key(job),
        runTrialBalanceStatus="Completed",
        runTrialBalanceEnd=now.strftime("%Y-%m-%d %H:%M:%S"),
    )
    return {"id": _key(job)}


def _nothing(tenant: Tenant, ids: Ids, job: Job, now: datetime, strict_fields: bool) -> Any:
    return {"id": job_id_of(job)}  # there are no files to delete, and history is hidden from the moment it was asked


_WORK: Mapping[OwnKind, Callable[[Tenant, Ids, Job, datetime, bool], Any]] = {
    OwnKind.ORDER: _order,
    OwnKind.PREVIEW: _preview,
    OwnKind.ORDER_DELETION: _delete_order,
    OwnKind.JOURNAL_RUN: _run_journal,
    OwnKind.JOURNAL_CANCEL: _cancel_journal,
    OwnKind.TRIAL_BALANCE: _balance,
    OwnKind.FILES_DELETION: _nothing,
    OwnKind.HISTORY_DELETION: _nothing,
}


def _body(job: Job) -> Any:
    return read_json(job.submission.body) if job.submission.body else {}


def _new_id(ids: Ids, tenant: Tenant, job: Job) -> Callable[[str], str]:
    return lambda what: ids.hex(what, tenant.id, job.id)


def _key(job: Job) -> str:
    key: str = job.submission.details.partition(" ")[2]
    return key


def _set(tenant: Tenant, collection: str, key: str, **fields: Any) -> None:
    found = tenant.resources.find(collection, key)
    if found is not None:
        tenant.resources.put(found.id, found.with_fields({**found.fields, **fields}))
