"""Marketing Cloud's asynchronous calls over real sockets, in virtual time."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from simulator import Receiver, Simulator
from tests.support.cloud import WITHOUT_KEY, CloudClient, form_of, post_to, subscribers


async def test_a_token_says_where_soap_is_served(zuora: Simulator, cloud: CloudClient) -> None:
    """``/v2/token`` answers what the clients need: a token, its life as a number, and addresses with a closing slash."""
    status, answer = await cloud.log_in()
    assert status == 200
    assert answer["soap_instance_url"] == answer["rest_instance_url"] == zuora.url + "/"
    assert answer["token_type"] == "Bearer"
    assert isinstance(answer["expires_in"], int)


@pytest.mark.parametrize(
    ("given", "status", "error"),
    [
        ({"client_id": ""}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
    ],
)
async def test_a_wrong_login_is_an_oauth_error(
    cloud: CloudClient, given: dict[str, str], status: int, error: str
) -> None:
    """What cannot log in is told so in OAuth's words."""
    answered, body = await cloud.log_in(**given)
    assert (answered, body["error"]) == (status, error)


async def test_an_asynchronous_create_is_accepted_then_done_then_told(zuora: Simulator, cloud: CloudClient) -> None:
    """OK and a RequestID at once; the work later, on the simulator's clock; then one callback with that RequestID."""
    async with Receiver() as receiver:
        request_id = await cloud.submit(subscribers(2), post_to(receiver.url))
        assert receiver.count == 0
        assert (await cloud.retrieve("Subscriber", "EmailAddress")).values("Results") == []
        await zuora.settle()
        (heard,) = receiver.requests
        assert form_of(heard.body) == [
            ("RequestID", request_id),
            ("OverallStatusCode", "OK"),
            ("StatusCode", "OK"),
            ("RequestType", "Asynchronous"),
            ("ResultType", "Asynchronous"),
        ]
        emails = (await cloud.retrieve("Subscriber", "EmailAddress")).values("Results/EmailAddress")
        assert emails == ["s0@example.com", "s1@example.com"]


async def test_the_work_takes_the_latency(cloud: CloudClient) -> None:
    """The latency of asynchronous work is on the same timeline as everything else."""
    async with Simulator(latency=timedelta(minutes=5)) as zuora, Receiver() as receiver:
        client = CloudClient(zuora, cloud.session)
        await client.log_in()
        await client.submit(subscribers(1), post_to(receiver.url))
        await zuora.advance(minutes=4)
        assert receiver.count == 0
        await zuora.advance(minutes=1)
        assert len(receiver.requests) == 1


async def test_as_many_callbacks_as_calls(zuora: Simulator, cloud: CloudClient) -> None:
    """500 asynchronous calls give 500 callbacks; the same objects in a single call give one."""
    async with Receiver() as receiver:
        ids = [await cloud.submit([each], post_to(receiver.url)) for each in subscribers(500)]
        await zuora.settle()
        heard = Counter(dict(form_of(request.body))["RequestID"] for request in receiver.requests)
        assert heard == Counter(ids)
        assert len(heard) == 500
        await cloud.submit(subscribers(500), post_to(receiver.url))
        await zuora.settle()
        assert len(receiver.requests) == 501
        assert dict(form_of(receiver.requests[-1].body))["OverallStatusCode"] == "OK"


async def test_with_on_error_only_the_failing_ones_call(zuora: Simulator, cloud: CloudClient) -> None:
    """OnError is told of failures only, with ``Error``, the first error code and its message."""
    async with Receiver() as receiver:
        for place, each in enumerate(subscribers(9)):
            await cloud.submit([WITHOUT_KEY if place % 3 == 0 else each], post_to(receiver.url, "OnError"))
        await zuora.settle()
        assert len(receiver.requests) == 3
        told = dict(form_of(receiver.requests[0].body))
        assert (told["OverallStatusCode"], told["StatusCode"], told["ErrorCode"]) == ("Error", "Error", "12000")
        assert "SubscriberKey or EmailAddress is required" in told["StatusMessage"]


@pytest.mark.parametrize("status", [201, 204, 299])
async def test_any_2xx_takes_the_callback(zuora: Simulator, cloud: CloudClient, status: int) -> None:
    """A 2xx is no exception."""
    async with Receiver(answers=[status]) as receiver:
        await cloud.submit(subscribers(1), post_to(receiver.url))
        await zuora.drain()
        (callout,) = zuora.callouts
        assert (callout.outcome, len(callout.attempts)) == ("delivered", 1)


@pytest.mark.parametrize("answer", [301, 403, 404, 429, 500, 503, {"reset": True}, {"close": True}])
async def test_a_failing_receiver_is_never_called_again(
    zuora: Simulator, cloud: CloudClient, answer: object, caplog: pytest.LogCaptureFixture
) -> None:
    """One attempt, an error in the log, and a record that says the process has stopped."""
    async with Receiver(answers=[answer]) as receiver:
        request_id = await cloud.submit(subscribers(1), post_to(receiver.url))
        await zuora.drain()
        (callout,) = zuora.callouts
        assert (callout.outcome, len(callout.attempts), len(receiver.requests)) == ("failed", 1, 1)
        why = callout.attempts[0].why
        assert "an error is logged, the process stops, and the call is never retried" in why
        assert callout.attempts[0].retry_at is None
        assert request_id in caplog.text


