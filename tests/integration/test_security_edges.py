"""The edges that somebody else may push at: the page's origin, paths, redirects, and counts (rows X1, X3, X5, X7)."""

import asyncio
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from msgspec.structs import replace

from simulator import Receiver, Simulator
from simulator.core.errors import AuthorError
from simulator.replay.report import Report
from simulator.runtime.authority import Authority
from tests.support.client import SUCCEEDED, Client

FOREIGN = (
    {"Host": "evil.example"},
    {"Host": "evil.example:8620"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
)
CHANGING = (
    ("POST", "/_simulator/reset"),
    ("POST", "/_simulator/clock/advance"),
    ("POST", "/_simulator/events"),
    ("PUT", "/_simulator/settings"),
    ("PUT", "/_simulator/faults"),
    ("PUT", "/_simulator/routes"),
    ("PUT", "/_simulator/outcomes"),
    ("POST", "/_simulator/oauth-providers"),
    ("DELETE", "/_simulator/oauth-providers/x"),
    ("POST", "/_simulator/callouts/x/resend"),
    ("POST", "/_simulator/callouts/x/duplicate"),
    ("POST", "/_simulator/preview"),
)
DEFINITIONS = 10_000
DECLINED = "Payment Declined"


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_page_of_somebody_else_changes_nothing(
    zuora: Simulator, client: Client, headers: dict[str, str], record_property: Callable[[str, object], None]
) -> None:
    """Under a foreign name, or from a foreign origin, each call that changes something is refused with 403."""
    record_property("cases", len(CHANGING))
    for method, path in CHANGING:
        async with client.session.request(method, zuora.url + path, json={}, headers=headers) as answer:
            assert answer.status == 403, (method, path, headers)


@pytest.mark.parametrize("path", ["/_simulator/", "/_simulator/callouts", "/_simulator/stream", "/_simulator/health"])
async def test_a_foreign_name_reads_nothing(zuora: Simulator, client: Client, path: str) -> None:
    """A name that was led to this address (DNS rebinding) is not this server's."""
    async with client.session.get(zuora.url + path, headers={"Host": "evil.example"}) as answer:
        assert answer.status == 403


async def test_no_other_origin_may_read_what_is_answered(zuora: Simulator, client: Client) -> None:
    """A browser gives a page of another origin only what is marked for it: nothing is."""
    for path in ("/_simulator/callouts", "/_simulator/settings"):
        async with client.session.get(zuora.url + path, headers={"Origin": "https://evil.example"}) as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers


async def test_the_page_has_a_policy(zuora: Simulator, client: Client) -> None:
    """Scripts and styles of its own only; nobody frames it."""
    async with client.session.get(f"{zuora.url}/_simulator/") as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize(
    "name",
    [
        "../page.py",
        "..%2fpage.py",
        "%2e%2e/page.py",
        "..\\page.py",
        "....//page.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "x%00.js",
        "a/../../page.py",
    ],
)
async def test_no_file_outside_the_page_is_served(zuora: Simulator, name: str) -> None:
    """A name that leads elsewhere is no name; sent as it is written, which no client library would do."""
    port = int(zuora.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"GET /_simulator/static/{name} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode()
    )
    said = await reader.read()
    writer.close()
    assert said.startswith(b"HTTP/1.1 4"), said[:80]
    assert b"root:" not in said
    assert b"import " not in said


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_recorded_and_not_followed(status: int) -> None:
    """Neither to another path nor to another host."""
    async with (
        Receiver() as elsewhere,
        Receiver({"status": status, "headers": {"Location": elsewhere.url}}) as receiver,
    ):
        async with Simulator() as zuora:
            zuora.notify(DECLINED, receiver.url)
            zuora.fire(DECLINED)
            await zuora.drain()
            [callout] = zuora.callouts
            assert [attempt.response_code for attempt in callout.attempts] == [status]
        assert (receiver.count, elsewhere.accepted) == (1, 0)


async def test_a_receiver_that_is_not_verified_is_shown_in_the_history(client: Client) -> None:
    """Believed only where it was named, and then each exchange says so, to whoever looks."""
    authority = Authority.in_memory()
    async with Receiver(tls=authority) as receiver:
        for named in ((), ("127.0.0.1",)):
            async with Simulator(insecure_receivers=named, max_attempts=1) as zuora:
                zuora.notify(DECLINED, receiver.url)
                zuora.fire(DECLINED)
                await zuora.drain()
                [attempt] = zuora.callouts[0].attempts
                async with client.session.get(f"{zuora.url}/_simulator/callouts/{zuora.callouts[0].id}") as answer:
                    shown = await answer.text()
            said = "is not verified (--insecure-receiver)"
            assert attempt.response_code == (200 if named else 495)
            assert any(said in note for note in attempt.exchanges[0].notes) is bool(named)
            assert (said in shown) is bool(named)


async def test_a_token_endpoint_outside_the_list_is_never_asked() -> None:
    """The allow-list holds for it too, and so for where a token is sent."""
    async with Receiver() as receiver, Simulator() as zuora:
        provider = zuora.oauth_provider("https://192.0.2.1/token", "id", "pl4nted")
        zuora.notify(DECLINED, receiver.url, oauth_provider=provider)
        zuora.fire(DECLINED)
        await zuora.drain()
        [callout] = zuora.callouts
        assert callout.attempts[-1].error_class == "not-allowed"
        assert receiver.accepted == 0


async def test_a_token_endpoint_that_redirects_is_not_followed() -> None:
    """What it answers is no token, and nothing is sent to where it points."""
    async with Receiver() as elsewhere:
        hop = {"status": 307, "headers": {"Location": elsewhere.url}}
        async with Receiver(hop) as endpoint, Receiver() as receiver, Simulator() as zuora:
            provider = zuora.oauth_provider(endpoint.url, "id", "pl4nted")
            zuora.notify(DECLINED, receiver.url, oauth_provider=provider)
            zuora.fire(DECLINED)
            await zuora.settle()
            assert (elsewhere.accepted, receiver.accepted) == (0, 0)


async def test_ten_thousand_definitions() -> None:
    """They can be had, and the one that is concerned is found: the others are not even looked at."""
    async with Simulator(delivery="collect") as zuora:
        tenant = zuora.instance.tenants[zuora.client_id]
        zuora.notify(DECLINED, "http://127.0.0.1:9/first")
        [model] = tenant.definitions.values()
        for number in range(DEFINITIONS):
            other = replace(model, id=f"{number:032x}", name=f"d{number}", event_type_name=f"Custom {number % 500}")
            tenant.definitions.put(other.id, other)
        assert list(tenant.concerned_by("paymentdeclined")) == [model]
        assert len(list(tenant.concerned_by("Custom 7"))) == DEFINITIONS / 500
        zuora.fire(DECLINED)
        await zuora.settle()
        assert len(zuora.callouts) == 1


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    """Whatever the umask says, from the moment that they exist."""
    Authority.in_folder(str(tmp_path / "certs")).server_context("localhost")
    keys = [path for path in (tmp_path / "certs").rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
    assert keys
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}


async def test_it_listens_on_loopback_alone(zuora: Simulator) -> None:
    """Unless it is told otherwise."""
    assert zuora.url.startswith("http://127.0.0.1:")


async def test_a_large_body_and_a_large_header_are_refused(zuora: Simulator, client: Client) -> None:
    """With an answer, and nothing of them is kept."""
    before = len(zuora.requests)
    url = f"{zuora.url}/v1/async/accounts"
    headers = client.headers | {"Content-Type": "application/json"}
    async with client.session.post(url, data=BytesIO(b" " * (10 * 1024 * 1024 + 1)), headers=headers) as answer:
        assert answer.status == 413
    port = int(zuora.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /_simulator/health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n")
    said = await reader.read(12)
    writer.close()
    assert said.endswith(b" 400")
    assert len(zuora.requests) == before


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: " + b"x" * 10_000_000,
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: y\r\n" * 200_000,
        b"x" * 10_000_000,
    ],
    ids=["a long target", "an endless header", "endless headers", "an endless method"],
)
async def test_a_head_without_end_is_cut_off(zuora: Simulator, head: bytes) -> None:
    """It is answered 400 and the connection ends: what follows is not read, let alone kept."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(zuora.url.rpartition(":")[2]))
    writer.write(head)
    said = b""
    with suppress(ConnectionResetError):
        said = await reader.read(12)
        while await reader.read(65_536):
            pass
    writer.transport.abort()
    assert said[9:] in (b"400", b"")
    async with aiohttp.ClientSession() as http, http.get(f"{zuora.url}/_simulator/health") as answer:
        assert answer.status == 200


async def test_a_body_without_length_is_cut_off_too(zuora: Simulator, client: Client) -> None:
    """In chunks, as large as it likes."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield bytes(65_536)

    url = f"{zuora.url}/v1/async/accounts"
    async with client.session.post(url, data=endless(), headers=client.headers) as answer:
        assert answer.status == 413


def test_a_report_is_not_written_through_a_file(tmp_path: Path) -> None:
    """A folder that is none, or a name with a NUL, is the author's error, and nothing is written."""
    taken = tmp_path / "taken"
    taken.write_text("mine")
    for folder in (str(taken), str(tmp_path / "a\0b")):
        report = Report("x")
        with pytest.raises(AuthorError):
            report.write(folder)
        report.close()
    assert taken.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [taken]


async def test_names_lead_to_no_path(zuora: Simulator, client: Client) -> None:
    """An id or a name out of a request is looked up, and never opened."""
    for name in ("../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00", "a%2f..%2fb"):
        for path in (f"/_simulator/callouts/{name}", f"/notifications/notification-definitions/{name}"):
            async with client.session.get(zuora.url + path, headers=client.headers) as answer:
                assert answer.status in (400, 404), (path, answer.status)
                assert "root:" not in await answer.text()
    await client.listen("http://127.0.0.1:9/", SUCCEEDED)
