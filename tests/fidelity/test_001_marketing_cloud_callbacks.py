"""Seed 001, "Callback Handling for Asynchronous Calls", from top to bottom: each claim is a test, its docstring says it."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from simulator import Receiver, Simulator
from tests.support.cloud import WITHOUT_KEY, CloudClient, form_of, post_to, subscribers

FIELDS = [
    "RequestID",
    "ConversationID",
    "OverallStatusCode",
    "StatusCode",
    "StatusMessage",
    "ErrorCode",
    "RequestType",
    "ResultType",
    "ResultDetailXML",
    "SequenceCode",
]
"""As the document lists them."""


@pytest.fixture
async def zuora() -> AsyncIterator[Simulator]:
    async with Simulator() as simulator:
        yield simulator


@pytest.fixture
async def cloud(zuora: Simulator) -> AsyncIterator[CloudClient]:
    async with aiohttp.ClientSession() as session:
        yield await logged_in(zuora, session)


async def logged_in(zuora: Simulator, session: aiohttp.ClientSession) -> CloudClient:
    client = CloudClient(zuora, session)
    await client.log_in()
    return client


# ── how results come back ──


async def test_results_come_by_callback_rather_than_by_email(zuora: Simulator, cloud: CloudClient) -> None:
    """An HTTPPost callback returns the results of an asynchronous request; an e-mail can be asked for instead, or as well."""
    email = {"ResponseType": "email", "ResponseAddress": "ops@example.com", "RespondWhen": "OnCallComplete"}
    async with Receiver() as receiver:
        request_id = await cloud.submit(subscribers(1), post_to(receiver.url), email)
        await zuora.settle()
        assert dict(form_of(receiver.requests[0].body))["RequestID"] == request_id
        assert [kept.request_id for kept in zuora.marketing_cloud.outbox] == [request_id]


# ── to secure your public callback URL ──


async def test_the_callback_is_submitted_using_https(cloud: CloudClient) -> None:
    """In strict mode the HTTPPost must be submitted using HTTPS: a plain http address is refused with the call."""
    routes = {"hooks.example.com": "127.0.0.1:9"}
    async with Simulator(strict_urls=True, routes=routes) as strict:
        client = await logged_in(strict, cloud.session)
        asked: dict[str, Any] = {
            "RequestType": "Asynchronous",
            "SendResponseTo": post_to("http://hooks.example.com/cb"),
        }
        refused = await client.call("Create", subscribers(1), **asked)
        assert "https" in refused.fault
        assert strict.requests == ()
        await client.submit(subscribers(1), post_to("https://hooks.example.com/cb"))


async def test_a_callback_goes_out_over_tls(cloud: CloudClient) -> None:
    """An https address is called over TLS, its certificate verified."""
    async with Simulator() as zuora:
        tls = zuora.instance.authority.server_context("localhost", "127.0.0.1")
        async with Receiver(tls=tls) as receiver:
            client = await logged_in(zuora, cloud.session)
            await client.submit(subscribers(1), post_to(receiver.url))
            await zuora.settle()
            assert receiver.url.startswith("https://")
            assert [callout.outcome for callout in zuora.callouts] == ["delivered"]


async def test_addresses_are_allowlisted(zuora: Simulator, cloud: CloudClient) -> None:
    """The document has you allowlist the service's addresses; the simulator, in turn, calls nobody it was not allowed to."""
    await cloud.submit(subscribers(1), post_to("https://hooks.example.com/cb"))
    await zuora.settle()
    (callout,) = zuora.callouts
    assert (callout.outcome, callout.attempts[0].error_class) == ("not-sent", "not-allowed")


# ── retrieve the call's status ──


async def test_a_response_can_be_set(zuora: Simulator, cloud: CloudClient) -> None:
    """An asynchronous call returns an HTTP POST or an e-mail *after processing*, not before."""
    async with Receiver() as receiver:
        await cloud.submit(subscribers(1), post_to(receiver.url))
        assert (receiver.requests, zuora.callouts) == ((), ())
        await zuora.settle()
        assert len(receiver.requests) == 1