async def test_conversations_run_whole_and_in_order(zuora: Simulator, cloud: CloudClient) -> None:
    """Nothing runs before all calls of a conversation have come; then they run by their SequenceCode."""
    async with Receiver() as receiver:

        def part(sequence: int) -> dict[str, Any]:
            return {"ConversationID": "c-1", "SequenceCode": sequence, "CallsInConversation": 3}

        asked = post_to(receiver.url), post_to(receiver.url, "OnConversationComplete")
        await cloud.submit(subscribers(1, 3), *asked, **part(3))
        await cloud.submit(subscribers(1, 2), *asked, **part(2))
        await zuora.drain()
        assert receiver.count == 0
        await cloud.submit(subscribers(1, 1), *asked, **part(1))
        await zuora.settle()
        told = [dict(form_of(request.body)) for request in receiver.requests]
        assert [(each["ConversationID"], each["SequenceCode"]) for each in told[:3]] == [("c-1", n) for n in "123"]
        assert len(told) == 4, "one callback for each call, and one for the conversation"
        assert [callout.event for callout in zuora.callouts] == ["Asynchronous Create"] * 3 + [
            "Asynchronous Conversation"
        ]


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
async def test_a_conversation_whose_calls_come_at_different_times(zuora: Simulator, order: tuple[int, ...]) -> None:
    """The calls that came first have been looked at and wait; the last one lets all run, by their SequenceCode."""
    async with Receiver() as receiver:
        for sequence in order:
            zuora.marketing_cloud.call(
                "Create",
                [{"SubscriberKey": str(sequence), "EmailAddress": "a@example.com"}],
                SendResponseTo=[post_to(receiver.url)],
                ConversationID="apart",
                SequenceCode=sequence,
                CallsInConversation=3,
            )
            await zuora.settle()
        zuora.check()
        assert [dict(form_of(request.body))["SequenceCode"] for request in receiver.requests] == ["1", "2", "3"]
        assert {request.state for request in zuora.requests} == {"succeeded"}


async def test_a_conversation_tells_of_an_error_in_any_of_its_calls(zuora: Simulator, cloud: CloudClient) -> None:
    """OnConversationError fires once, at the end, where any call failed; OnError of a call that went well does not."""
    async with Receiver() as receiver:
        asked = post_to(receiver.url, "OnConversationError"), post_to(receiver.url, "OnError")
        where: dict[str, Any] = {"ConversationID": "c-2", "CallsInConversation": 2}
        await cloud.submit([WITHOUT_KEY], asked[0], **where, SequenceCode=1)
        await cloud.submit(subscribers(1), *asked, **where, SequenceCode=2)
        await zuora.settle()
        (heard,) = receiver.requests
        told = dict(form_of(heard.body))
        assert (told["ConversationID"], told["OverallStatusCode"], told["ErrorCode"]) == ("c-2", "Error", "12000")


async def test_calls_that_do_not_fit_their_conversation(zuora: Simulator, cloud: CloudClient) -> None:
    """The documented error codes: 202 for what is missing, 205 out of bounds, 200 for another total, which spoils it all."""

    async def code(**options: Any) -> str:
        reply = await cloud.call("Create", subscribers(1), **options, RequestType="Asynchronous")
        assert reply.value("OverallStatus") == "Error"
        return reply.value("Results/ErrorCode")

    assert await code(SequenceCode=1) == "202"
    assert await code(ConversationID="c", CallsInConversation=2) == "202"
    assert await code(ConversationID="c", SequenceCode=3, CallsInConversation=2) == "205"
    first = await cloud.submit(subscribers(1), ConversationID="c", SequenceCode=1, CallsInConversation=2)
    assert await code(ConversationID="c", SequenceCode=1, CallsInConversation=2) == "201"
    assert await code(ConversationID="c", SequenceCode=2, CallsInConversation=3) == "200"
    await zuora.settle()
    assert (await cloud.retrieve("ResultMessage", "ErrorCode", where=("RequestID", first))).value(
        "Results/ErrorCode"
    ) == "200"


