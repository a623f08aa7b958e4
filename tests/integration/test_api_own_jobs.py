"""The operations that are asynchronous on their own: they fire no event, and keep states of their own (seed 000)."""

from typing import Any

import pytest

from simulator import Simulator
from tests.support.client import Client

ORDER = {"orderDate": "2026-01-01", "existingAccountNumber": "A00000001", "subscriptions": [{"orderActions": []}]}
JOURNAL = {"journalEntryDate": "2026-01-01", "transactionTypes": [{"type": "Invoice Item"}]}
FILES = "/v1/accounts/billing-documents/files/deletion-jobs"


async def job_of(client: Client, path: str, body: Any, status: int) -> str:
    answered, accepted = await client.call("POST", path, json=body)
    assert answered == status, accepted
    job: str = accepted["jobId"]
    assert len(job) == 32
    return job


async def state(client: Client, job: str) -> dict[str, Any]:
    status, body = await client.call("GET", f"/v1/async-jobs/{job}")
    assert status == 200
    assert set(body) == {"status", "errors", "result", "success"}
    found: dict[str, Any] = body
    return found


async def test_an_order_job_from_processing_to_completed(zuora: Simulator, client: Client) -> None:
    """Processing until its work is done; then a result with order, account and subscriptions; nobody is told."""
    for event in ("Async Request Succeeded", "Async Request Failed"):
        await client.listen("http://127.0.0.1:9/x", event)
    job = await job_of(client, "/v1/async/orders?returnIds=true", ORDER, 202)
    assert await state(client, job) == {"status": "Processing", "errors": None, "result": None, "success": True}
    await zuora.settle()
    completed = await state(client, job)
    assert (completed["status"], completed["errors"], completed["success"]) == ("Completed", None, True)
    result = completed["result"]
    assert result["jobType"] == "AsyncCreateOrder"
    assert (result["orderNumber"], result["accountNumber"]) == ("O-00000001", "A00000001")
    assert result["subscriptions"] == [{"subscriptionNumber": "A-S00000001", "status": "Active"}]
    assert len(result["orderId"]) == 32
    assert zuora.callouts == ()
    assert (await client.call("GET", "/v1/orders/O-00000001"))[1]["success"] is True


async def test_a_failed_order_job_says_success_true(zuora: Simulator, client: Client) -> None:
    """`status: Failed`, `errors` one text with the code in brackets, and `success: true`."""
    job = await job_of(client, "/v1/async/orders", {}, 202)
    await zuora.settle()
    failed = await state(client, job)
    assert failed == {
        "status": "Failed",
        "errors": "[40000022]: Missing required value for field 'orderDate'.",
        "result": None,
        "success": True,
    }


async def test_the_status_of_an_accepted_order_is_a_knob(zuora: Simulator, client: Client) -> None:
    """202 as the guide says of all asynchronous requests; 200 as the reference says since 2025."""
    zuora.instance.change_settings({"quirks": {"asyncOrdersStatus": 200}}, None, "test")
    await job_of(client, "/v1/async/orders", ORDER, 200)


async def test_whether_ids_are_returned_is_a_boolean(client: Client) -> None:
    """As any client spells it; what is none is refused at once."""
    order = {"orderDate": "2026-01-01"}
    assert (await client.call("POST", "/v1/async/orders?returnIds=True", json=order))[0] == 202
    status, envelope = await client.call("POST", "/v1/async/orders?returnIds=maybe", json=order)
    assert (status, envelope["reasons"][0]["code"]) == (400, 50000027)


async def test_preview(zuora: Simulator, client: Client) -> None:
    """The acceptance has a job id and nothing else; the result invoices and credit memos."""
    status, accepted = await client.call("POST", "/v1/async/orders/preview", json=ORDER)
    assert (status, list(accepted)) == (202, ["jobId"])
    await zuora.settle()
    assert (await state(client, accepted["jobId"]))["result"] == {"invoices": [], "creditMemos": []}


async def test_deleting_an_order(zuora: Simulator, client: Client) -> None:
    """A job for one that exists, 400 for one that does not."""
    _, made = await client.call("POST", "/v1/orders", json=ORDER)
    status, accepted = await client.call("DELETE", f"/v1/async/orders/{made['orderNumber']}")
    assert (status, accepted["success"]) == (200, True)
    await zuora.settle()
    assert (await state(client, accepted["jobId"]))["status"] == "Completed"
    status, refused = await client.call("DELETE", f"/v1/async/orders/{made['orderNumber']}")
    assert (status, refused["success"]) == (400, False)
    assert refused["reasons"][0]["message"] == "orderNumber does not exist"


