"""Seed 002, "Configure Callout Notifications", from top to bottom: each documented claim about delivery, on the wire."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from simulator import Simulator
from simulator.core.errors import ClientError
from simulator.zuora.claims import CLAIMS
from tests.fidelity.conftest import Stage, codes

CHALLENGED = ("user", "pass")
DECLINED = "Payment Declined"
BASIC: dict[str, Any] = {
    "requiredAuth": True,
    "calloutAuth": {"username": "user", "password": "pass", "preemptive": False},
}


# ── Message Sequence for Callout Basic Authentication ──


async def test_the_first_request_has_no_authorization(stage: Stage) -> None:
    """ "Zuora does not provide the Authorization field in the first HTTP request by default"."""
    callout, receiver = await stage.play(auth=CHALLENGED, **BASIC)
    assert receiver.requests[0].header("Authorization") is None
    assert callout.outcome == "delivered"


async def test_the_second_request_has_base64_credentials(stage: Stage) -> None:
    """ "Authorization: Basic <username:password>", a base64-encoded string."""
    _, receiver = await stage.play(auth=CHALLENGED, **BASIC)
    sent = receiver.requests[1].header("Authorization") or ""
    assert sent == "Basic " + base64.b64encode(b"user:pass").decode()


async def test_the_challenge_must_name_a_realm(stage: Stage) -> None:
    """ "The response must contain a WWW-Authenticate header field with a realm value": without one, no second request."""
    answer = {"status": 401, "headers": {"WWW-Authenticate": "Basic"}}
    callout, receiver = await stage.play([answer], **BASIC)
    assert len(receiver.requests) == len(callout.attempts) == 3


async def test_preemptive_authentication(stage: Stage) -> None:
    """ "Enable Preemptive Authentication": Authorization in the first request, and only one."""
    preemptive = {"requiredAuth": True, "calloutAuth": BASIC["calloutAuth"] | {"preemptive": True}}
    _, receiver = await stage.play(auth=CHALLENGED, **preemptive)
    assert [request.header("Authorization") for request in receiver.requests] == ["Basic dXNlcjpwYXNz"]


async def test_answers_are_stored_to_60_kb(stage: Stage) -> None:
    """ "Responses to callouts are truncated down to 60KB before storing them in the database"."""
    callout, _ = await stage.play([{"status": 200, "big": "200KB"}])
    exchange = callout.attempts[0].exchanges[0]
    assert len(exchange.response_body.encode()) == 61_440
    assert exchange.truncated


async def test_a_cut_never_splits_a_character(stage: Stage) -> None:
    """The cut falls on a character boundary."""
    callout, _ = await stage.play([{"status": 200, "body": "x" + "ä" * 40_000}])
    body = callout.attempts[0].exchanges[0].response_body
    assert body == "x" + "ä" * 30_719
    assert "�" not in body


# ── Configure Event-Specific Options for Callouts ──


@pytest.mark.parametrize("active", [True, False])
async def test_a_callout_is_enabled_by_an_option(stage: Stage, active: bool) -> None:
    """ "Callout: select this option to enable the callout for this event": a callout that is only described is not sent."""
    receiver = await stage.receiver()
    made = await stage.client.listen(receiver.url)
    path = f"/notifications/notification-definitions/{made['id']}"
    status, _ = await stage.client.call("PUT", path, json={"calloutActive": active})
    assert status == 200
    await stage.client.submit()
    await stage.zuora.drain()
    assert len(receiver.requests) == active


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://www.example.com/callout", "not https"),
        ("https://www.example.com:8443/callout", "not 443"),
        ("https://127.0.0.1:8443/callout", "loopback"),
        ("https://www.example.com/callout", ""),
        ("https://www.example.com:443/callout", ""),
    ],
)
async def test_https_and_port_443(url: str, says: str) -> None:
    """ "You must specify a URL using the HTTP Secure (https://) protocol ... You must use the port number 443": when strict."""
    async with Simulator(strict_urls=True, routes={"www.example.com": "127.0.0.1:9"}) as zuora:
        if not says:
            zuora.notify(DECLINED, url)
            return
        with pytest.raises(ClientError, match=says):
            zuora.notify(DECLINED, url)


@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "DELETE"])
async def test_the_methods(stage: Stage, method: str) -> None:
    """ "Zuora supports the POST, GET, PUT, and DELETE methods"."""
    _, receiver = await stage.play(httpMethod=method)
    assert receiver.requests[0].method == method


@pytest.mark.parametrize("status", [201, 202, 204, 301, 400, 404])
async def test_only_200_is_success(stage: Stage, status: int) -> None:
    """ "The customer API response must be HTTP status code 200, or the system considers the callout as a failure"."""
    callout, _ = await stage.play([status])
    assert callout.outcome == "failed"
    assert codes(callout) == [status]


async def test_merge_fields_in_the_base_url(stage: Stage) -> None:
    """ "Zuora also supports merge fields in the base URL"."""
    receiver = await stage.receiver()
    url = receiver.url_for("/accounts/<DataSource.Account.Id>?n={{DataSource.Account.Id}}")
    await stage.fire(receiver, DECLINED, {"Account.Id": "8a80"}, calloutBaseurl=url)
    assert receiver.requests[0].target == "/accounts/8a80?n=8a80"


async def test_a_base_url_has_at_most_1000_characters(stage: Stage) -> None:
    """ "A maximum of 1000 characters are allowed for the Base URL": a longer one is refused at registration."""
    receiver = await stage.receiver()
    callout = {"name": "n", "httpMethod": "POST", "calloutBaseurl": receiver.url + "x" * 1000}
    body = {"name": "n", "eventTypeName": DECLINED, "calloutActive": True, "callout": callout}
    status, answer = await stage.client.call("POST", "/notifications/notification-definitions", json=body)
    assert status == 400
    assert "1000" in answer["message"]


async def test_parameters_are_merge_fields_with_names(stage: Stage) -> None:
    """ "Parameter Name: a field name. Parameter Value: an item from the list of object and field names"."""
    receiver = await stage.receiver()
    params = {"AccountId": "<DataSource.Account.Id>", "Nothing": "<DataSource.Account.Missing>"}
    await stage.fire(receiver, DECLINED, {"Account.Id": "8a80"}, calloutParams=params)
    body = receiver.requests[0].json
    assert body["AccountId"] == "8a80"
    assert body["Nothing"] == ""


async def test_white_space_in_the_final_url_is_minus_2000(stage: Stage) -> None:
    """ "The final URL cannot contain white spaces ... Otherwise, you might find the -2000 error"."""
    receiver = await stage.receiver()
    url = receiver.url_for("/<DataSource.Name>")
    callout = await stage.fire(receiver, DECLINED, {"Name": "two words"}, calloutBaseurl=url)
    assert codes(callout) == [-2000]
    assert callout.outcome == "not-sent"
    assert receiver.requests == ()
    assert "two words" in callout.attempts[0].exchanges[0].url


async def test_the_body_is_json(stage: Stage) -> None:
    """ "Currently, only application/json is supported"."""
    _, receiver = await stage.play()
    assert (receiver.requests[0].header("Content-Type") or "").startswith("application/json")


async def test_a_custom_body(stage: Stage) -> None:
    """ "You can customize the fields ... so that the JSON structure can be recognized by outbound systems"."""
    receiver = await stage.receiver()
    custom = {"useCustomRequestBody": True, "customRequestBody": '{"account": {"id": "<DataSource.Account.Id>"}}'}
    await stage.fire(receiver, DECLINED, {"Account.Id": "8a80"}, **custom)
    assert receiver.requests[0].json == {"account": {"id": "8a80"}}


async def test_an_invalid_custom_body_is_minus_2000(stage: Stage) -> None:
    """ "Invalid formatted callout notifications cannot be sent, and a -2000 error code will be reported"."""
    receiver = await stage.receiver()
    custom: dict[str, Any] = {"useCustomRequestBody": True, "customRequestBody": '{"name": <DataSource.Name>}'}
    callout = await stage.fire(receiver, DECLINED, {"Name": "unquoted"}, **custom)
    assert codes(callout) == [-2000]
    assert receiver.requests == ()
    assert callout.attempts[0].exchanges[0].body == '{"name": unquoted}'
    assert "position 9" in callout.attempts[0].why


@pytest.mark.parametrize(("retry", "attempts"), [(True, 3), (False, 1)])
async def test_allow_retry(stage: Stage, retry: bool, attempts: int) -> None:
    """ "Allow Retry: select this check box to apply the callout retry rules"."""
    callout, _ = await stage.play([503], calloutRetry=retry)
    assert codes(callout) == [503] * attempts


async def test_three_attempts_thirty_minutes_apart(stage: Stage) -> None:
    """ "The default number of retry attempts is 3 at intervals of 30 minutes"; read as three sends (Q10)."""
    callout, receiver = await stage.play([500])
    times = [attempt.sent_at for attempt in callout.attempts]
    assert [time - times[0] for time in times] == [timedelta(0), timedelta(minutes=30), timedelta(minutes=60)]
    assert len(receiver.requests) == 3


# ── Callout Header ──


async def test_the_request_id_is_new_for_every_request(stage: Stage) -> None:
    """ "A different Zuora-Request-Id value is used in any type of retrials", a uuid without hyphen."""
    _, receiver = await stage.play([500, 200], auth=CHALLENGED, **BASIC)
    ids = [request.header("Zuora-Request-Id") or "" for request in receiver.requests]
    assert len(set(ids)) == len(ids) == 4
    assert all(len(text) == 32 and int(text, 16) >= 0 for text in ids)


async def test_the_trace_id_is_derived_from_the_request_id(stage: Stage) -> None:
    """ "X-Amzn-Trace-Id: see AWS request tracing syntax (derived from Zuora-Request-Id)"."""
    _, receiver = await stage.play([500, 200])
    for request in receiver.requests:
        text = request.header("Zuora-Request-Id") or ""
        assert request.header("X-Amzn-Trace-Id") == f"Root=1-{text[:8]}-{text[8:]}"


async def test_the_notification_id_stays(stage: Stage) -> None:
    """ "The same Zuora-Notification-Id value is used in any type of retrials for the same notification context"."""
    callout, receiver = await stage.play([500, 200], auth=CHALLENGED, **BASIC)
    assert {request.header("Zuora-Notification-Id") for request in receiver.requests} == {callout.notification_id}


# ── Callout Authentication ──


async def test_one_authentication_at_a_time(stage: Stage) -> None:
    """ "You can only enable the callout authentication one by one": both at once are refused, neither is the default."""
    receiver = await stage.receiver()
    made = await stage.client.listen(receiver.url)
    assert (made["callout"]["requiredAuth"], made["callout"]["requiredOauth2"]) == (False, False)
    both = {**BASIC, "requiredOauth2": True, "oauth2ProviderId": "0" * 32}
    own = {"name": "n", "calloutBaseurl": receiver.url, "httpMethod": "POST", **both}
    body = {"name": "n", "eventTypeName": DECLINED, "calloutActive": True, "callout": own}
    status, _ = await stage.client.call("POST", "/notifications/notification-definitions", json=body)
    assert status == 400


async def test_a_failed_authentication_is_retried(stage: Stage) -> None:
    """ "If Retry is enabled and Callout Authentication fails, the system will continue retrying"."""
    wrong: dict[str, Any] = {"requiredAuth": True, "calloutAuth": {"username": "user", "password": "wrong"}}
    callout, _ = await stage.play(auth=CHALLENGED, **wrong)
    assert codes(callout) == [401, 401, 401]


async def test_a_401_without_credentials_is_final(stage: Stage) -> None:
    """401 is not in the list of retried codes, and nothing was to be authenticated."""
    callout, _ = await stage.play([401])
    assert codes(callout) == [401]


async def test_oauth_asks_with_the_body_then_with_the_header(stage: Stage) -> None:
    """ "With the client ID and secret in the request body. If the request fails ... using the HTTP Basic scheme"."""
    endpoint = await stage.receiver([401, {"status": 200, "body": {"access_token": "t0k3n", "expires_in": 3600}}])
    provider = {"name": "p", "tokenEndpoint": endpoint.url_for("/token"), "clientId": "username"}
    status, made = await stage.client.call(
        "POST", "/_simulator/oauth-providers", json=provider | {"clientSecret": "password"}
    )
    assert status == 200
    callout, receiver = await stage.play(requiredOauth2=True, oauth2ProviderId=made["id"])
    first, second = endpoint.requests
    assert b"client_secret=password" in first.body
    assert first.header("Authorization") is None
    assert second.header("Authorization") == "Basic dXNlcm5hbWU6cGFzc3dvcmQ="
    assert b"client_secret" not in second.body
    assert receiver.requests[0].header("Authorization") == "Bearer t0k3n"
    assert callout.outcome == "delivered"
    assert all(name.lower()[:6] != "zuora-" for request in endpoint.requests for name, _ in request.headers)


# ── Callout Notification Timeout ──


async def test_fifteen_seconds_for_the_transfer(stage: Stage) -> None:
    """ "15 seconds for data transfer": the attempt ends 15 s after it began, and is tried again."""
    callout, _ = await stage.play([{"hang": True}, 200])
    first = callout.attempts[0]
    assert first.error_class == "transfer-timeout"
    assert first.ended_at - first.sent_at == timedelta(seconds=15)
    assert codes(callout) == [-1, 200]


async def test_ten_seconds_for_the_connection(stage: Stage) -> None:
    """ "10 seconds to establish socket connection", the TLS handshake among them."""
    receiver = await stage.receiver([{"hang": "accept"}], tls=stage.zuora.instance.authority)
    await stage.client.listen(receiver.url)
    await stage.client.submit()
    await stage.zuora.settle()
    (attempt,) = stage.zuora.attempts
    assert attempt.error_class == "connect-timeout"
    assert attempt.ended_at - attempt.sent_at == timedelta(seconds=10)


# ── Callout Response Codes ──


@pytest.mark.parametrize("status", [403, 408, 429, 500, 502, 503, 504, 599])
async def test_the_retried_codes(stage: Stage, status: int) -> None:
    """ "Zuora only retries a callout if the response code is one of: 1xx, 403, 408, 429, 5xx, negative"."""
    callout, _ = await stage.play([status])
    assert codes(callout) == [status] * 3


async def test_an_interim_answer_as_the_last_word_is_retried(stage: Stage) -> None:
    """1xx: an interim answer and then the end of the connection."""
    callout, _ = await stage.play([{"interim": 102, "close": "request"}])
    assert codes(callout) == [102] * 3


async def test_confirm_success_by_the_content(stage: Stage) -> None:
    """ "Zuora retries a callout if the response code is 200 and the body contains a success field set to false"."""
    refusing = {"status": 200, "body": {"success": False}}
    await stage.settings(confirmSuccess="reject-false")
    callout, _ = await stage.play([refusing, {"status": 200, "body": {"success": True}}])
    assert codes(callout) == [200, 200]
    assert callout.outcome == "delivered"
    assert callout.attempts[0].retry_at is not None


async def test_without_the_setting_the_content_counts_for_nothing(stage: Stage) -> None:
    """With the option off, 200 is 200."""
    callout, _ = await stage.play([{"status": 200, "body": {"success": False}}])
    assert codes(callout) == [200]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(stage: Stage, status: int) -> None:
    """ "Zuora does not support redirection of callouts via responses with 3xx codes"."""
    elsewhere = await stage.receiver()
    callout, _ = await stage.play([{"status": status, "headers": {"Location": elsewhere.url}}])
    assert codes(callout) == [status]
    assert elsewhere.requests == ()


# ── Configure Callout Settings ──


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_the_maximum_number_of_attempts(stage: Stage, limit: int) -> None:
    """ "Specifies the number of times a callout will be tried. Default value: 3, maximum value: 5"."""
    await stage.settings(maxAttempts=limit)
    callout, _ = await stage.play([500])
    assert codes(callout) == [500] * limit


@pytest.mark.parametrize("minutes", [1, 45, 1440])
async def test_the_interval(stage: Stage, minutes: int) -> None:
    """ "The number of minutes between callout attempts. Default value: 30, maximum allowed minutes: 1440"."""
    await stage.settings(intervalMinutes=minutes)
    callout, _ = await stage.play([500, 200])
    first, second = callout.attempts
    assert second.sent_at - first.sent_at == timedelta(minutes=minutes)


@pytest.mark.parametrize("wrong", [{"maxAttempts": 6}, {"maxAttempts": 0}, {"intervalMinutes": 1441}])
async def test_values_out_of_range_are_refused(stage: Stage, wrong: dict[str, int]) -> None:
    """Beyond the documented maximum there is a clear error, and nothing changes."""
    status, body = await stage.client.call("PUT", "/_simulator/settings", json=wrong)
    assert status == 400
    assert next(iter(wrong)) in body["error"]


async def test_confirm_success_looks_at_json_alone(stage: Stage) -> None:
    """ "Zuora parses the callout response body when the code is 200 and the Content-Type is application/json"."""
    await stage.settings(confirmSuccess="reject-false")
    text = {"status": 200, "body": '{"success": false}', "headers": {"Content-Type": "text/plain"}}
    callout, _ = await stage.play([text])
    assert codes(callout) == [200]
    assert callout.outcome == "delivered"


async def test_empty_strings_as_null_for_custom_events(stage: Stage) -> None:
    """ "All empty strings in callouts triggered by custom events are returned as "null"", Order Processed among them."""
    await stage.settings(emptyAsNull=True)
    receiver = await stage.receiver()
    params = {"Empty": "<DataSource.Order.Note>"}
    await stage.fire(receiver, "Order Processed", {"Order.Note": ""}, calloutParams=params)
    assert receiver.requests[0].json["Empty"] == "null"


async def test_standard_events_keep_their_empty_strings(stage: Stage) -> None:
    """The setting is "for custom event triggered callouts"."""
    await stage.settings(emptyAsNull=True)
    receiver = await stage.receiver()
    params = {"Empty": "<DataSource.Account.Note>"}
    await stage.fire(receiver, DECLINED, {"Account.Note": ""}, calloutParams=params)
    assert receiver.requests[0].json["Empty"] == ""


async def test_events_are_processed_in_the_order_in_which_they_are_triggered(stage: Stage) -> None:
    """ "Zuora notification system processes the events in the same order in which they are triggered"."""
    receiver = await stage.receiver()
    await stage.client.listen(receiver.url)
    ids = [await stage.client.submit() for _ in range(10)]
    await stage.zuora.settle()
    assert [request.json["request"]["id"] for request in receiver.requests] == ids


def test_every_claim_says_where_it_comes_from() -> None:
    """The table that `zuora-simulator fidelity` prints has a source for every claim."""
    assert all(claim.source and claim.standing for claim in CLAIMS)
