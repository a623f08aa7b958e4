"""How any request to Zuora's API is admitted and refused: who asks, what was sent, which path it names."""

import asyncio
import gzip
import io
import json
import re
from base64 import b64encode
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus

import aiohttp
import pytest
from yarl import URL

from simulator import Simulator
from simulator.zuora.edge.admission import read_body
from tests.support.client import Client

JSON = {"Content-Type": "application/json"}
TOKEN = "/oauth/token"
DEFINITIONS = "/notifications/notification-definitions"
OTHER = "11111111-2222-3333-4444-555555555555"


async def raw(client: Client, method: str, path: str, **given: Any) -> tuple[int, dict[str, str], bytes]:
    """An answer with its headers, not decompressed."""
    headers = {**client.headers, **given.pop("headers", {})}
    url = client.zuora.url + path
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.request(method, URL(url, encoded=True), headers=headers, **given) as answer,
    ):
        return answer.status, dict(answer.headers), await answer.read()


async def test_a_token_is_what_the_reference_shows(zuora: Simulator, client: Client) -> None:
    """32 hex digits, 3599 seconds, a jti, a scope and the two limit headers; no success flag."""
    form = {"client_id": OTHER, "client_secret": "x" * 42, "grant_type": "client_credentials"}
    async with client.session.post(zuora.url + TOKEN, data=form) as answer:
        body = await answer.json()
        assert answer.headers["X-RateLimit-Limit-minute"] == "100"
        assert len(answer.headers["Zuora-Request-Id"]) == 36
    assert list(body) == ["access_token", "expires_in", "jti", "scope", "token_type"]
    assert re.fullmatch("[0-9a-f]{32}", body["access_token"])
    assert body["expires_in"] == 3599
    assert body["scope"].startswith("user.")


@pytest.mark.parametrize(
    ("client_id", "secret", "status", "message"),
    [("short", "s", 400, "Invalid client id"), (OTHER, "x" * 43, 401, ""), (OTHER, "", 401, "")],
)
async def test_a_pair_that_is_not_well_formed_gets_no_token(
    client: Client, client_id: str, secret: str, status: int, message: str
) -> None:
    """The Spring-style body: 400 for the id, 401 for the secret."""
    form = {"client_id": client_id, "client_secret": secret, "grant_type": "client_credentials"}
    answered, body = await client.call("POST", TOKEN, data=form)
    assert answered == status == body["status"]
    assert list(body) == ["timestamp", "status", "error", "message", "path"]
    assert message in body["message"]


async def test_other_ways_to_log_in(zuora: Simulator, client: Client) -> None:
    """HTTP Basic on the token endpoint, and id and secret in the two headers of older clients."""
    basic = {"Authorization": "Basic " + b64encode(f"{OTHER}:secret".encode()).decode()}
    url = zuora.url + TOKEN
    async with client.session.post(url, data={"grant_type": "client_credentials"}, headers=basic) as answer:
        assert answer.status == 200
    client.headers = {"apiAccessKeyId": OTHER, "apiSecretAccessKey": "secret"}
    await client.submit()
    assert zuora.instance.requests(OTHER)[0].state == "queued"


async def test_only_named_clients_are_let_in_when_asked() -> None:
    """`strict_auth`: another id is 400, another secret 401, and no header form gets around it."""
    async with Simulator(strict_auth={OTHER: "right"}) as zuora, aiohttp.ClientSession() as session:
        client = Client(zuora, session)
        for pair, status in (((OTHER, "wrong"), 401), ((OTHER[::-1], "right"), 400), ((OTHER, "right"), 200)):
            form = {"client_id": pair[0], "client_secret": pair[1], "grant_type": "client_credentials"}
            assert (await client.call("POST", TOKEN, data=form))[0] == status
        client.headers = {"apiAccessKeyId": OTHER, "apiSecretAccessKey": "wrong"}
        assert (await client.call("GET", DEFINITIONS))[0] == 401