@pytest.mark.parametrize("name", ["ResultID", "RequestID"])
async def test_the_status_is_retrieved_from_result_message(zuora: Simulator, cloud: CloudClient, name: str) -> None:
    """A retrieve on the ResultMessage object, filtered by the ResultID of the original request, tells its status;

    ``RequestID``, as the object is described elsewhere, finds the same, and no callback need have been asked for.
    """
    request_id = await cloud.submit(subscribers(2))
    await cloud.submit([WITHOUT_KEY])
    assert (await cloud.retrieve("ResultMessage", where=(name, request_id))).all("Results") == []
    await zuora.settle()
    found = await cloud.retrieve("ResultMessage", where=(name, request_id))
    assert found.value("OverallStatus") == "OK"
    assert (found.value("Results/RequestID"), found.value("Results/StatusCode")) == (request_id, "OK")


# ── to use an HTTPPost callback ──


async def test_the_response_type_and_the_address_ask_for_it(zuora: Simulator, cloud: CloudClient) -> None:
    """SendResponseTo.ResponseType is HTTPPost, SendResponseTo.ResponseAddress the URL; any number of them, None among them."""
    async with Receiver() as one, Receiver() as other:
        nobody = {"ResponseType": "None", "RespondWhen": "OnCallComplete"}
        await cloud.submit(subscribers(1), post_to(one.url), nobody, post_to(other.url.rstrip("/") + "/b?c=d"))
        await zuora.settle()
        assert [(r.method, r.target) for r in one.requests + other.requests] == [("POST", "/"), ("POST", "/b?c=d")]
    for wrong in (
        {"ResponseType": "HTTPPost"},
        {"ResponseType": "FTP", "ResponseAddress": "ftp://x"},
        {"ResponseType": "HttpPost"},
    ):
        refused = await cloud.call("Create", subscribers(1), RequestType="Asynchronous", SendResponseTo=wrong)
        assert "ResponseType" in refused.fault


async def test_the_callback_is_a_standard_form_post(zuora: Simulator, cloud: CloudClient) -> None:
    """A standard HTTPPost request with the application/x-www-form-urlencoded content type."""
    async with Receiver() as receiver:
        await cloud.submit(subscribers(1), post_to(receiver.url, IncludeResults="true"))
        await zuora.settle()
        (heard,) = receiver.requests
        assert (heard.method, heard.header("Content-Type")) == ("POST", "application/x-www-form-urlencoded")
        assert heard.header("Content-Length") == str(len(heard.body))
        assert heard.body.isascii()


async def test_the_callback_has_these_fields(zuora: Simulator, cloud: CloudClient) -> None:
    """The ten fields, in the order of the document."""
    async with Receiver() as receiver:
        where: dict[str, Any] = {"ConversationID": "c", "SequenceCode": 1, "CallsInConversation": 1}
        await cloud.submit([WITHOUT_KEY], post_to(receiver.url, IncludeResults="true"), **where)
        await zuora.settle()
        told = form_of(receiver.requests[0].body)
        assert [name for name, _ in told] == FIELDS
        assert all(value for _, value in told)
        assert dict(told)["RequestType"] == dict(told)["ResultType"] == "Asynchronous"


# ── what they say ──


async def test_an_accepted_call_is_ok_and_was_queued(zuora: Simulator, cloud: CloudClient) -> None:
    """All successful asynchronous calls return a status of OK: the call was received and queued, whatever becomes of it."""
    reply = await cloud.call("Create", [*subscribers(1), WITHOUT_KEY], RequestType="Asynchronous")
    assert reply.value("OverallStatus") == "OK"
    assert reply.values("Results/StatusCode") == ["OK", "OK"]
    assert [request.state for request in zuora.requests] == ["queued"]
    assert (await cloud.call("Create", [WITHOUT_KEY])).value("OverallStatus") == "Error", "a synchronous call says it"


async def test_a_callback_has_no_unnecessary_fields(zuora: Simulator, cloud: CloudClient) -> None:
    """StatusMessage and ErrorCode aren't included for successful calls, nor is any field without a value."""
    async with Receiver() as receiver:
        await cloud.submit(subscribers(1), post_to(receiver.url))
        await zuora.settle()
        names = [name for name, _ in form_of(receiver.requests[0].body)]
        assert names == ["RequestID", "OverallStatusCode", "StatusCode", "RequestType", "ResultType"]


