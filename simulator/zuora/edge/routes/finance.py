"""Journal runs, trial balances, and jobs that delete the files of billing documents: asynchronous on their own.

Documented: the reference of each (contract, section 1.2). Their answers say only that it has begun; they fire no event.
"""

from typing import Any

from simulator.core.errors import ClientError
from simulator.core.model import JobPhase
from simulator.zuora.edge.call import Call
from simulator.zuora.edge.operations import Body, Operation
from simulator.zuora.edge.replies import BAD_VALUE, MISSING_FIELD, RULE, Family, Reply, no_entity
from simulator.zuora.edge.routes import own
from simulator.zuora.edge.shapes import (
    V1_FAILURES,
    Failure,
    FilesDeletion,
    FilesDeletionRequest,
    JournalRun,
    JournalRunMade,
    JournalRunRequest,
    Succeeded,
)
from simulator.zuora.requests import own_jobs
from simulator.zuora.requests.own_jobs import JOURNAL_RUN, PERIOD, OwnKind
from simulator.zuora.requests.work import make, missing

CANCELLED_FROM = frozenset({"Pending", "Error", "Completed"})
"""Documented: a run may be cancelled from these."""
BUSY = frozenset({"Processing", "CancelInprogress", "DeleteInprogress"})


def create_run(call: Call) -> Reply:
    """A journal run, pending until its job is done; its number is Zuora's to give."""
    lacking = missing(JOURNAL_RUN, call.fields, strict_fields=False)
    if lacking is not None:
        raise ClientError(lacking.message, status=200, code=lacking.code)
    if not isinstance(call.fields["transactionTypes"], list):
        raise ClientError("The value of field 'transactionTypes' must be an array.", status=200, code=BAD_VALUE)
    fields = {name: value for name, value in call.fields.items() if name != "number"} | {"status": "Pending"}
    run = make(call.tenant, JOURNAL_RUN, fields, call.service.next_id(call.tenant, "resource"))
    own.begin(call, OwnKind.JOURNAL_RUN, run.number or run.id)
    return Reply({"journalRunNumber": run.number, "success": True})


def show_run(call: Call) -> Reply:
    """A journal run: Pending, Processing, Completed, Error, CancelInprogress, Cancelled (spec)."""
    run = call.tenant.resources.find(JOURNAL_RUN, call.values[0])
    if run is None:
        raise no_entity(call.values[0])
    body: dict[str, Any] = {**run.fields, "id": run.id, "number": run.number, "success": True}
    return Reply(body)


def cancel_run(call: Call) -> Reply:
    """Begin to cancel a journal run; the answer only says that it was begun."""
    run = call.tenant.resources.find(JOURNAL_RUN, call.values[0])
    if run is None:
        raise no_entity(call.values[0])
    status = run.fields.get("status")
    if status not in CANCELLED_FROM:
        raise ClientError(f"A journal run that is {status} cannot be cancelled.", status=200, code=RULE)
    call.tenant.resources.put(run.id, run.with_fields({**run.fields, "status": "CancelInprogress"}))
    own.begin(call, OwnKind.JOURNAL_CANCEL, run.number or run.id)
    return Reply({"success": True})


def delete_run(call: Call) -> Reply:
    """Delete a journal run that is cancelled or in error."""
    run = call.tenant.resources.find(JOURNAL_RUN, call.values[0])
    if run is None:
        raise no_entity(call.values[0])
    if run.fields.get("status") in BUSY:
        raise ClientError("A journal run in progress cannot be deleted.", status=200, code=RULE)
    call.tenant.resources.remove(run.id)
    return Reply({"success": True})


def run_balance(call: Call) -> Reply:
    """Begin a trial balance; a period that was never made is taken as open (ours: periods are made in the UI)."""
    key = call.values[0]
    period = call.tenant.resources.find(PERIOD, key) or make(call.tenant, PERIOD, {"name": key}, key)
    fields = period.fields
    if fields.get("status") in ("Closed", "PendingClose"):
        raise ClientError("The accounting period must be open.", status=200, code=RULE)
    if fields.get("runTrialBalanceStatus") == "Processing":
        raise ClientError("A trial balance is in progress for this accounting period.", status=200, code=RULE)
    begun = {"runTrialBalanceStatus": "Processing", "runTrialBalanceStart": call.now.strftime("%Y-%m-%d %H:%M:%S")}
    call.tenant.resources.put(period.id, period.with_fields({**fields, **begun}))
    own.begin(call, OwnKind.TRIAL_BALANCE, period.id)
    return Reply({"success": True})


def delete_files(call: Call) -> Reply:
    """A job that deletes the files of the billing documents of some accounts."""
    given = call.fields.get("accountIds") or call.fields.get("accountKeys")
    if not isinstance(given, list):
        words = "Missing required value for field 'accountIds' or 'accountKeys'."
        raise ClientError(words, status=200, code=MISSING_FIELD)
    return Reply({"id": own.begin(call, OwnKind.FILES_DELETION), "status": "Pending", "success": True})


def show_files(call: Call) -> Reply:
    """How such a job stands."""
    job = own.polled(call, (OwnKind.FILES_DELETION,))
    status = "Processing" if job.phase is JobPhase.QUEUED and job.tries else own_jobs.file_status(job)
    return Reply({"id": call.values[0], "status": status, "success": True})


RUNS = "/v1/journal-runs"
FILES = "/v1/accounts/billing-documents/files/deletion-jobs"
OPERATIONS = (
    Operation(
        "POST",
        RUNS,
        "createJournalRun",
        create_run,
        Family.V1,
        Body.OBJECT,
        "Begin a journal run",
        takes=JournalRunRequest,
        answers={200: JournalRunMade | Failure, **V1_FAILURES},
        plans=True,
    ),
    Operation(
        "GET",
        RUNS + "/{jr-number}",
        "getJournalRun",
        show_run,
        summary="A journal run",
        answers={200: JournalRun | Failure, **V1_FAILURES},
    ),
    Operation(
        "DELETE",
        RUNS + "/{jr-number}",
        "deleteJournalRun",
        delete_run,
        summary="Delete a journal run",
        answers={200: Succeeded | Failure, **V1_FAILURES},
    ),
    Operation(
        "PUT",
        RUNS + "/{jr-number}/cancel",
        "cancelJournalRun",
        cancel_run,
        summary="Begin to cancel a journal run",
        answers={200: Succeeded | Failure, **V1_FAILURES},
        plans=True,
    ),
    Operation(
        "PUT",
        "/v1/accounting-periods/{ap-id}/run-trial-balance",
        "runTrialBalance",
        run_balance,
        summary="Begin a trial balance",
        answers={200: Succeeded | Failure, **V1_FAILURES},
        plans=True,
    ),
    Operation(
        "POST",
        FILES,
        "createBillingDocumentFilesDeletionJob",
        delete_files,
        Family.V1,
        Body.OBJECT,
        "Begin to delete the files of billing documents",
        takes=FilesDeletionRequest,
        answers={200: FilesDeletion | Failure, **V1_FAILURES},
        plans=True,
    ),
    Operation(
        "GET",
        FILES + "/{jobId}",
        "getBillingDocumentFilesDeletionJob",
        show_files,
        summary="How such a job stands",
        answers={200: FilesDeletion | Failure, **V1_FAILURES},
    ),
)