@pytest.mark.parametrize("strict", [False, True])
async def test_credentials_in_a_header_may_be_encoded(strict: bool) -> None:
    """RFC 6749 has id and secret form-encoded before they are joined: some libraries do that, others don't."""
    secret = "secret+of/42=characters+" + "/=" * 9
    named = {OTHER: secret} if strict else None
    async with Simulator(strict_auth=named) as zuora, aiohttp.ClientSession() as session:
        for sent in (secret, quote_plus(secret)):
            headers = {"Authorization": "Basic " + b64encode(f"{OTHER}:{sent}".encode()).decode()}
            form = {"grant_type": "client_credentials"}
            async with session.post(zuora.url + TOKEN, data=form, headers=headers) as answer:
                assert answer.status == 200, sent


async def test_a_token_with_a_lifetime_ends_on_the_simulators_clock() -> None:
    """3600 s of virtual time later it is refused; without a lifetime it goes on working."""
    async with Simulator(token_lifetime=timedelta(hours=1)) as zuora, aiohttp.ClientSession() as session:
        client = Client(zuora, session)
        await client.log_in()
        assert (await client.call("GET", DEFINITIONS))[0] == 200
        await zuora.advance(hours=1)
        assert await client.call("GET", DEFINITIONS) == (401, {"message": "Authentication error"})


async def test_two_tenants_never_meet(zuora: Simulator, client: Client) -> None:
    """Neither definitions nor resources nor history of one are seen by the other, whose ids are unknown to it."""
    made = await client.listen("http://127.0.0.1:9/x")
    _, account = await client.call("POST", "/v1/accounts", json={"name": "Mine"})
    other = Client(zuora, client.session)
    await other.log_in(OTHER, "secret")
    assert (await other.call("GET", DEFINITIONS))[1]["data"] == []
    assert (await other.call("GET", f"{DEFINITIONS}/{made['id']}"))[0] == 404
    assert (await other.call("DELETE", f"{DEFINITIONS}/{made['id']}"))[0] == 400
    _, envelope = await other.call("GET", f"/v1/accounts/{account['accountId']}")
    assert envelope["success"] is False
    assert (await client.call("GET", f"{DEFINITIONS}/{made['id']}"))[0] == 200


@pytest.mark.parametrize("path", ["//v1/async/accounts", "/v1//async///accounts", "/rest/v1/async/accounts"])
async def test_doubled_slashes_count_once(client: Client, path: str) -> None:
    """Some clients join their base URL with one slash too many."""
    status, _, body = await raw(client, "POST", path, data=b"{}", headers=JSON)
    assert status == 202
    assert json.loads(body)["requestId"]


