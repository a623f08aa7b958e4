"""The main job, from the client's request to the receiver's answer, over real sockets in virtual time."""

from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from simulator import Receiver, Simulator
from tests.support.client import Client

CHALLENGED = ("user", "pass")
JSON = {"Content-Type": "application/json"}


def credentials(*, preemptive: bool = False) -> dict[str, Any]:
    auth = {"username": CHALLENGED[0], "password": CHALLENGED[1], "preemptive": preemptive}
    return {"requiredAuth": True, "calloutAuth": auth}


async def test_a_callout_is_tried_again_every_thirty_minutes(zuora: Simulator, client: Client) -> None:
    """503, 503, 200: three requests at +0, +30, +60 minutes, one notification id, a new request id each."""
    async with Receiver(answers=[503, 503, 200]) as receiver:
        await client.listen(receiver.url)
        begun = zuora.now
        await client.submit()
        await zuora.settle()
        await zuora.advance(minutes=30)
        await zuora.advance(minutes=30)
        (callout,) = zuora.callouts
        assert [attempt.response_code for attempt in callout.attempts] == [503, 503, 200]
        assert [attempt.sent_at - begun for attempt in callout.attempts] == [timedelta(minutes=m) for m in (0, 30, 60)]
        assert callout.outcome == "delivered"
        assert {request.header("Zuora-Notification-Id") for request in receiver.requests} == {callout.id}
        ids = [request.header("Zuora-Request-Id") or "" for request in receiver.requests]
        assert len(set(ids)) == 3
        for request_id, request in zip(ids, receiver.requests, strict=True):
            assert len(request_id) == 32
            assert request.header("X-Amzn-Trace-Id") == f"Root=1-{request_id[:8]}-{request_id[8:]}"


async def test_the_payload_is_the_guides(zuora: Simulator, client: Client) -> None:
    """The body of the callout has the guide's keys in the guide's order, compact."""
    async with Receiver() as receiver:
        await client.listen(receiver.url)
        request_id = await client.submit()
        await zuora.settle()
        (heard,) = receiver.requests
        resource = heard.json["data"]["id"]
        assert heard.body.decode() == (
            '{"createTime":"2026-01-01T00:00:00Z","completeTime":"2026-01-01T00:00:00Z","request":'
            f'{{"id":"{request_id}","method":"POST","url":"/v1/async/accounts","trackId":null}},'
            f'"state":"succeeded","data":{{"id":"{resource}"}}}}'
        )


async def test_a_failed_request_says_why(zuora: Simulator, client: Client) -> None:
    """Acting on what does not exist ends in *Async Request Failed*, with a code as text and a process id."""
    async with Receiver() as receiver:
        await client.listen(receiver.url, "Async Request Failed")
        await client.submit("/v1/async/accounts/nobody", {"name": "x"}, method="PUT")
        await zuora.settle()
        body = receiver.requests[0].json
        assert list(body) == ["createTime", "completeTime", "request", "state", "reasons", "processId"]
        assert body["reasons"] == [{"code": "50000040", "message": "Cannot find entity by key: 'nobody'."}]


async def test_credentials_follow_a_challenge(zuora: Simulator, client: Client) -> None:
    """First a request without Authorization, after the 401 a second with it: two exchanges of one attempt."""
    async with Receiver(basic_auth=CHALLENGED) as receiver:
        await client.listen(receiver.url, **credentials())
        await client.submit()
        await zuora.settle()
        (attempt,) = zuora.attempts
        assert [exchange.status for exchange in attempt.exchanges] == [401, 200]
        assert [request.header("Authorization") is not None for request in receiver.requests] == [False, True]
        assert len({exchange.request_id for exchange in attempt.exchanges}) == 2


async def test_preemptive_credentials_come_with_the_first_request(zuora: Simulator, client: Client) -> None:
    """With `preemptive` there is one request, and it has Authorization."""
    async with Receiver(basic_auth=CHALLENGED) as receiver:
        await client.listen(receiver.url, **credentials(preemptive=True))
        await client.submit()
        await zuora.settle()
        (request,) = receiver.requests
        assert request.header("Authorization") == "Basic dXNlcjpwYXNz"


async def test_no_challenge_no_second_request(zuora: Simulator, client: Client) -> None:
    """A 401 without WWW-Authenticate is answered by nothing further in this attempt."""
    async with Receiver(answers=[401]) as receiver:
        await client.listen(receiver.url, **credentials())
        await client.submit()
        await zuora.settle()
        assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [404, 400, 409, 301, 201, 204])
async def test_what_is_not_in_the_retry_list_is_final(zuora: Simulator, client: Client, status: int) -> None:
    """One attempt, and not delivered."""
    async with Receiver(answers=[status]) as receiver:
        await client.listen(receiver.url)
        await client.submit()
        await zuora.drain()
        (callout,) = zuora.callouts
        assert [attempt.response_code for attempt in callout.attempts] == [status]
        assert callout.outcome == "failed"
        assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [403, 408, 429, 500, 503])
