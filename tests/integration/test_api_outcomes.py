"""Outcomes by choice: how a request ends, and what its client is told, by rules or by hand."""

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from simulator import Receiver, Simulator
from simulator.core.errors import ClientError
from tests.support.client import Client

ORDER = {"orderDate": "2026-01-01"}
PATH = "/v1/async/accounts"


async def rules(client: Client, *given: dict[str, Any]) -> None:
    status, answer = await client.call("PUT", "/_simulator/outcomes", json={"outcomes": list(given)})
    assert status == 200, answer


async def test_a_chosen_failure(zuora: Simulator, client: Client) -> None:
    """Code and message reach the receiver in the failed event; only the nth call fails."""
    await rules(client, {"path": PATH, "nth": 2, "result": "fail", "code": "53100320", "message": "No credit."})
    async with Receiver() as receiver:
        await client.listen(receiver.url, "Async Request Failed")
        for _ in range(3):
            await client.submit()
        await zuora.settle()
        assert [request.state for request in zuora.requests] == ["succeeded", "failed", "succeeded"]
        assert receiver.requests[0].json["reasons"] == [{"code": "53100320", "message": "No credit."}]
        assert zuora.requests[1].error == "[53100320]: No credit."


async def test_by_method_and_body(zuora: Simulator, client: Client) -> None:
    """A rule may name the method and fields of the body, by dotted names."""
    await rules(client, {"method": "POST", "body": {"billToContact.country": "FR"}, "result": "fail"})
    await client.submit(body={"billToContact": {"country": "FR"}})
    await client.submit(body={"billToContact": {"country": "US"}})
    await zuora.settle()
    assert [request.state for request in zuora.requests] == ["failed", "succeeded"]


async def test_slow_locked_retried_and_never(zuora: Simulator, client: Client) -> None:
    """`after` puts it off, `lock` is lock competition, `retries` are Zuora's own, `never` never ends."""
    await rules(
        client,
        {"path": "/v1/async/slow", "after": "10m"},
        {"path": "/v1/async/locked", "result": "lock"},
        {"path": "/v1/async/retried", "retries": 3},
        {"path": "/v1/async/never", "result": "never"},
    )
    begun = zuora.now
    for name in ("slow", "locked", "retried", "never"):
        await client.submit(f"/v1/async/{name}")
    await zuora.drain()
    slow, locked, retried, never = zuora.requests
    assert slow.complete_time == begun + timedelta(minutes=10)
    assert locked.error == "[50000050]: Operation failed due to a lock competition, please retry later."
    assert (retried.state, retried.complete_time) == ("succeeded", begun + timedelta(seconds=3))
    assert (never.state, never.complete_time) == ("never", None)


async def test_an_order_that_needs_polls(zuora: Simulator, client: Client) -> None:
    """The third poll sees the result, whatever the clock says."""
    zuora.outcome(path="/v1/async/orders", polls=3)
    _, accepted = await client.call("POST", "/v1/async/orders", json=ORDER)
    await zuora.settle()
    states = [(await client.call("GET", f"/v1/async-jobs/{accepted['jobId']}"))[1]["status"] for _ in range(4)]
    assert states == ["Processing", "Processing", "Completed", "Completed"]


async def test_an_order_in_lock_competition(zuora: Simulator, client: Client) -> None:
    """The text that clients look for, with `success: true`."""
    zuora.outcome("lock", path="/v1/async/orders")
    _, accepted = await client.call("POST", "/v1/async/orders", json=ORDER)
    await zuora.settle()
    _, job = await client.call("GET", f"/v1/async-jobs/{accepted['jobId']}")
    words = "[40000050]: Operation failed due to a lock competition, please retry later."
    assert (job["status"], job["errors"], job["success"]) == ("Failed", words, True)


async def test_an_answer_that_was_lost(zuora: Simulator, client: Client) -> None:
    """The client sees a gateway timeout, and the work is done; with its key again it hears what it missed."""
    zuora.outcome("lost-answer", path=PATH, nth=1)
    key = {"Idempotency-Key": "k"}
    status, _ = await client.call("POST", PATH, json={"name": "Acme"}, headers=key)
    assert status == 504
    status, accepted = await client.call("POST", PATH, json={"name": "Acme"}, headers=key)
    assert status == 202
    await zuora.settle()
    assert [(request.id, request.state) for request in zuora.requests] == [(accepted["requestId"], "succeeded")]


@pytest.mark.parametrize(("status", "retry_after"), [(429, "7"), (503, "60"), (500, None)])
async def test_misfortune_of_the_api_itself(
    zuora: Simulator, client: Client, status: int, retry_after: str | None
) -> None:
    """A status in Zuora's shape, 429 with `Retry-After`; nothing is accepted; it holds for every endpoint."""
    rule: dict[str, Any] = {"result": "status", "status": status, "path": "/v1/*"}
    await rules(client, rule | ({"retryAfter": 7} if status == 429 else {}))
    for method, path in (("POST", PATH), ("GET", "/v1/accounts/x")):
        async with client.session.request(method, zuora.url + path, json={}, headers=client.headers) as answer:
            body = await answer.json()
            assert (answer.status, body["success"]) == (status, False)
            assert answer.headers.get("Retry-After") == retry_after
            if status == 429:
                assert body["reasons"] == [{"code": 50000070, "message": "Request exceeded limit"}]
    assert zuora.requests == ()