async def test_a_request_may_be_written_as_to_a_proxy(client: Client) -> None:
    """With scheme and host in its first line, as a client does whose proxy the simulator is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(client.zuora.url).port)
    head = {"Host": "rest.zuora.com", "Connection": "close", "Content-Length": "2", **JSON, **client.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    writer.write(f"POST http://rest.zuora.com/v1/async/accounts?a=b HTTP/1.1\r\n{lines}\r\n{{}}".encode())
    assert (await reader.read()).startswith(b"HTTP/1.1 202")
    writer.close()
    await writer.wait_closed()
    (record,) = client.zuora.requests
    assert record.path == "/v1/async/accounts?a=b"


async def test_an_encoded_slash_belongs_to_its_segment(zuora: Simulator, client: Client) -> None:
    """A key may hold one; a path is not cut at it."""
    status, _, body = await raw(client, "GET", "/v1/accounts/a%2Fb")
    assert status == 200
    assert json.loads(body)["reasons"][0]["message"] == "Cannot find entity by key: 'a/b'."
    status, _, _ = await raw(client, "GET", "/v1%2Faccounts")
    assert status == 404


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"[" * 100_000, {}, 400),
        (b'{"a": NaN}', {}, 400),
        (b'{"a": "\xff"}', {}, 400),
        (b'{"a": "\\ud800"}', {}, 400),
        (b'{"a": "\x01"}', {}, 400),
        (b'{"a": ' + b"1" * 6000 + b"}", {}, 400),
        (b'{"a": 1, "a": 2}', {}, 202),
        (b"not gzip", {"Content-Encoding": "gzip"}, 400),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Content-Type": "application/xml"}, 415),
        (b"{}", {"Content-Type": "application/json; charset=utf-8"}, 202),
        (b"", {"Content-Type": "text/plain"}, 202),
        (b"{}", {"Zuora-Track-Id": "a" * 65}, 400),
        (b"{}", {"Zuora-Track-Id": "a;b"}, 400),
    ],
)
async def test_strange_bodies_meet_a_documented_answer(
    client: Client, body: bytes, headers: dict[str, str], status: int
) -> None:
    """Never a traceback: the v1 envelope with a code, or acceptance (of two equal keys the last counts)."""
    answered, _, said = await raw(client, "POST", "/v1/async/accounts", data=body, headers=JSON | headers)
    assert answered == status, said
    envelope = json.loads(said)
    if status >= 400:
        assert envelope["success"] is False
        assert envelope["reasons"][0]["code"]
        assert len(envelope["processId"]) == 16
        assert len(envelope["requestId"]) == 36
    assert client.zuora.instance.dispatcher.broken == []


@pytest.mark.parametrize("compressed", [False, True])
async def test_ten_megabytes_are_refused(client: Client, compressed: bool) -> None:
    """413, also where the body is small and unpacks to more."""
    body = b'"' + b"x" * 10_000_000 + b'"'
    headers = {**JSON, **({"Content-Encoding": "gzip"} if compressed else {})}
    sent = gzip.compress(body) if compressed else body
    status, _, said = await raw(client, "POST", "/v1/async/accounts", data=io.BytesIO(sent), headers=headers)
    assert status == 413
    assert json.loads(said)["success"] is False


async def test_a_long_refusal_is_packed_like_any_answer(zuora: Simulator, client: Client) -> None:
    """And is told in plain text to those who hear of refusals, such as the lines of `serve`."""
    heard: list[str] = []
    zuora.refusals.append(lambda method, path, status, words: heard.append(words))
    ids = [f"{number:032x}" for number in range(100)]
    path = "/notifications/callout-histories/resend"
    headers = JSON | {"Accept-Encoding": "gzip"}
    status, headers, said = await raw(client, "POST", path, data=json.dumps(ids), headers=headers)
    assert (status, headers["Content-Encoding"]) == (400, "gzip")
    assert list(json.loads(gzip.decompress(said))) == ids
    assert ids[0] in heard[0]
    assert zuora.instance.dispatcher.broken == []


async def test_gzip_both_ways(client: Client) -> None:
    """A compressed body is read; an answer of over 1000 bytes is compressed where the client takes that."""
    name = "x" * 2000
    body = gzip.compress(json.dumps({"name": name}).encode())
    headers = JSON | {"Content-Encoding": "gzip"}
    _, _, made = await raw(client, "POST", "/v1/accounts", data=body, headers=headers)
    path = f"/v1/accounts/{json.loads(made)['accountId']}"
    _, headers, said = await raw(client, "GET", path, headers={"Accept-Encoding": "gzip, deflate"})
    assert headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(said))["basicInfo"]["name"] == name
    for refused in ("identity", "gzip;q=0", "deflate, gzip; q=0.0"):
        _, headers, said = await raw(client, "GET", path, headers={"Accept-Encoding": refused})
        assert "Content-Encoding" not in headers


async def test_headers_of_an_answer(client: Client) -> None:
    """The request id is that of the accepted request; the track id is echoed; limits are told."""
    status, headers, body = await raw(
        client, "POST", "/v1/async/accounts", data=b"{}", headers=JSON | {"Zuora-Track-Id": "my-track-1"}
    )
    assert status == 202
    assert headers["Zuora-Request-Id"] == json.loads(body)["requestId"]
    assert headers["Zuora-Track-Id"] == "my-track-1"
    assert headers["RateLimit-Limit"] == "2250000, 50000;w=60, 2250000;w=3600, 27000000;w=86400"
    assert headers["RateLimit-Remaining"] == "49999"
    assert headers["Concurrency-Limit-Limit"] == "40"
    (record,) = client.zuora.requests
    assert record.track_id == "my-track-1"


async def test_the_concurrency_limit_is_told_under_v1(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what is left of it while another is being answered; the services beside `/v1` have none to tell."""
    begun, told = asyncio.Event(), asyncio.Event()

    async def being_answered(rule: Any) -> None:
        begun.set()
        await told.wait()

    monkeypatch.setattr("simulator.zuora.surface._wait", being_answered)
    _, headers, _ = await raw(client, "GET", DEFINITIONS)
    assert "RateLimit-Remaining" in headers
    assert not [name for name in headers if name.startswith("Concurrency")]
    rules = {"outcomes": [{"path": "/v1/contacts", "latency": "5m"}]}
    await client.call("PUT", "/_simulator/outcomes", json=rules)
    other = asyncio.create_task(client.call("POST", "/v1/contacts", json={}))
    await begun.wait()
    _, headers, _ = await raw(client, "GET", "/v1/accounts")
    assert headers["Concurrency-Limit-Remaining"] == "38"
    told.set()
    assert (await other)[0] == 200