async def test_a_callback_need_not_say_that_a_call_failed(cloud: CloudClient) -> None:
    """ "The callback does not indicate whether the call executed or failed": Error by default (other pages), OK by a knob."""
    async with Simulator(quirks={"failedStatus": "OK"}) as zuora, Receiver() as receiver:
        client = await logged_in(zuora, cloud.session)
        await client.submit([WITHOUT_KEY], post_to(receiver.url))
        await zuora.settle()
        told = dict(form_of(receiver.requests[0].body))
        assert told["OverallStatusCode"] == "OK"
        assert "ErrorCode" not in told


# ── when an HTTPPost throws ──


async def test_a_failing_callback_is_never_tried_again(
    zuora: Simulator, cloud: CloudClient, caplog: pytest.LogCaptureFixture
) -> None:
    """If an HTTPPost throws an exception, the system logs an error and stops the process; it does not retry the call."""
    async with Receiver(answers=[500, 200]) as receiver:
        await cloud.submit(subscribers(1), post_to(receiver.url))
        await zuora.drain()
        await zuora.advance(days=5)
        assert len(receiver.requests) == 1
    (callout,) = zuora.callouts
    assert (callout.outcome, callout.max_attempts, len(callout.attempts)) == ("failed", 1, 1)
    assert callout.attempts[0].why.startswith("500 makes the HTTPPost throw an exception; an error is logged")
    assert [record.levelname for record in caplog.records if "callback" in record.message] == ["ERROR"]


# ── how many callbacks ──


async def test_callbacks_correspond_to_calls(zuora: Simulator, cloud: CloudClient) -> None:
    """If you send 500 asynchronous SOAP calls, the callback URL is called 500 times."""
    async with Receiver() as receiver:
        ids = {await cloud.submit([each], post_to(receiver.url)) for each in subscribers(500)}
        await zuora.settle()
        assert len(receiver.requests) == 500
        assert {dict(form_of(request.body))["RequestID"] for request in receiver.requests} == ids


async def test_multiple_objects_in_a_single_call_give_one_callback(zuora: Simulator, cloud: CloudClient) -> None:
    """Send multiple objects in a single call to receive fewer callbacks."""
    async with Receiver() as receiver:
        await cloud.submit(subscribers(500), post_to(receiver.url, IncludeResults="true"))
        await zuora.settle()
        (heard,) = receiver.requests
        assert dict(form_of(heard.body))["ResultDetailXML"].count("<OrdinalID>") == 500


async def test_on_error_calls_only_if_an_error_occurs(zuora: Simulator, cloud: CloudClient) -> None:
    """To get a callback only if an error occurs, RespondWhen is OnError."""
    async with Receiver() as receiver:
        await cloud.submit(subscribers(1), post_to(receiver.url, "OnError"))
        failing = await cloud.submit([*subscribers(1), WITHOUT_KEY], post_to(receiver.url, "OnError"))
        await zuora.settle()
        (heard,) = receiver.requests
        told = dict(form_of(heard.body))
        assert (told["RequestID"], told["OverallStatusCode"], told["ErrorCode"]) == (failing, "Error", "12000")


@pytest.mark.parametrize("kind", ["ResultItem", "ResultMessage"])
async def test_only_request_id_and_overall_status_are_retrieved(
    zuora: Simulator, cloud: CloudClient, kind: str
) -> None:
    """To capture only successful callbacks, retrieve both objects, and return only the RequestID and OverallStatusCode."""
    good = await cloud.submit(subscribers(1))
    bad = await cloud.submit([WITHOUT_KEY])
    await zuora.settle()
    found = await cloud.retrieve(kind, "RequestID", "OverallStatusCode")
    rows = [{each.tag.rpartition("}")[2]: each.text for each in row} for row in found.all("Results")]
    assert rows == [
        {"RequestID": good, "OverallStatusCode": "OK"},
        {"RequestID": bad, "OverallStatusCode": "Error"},
    ]
    successful = await cloud.retrieve(kind, "RequestID", "OverallStatusCode", where=("OverallStatusCode", "OK"))
    assert successful.values("Results/RequestID") == [good]
