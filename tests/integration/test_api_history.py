"""Callout history and resending: one row for each attempt, in Zuora's words."""

from typing import Any

import pytest

from simulator import Receiver, Simulator
from tests.support.client import Client

HISTORY = "/v1/notification-history/callout"
RESEND = "/notifications/callout-histories/resend"
ROW = [
    "attemptedNum", "createTime", "eventCategory", "eventContext", "notification", "requestMethod", "requestUrl",
    "responseCode",
]  # fmt: skip


async def rows(client: Client, query: str = "") -> list[dict[str, Any]]:
    status, body = await client.call("GET", f"{HISTORY}{query}")
    assert status == 200, body
    assert body["success"] is True
    found: list[dict[str, Any]] = body["calloutHistories"]
    return found


async def told(client: Client, receiver: Receiver) -> None:
    """One request whose callout is tried until it is over."""
    await client.listen(receiver.url)
    await client.submit()
    await client.zuora.drain()


async def test_one_row_for_each_attempt_newest_first(zuora: Simulator, client: Client) -> None:
    """Failures only, unless asked otherwise; the documented keys and types; content where it is asked for."""
    async with Receiver(answers=[503, {"status": 200, "body": "fine"}]) as receiver:
        await told(client, receiver)
        (failed,) = await rows(client)
        assert list(failed) == ROW
        assert (failed["attemptedNum"], failed["responseCode"]) == (1, 503)
        assert failed["createTime"] == "2026-01-01T00:00:00"
        assert failed["eventCategory"] == "com.zuora.notification:AsyncRequestSucceeded"
        assert (failed["requestMethod"], failed["requestUrl"]) == ("POST", receiver.url)
        context = failed["eventContext"]
        assert context["<Event.Category>"] == "AsyncRequestSucceeded"
        assert context["<Notification>"]["Event"] == "Async Request Succeeded"
        both = await rows(client, "?failedOnly=false&includeResponseContent=True")
        assert [(row["attemptedNum"], row["responseContent"]) for row in both] == [(2, "fine"), (1, "")]


async def test_parameters(zuora: Simulator, client: Client) -> None:
    """Window, object, category; spellings that clients use; nonsense is 400 in the v1 envelope."""
    async with Receiver(answers=[404]) as receiver:
        await told(client, receiver)
    (row,) = await rows(client)
    object_id = row["eventContext"]["<Object.ID>"]
    for query, count in (
        ("?startTime=2026-01-01T00:00:00&endTime=2026-01-02T00:00:00Z", 1),
        ("?startTime=2026-01-01T00:00:00.000001", 0),
        ("?endTime=2025-12-31T00:00:00", 0),
        ("?startTime=2026-01-01T01:00:00%2B01:00&endTime=2026-01-01T02:00:00.5", 1),
        (f"?objectId={object_id}", 1),
        ("?objectId=x", 0),
        ("?eventCategory=com.zuora.notification:AsyncRequestSucceeded", 1),
        ("?eventCategory=user.notification:AsyncRequestSucceeded", 1),
        ("?eventCategory=1210", 0),
        ("?pageSize=1000", 1),
    ):
        assert len(await rows(client, query)) == count, query
    await zuora.advance(days=1, seconds=1)
    assert await rows(client) == []
    for query in ("?page=0", "?pageSize=x", "?failedOnly=maybe", "?startTime=yesterday"):
        status, body = await client.call("GET", HISTORY + query)
        assert (status, body["reasons"][0]["code"]) == (400, 50000027)


async def test_a_window_from_the_beginning_of_time(zuora: Simulator, client: Client) -> None:
    """As some clients write "all": its pages can be followed; a window that ends there is empty."""
    async with Receiver(answers=[404]) as receiver:
        await told(client, receiver)
        await client.submit()
        await zuora.drain()
    _, page = await client.call("GET", f"{HISTORY}?startTime=0001-01-01T00:00:00&pageSize=1")
    _, rest = await client.call("GET", page["nextPage"].removeprefix(zuora.url))
    assert (len(page["calloutHistories"]), len(rest["calloutHistories"])) == (1, 1)
    assert await rows(client, "?endTime=0001-01-01T00:00:00") == []


async def test_a_window_that_begins_within_a_second(zuora: Simulator, client: Client) -> None:
    """It has what was sent later in that second, as whoever notes the time, acts, and asks what came of it expects."""
    async with Receiver(answers=[404]) as receiver:
        await zuora.advance(milliseconds=600)
        await told(client, receiver)
    for fraction, count in (("500000", 1), ("600000", 1), ("700000", 0)):
        assert len(await rows(client, f"?startTime=2026-01-01T00:00:00.{fraction}")) == count


async def test_pages_neither_skip_nor_repeat(zuora: Simulator, client: Client) -> None:
    """`nextPage` is absolute and repeats the parameters; rows that come meanwhile do not move the others."""
    async with Receiver(answers=[404]) as receiver:
        await client.listen(receiver.url)
        for _ in range(5):
            await client.submit()
        await zuora.settle()
        objects = [row["eventContext"]["<Object.ID>"] for row in await rows(client)]
        found, path = [], f"{HISTORY}?pageSize=2&failedOnly=true"
        while path:
            _, page = await client.call("GET", path)
            found += [row["eventContext"]["<Object.ID>"] for row in page["calloutHistories"]]
            following = page.get("nextPage", "")
            assert not following or following.startswith(zuora.url + HISTORY + "?page=")
            path = following.removeprefix(zuora.url)
            await client.submit()
            await zuora.settle()
        assert found == objects


