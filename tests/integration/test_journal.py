"""What `state=` keeps: whoever stops a simulator and starts it again finds it as it was."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from simulator import Simulator
from simulator.core.errors import AuthorError
from simulator.core.gaps import Woven
from simulator.core.ledger import Fact
from simulator.core.model import Attempt
from tests.support.cloud import CloudClient, post_to, subscribers

URL = "https://127.0.0.1:9/hook"


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "state.db")


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def accept(zuora: Simulator, http: aiohttp.ClientSession, headers: dict[str, str] | None = None) -> str:
    async with http.post(
        f"{zuora.url}/v1/async/accounts", json={"name": "Acme"}, headers=headers or zuora.headers
    ) as answer:
        assert answer.status == 202, await answer.text()
        request_id: str = (await answer.json())["requestId"]
        return request_id


async def test_everything_is_as_it_was(path: str, http: aiohttp.ClientSession) -> None:
    """Requests, callouts, attempts to the byte, definitions, the clock and what is due."""
    async with Simulator(state=path, delivery="collect", answers=[503]) as zuora:
        zuora.notify("Async Request Succeeded", URL, username="u", password="p", params={"More": "<Event.Category>"})
        await accept(zuora, http)
        await zuora.advance(minutes=5)
        before = seen(zuora)
        sent = zuora.callouts[0].request_bytes
    async with Simulator(state=path, delivery="collect") as zuora:
        assert seen(zuora) == before
        assert zuora.callouts[0].request_bytes == sent
        await zuora.drain()
        (callout,) = zuora.callouts
        assert [attempt.response_code for attempt in callout.attempts] == [503, 200]
        assert callout.attempts[1].sent_at - callout.attempts[0].sent_at == timedelta(minutes=30)


async def test_what_is_shared_is_shared_again(path: str, http: aiohttp.ClientSession) -> None:
    """A million callouts that wait take no more memory behind a restart than before it."""
    async with Simulator(state=path, delivery="collect", answers=[503]) as zuora:
        zuora.notify("Async Request Succeeded", URL)
        for _ in range(2):
            await accept(zuora, http)
        await zuora.settle()
        before = kept(zuora)
    async with Simulator(state=path, delivery="collect") as zuora:
        assert kept(zuora) == before


def kept(zuora: Simulator) -> list[tuple[Attempt, ...]]:
    """The attempts, of which two callouts share all that is not their own."""
    ledger = zuora.instance.engine.ledger
    (one, other), (first, second) = ledger.attempts.values(), ledger.deliveries.values()
    sent, also = one[0].exchanges[0].callout, other[0].exchanges[0].callout
    assert sent.form is also.form
    assert sent.content is first.event.content
    assert isinstance(sent.content, Woven)
    assert isinstance(second.event.content, Woven)
    assert sent.content.pattern is second.event.content.pattern
    assert one[0].verdict is other[0].verdict
    return [one, other]


def seen(zuora: Simulator) -> tuple[Any, ...]:
    tenant = zuora.instance.tenants[zuora.client_id]
    shelves = {shelf.name: shelf.items() for shelf in tenant.shelves}
    return zuora.requests, zuora.callouts, zuora.now, zuora.instance.engine.next_due, shelves, zuora.faults


async def test_what_is_read_back_is_no_news(path: str, http: aiohttp.ClientSession) -> None:
    """Whoever listens from the start hears nothing of the life before: no failure is logged a second time."""
    async with Simulator(state=path, delivery="collect", answers=[400]) as zuora:
        zuora.notify("Async Request Succeeded", URL)
        await accept(zuora, http)
        await zuora.drain()
    again = Simulator(state=path, delivery="collect")
    heard: list[Fact] = []
    again.instance.engine.ledger.listeners.append(heard.append)
    async with again as zuora:
        assert len(zuora.callouts) == 1
        assert heard == []
        await accept(zuora, http)
        assert heard


async def test_credentials_and_tokens_go_on_working(path: str, http: aiohttp.ClientSession) -> None:
    """A client that logged in before the restart needs not do it again."""
    async with Simulator(state=path) as zuora:
        headers, credentials = zuora.headers, (zuora.client_id, zuora.client_secret)
        first = await accept(zuora, http, headers)
    async with Simulator(state=path) as zuora:
        assert (zuora.client_id, zuora.client_secret) == credentials
        assert await accept(zuora, http, headers) != first
        assert zuora.headers != headers, "no token is handed out twice"


async def test_the_seed_is_that_of_the_file(path: str) -> None:
    """It need not be given again; another one would make other ids, so it is refused."""
    async with Simulator(state=path, seed=7) as zuora:
        client_id = zuora.client_id
    async with Simulator(state=path) as zuora:
        assert zuora.client_id == client_id
    with pytest.raises(AuthorError, match="made with seed 7"):
        await Simulator(state=path, seed=8).start()


async def test_settings_faults_and_routes_are_kept(path: str) -> None:
    """Those of all, those of one tenant, of both providers; a reset brings back what was given at the start."""
    async with Simulator(state=path, max_attempts=4) as zuora:
        zuora.instance.change_settings({"intervalMinutes": 7, "quirks": {"userAgent": "x"}}, None, "control plane")
        zuora.settings(max_attempts=2)
        zuora.faults = [{"kind": "delay", "minutes": 3}]
        zuora.route("www.example.com", "127.0.0.1:8443")
        faults, plain, own = zuora.faults, zuora.instance.settings(), zuora.instance.settings(zuora.client_id)
    async with Simulator(state=path, max_attempts=4) as zuora:
        assert zuora.faults == faults
        assert zuora.instance.settings() == plain
        assert zuora.instance.settings(zuora.client_id) == own
        assert zuora.instance.addresses.routes == {"www.example.com": "127.0.0.1:8443"}
        zuora.instance.reset()
    async with Simulator(state=path, max_attempts=4) as zuora:
        assert not zuora.faults
        assert zuora.instance.settings()["intervalMinutes"] == 30
        assert zuora.instance.settings()["maxAttempts"] == 4
        assert not zuora.requests


async def test_a_fault_that_is_used_up_stays_so(path: str, http: aiohttp.ClientSession) -> None:
    """A copy that was asked for once is sent once, whatever lies between."""
    async with Simulator(state=path, delivery="collect", answers=[503, 503, 503, 503]) as zuora:
        zuora.notify("Async Request Succeeded", URL)
        await accept(zuora, http)
        await zuora.settle()
        zuora.duplicate(zuora.callouts[0])
    async with Simulator(state=path, delivery="collect", answers=[503]) as zuora:
        await zuora.advance(minutes=30)
        assert len(zuora.callouts[0].attempts[1].exchanges) == 2
    async with Simulator(state=path, delivery="collect", answers=[503]) as zuora:
        await zuora.advance(minutes=30)
        assert len(zuora.callouts[0].attempts[2].exchanges) == 1


async def test_what_was_forgotten_stays_forgotten(path: str, http: aiohttp.ClientSession) -> None:
    """A reset is journalled like anything else, and what comes after it begins anew."""
    async with Simulator(state=path) as zuora:
        first = await accept(zuora, http)
        await zuora.advance(minutes=5)
        zuora.instance.reset()
        start = zuora.now
        assert await accept(zuora, http) == first, "the same run gives the same ids"
    async with Simulator(state=path) as zuora:
        assert [request.id for request in zuora.requests] == [first]
        assert zuora.now == start


async def test_requests_without_a_job_get_new_ids(path: str, http: aiohttp.ClientSession) -> None:
    """Whoever looks for a request id in two logs finds one request."""
    ids = set()
    for _ in range(2):
        async with Simulator(state=path) as zuora, http.get(f"{zuora.url}/v1/none") as answer:
            ids.add(answer.headers["Zuora-Request-Id"])
    assert len(ids) == 2


async def test_the_second_provider_is_kept_too(path: str, http: aiohttp.ClientSession) -> None:
    """A conversation may begin before a restart and end after it; objects, e-mails, tokens and chosen endings stay."""
    told = post_to(URL, "OnConversationComplete", IncludeResults="true")
    email = {"ResponseType": "email", "ResponseAddress": "a@example.com", "RespondWhen": "OnCallComplete"}
    options: dict[str, Any] = {"ConversationID": "c", "CallsInConversation": 2}
    async with Simulator(state=path, delivery="collect") as zuora:
        client = CloudClient(zuora, http)
        await client.log_in()
        token = client.token
        await client.call("Create", subscribers(1, 7))
        zuora.marketing_cloud.outcome("fail", nth=2)
        await client.submit(subscribers(1), told, email, **options, SequenceCode=1)
    async with Simulator(state=path, delivery="collect") as zuora:
        client = CloudClient(zuora, http)
        client.token = token
        await client.submit(subscribers(1, 1), told, **options, SequenceCode=2)
        await zuora.settle()
        cloud = zuora.marketing_cloud
        assert [outcome.failed for outcome in cloud.results] == [False, True]
        assert [mail.to for mail in cloud.outbox] == ["a@example.com"]
        seen_before = seen(zuora), cloud.results, cloud.outbox
        assert [callout.outcome for callout in zuora.callouts] == ["delivered"]
        emails = (await client.retrieve("Subscriber", "EmailAddress")).values("Results/EmailAddress")
        assert emails == ["s7@example.com", "s0@example.com"]
    async with Simulator(state=path, delivery="collect") as zuora:
        cloud = zuora.marketing_cloud
        assert (seen(zuora), cloud.results, cloud.outbox) == seen_before


async def test_what_advance_has_done_is_on_disk(path: str) -> None:
    """Whoever waited for time to move may pull the plug: nothing is sent again."""
    async with Simulator(state=path, delivery="collect") as zuora:
        zuora.notify("Async Request Succeeded", URL)
        zuora.fire("Async Request Succeeded")
        await zuora.settle()
        assert zuora.instance.state is not None
        assert not zuora.instance.state.pending


async def test_what_was_delivered_stays_so_through_a_failed_resend(path: str) -> None:
    """Also where the simulator stopped between the resend and its answer."""
    async with Simulator(state=path, delivery="collect", answers=[200]) as zuora:
        zuora.notify("Payment Declined", URL)
        zuora.fire("Payment Declined")
        await zuora.settle()
        zuora.resend(zuora.callouts[0])
    async with Simulator(state=path, delivery="collect", answers=[404]) as zuora:
        await zuora.drain()
        (callout,) = zuora.callouts
        assert [attempt.response_code for attempt in callout.attempts] == [200, 404]
        assert callout.outcome == "delivered"
