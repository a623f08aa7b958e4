"""The control plane over HTTP: time, settings, misfortune, routes, records, and how it refuses."""

from itertools import pairwise
from typing import Any

import aiohttp
import pytest

from simulator import Receiver, Simulator
from tests.support.client import SUCCEEDED, Client

DECLINED = "Payment Declined"
OTHER = "0" * 36


async def fire(client: Client, **fields: str) -> dict[str, Any]:
    status, body = await client.call("POST", "/_simulator/events", json={"event": DECLINED, "fields": fields})
    assert status == 202, body
    made: dict[str, Any] = body
    return made


async def put_faults(client: Client, *faults: dict[str, Any]) -> None:
    status, body = await client.call("PUT", "/_simulator/faults", json={"faults": list(faults)})
    assert status == 200, body
    assert body["faults"] == list(faults)


# ── faults ──


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_duplicate_is_an_extra_exchange(zuora: Simulator, client: Client, at_once: bool) -> None:
    """It has a request id of its own, the notification id of the first, and its answer decides nothing."""
    async with Receiver(answers=[200, 503]) as receiver:
        await client.listen(receiver.url, DECLINED)
        await put_faults(client, {"kind": "duplicate", **({"atOnce": True} if at_once else {})})
        await fire(client, Id="1")
        await zuora.settle()
        (callout,) = zuora.callouts
        (attempt,) = callout.attempts
        assert [exchange.duplicate for exchange in attempt.exchanges] == [False, True]
        assert len({request.header("Zuora-Request-Id") for request in receiver.requests}) == 2
        assert len({request.header("Zuora-Notification-Id") for request in receiver.requests}) == 1
        if not at_once:
            assert callout.outcome == "delivered"


async def test_two_at_once_are_both_in_flight(zuora: Simulator, client: Client) -> None:
    """Neither is answered before both have come."""
    receiver = Receiver()

    async def both(received: Any) -> int:
        await receiver.wait_for(2, timeout=5)
        return 200

    receiver.answers = both
    async with receiver:
        await client.listen(receiver.url, DECLINED)
        await put_faults(client, {"kind": "duplicate", "atOnce": True})
        await fire(client, Id="1")
        await zuora.settle()
        assert zuora.callouts[0].outcome == "delivered"


async def test_a_drop_is_never_sent(zuora: Simulator, client: Client) -> None:
    """`not-sent`, and no attempt."""
    async with Receiver() as receiver:
        await client.listen(receiver.url, DECLINED)
        await put_faults(client, {"kind": "drop", "event": "paymentdeclined"})
        await fire(client, Id="1")
        await zuora.drain()
        (callout,) = zuora.callouts
        assert (callout.outcome, callout.attempts, receiver.requests) == ("not-sent", (), ())


async def test_a_delay_holds_the_callout_back(zuora: Simulator, client: Client) -> None:
    """It goes out that much later, and its retries count from there."""
    async with Receiver(answers=[503, 200]) as receiver:
        await client.listen(receiver.url, DECLINED)
        await put_faults(client, {"kind": "delay", "minutes": 7, "attempt": 1})
        begun = zuora.now
        await fire(client, Id="1")
        await zuora.drain()
        minutes = [(attempt.sent_at - begun).total_seconds() / 60 for attempt in zuora.callouts[0].attempts]
        assert minutes == [7, 37]


async def test_a_lost_answer_looks_like_a_timeout(zuora: Simulator, client: Client) -> None:
    """The receiver said 200 twice; Zuora heard the second."""
    async with Receiver() as receiver:
        await client.listen(receiver.url, DECLINED)
        await put_faults(client, {"kind": "lost-answer", "attempt": 1})
        await fire(client, Id="1")
        await zuora.drain()
        assert [attempt.error_class for attempt in zuora.callouts[0].attempts] == ["transfer-timeout", None]
        assert len(receiver.requests) == 2


async def test_a_fault_ends_with_its_time_to_live(zuora: Simulator, client: Client) -> None:
    """After `ttlMinutes` it meets nobody."""
    async with Receiver(answers=[503, 200]) as receiver:
        await client.listen(receiver.url, DECLINED)
        await put_faults(client, {"kind": "duplicate", "ttlMinutes": 10.0})
        await fire(client, Id="1")
        await zuora.drain()
        assert [len(attempt.exchanges) for attempt in zuora.callouts[0].attempts] == [2, 1]