async def test_a_crud_call_without_a_token(client: Client) -> None:
    """Is challenged, in the v1 envelope; a REST call is not (spec: 401 of the CRUD operations)."""
    client.headers = {}
    for path, challenged in (("/v1/object/account/1", True), ("/v1/accounts/1", False)):
        status, headers, said = await raw(client, "GET", path)
        assert (status, json.loads(said)["reasons"][0]["code"]) == (401, "90000011")
        assert ("Bearer realm=Zuora API" in headers.get("WWW-Authenticate", "")) is challenged


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("PATCH", DEFINITIONS, 405, {"code": "405", "message": "HTTP 405 Method Not Allowed"}),
        ("GET", "/notifications/nothing", 404, {"code": "404", "message": "HTTP 404 Not Found"}),
        ("GET", "/events/nothing", 404, {"reasons": [{"code": "404", "message": "HTTP 404 Not Found"}]}),
    ],
)
async def test_refusals_of_the_notification_service(
    client: Client, method: str, path: str, status: int, body: dict[str, Any]
) -> None:
    """Flat for definitions, inside `reasons` for templates and triggers; never an 8-digit code."""
    assert await client.call(method, path) == (status, body)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, 50000040),
        ("GET", "/nothing", 404, 50000040),
        ("PATCH", "/v1/async/accounts", 405, 50000045),
        ("GET", "/v1/async/accounts", 405, 50000045),
        ("PUT", "/v1/async/orders/O-1", 405, 50000045),
        ("POST", "/v1/async/action/query", 404, 50000040),
    ],
)
async def test_refusals_of_v1(client: Client, method: str, path: str, status: int, code: int) -> None:
    """The v1 envelope with a number for a code."""
    answered, envelope = await client.call(method, path)
    assert (answered, envelope["reasons"][0]["code"]) == (status, code)
    assert list(envelope) == ["success", "processId", "reasons", "requestId"]


async def test_an_unknown_endpoint_may_answer_200(zuora: Simulator, client: Client) -> None:
    """The knob `unknownEndpointStatus`: seen in the wild with either status."""
    zuora.instance.change_settings({"quirks": {"unknownEndpointStatus": 200}}, None, "test")
    status, envelope = await client.call("GET", "/v1/x")
    assert status == 200
    words = "The endpoint /v1/x does not exist. Please check the URL or refer to the API documentation."
    assert envelope["reasons"] == [{"code": 50000040, "message": words}]


async def test_an_idempotency_key_is_answered_once(zuora: Simulator, client: Client) -> None:
    """The same answer for 24 hours of the simulator's clock, one request behind it; then a new one."""
    key = {"Idempotency-Key": "k1"}

    async def post(path: str = "/v1/async/accounts", method: str = "POST") -> tuple[int, Any]:
        return await client.call(method, path, json={"name": "Acme"}, headers=key)

    first = await post()
    assert await post() == first
    assert len(zuora.requests) == 1
    assert (await post("/v1/async/contacts"))[0] == 422
    status, envelope = await post("/v1/async/accounts/x", "PUT")
    assert status == 400
    assert envelope["reasons"][0]["message"] == "Request method 'PUT' not supported with Idempotency-Key header"
    await zuora.advance(hours=24)
    assert (await post())[1] != first[1]
    long = await client.call("POST", "/v1/async/accounts", json={}, headers={"Idempotency-Key": "k" * 256})
    assert long[0] == 400