@pytest.mark.parametrize("job", ["nope", "0" * 32])
async def test_an_unknown_job(client: Client, job: str) -> None:
    """A logical failure in the v1 envelope; a generic request's id is no job either."""
    request_id = await client.submit()
    for one in (job, request_id, request_id.replace("-", "")):
        status, body = await client.call("GET", f"/v1/async-jobs/{one}")
        assert (status, body["success"]) == (200, False)


async def test_a_journal_run_from_pending_to_cancelled(zuora: Simulator, client: Client) -> None:
    """Pending, Completed, CancelInprogress, Cancelled; each answer only says that it has begun."""
    status, made = await client.call("POST", "/v1/journal-runs", json=JOURNAL)
    assert (status, made) == (200, {"journalRunNumber": "JR-00000001", "success": True})
    path = f"/v1/journal-runs/{made['journalRunNumber']}"
    states = [(await client.call("GET", path))[1]["status"]]
    await zuora.settle()
    shown = (await client.call("GET", path))[1]
    states.append(shown["status"])
    assert shown["executedOn"] == "2026-01-01 00:00:00"
    assert await client.call("PUT", f"{path}/cancel") == (200, {"success": True})
    states.append((await client.call("GET", path))[1]["status"])
    assert (await client.call("PUT", f"{path}/cancel"))[1]["success"] is False
    await zuora.settle()
    states.append((await client.call("GET", path))[1]["status"])
    assert states == ["Pending", "Completed", "CancelInprogress", "Cancelled"]
    assert zuora.callouts == ()


async def test_a_journal_run_lacks_a_field(client: Client) -> None:
    """Synchronously: a logical failure with the code for a missing field."""
    _, body = await client.call("POST", "/v1/journal-runs", json={"journalEntryDate": "2026-01-01"})
    assert body["reasons"][0]["code"] == 50000022


async def test_a_journal_run_is_numbered_by_the_service(client: Client) -> None:
    """Two that bring the same number are two; transaction types that are no list are refused."""
    run = {"journalEntryDate": "2026-01-01", "transactionTypes": [{"type": "Invoice Item"}], "number": "JR-00000001"}
    made = [(await client.call("POST", "/v1/journal-runs", json=run))[1]["journalRunNumber"] for _ in range(2)]
    assert made == ["JR-00000001", "JR-00000002"]
    _, body = await client.call("POST", "/v1/journal-runs", json={**run, "transactionTypes": "Invoice Item"})
    assert body["reasons"][0]["code"] == 50000020


async def test_a_trial_balance(zuora: Simulator, client: Client) -> None:
    """One at a time; done when its job is."""
    path = "/v1/accounting-periods/ap1"
    assert await client.call("PUT", f"{path}/run-trial-balance") == (200, {"success": True})
    assert (await client.call("PUT", f"{path}/run-trial-balance"))[1]["success"] is False
    await zuora.settle()
    assert (await client.call("GET", path))[1]["runTrialBalanceStatus"] == "Completed"
    assert (await client.call("PUT", f"{path}/run-trial-balance"))[1]["success"] is True


async def test_deleting_the_files_of_billing_documents(zuora: Simulator, client: Client) -> None:
    """Pending, then Completed, or Error, as the specification spells it; without accounts a logical failure."""
    status, made = await client.call("POST", FILES, json={"accountIds": ["a"]})
    assert (status, made["status"], made["success"]) == (200, "Pending", True)
    await zuora.settle()
    assert await client.call("GET", f"{FILES}/{made['id']}") == (200, {**made, "status": "Completed"})
    await client.call("PUT", "/_simulator/outcomes", json={"outcomes": [{"path": FILES, "result": "fail"}]})
    _, made = await client.call("POST", FILES, json={"accountIds": ["a"]})
    await zuora.settle()
    assert (await client.call("GET", f"{FILES}/{made['id']}"))[1]["status"] == "Error"
    await client.call("PUT", "/_simulator/outcomes", json={"outcomes": []})
    assert (await client.call("POST", FILES, json={}))[1]["success"] is False
    assert (await client.call("GET", f"{FILES}/x"))[1]["success"] is False