async def test_a_fault_that_is_over_is_not_told(zuora: Simulator, client: Client) -> None:
    """What is shown can be given back, with one more fault in the list: so does the command `fault`."""
    await put_faults(client, {"kind": "drop", "ttlMinutes": 10.0})
    await zuora.advance(minutes=10)
    assert (await client.call("GET", "/_simulator/faults"))[1] == {"faults": []}
    assert zuora.faults == ()


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"kind": "duplicat"}, "'duplicate'"),
        ({"kind": "drop", "minutes": 3}, "'minutes'"),
        ({"kind": "delay", "minuts": 3}, "'minutes'"),
        ({"kind": "drop", "probability": 2}, "from 0 to 1"),
        ({"kind": "drop", "attempt": 0}, "counts from 1"),
        ("drop", "an object"),
        ({"kind": "drop", "ttlMinutes": 0}, "more than 0"),
        ({"kind": "drop", "ttlMinutes": 1e300}, "at most 3660 days"),
        ({"kind": "delay", "minutes": "0m"}, "how long"),
        ({"kind": "delay", "minutes": 1e12}, "at most 3660 days"),
        ({"kind": "reorder", "window": 1e12}, "at most 3660 days"),
    ],
)
async def test_a_fault_that_cannot_be(client: Client, fault: Any, says: str) -> None:
    """400, with what is wrong; nothing changes."""
    status, body = await client.call("PUT", "/_simulator/faults", json={"faults": [fault]})
    assert status == 400
    assert says in body["error"]


# ── settings ──


async def test_a_tenants_settings_are_its_own(zuora: Simulator, client: Client) -> None:
    """A PUT that names a tenant changes nothing for the others; one that names none changes the defaults."""
    path = f"/_simulator/settings?clientId={OTHER}"
    await client.call("PUT", path, json={"maxAttempts": 5, "quirks": {"requestUrl": "sync"}})
    _, own = await client.call("GET", path)
    _, shared = await client.call("GET", "/_simulator/settings")
    assert (own["maxAttempts"], own["origins"]["maxAttempts"]) == (5, "tenant")
    assert own["quirks"]["requestUrl"] == "sync"
    assert (shared["maxAttempts"], shared["origins"]["maxAttempts"]) == (3, "default")
    await client.call("PUT", "/_simulator/settings", json={"intervalMinutes": 10})
    _, own = await client.call("GET", path)
    assert (own["intervalMinutes"], own["maxAttempts"]) == (10, 5)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"maxAttempt": 4}, "'maxAttempts'"),
        ({"maxAttempts": "four"}, "maxAttempts"),
        ({"quirks": {"retry402": "never"}}, "'retry401'"),
        ({"confirmSuccess": "maybe"}, "reject-false"),
        ({"locale": "de_DD"}, "de_DE"),
    ],
)
async def test_a_setting_that_cannot_be(client: Client, given: dict[str, Any], says: str) -> None:
    """400, with the near match or the range; nothing changes."""
    _, before = await client.call("GET", "/_simulator/settings")
    status, body = await client.call("PUT", "/_simulator/settings", json=given)
    assert status == 400
    assert says in body["error"]
    _, after = await client.call("GET", "/_simulator/settings")
    assert before == after