async def test_a_key_whose_request_is_under_way(zuora: Simulator, client: Client) -> None:
    """409 while the first is held up; then its answer."""
    zuora.outcome(path=PATH, nth=1, latency=0.2)
    key = {"Idempotency-Key": "k"}

    async def post() -> tuple[int, Any]:
        return await client.call("POST", PATH, json={}, headers=key)

    accepted = asyncio.Event()
    zuora.instance.engine.ledger.listeners.append(lambda fact: accepted.set())
    slow = asyncio.create_task(post())
    await accepted.wait()
    assert (await post())[0] == 409
    first = await slow
    assert first[0] == 202
    assert await post() == first


async def test_rules_for_one_tenant(zuora: Simulator, client: Client) -> None:
    """`?clientId=` gives a tenant rules of its own; the others go on as ever."""
    given = {"outcomes": [{"result": "fail"}]}
    await client.call("PUT", f"/_simulator/outcomes?clientId={'1' * 36}", json=given)
    await client.submit()
    other = Client(zuora, client.session)
    await other.log_in("1" * 36, "secret")
    await other.submit()
    await zuora.settle()
    assert [request.state for request in zuora.instance.requests()] == ["succeeded", "failed"]


async def test_synchronous_twins_obey_too(zuora: Simulator, client: Client) -> None:
    """A chosen failure is a logical one with HTTP 200."""
    zuora.outcome("fail", path="/v1/accounts", code="50000030", message="No.")
    status, body = await client.call("POST", "/v1/accounts", json={"name": "x"})
    assert (status, body["reasons"]) == (200, [{"code": 50000030, "message": "No."}])


async def test_one_request_by_hand(zuora: Simulator, client: Client) -> None:
    """A queued request is given an end; one that has ended is 409, an unknown one 404."""
    zuora.outcome("never", path=PATH)
    request_id = await client.submit()
    await zuora.settle()
    path = f"/_simulator/requests/{request_id}/outcome"
    status, record = await client.call("POST", path, json={"result": "fail", "code": "50000060", "message": "By hand."})
    assert (status, record["id"]) == (202, request_id)
    await zuora.settle()
    assert zuora.requests[0].error == "[50000060]: By hand."
    assert (await client.call("POST", path, json={"result": "succeed"}))[0] == 409
    assert (await client.call("POST", "/_simulator/requests/x/outcome", json={"result": "succeed"}))[0] == 404


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"result": "fial"}, "'fail'"),
        ({"reslut": "fail"}, "'result'"),
        ({"result": "status"}, "needs a status"),
        ({"result": "fail", "status": 500}, "status goes with"),
        ({"nth": 0}, "nth"),
        ({"after": "soon"}, "after"),
        ({"method": "FETCH"}, "method"),
        ({"result": "fail", "path": "v1/async/accounts"}, "a path begins with /"),
        ("x", "an outcome is an object"),
    ],
)
async def test_an_impossible_rule_is_refused(zuora: Simulator, client: Client, rule: Any, words: str) -> None:
    """400 that says what is wrong; the rules in force stay."""
    status, body = await client.call("PUT", "/_simulator/outcomes", json={"outcomes": [rule]})
    assert status == 400
    assert words in body["error"]
    if isinstance(rule, dict) and "result" in rule:
        with pytest.raises(ClientError):
            zuora.outcome(**rule)


async def test_reset_forgets_rules() -> None:
    """`reset` clears outcomes with the rest; what is written can be read back."""
    async with Simulator() as zuora, aiohttp.ClientSession() as session:
        client = Client(zuora, session)
        await client.log_in()
        await rules(client, {"path": PATH, "result": "fail", "after": "1h"})
        _, shown = await client.call("GET", "/_simulator/outcomes")
        assert shown["outcomes"] == [{"path": PATH, "result": "fail", "after": "1h", "seen": 0}]
        await rules(client, *shown["outcomes"])
        await client.call("POST", "/_simulator/reset")
        assert (await client.call("GET", "/_simulator/outcomes"))[1] == {"outcomes": []}


async def test_a_rule_without_a_path_is_not_about_tokens(zuora: Simulator, client: Client) -> None:
    """Else nobody would get as far as what is to fail; one that names the token endpoint is."""
    await rules(client, {"result": "status", "status": 503, "nth": 1})
    form = {"client_id": "f" * 36, "client_secret": "x", "grant_type": "client_credentials"}
    async with client.session.post(f"{zuora.url}/oauth/token", data=form) as answer:
        assert answer.status == 200
    assert (await client.call("POST", PATH, json={}))[0] == 503
    await rules(client, {"path": "/oauth/token", "result": "status", "status": 503})
    async with client.session.post(f"{zuora.url}/oauth/token", data=form) as answer:
        assert answer.status == 503