async def test_what_is_in_the_retry_list_is_tried_up_to_the_limit(
    zuora: Simulator, client: Client, status: int
) -> None:
    """Three attempts, then it has failed."""
    async with Receiver(answers=[status]) as receiver:
        await client.listen(receiver.url)
        await client.submit()
        await zuora.drain()
        assert [attempt.response_code for attempt in zuora.attempts] == [status] * 3
        assert len(receiver.requests) == 3


async def test_nobody_listens(zuora: Simulator, client: Client) -> None:
    """A refused connection is a negative code, tried up to the limit, and named."""
    async with Receiver() as receiver:
        url = receiver.url
    await client.listen(url)
    await client.submit()
    await zuora.drain()
    assert [(a.response_code, a.error_class) for a in zuora.attempts] == [(-1, "refused")] * 3
    assert "refused" in zuora.attempts[0].why


async def test_a_hung_receiver_costs_patience_and_not_the_limit() -> None:
    """The attempt ends after the nominal 15 s in virtual time; the record says that patience cut it."""
    async with Simulator(patience=timedelta(milliseconds=50)) as zuora, aiohttp.ClientSession() as session:
        client = Client(zuora, session)
        await client.log_in()
        async with Receiver(answers=[{"hang": True}]) as receiver:
            await client.listen(receiver.url)
            await client.submit()
            await zuora.settle()
            (attempt,) = zuora.attempts
            assert attempt.error_class == "transfer-timeout"
            assert attempt.ended_at - attempt.sent_at == timedelta(seconds=15)
            assert attempt.patience
            assert "patience" in attempt.why
            assert zuora.now == attempt.sent_at


async def test_retry_off_is_one_attempt(zuora: Simulator, client: Client) -> None:
    """`calloutRetry: false`: one attempt, and the record says why no more."""
    async with Receiver(answers=[503]) as receiver:
        await client.listen(receiver.url, calloutRetry=False)
        await client.submit()
        await zuora.drain()
        (attempt,) = zuora.attempts
        assert "retry is off" in attempt.why
        assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "code"),
    [
        ("/v1/async/accounts", "{", JSON, 400, 50000090),
        ("/v1/async/accounts", "<a/>", {"Content-Type": "text/xml"}, 415, None),
        ("/v1/async/action/create", "{}", JSON, 404, 50000040),
        ("/v1/async/", "{}", JSON, 404, 50000040),
        ("/v1/async/accounts", "{}", JSON | {"Authorization": ""}, 401, "90000011"),
        ("/v1/async/accounts", "{}", JSON | {"Authorization": "Bearer x"}, 401, "90000011"),
    ],
)
async def test_what_cannot_be_accepted_is_refused_in_zuoras_shape(
    zuora: Simulator, client: Client, path: str, body: str, headers: dict[str, str], status: int, code: Any
) -> None:
    """Nothing is accepted, nothing is lost, and the answer is the v1 envelope."""
    answered, envelope = await client.call("POST", path, data=body, headers=headers)
    assert answered == status
    assert envelope["success"] is False
    if code is not None:
        assert envelope["reasons"][0]["code"] == code
    assert zuora.requests == ()


async def test_the_same_seed_tells_the_same_story() -> None:
    """Same seed and same inputs: byte-identical `/callouts` JSON."""
    stories = []
    async with Receiver(answers=[503, 200, 503, 200]) as receiver, aiohttp.ClientSession() as session:
        for _ in range(2):
            async with Simulator(seed=7) as zuora:
                client = Client(zuora, session)
                await client.log_in()
                await client.listen(receiver.url)
                await client.submit()
                await zuora.drain()
                async with session.get(zuora.url + "/_simulator/callouts") as response:
                    stories.append(await response.read())
    assert stories[0] == stories[1]


async def test_two_simulators_share_nothing(zuora: Simulator, client: Client) -> None:
    """What happens in one is not seen in the other."""
    async with Simulator() as other:
        await client.submit()
        assert len(zuora.requests) == 1
        assert other.requests == ()


async def test_control_plane_moves_time(zuora: Simulator, client: Client) -> None:
    """`advance` answers when everything due is delivered, and says how much that was."""
    async with Receiver(answers=[503, 200]) as receiver:
        await client.listen(receiver.url)
        await client.submit()
        status, state = await client.call("POST", "/_simulator/clock/advance", json={"minutes": 30})
        assert status == 200
        assert state["attempts"] == 2
        assert state["settled"] is True
        assert state["now"] == "2026-01-01T00:30:00Z"


async def test_a_misspelt_key_meets_its_near_match(client: Client) -> None:
    """Unknown keys: 400 with the near match."""
    status, body = await client.call("POST", "/_simulator/clock/advance", json={"minuets": 30})
    assert status == 400
    assert "'minutes'" in body["error"]
