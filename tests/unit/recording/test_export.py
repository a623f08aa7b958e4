"""A recorded story replays to the same attempts, codes and verdicts, and tells no secret."""

from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from simulator.host import Simulator
from simulator.receiver import Receiver
from simulator.replay.manner import Manner
from simulator.replay.run import Played, Verdict, play
from simulator.replay.source import Story, read_story
from simulator.replay.stage import Stage

ENVIRONMENT = {"CALLOUT_USERNAME": "anybody", "CALLOUT_PASSWORD": "anything", "CALLOUT_SECRET": "any-token"}


async def api(zuora: Simulator, method: str, path: str, body: Any = None) -> Any:
    """A request to the simulated API."""
    async with Stage(zuora) as stage:
        answer = await stage.submit(method, path, {}, body)
        assert answer.status < 300, answer
        return answer.body


async def define(zuora: Simulator, event: str, url: str, **more: Any) -> None:
    """Register a notification definition."""
    callout = {"name": f"{event} {url}", "calloutBaseurl": url, "httpMethod": "POST", **more}
    body = {"name": f"{event} {url}", "eventTypeName": event, "calloutActive": True, "callout": callout}
    await api(zuora, "POST", "/notifications/notification-definitions", body)


def shape(zuora: Simulator | Played) -> list[Any]:
    """What has to be the same."""
    return [
        (one.event, one.outcome, [(a.response_code, len(a.exchanges)) for a in one.attempts]) for one in zuora.callouts
    ]


def told(text: str) -> Story:
    return read_story(text, "recorded.yaml", environment=ENVIRONMENT)


async def test_calls_of_the_other_provider_come_back() -> None:
    """A call by SOAP, with its token in a header that nobody keeps, is told as plain data and led to the story's receiver."""
    async with Receiver([503, 200]) as receiver, Simulator(seed=3) as zuora:
        asked = {"ResponseType": "HTTPPost", "ResponseAddress": receiver.url_for("cb"), "RespondWhen": "OnCallComplete"}
        for address in ("ada@acme.example", "bob@acme.example"):
            zuora.marketing_cloud.call("Create", [{"EmailAddress": address}], SendResponseTo=[asked])
            await zuora.settle()
        [request, _] = zuora.requests
        assert (request.label, request.path) == ("Create Subscriber", "/Service.asmx")
        text = zuora.export_scenario(title="Calls")
        expected = shape(zuora)
    played = await play(told(text), Manner())
    assert played.verdict is Verdict.MET, played.findings
    assert shape(played) == expected
    assert [code for _, _, [(code, _)] in expected] == [503, 200]
    assert played.callouts[0].url.endswith("/cb")
    assert "ada@acme.example" not in text


@pytest.mark.parametrize("keep", [False, True])
async def test_round_trip(keep: bool) -> None:
    """Submissions, fired events, waits, challenges, failures and resends come back; only the values differ."""
    answers = [503, {"hang": True}, {"reset": True}, {"status": 200, "body": {"success": True}}, 404]
    auth = {"username": "real-user", "password": "real-password"}
    async with (
        Receiver(answers, basic_auth=("real-user", "real-password")) as receiver,
        Simulator(seed=11, max_attempts=4, interval=45, patience=timedelta(milliseconds=100)) as zuora,
    ):
        await define(zuora, "Async Request Succeeded", receiver.url_for("a"), requiredAuth=True, calloutAuth=auth)
        url = receiver.url_for("b") + "?apiToken=real-token"
        await define(zuora, "Payment Declined", url, requiredAuth=True, calloutAuth={**auth, "preemptive": True})
        body = {"name": "Acme Inc", "contact": {"workEmail": "ada@acme.example", "firstName": "Ada"}, "n": "${x}"}
        await api(zuora, "POST", "/v1/async/accounts", body)
        await zuora.advance(minutes=45)
        zuora.instance.fire("Payment Declined", {"Account.Name": "Acme Inc", "Email": "ada@acme.example", "No": "no"})
        await zuora.drain()
        text = zuora.export_scenario(title="Friday", keep_values=keep)
        expected = shape(zuora)
    assert [len(codes) for _, _, codes in expected] == [3, 2]
    played = await play(told(text), Manner())
    assert played.verdict is Verdict.MET, played.findings
    assert shape(played) == expected
    private = ("real-user", "real-password", "real-token", "Acme Inc", "ada@acme.example", "Ada")
    assert [word for word in private if word in text] == (list(private) if keep else [])
    assert ("${env:CALLOUT_PASSWORD}" in text) is not keep


async def test_pseudonyms_are_stable() -> None:
    """The same value is the same pseudonym wherever it stands, and in every recording."""
    texts = []
    for name in ("Acme Inc", "acme inc "):
        async with Simulator() as zuora:
            zuora.instance.fire("Payment Declined", {"Account.Name": name, "ContactName": name})
            texts.append(zuora.export_scenario())
    assert texts[0] == texts[1]


async def test_a_fault_with_an_end_comes_along() -> None:
    """Its time counts from where the story begins: one that is over by now met the same attempts when it was told."""
    async with (
        Receiver([503, 200, 200]) as receiver,
        Simulator(seed=3) as zuora,
    ):
        await define(zuora, "Payment Declined", receiver.url)
        zuora.faults = [{"kind": "duplicate", "ttlMinutes": 10}]
        zuora.fire("Payment Declined", Id="1")
        await zuora.drain()
        assert shape(zuora) == [("Payment Declined", "delivered", [(503, 2), (200, 1)])]
        text = zuora.export_scenario()
        played = await play(told(text), Manner())
        assert shape(played) == shape(zuora)