async def test_resend(zuora: Simulator, client: Client) -> None:
    """Blank 202, 202 with a map, 400 with the same map; an attempt more, numbered on, never retried."""
    async with Receiver(answers=[404, 503, 200]) as receiver:
        await told(client, receiver)
        (attempt,) = zuora.attempts
        unknown = "a" + "0" * 32
        missing = {unknown: {"code": "ObjectNotFound", "message": "Callout history does not exist."}}
        assert await client.call("POST", RESEND, json=[attempt.history_id]) == (202, None)
        await zuora.drain()
        assert await client.call("POST", RESEND, json=[attempt.history_id, unknown]) == (202, missing)
        await zuora.drain()
        assert await client.call("POST", RESEND, json=[unknown]) == (400, missing)
        assert [(a.number, a.response_code) for a in zuora.attempts] == [(1, 404), (2, 503), (3, 200)]
        assert len({request.header("Zuora-Notification-Id") for request in receiver.requests}) == 1
        zuora.instance.change_settings({"quirks": {"resendBody": "{}"}}, None, "test")
        assert await client.call("POST", RESEND, json=[attempt.history_id]) == (202, {})
    for body in ([], {"a": 1}, ["x"] * 1001):
        assert (await client.call("POST", RESEND, json=body))[0] == 400


async def test_what_is_no_id_is_told_as_it_was_sent(client: Client) -> None:
    """A number, null or an object is the id of nothing, and the map has it in the words of JSON."""
    for path in (RESEND, RESEND.replace("callout", "email")):
        status, failures = await client.call("POST", path, json=[None, True, 5, {"a": [1]}, "x"])
        assert (status, list(failures)) == (400, ["null", "true", "5", '{"a":[1]}', "x"])


async def test_a_resend_has_the_credentials_of_now_and_the_url_of_then(zuora: Simulator, client: Client) -> None:
    """Fixing credentials fixes a resend, fixing a wrong URL does not (documented: RNH)."""
    auth = {"username": "user", "password": "wrong", "preemptive": True}
    async with Receiver(basic_auth=("user", "right")) as receiver:
        made = await client.listen(receiver.url, requiredAuth=True, calloutAuth=auth, calloutRetry=False)
        await client.submit()
        await zuora.drain()
        fixed = {
            **made["callout"],
            "calloutAuth": {**auth, "password": "right"},
            "calloutBaseurl": "https://x.example/",
        }
        await client.call("PUT", f"/notifications/notification-definitions/{made['id']}", json={"callout": fixed})
        await client.call("POST", RESEND, json=[zuora.attempts[0].history_id])
        await zuora.drain()
        assert [attempt.response_code for attempt in zuora.attempts] == [401, 200]


async def test_another_tenants_rows_do_not_exist(zuora: Simulator, client: Client) -> None:
    """Neither listed nor sent again."""
    async with Receiver(answers=[404]) as receiver:
        await told(client, receiver)
    other = Client(zuora, client.session)
    await other.log_in("1" * 36, "secret")
    assert await rows(other) == []
    assert (await other.call("POST", RESEND, json=[zuora.attempts[0].history_id]))[0] == 400


@pytest.mark.parametrize("window", [0, 3])
async def test_knobs(zuora: Simulator, client: Client, window: int) -> None:
    """All values as text; a largest window."""
    async with Receiver(answers=[404]) as receiver:
        await told(client, receiver)
    quirks = {"historyValues": "strings", "historyWindowDays": window}
    zuora.instance.change_settings({"quirks": quirks}, None, "test")
    (row,) = await rows(client)
    assert {type(value) for value in row.values()} == {str}
    status, _ = await client.call("GET", f"{HISTORY}?startTime=2025-12-01T00:00:00")
    assert status == (400 if window else 200)


async def test_deleting_an_accounts_history(zuora: Simulator, client: Client) -> None:
    """A task that runs and finishes; the account's rows are gone, the others stay."""
    async with Receiver(answers=[404]) as receiver:
        await client.listen(receiver.url, "Subscription Created")
        for account in ("a1", "a2"):
            fields = {"event": "Subscription Created", "fields": {"Account": {"Id": account}}}
            await client.call("POST", "/_simulator/events", json=fields)
        await zuora.settle()
    status, task = await client.call("DELETE", "/notifications/history?accountId=a1")
    assert (status, task["status"], task["accountId"]) == (202, "RUNNING", "a1")
    assert task["createdOn"] == 1767225600000
    assert [row["eventContext"]["<Account.ID>"] for row in await rows(client)] == ["a2"]
    await zuora.settle()
    assert (await client.call("GET", f"/notifications/history/tasks/{task['id']}"))[1]["status"] == "FINISHED"
    async with client.session.delete(zuora.url + "/notifications/history", headers=client.headers) as answer:
        assert (answer.status, answer.content_type) == (400, "text/plain")


async def test_emails_are_not_simulated(client: Client) -> None:
    """An empty history, and nothing to send again."""
    assert await client.call("GET", "/v1/notification-history/email") == (200, {"emailHistories": [], "success": True})
    assert (await client.call("POST", "/notifications/email-histories/resend", json=["x"]))[0] == 400
