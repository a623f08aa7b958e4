"""Seed 003, "Callout notification overview", from top to bottom; what seed 002 says too is tried here from another side."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from simulator import Simulator
from simulator.core.model import ErrorClass
from tests.fidelity.conftest import Stage, codes

CHALLENGED = ("user", "pass")
BASIC: dict[str, Any] = {"requiredAuth": True, "calloutAuth": {"username": "user", "password": "pass"}}


# ── Callout security ──


async def test_callouts_go_over_https(stage: Stage) -> None:
    """ "Zuora will make a callout over HTTPS to a customer-designated URL"; TLS name and Host are the URL's."""
    receiver = await stage.receiver(tls=stage.zuora.instance.authority.server_context("www.example.com"))
    stage.zuora.route("www.example.com", receiver.url)
    await stage.client.listen("https://www.example.com/callout")
    await stage.client.submit()
    await stage.zuora.settle()
    assert receiver.requests[0].header("Host") == "www.example.com"
    assert stage.zuora.callouts[0].outcome == "delivered"


async def test_an_unknown_authority_is_not_trusted(stage: Stage) -> None:
    """ "HTTPS transport guarantees that no one will intercept": a certificate failure is 495, and final."""
    stranger = Simulator().instance.authority
    receiver = await stage.receiver(tls=stranger.server_context("127.0.0.1"))
    await stage.client.listen(receiver.url)
    await stage.client.submit()
    await stage.zuora.drain()
    (attempt,) = stage.zuora.attempts
    assert (attempt.response_code, attempt.error_class) == (495, ErrorClass.TLS_CERTIFICATE)
    assert receiver.requests == ()


async def test_the_data_is_an_id_and_the_rest_is_asked_for(stage: Stage) -> None:
    """ "The recipient will then need to authenticate back with Zuora to retrieve additional information"."""
    receiver = await stage.receiver()
    await stage.client.listen(receiver.url)
    await stage.client.submit(body={"name": "Acme"})
    await stage.zuora.settle()
    resource = receiver.requests[0].json["data"]["id"]
    status, account = await stage.client.call("GET", f"/v1/object/account/{resource}")
    assert status == 200
    assert "Acme" in str(account)


# ── Callout header ──


async def test_custom_headers(stage: Stage) -> None:
    """ "You can create custom callout headers in callout templates to deliver additional information"."""
    receiver = await stage.receiver()
    headers = {"X-Account": "<DataSource.Account.Id>", "X-Fixed": "yes"}
    await stage.fire(receiver, "Payment Declined", {"Account.Id": "8a80"}, calloutHeaders=headers)
    assert receiver.requests[0].header("X-Account") == "8a80"
    assert receiver.requests[0].header("X-Fixed") == "yes"


# ── User locale and data format ──


@pytest.mark.parametrize(("locale", "shown"), [("en_US", "12/31/2025"), ("de_DE", "31.12.2025"), ("iso", "2025-12-31")])
async def test_dates_follow_the_user_locale(stage: Stage, locale: str, shown: str) -> None:
    """ "You can change the locale according to your preferred format for display of date and dateTime fields"."""
    await stage.settings(locale=locale)
    receiver = await stage.receiver()
    params = {"Due": "<DataSource.Invoice.DueDate>"}
    await stage.fire(receiver, "Invoice Due", {"Invoice.DueDate": "2025-12-31"}, calloutParams=params)
    assert receiver.requests[0].json["Due"] == shown


# ── Callout notification timeout ──


async def test_a_slow_connection_then_a_slow_transfer(stage: Stage) -> None:
    """ "Every callout has a total of 25 seconds": 10 for the connection, and 15 of its own for the transfer."""
    limits = stage.zuora.instance.dispatcher.transport.limits  # type: ignore[attr-defined]  # the real wire
    assert limits.connect + limits.transfer == timedelta(seconds=25)