async def test_who_heard_of_an_event_for_once_hears_of_it_again() -> None:
    """The definition of `trigger --to` is inactive but for its own event; one that never made a callout stays so."""
    async with Receiver([503, 200]) as receiver, Simulator() as zuora:
        async with aiohttp.ClientSession() as session:
            given = {"event": "Payment Declined", "fields": {"AccountId": "8a80"}, "to": receiver.url}
            async with session.post(zuora.url + "/_simulator/events", json=given) as answer:
                assert answer.status < 300, await answer.text()
        await zuora.drain()
        await define(zuora, "Payment Processed", receiver.url, active=False)
        text, expected = zuora.export_scenario(), shape(zuora)
    assert expected == [("Payment Declined", "delivered", [(503, 1), (200, 1)])]
    assert text.count("active: false") == 1
    played = await play(told(text), Manner())
    assert played.verdict is Verdict.MET, played.findings
    assert shape(played) == expected


async def test_faults_come_along() -> None:
    """Scripted misfortune is a part of the story."""
    async with Receiver(200) as receiver, Simulator() as zuora:
        await define(zuora, "Payment Declined", receiver.url)
        async with aiohttp.ClientSession() as session:
            faults = [{"kind": "lost-answer", "attempt": 1}, {"kind": "duplicate", "atOnce": True, "attempt": 2}]
            await session.put(zuora.url + "/_simulator/faults", json={"faults": faults})
        zuora.instance.fire("Payment Declined", {})
        await zuora.drain()
        text, expected = zuora.export_scenario(), shape(zuora)
    assert expected == [("Payment Declined", "delivered", [(-1, 1), (200, 2)])]
    played = await play(told(text), Manner())
    assert played.verdict is Verdict.MET, played.findings
    assert shape(played) == expected


async def test_an_event_of_the_tenant_s_own_may_have_several_words() -> None:
    """A story may name it so, although the service takes no space in the name of a trigger's event."""
    text = """
title: Own
customEvents: [Order Exploded]
receiver: {answers: [200]}
definitions: [{event: Order Exploded}]
steps: [{fire: {event: Order Exploded}}]
expect: [{event: Order Exploded, codes: [200]}]
"""
    played = await play(told(text), Manner())
    assert played.verdict is Verdict.MET, (played.findings, played.detail)


async def test_outcomes_come_along() -> None:
    """Rules that decided how requests end are a part of the story, and so is an event of the tenant's own."""
    trigger = {"name": "LargeInvoicePosted", "displayName": "Large", "namespace": "user.notification"}
    async with Receiver(200) as receiver, Simulator() as zuora:
        event = {"active": False, "baseObject": "Invoice", "condition": "false", "eventType": trigger}
        await api(zuora, "POST", "/events/event-triggers", event)
        await define(zuora, "Async Request Failed", receiver.url)
        await define(zuora, "LargeInvoicePosted", receiver.url)
        rule = {
            "path": "/v1/async/accounts",
            "nth": 2,
            "result": "fail",
            "code": "58490030",
            "message": "no",
            "after": "5m",
        }
        async with aiohttp.ClientSession() as session:
            await session.put(zuora.url + "/_simulator/outcomes", json={"outcomes": [rule]})
        for _ in range(2):
            await api(zuora, "POST", "/v1/async/accounts", {"name": "Acme"})
        zuora.instance.fire("LargeInvoicePosted", {"Id": "1"})
        await zuora.advance(minutes=5)
        text, expected = zuora.export_scenario(), shape(zuora)
    assert len(expected) == 2
    played = await play(told(text), Manner())
    assert played.verdict is Verdict.MET, played.findings
    assert sorted(shape(played)) == sorted(expected)
    assert any("58490030" in a.exchanges[0].body for callout in played.callouts for a in callout.attempts)


async def test_unfinished() -> None:
    """A callout with a retry to come is pending in the recording too."""
    async with Receiver(503) as receiver, Simulator() as zuora:
        await define(zuora, "Payment Declined", receiver.url, calloutRetry=True)
        zuora.instance.fire("Payment Declined", {})
        await zuora.settle()
        text = zuora.export_scenario()
    assert "outcome: pending" in text
    assert (await play(told(text), Manner())).verdict is Verdict.MET


async def test_odd_texts() -> None:
    """Texts that YAML would read as something else come back as they were."""
    odd = {"A": "no", "B": "1:30", "C": "012", "D": "0x1F", "E": "", "F": " x ", "G": "null", "H": "${a.b}", "I": "1e3"}
    odd |= {"J": "line\nline", "K": "größe: #1", "L": "- x", "M": "2026-01-01", "N": "=", "O": "y", "P": "\u0085\u2028"}
    async with Simulator() as zuora:
        zuora.instance.fire("Payment Declined", odd)
        text = zuora.export_scenario()
    played = await play(told(text.replace("definitions:", "definitions:")), Manner())
    assert played.verdict is Verdict.MET, played.findings
    (step,) = [step for step in told(text).scenario.steps if not isinstance(step, str)]
    assert step.fire is not None
    assert {name: value.replace("$${", "${") for name, value in step.fire.fields.items()} == odd


async def test_over_the_control_plane() -> None:
    """A running server exports by `GET /_simulator/scenario`, and refuses what it does not know."""
    async with Simulator() as zuora, aiohttp.ClientSession() as session:
        async with session.get(zuora.url + "/_simulator/scenario?title=Friday") as answer:
            assert answer.status == 200
            assert "title: Friday" in await answer.text()
        async with session.get(zuora.url + "/_simulator/scenario?keepValue=true") as answer:
            assert answer.status == 400
            assert "keepValues" in await answer.text()