async def test_a_failure_is_kept_for_its_key_too(client: Client) -> None:
    """Whether it was a success or not: the order that lacks its date fails the same way twice."""
    key = {"Idempotency-Key": "k2"}
    first = await client.call("POST", "/v1/orders", json={}, headers=key)
    assert first[1]["reasons"][0]["code"] == 50000022
    assert await client.call("POST", "/v1/orders", json={"orderDate": "2026-01-01"}, headers=key) == first


async def test_limits_are_in_force_when_asked() -> None:
    """100 tokens a minute from one address; the 101st is a 429 with `Retry-After`, and a minute later all is well."""
    async with Simulator(rate_limits=True) as zuora, aiohttp.ClientSession() as session:
        form = {"client_id": OTHER, "client_secret": "s", "grant_type": "client_credentials"}
        for _ in range(100):
            async with session.post(zuora.url + TOKEN, data=form) as answer:
                assert answer.status == 200
        async with session.post(zuora.url + TOKEN, data=form) as answer:
            assert answer.status == 429
            assert answer.headers["Retry-After"] == "60"
        await zuora.advance(minutes=1)
        async with session.post(zuora.url + TOKEN, data=form) as answer:
            assert answer.status == 200


@pytest.mark.parametrize(
    "line",
    [
        b"X-A: a\x00b",
        b"X-A: a\x01b",
        b"X A: b",
        b"Content-Length: 5, 6",
        b"Content-Encoding: br",
        b"X: " + b"x" * 20_000,
    ],
)
async def test_what_is_no_http_is_told_so(zuora: Simulator, line: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """A control character in a header and the like: 400, one line in the log, and no traceback anywhere."""
    host, port = zuora.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /v1/async/accounts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + line + b"\r\n\r\n")
    status_line = (await reader.read()).split(b"\r\n")[0]
    writer.close()
    assert status_line.split()[1] in (b"400", b"401"), "a line that the parser takes goes on to be asked for its token"
    assert "Traceback" not in caplog.text
    assert zuora.instance.dispatcher.broken == []


async def test_a_body_that_is_not_packed_as_it_says_leaves_no_traceback(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """It is refused in Zuora's envelope, and the web server says nothing more of what it could not read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(client.zuora.url).port)
    head = {"Host": "a", "Content-Encoding": "gzip", "Content-Length": "2", **JSON, **client.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    writer.write(f"POST /v1/async/accounts HTTP/1.1\r\n{lines}\r\n{{}}".encode())
    assert b"not what its Content-Encoding says" in await reader.read()
    writer.close()
    await writer.wait_closed()
    assert [record for record in caplog.records if record.exc_info] == []


async def test_a_request_is_made_when_all_of_it_is_there(
    zuora: Simulator, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time that moves while a body is on its way has passed when the request is accepted."""
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(zuora.url).port)
    body = b'{"name": "Acme"}'
    head = {"Host": "a", "Content-Type": "application/json", "Content-Length": str(len(body)), **client.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    begun = asyncio.Event()

    async def reading(*what: Any) -> None:
        begun.set()
        await read_body(*what)

    monkeypatch.setattr("simulator.zuora.surface.read_body", reading)
    writer.write(f"POST /v1/async/accounts HTTP/1.1\r\n{lines}\r\n".encode() + body[:5])
    await begun.wait()
    before = zuora.now
    await zuora.advance(minutes=5)
    writer.write(body[5:])
    assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 202")
    (request,) = zuora.requests
    assert request.create_time == before + timedelta(minutes=5)
    writer.close()
    await writer.wait_closed()