async def test_responses_by_email_are_kept_in_an_outbox(zuora: Simulator, cloud: CloudClient) -> None:
    """An e-mail is never sent: it is read under ``/_simulator`` and on the handle."""
    asked = {"ResponseType": "email", "ResponseAddress": "ops@example.com", "RespondWhen": "OnCallComplete"}
    request_id = await cloud.submit(subscribers(1), asked | {"IncludeResults": "true"})
    await zuora.settle()
    async with cloud.session.get(f"{zuora.url}/_simulator/marketing-cloud/outbox") as response:
        (email,) = (await response.json())["emails"]
    assert (email["to"], email["requestId"], email["subject"]) == (
        "ops@example.com",
        request_id,
        "Asynchronous Create: OK",
    )
    assert f"RequestID: {request_id}\n" in email["body"]
    assert "<StatusCode>OK</StatusCode>" in email["attachment"]
    assert [kept.id for kept in zuora.marketing_cloud.outbox] == [email["id"]]
    assert zuora.callouts == ()


async def test_upsert_by_save_options(cloud: CloudClient) -> None:
    """UpdateAdd creates what is not there and updates what is; AddOnly and UpdateOnly refuse with the documented codes."""

    def save(action: str) -> dict[str, Any]:
        return {"SaveOptions": {"SaveOption": {"PropertyName": "*", "SaveAction": action}}}

    john = {"SubscriberKey": "j", "EmailAddress": "j@example.com"}
    only = await cloud.call("Create", [john], **save("UpdateOnly"))
    assert (only.value("OverallStatus"), only.value("Results/ErrorCode")) == ("Error", "12001")
    assert (await cloud.call("Update", [john], **save("UpdateAdd"))).value(
        "Results/StatusMessage"
    ) == "Created Subscriber."
    changed = [john | {"Status": "Unsubscribed"}]
    assert (await cloud.call("Create", changed, **save("UpdateAdd"))).value(
        "Results/StatusMessage"
    ) == "Updated Subscriber."
    assert (await cloud.call("Create", [john], **save("AddOnly"))).value("Results/ErrorCode") == "12014"
    found = await cloud.retrieve("Subscriber", "Status", "EmailAddress", where=("SubscriberKey", "j"))
    assert (found.value("Results/Status"), found.value("Results/EmailAddress")) == ("Unsubscribed", "j@example.com")
    assert (await cloud.call("Delete", [john])).value("OverallStatus") == "OK"
    assert (await cloud.call("Delete", [john])).value("Results/ErrorCode") == "12001"


async def test_knobs_are_turned_on_the_control_plane(zuora: Simulator, cloud: CloudClient) -> None:
    """``settings.quirks`` holds this provider's knobs beside the other's; an unknown one changes nothing."""
    settings = f"{zuora.url}/_simulator/settings"
    async with cloud.session.put(settings, json={"quirks": {"emptyFields": "blank", "failedStatus": "OK"}}) as response:
        assert (await response.json())["quirks"]["emptyFields"] == "blank"
    async with cloud.session.put(settings, json={"quirks": {"emptyFields": "blnk"}}) as response:
        assert response.status == 400
        assert "did you mean 'blank'" in await response.text()
    async with Receiver() as receiver:
        await cloud.submit([WITHOUT_KEY], post_to(receiver.url))
        await zuora.settle()
        told = form_of(receiver.requests[0].body)
    assert [name for name, _ in told][:2] == ["RequestID", "ConversationID"]
    assert len(told) == 10
    assert dict(told) | {"StatusCode": "OK", "ErrorCode": "", "ConversationID": ""} == dict(told)


async def test_a_record_shows_no_token(zuora: Simulator, cloud: CloudClient) -> None:
    """What a person is shown of a call is its body without what stood in the header."""
    await cloud.submit(subscribers(1))
    await zuora.settle()
    (request,) = zuora.requests
    assert "s0@example.com" in request.body
    assert cloud.token not in request.body
    assert (request.provider, request.method, request.path) == ("marketing_cloud", "POST", "/Service.asmx")


async def test_a_reset_forgets_objects_results_and_mail(zuora: Simulator, cloud: CloudClient) -> None:
    """After a reset nothing is left but the token."""
    request_id = await cloud.submit(
        subscribers(1), {"ResponseType": "email", "ResponseAddress": "a@b", "RespondWhen": "Always"}
    )
    await zuora.settle()
    async with cloud.session.post(f"{zuora.url}/_simulator/reset"):
        pass
    assert (await cloud.retrieve("ResultMessage", where=("RequestID", request_id))).all("Results") == []
    assert (await cloud.retrieve("Subscriber")).all("Results") == []
    assert zuora.marketing_cloud.outbox == ()


async def test_a_schedule_holds_a_call_back(zuora: Simulator, cloud: CloudClient) -> None:
    """ScheduledTime keeps a call in the queue until then; beyond 30 days it is refused."""
    async with Receiver() as receiver:
        at = zuora.now + timedelta(hours=2)
        await cloud.submit(subscribers(1), post_to(receiver.url), ScheduledTime=at.isoformat())
        await zuora.advance(minutes=119)
        assert receiver.count == 0
        await zuora.advance(minutes=1)
        assert len(receiver.requests) == 1
        late = (zuora.now + timedelta(days=31)).isoformat()
        reply = await cloud.call("Create", subscribers(1), RequestType="Asynchronous", ScheduledTime=late)
        assert "30 days" in reply.fault