async def test_a_drip_does_not_hold_the_connection(stage: Stage) -> None:
    """The 15 seconds cover the whole transfer: a byte now and then does not begin them anew."""
    callout, _ = await stage.play([{"drip": "40B/s", "status": 200}, 200])
    assert callout.attempts[0].error_class == "transfer-timeout"


# ── Callout response codes ──


async def test_negative_codes_are_retried(stage: Stage) -> None:
    """ "Negative": a connection that breaks is tried again."""
    callout, _ = await stage.play([{"reset": True}, {"close": True}, 200])
    assert codes(callout) == [-1, -1, 200]
    assert callout.outcome == "delivered"


@pytest.mark.parametrize("status", [400, 401, 402, 404, 405, 406, 407, 409, 410, 411, 413, 415, 422, 451, 600, 999])
async def test_no_other_code_is_retried(stage: Stage, status: int) -> None:
    """ "Zuora only retries a callout if the response code is one of the following"."""
    callout, receiver = await stage.play([{"raw": f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n"}])
    assert codes(callout) == [status]
    assert len(receiver.requests) == 1


async def test_minus_2000_is_neither_sent_nor_retried(stage: Stage) -> None:
    """ "A -2000 response code is returned, and Zuora will neither send the callout notification nor retry it"."""
    callout, receiver = await stage.play(useCustomRequestBody=True, customRequestBody="{not json}")
    assert codes(callout) == [-2000]
    assert receiver.requests == ()
    assert "nothing was sent" in callout.attempts[0].why


async def test_a_success_that_is_false_is_retried_up_to_the_limit(stage: Stage) -> None:
    """With the option enabled, 200 with `success` false counts as an attempt like any other."""
    await stage.settings(confirmSuccess="reject-false")
    callout, _ = await stage.play([{"status": 200, "body": {"success": False}}])
    assert codes(callout) == [200, 200, 200]
    assert callout.outcome == "failed"


# ── Message sequence for callout basic authentication ──


async def test_the_four_steps(stage: Stage) -> None:
    """Request without Authorization; 401 with a realm; request with Authorization; 200. One attempt of two exchanges."""
    callout, receiver = await stage.play(auth=CHALLENGED, **BASIC)
    (attempt,) = callout.attempts
    first, second = attempt.exchanges
    assert (first.header("Authorization"), first.status) == (None, 401)
    assert any(name.lower() == "www-authenticate" and "realm=" in value for name, value in first.response_headers)
    assert second.status == 200
    assert receiver.requests[1].header("Authorization") == "Basic dXNlcjpwYXNz"
    assert receiver.requests[0].body == receiver.requests[1].body


async def test_credentials_are_never_shown(stage: Stage) -> None:
    """A record says that there were credentials, and not which."""
    callout, _ = await stage.play(auth=CHALLENGED, **BASIC)
    shown = callout.attempts[0].exchanges[1].header("Authorization")
    assert shown == "Basic ******"
    assert "dXNlcjpwYXNz" not in repr(callout)


# ── Note ──


async def test_a_retry_does_not_hold_up_what_came_later(stage: Stage) -> None:
    """ "The order of callout notifications depends on callout retries": the second event is told before the first's retry."""
    receiver = await stage.receiver([503, 200, 200])
    await stage.client.listen(receiver.url)
    first, second = await stage.client.submit(), await stage.client.submit()
    await stage.zuora.drain()
    told = [request.json["request"]["id"] for request in receiver.requests]
    assert told == [first, second, first]


async def test_one_slow_receiver_holds_up_no_other() -> None:
    """ "Concurrency": on a running clock a receiver that hangs delays nobody else's callouts."""
    from simulator import Receiver

    async with (
        Simulator(clock="real", delivery="immediate") as zuora,
        Receiver(answers=[{"hang": True}]) as hung,
        Receiver() as quick,
    ):
        zuora.notify("Payment Declined", hung.url)
        zuora.notify("Payment Declined", quick.url)
        for number in range(30):
            zuora.fire("Payment Declined", Number=str(number))
        await asyncio.wait_for(quick.wait_for(30), 5)
        assert len(quick.requests) == 30