async def test_a_changed_setting_applies_to_the_next_decision(zuora: Simulator, client: Client) -> None:
    """The retry that is due stands; the one after it follows the new interval."""
    async with Receiver(answers=[503]) as receiver:
        await client.listen(receiver.url, DECLINED)
        await fire(client, Id="1")
        await zuora.settle()
        await client.call("PUT", "/_simulator/settings", json={"intervalMinutes": 5})
        await zuora.drain()
        times = [attempt.sent_at for attempt in zuora.callouts[0].attempts]
        assert [(later - earlier).seconds // 60 for earlier, later in pairwise(times)] == [30, 5]


# ── time ──


@pytest.mark.parametrize("path", ["advance", "settle", "drain"])
async def test_the_clock_belongs_to_no_tenant(client: Client, path: str) -> None:
    """A tenant on a clock call is a 400 that says what to do instead."""
    status, body = await client.call("POST", f"/_simulator/clock/{path}?clientId={OTHER}", json={"minutes": 1})
    assert status == 400
    assert "server of its own" in body["error"]


@pytest.mark.parametrize("given", [{}, {"minutes": -1}, {"minutes": "30"}, {"minutes": True}, {"days": 10**9}])
async def test_a_span_that_cannot_be(zuora: Simulator, client: Client, given: dict[str, Any]) -> None:
    """400, and time stands where it stood."""
    begun = zuora.now
    status, _ = await client.call("POST", "/_simulator/clock/advance", json=given)
    assert status == 400
    assert zuora.now == begun


# ── reset ──


async def test_a_reset_forgets_all_but_tokens_and_first_settings(client: Client) -> None:
    """What was given at the start comes back, what happened is gone, the clock begins again, tokens go on working."""
    async with Receiver() as receiver:
        await client.listen(receiver.url, DECLINED)
        await client.call("PUT", "/_simulator/settings", json={"maxAttempts": 1})
        await put_faults(client, {"kind": "drop"})
        await fire(client, Id="1")
        await client.submit()
        await client.call("POST", "/_simulator/clock/advance", json={"hours": 5})
        status, body = await client.call("POST", "/_simulator/reset")
        assert (status, body["now"]) == (200, "2026-01-01T00:00:00Z")
        for path, key in (("requests", "requests"), ("callouts", "callouts"), ("faults", "faults")):
            assert (await client.call("GET", f"/_simulator/{path}"))[1][key] == []
        assert (await client.call("GET", "/_simulator/settings"))[1]["maxAttempts"] == 3
        status, listed = await client.call("GET", "/notifications/notification-definitions")
        assert (status, listed["data"]) == (200, [])


async def test_a_tenants_reset_leaves_the_others_and_the_clock(zuora: Simulator, client: Client) -> None:
    """`reset?clientId=` forgets one tenant alone."""
    await client.submit()
    await zuora.advance(minutes=5)
    await client.call("POST", f"/_simulator/reset?clientId={OTHER}")
    assert len(zuora.requests) == 1
    await client.call("POST", f"/_simulator/reset?clientId={zuora.client_id}")
    assert len(zuora.requests) == 0
    assert zuora.now.minute == 5


async def test_a_reset_takes_no_tenant_in_its_body(zuora: Simulator, client: Client) -> None:
    """It would be everybody's: 400, and nothing is forgotten."""
    await client.submit()
    status, body = await client.call("POST", "/_simulator/reset", json={"clientId": OTHER})
    assert (status, "'clientId'" in body["error"]) == (400, True)
    assert len(zuora.requests) == 1


# ── routes, events, records ──


async def test_a_route_can_be_laid_while_it_runs(zuora: Simulator, client: Client) -> None:
    """The host of the URL stays in `Host`; the connection goes elsewhere."""
    async with Receiver() as receiver:
        await client.listen("https://www.example.com/callout", DECLINED)
        await fire(client, Id="1")
        await zuora.settle()
        (first,) = zuora.attempts
        assert (first.response_code, first.error_class) == (-2100, "not-allowed")
        assert receiver.requests == ()
        target = receiver.url.removeprefix("http://").rstrip("/")
        status, body = await client.call("PUT", "/_simulator/routes", json={"routes": {"www.example.com": target}})
        assert (status, body["routes"]) == (200, {"www.example.com": target})


async def test_an_unknown_event_meets_its_near_match(client: Client) -> None:
    """An unknown event is an error with near matches; so is a field that the payload of an asynchronous event lacks."""
    status, body = await client.call("POST", "/_simulator/events", json={"event": "Payment Declind"})
    assert status == 400
    assert "'Payment Declined'" in body["error"]
    wrong = {"event": SUCCEEDED, "fields": {"data.ident": "1"}}
    status, body = await client.call("POST", "/_simulator/events", json=wrong)
    assert status == 400
    assert "'data.id'" in body["error"]


async def test_a_fired_event_sends_exactly_its_fields_as_text(zuora: Simulator, client: Client) -> None:
    """Numbers, booleans and nothing become text; no field is added."""
    async with Receiver() as receiver:
        await client.listen(receiver.url, DECLINED)
        fields = {"Amount": 12.5, "Retry": True, "Note": None, "Id": "8a80"}
        await client.call("POST", "/_simulator/events", json={"event": DECLINED, "fields": fields})
        await zuora.settle()
        assert receiver.requests[0].json == {"Amount": "12.5", "Retry": "true", "Note": "", "Id": "8a80"}


async def test_one_callout_by_either_id(zuora: Simulator, client: Client) -> None:
    """A callout is found by its own id and by the history id of an attempt."""
    async with Receiver() as receiver:
        await client.listen(receiver.url, DECLINED)
        await fire(client, Id="1")
        await zuora.settle()
        _, listed = await client.call("GET", "/_simulator/callouts")
        (callout,) = listed["callouts"]
        for any_id in (callout["id"], callout["attempts"][0]["historyId"]):
            status, found = await client.call("GET", f"/_simulator/callouts/{any_id}")
            assert (status, found["id"]) == (200, callout["id"])
        status, body = await client.call("GET", "/_simulator/callouts/nobody")
        assert status == 404
        assert "nobody" in body["error"]


async def test_a_resend_is_numbered_on_and_never_retried(zuora: Simulator, client: Client) -> None:
    """Same notification id, attempt 4, and no fifth."""
    async with Receiver(answers=[503]) as receiver:
        await client.listen(receiver.url, DECLINED)
        await fire(client, Id="1")
        await zuora.drain()
        (callout,) = zuora.callouts
        status, _ = await client.call("POST", f"/_simulator/callouts/{callout.id}/resend")
        assert status == 202
        await zuora.drain()
        (callout,) = zuora.callouts
        assert [attempt.number for attempt in callout.attempts] == [1, 2, 3, 4]
        assert callout.attempts[3].resend
        assert len({request.header("Zuora-Notification-Id") for request in receiver.requests}) == 1


async def test_a_resend_takes_the_place_of_a_pending_retry(zuora: Simulator, client: Client) -> None:
    """It doubles nothing: the retry that was due does not come as well."""
    async with Receiver(answers=[503]) as receiver:
        await client.listen(receiver.url, DECLINED)
        await fire(client, Id="1")
        await zuora.settle()
        await client.call("POST", f"/_simulator/callouts/{zuora.callouts[0].id}/resend")
        await zuora.drain()
        assert len(receiver.requests) == 2


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("duplicate", {"atOnce": "no"}, "atOnce must be true or false, not 'no'"),
        ("duplicate", {"atonce": True}, "'atOnce'"),
        ("resend", {"atOnce": True}, "unknown key 'atOnce'"),
    ],
)
async def test_what_a_resend_and_a_copy_do_not_take(
    zuora: Simulator, client: Client, path: str, body: dict[str, Any], says: str
) -> None:
    """400, and nothing is sent."""
    async with Receiver() as receiver:
        await client.listen(receiver.url, DECLINED)
        await fire(client, Id="1")
        await zuora.settle()
        status, answer = await client.call("POST", f"/_simulator/callouts/{zuora.callouts[0].id}/{path}", json=body)
        assert (status, says in answer["error"]) == (400, True)
        await zuora.settle()
        assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("endpoint", "says"),
    [
        ("http://[x", "Invalid IPv6 URL"),
        ("ftp://127.0.0.1/token", "only http and https are sent, not ftp"),
        ("http:///token", "is not a host name"),
        ("http://127.0.0.1/ token", "white space"),
    ],
)
async def test_a_token_endpoint_that_leads_nowhere(client: Client, endpoint: str, says: str) -> None:
    """It is refused where it is told, not at the first callout."""
    provider = {"name": "P", "tokenEndpoint": endpoint, "clientId": "id", "clientSecret": "secret"}
    status, body = await client.call("POST", "/_simulator/oauth-providers", json=provider)
    assert (status, body["error"].startswith("tokenEndpoint must be an http or https URL: ")) == (400, True)
    assert says in body["error"]


@pytest.mark.parametrize("path", ["/_simulator", "/_simulator/"])
async def test_the_page_is_at_both_paths(zuora: Simulator, path: str) -> None:
    """`/_simulator` and `/_simulator/` are the same."""
    async with aiohttp.ClientSession() as session, session.get(zuora.url + path) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/html"


async def test_the_authority_is_handed_out(zuora: Simulator, client: Client) -> None:
    """`/_simulator/ca.pem` is what a client of `--tls` must trust; it holds no key."""
    async with client.session.get(f"{zuora.url}/_simulator/ca.pem") as answer:
        text = await answer.text()
    assert text.startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE" not in text
