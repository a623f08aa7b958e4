"""Callout history: `GET /v1/notification-history/callout`, resending, and deleting an account's history (documented: CH, RS)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.core.errors import ClientError
from simulator.core.ids import Ids
from simulator.core.model import JobPhase, Phase
from simulator.zuora.edge import window
from simulator.zuora.edge.call import Call
from simulator.zuora.edge.notification_shapes import DeletionTask, EmailHistories, HistoryPage, ResendFailures
from simulator.zuora.edge.operations import Body, Operation, Parameter
from simulator.zuora.edge.replies import BAD_QUERY, NO_OBJECT, TEXT, VIOLATED, Family, Reply, encode
from simulator.zuora.edge.shapes import FLAT_FAILURES, V1_FAILURES, FlatFailure
from simulator.zuora.notifications.histories import Row, rows_of, written
from simulator.zuora.notifications.registered import HistoryDeletion
from simulator.zuora.quirks import HistoryValues, ResendBody
from simulator.zuora.requests import own_jobs
from simulator.zuora.requests.own_jobs import OwnKind
from simulator.zuora.tenant import TENANT_ID

PAGE_SIZE = 20
LARGEST_PAGE = 40
"""Documented: a larger one is treated as this."""
DAY = timedelta(days=1)
FIRST = datetime.min.replace(tzinfo=UTC)
"""Which some clients write for "from the beginning"."""
AT_ONCE = 1000
TASK_STATES = {JobPhase.QUEUED: "RUNNING", JobPhase.SUCCEEDED: "FINISHED", JobPhase.FAILED: "FAILED"}


def callouts(call: Call) -> Reply:
    """A page of rows, newest first; by default those that failed within the last day."""
    quirks = call.service.settings(call.tenant).quirks
    size = min(call.number("pageSize", PAGE_SIZE, least=1), LARGEST_PAGE)
    number = call.number("page", 1, least=1)
    end = window.instant(call, "endTime") or call.now
    start = window.instant(call, "startTime") or max(end, FIRST + DAY) - DAY
    if quirks.history_window_days and end - start > quirks.history_window_days * DAY:
        raise ClientError(f"The window must not exceed {quirks.history_window_days} days", code=BAD_QUERY)
    failed_only, content = call.flag("failedOnly", True), call.flag("includeResponseContent", False)
    wanted = window.chosen(call, start, end, failed_only)
    ledger, ids = call.service.engine.ledger, call.service.engine.ids
    rows = [row for row in rows_of(call.tenant, ledger) if wanted(row)]
    user = call.service.user_of(call.tenant)
    strings = quirks.history_values is HistoryValues.STRINGS
    begin = _behind(rows, ids, call.query.get("after")) if "after" in call.query else (number - 1) * size
    page = rows[begin : begin + size]
    body: dict[str, Any] = {
        "calloutHistories": [written(row, user, with_content=content, strings=strings) for row in page]
    }
    if begin + size < len(rows):
        body["nextPage"] = window.next_page(call, number + 1, size, start, end, page[-1].id(ids))
    return Reply(body | {"success": True})


def _behind(rows: list[Row], ids: Ids, history_id: str | None) -> int:
    """Where the page behind a row begins: what came meanwhile stands before it, so that nothing is skipped or repeated."""
    return next((place + 1 for place, row in enumerate(rows) if row.id(ids) == history_id), 0)


def resend(call: Call) -> Reply:
    """Send callouts once more by the ids of their rows: 202, with a map of those that failed; 400 where all did."""
    given = call.body if isinstance(call.body, list) else []
    if not given or len(given) > AT_ONCE:
        raise ClientError(f"The body must be an array of 1 to {AT_ONCE} callout history ids", code=VIOLATED)
    engine = call.service.engine
    known = {row.id(engine.ids): row.delivery.id for row in rows_of(call.tenant, engine.ledger)}
    failures: dict[str, Any] = {}
    names = [_name(one) for one in given]
    for name in names:
        delivery = engine.ledger.deliveries.get(known.get(name, ""))
        if delivery is None:
            failures[name] = {"code": NO_OBJECT, "message": "Callout history does not exist."}
        elif delivery.phase in (Phase.SENDING, Phase.READY):
            failures[name] = {"code": VIOLATED, "message": "The callout is being sent."}
        else:
            engine.resend(delivery.id, call.now)
    if len(failures) < len(set(names)):
        call.service.kick()
        blank = call.service.settings(call.tenant).quirks.resend_body is ResendBody.BLANK
        return Reply(failures or (None if blank else {}), 202)
    return Reply(failures, 400)


def resend_emails(call: Call) -> Reply:
    """No email is ever sent here, so none can be sent again."""
    given = call.body if isinstance(call.body, list) else []
    missing = {"code": NO_OBJECT, "message": "Email history does not exist."}
    return Reply({_name(one): missing for one in given}, 400)


def _name(given: Any) -> str:
    """An id as it is told that it failed; what is no text as it was sent."""
    return given if isinstance(given, str) else encode(given).decode()


def emails(call: Call) -> Reply:
    """Emails are not simulated: their history is empty."""
    call.number("page", 1, least=1)
    call.number("pageSize", PAGE_SIZE, least=1)
    window.instant(call, "endTime")
    window.instant(call, "startTime")
    return Reply({"emailHistories": [], "success": True})


def delete(call: Call) -> Reply:
    """Delete the history of an account, as a task."""
    account = call.query.get("accountId")
    if not account:
        return Reply(b"deleteNotificationHistory.accountId: must not be null", 400, content_type=TEXT)
    job = call.service.submit(call, own_jobs.details(OwnKind.HISTORY_DELETION, account))
    task = HistoryDeletion(own_jobs.job_id_of(job), account, call.now, call.service.user_of(call.tenant), job.id)
    call.tenant.deletions.put(task.id, task)
    return Reply(_task(call, task), 202)


def task(call: Call) -> Reply:
    """How a deletion stands: RUNNING, FINISHED or FAILED."""
    found = call.tenant.deletions.get(call.values[0])
    if found is None:
        raise ClientError("no notification history deletion task found with the given id", status=404, code=NO_OBJECT)
    return Reply(_task(call, found))


def _task(call: Call, task: HistoryDeletion) -> dict[str, Any]:
    job = call.service.engine.ledger.jobs.get(task.job)
    return {
        "accountId": task.account_id,
        "createdBy": task.created_by,
        "createdOn": int(task.at.timestamp() * 1000),  # documented: epoch milliseconds
        "id": task.id,
        "status": TASK_STATES[job.phase] if job else "FINISHED",
        "tenantId": TENANT_ID,
    }


_WINDOW = (
    Parameter("page", {"type": "integer", "minimum": 1, "default": 1}),
    Parameter("pageSize", {"type": "integer", "minimum": 1, "default": 20}),
    Parameter("startTime"),
    Parameter("endTime"),
    Parameter("objectId"),
    Parameter("failedOnly", {"type": "boolean", "default": True}),
    Parameter("eventCategory"),
)
OPERATIONS = (
    Operation(
        "GET",
        "/v1/notification-history/callout",
        "getCalloutHistory",
        callouts,
        summary="A page of callout history, newest first; failures of the last day unless asked otherwise",
        answers={200: HistoryPage, **V1_FAILURES},
        query=(*_WINDOW, Parameter("includeResponseContent", {"type": "boolean", "default": False})),
    ),
    Operation(
        "GET",
        "/v1/notification-history/email",
        "getEmailHistory",
        emails,
        summary="Email history: always empty, emails are not simulated",
        answers={200: EmailHistories, **V1_FAILURES},
        query=(*_WINDOW, Parameter("accountId")),
    ),
    Operation(
        "POST",
        "/notifications/callout-histories/resend",
        "resendCalloutNotifications",
        resend,
        Family.FLAT,
        Body.ARRAY,
        "Send callouts once more, by the ids of their history rows (`historyId` under /_simulator/callouts)",
        takes=list[str],
        answers={**FLAT_FAILURES, 202: ResendFailures | None, 400: ResendFailures | FlatFailure},
    ),
    Operation(
        "POST",
        "/notifications/email-histories/resend",
        "resendEmailNotifications",
        resend_emails,
        Family.FLAT,
        Body.ARRAY,
        "Emails are not simulated: none can be sent again",
        takes=list[str],
        answers={**FLAT_FAILURES, 400: ResendFailures | FlatFailure},
    ),
    Operation(
        "DELETE",
        "/notifications/history",
        "deleteNotificationHistoryForAccount",
        delete,
        Family.FLAT,
        summary="Delete an account's history",
        answers={**FLAT_FAILURES, 202: DeletionTask, 400: FlatFailure | str},
        query=(Parameter("accountId", required=True),),
        plans=True,
    ),
    Operation(
        "GET",
        "/notifications/history/tasks/{id}",
        "getNotificationHistoryDeletionTask",
        task,
        Family.FLAT,
        summary="How a deletion stands",
        answers={200: DeletionTask, **FLAT_FAILURES},
    ),
)
