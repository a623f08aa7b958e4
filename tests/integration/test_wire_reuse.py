"""Which connection an exchange travels on: fresh ones by default, shared within an attempt, pooled on request."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from simulator.core.http import compose
from simulator.core.model import Callout, Outcome
from simulator.runtime.wire import Wire
from simulator.runtime.wire.pool import IDLE_PER_ORIGIN
from tests.support.hostile import Peer, Script, receiver, says, says_and_resets

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHALLENGE = b"HTTP/1.1 401 x\r\nWWW-Authenticate: %b\r\nContent-Length: 0\r\n\r\n"
FINE = says(OK, keep=True)
AGAIN = "sent once more on a fresh one"


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """A wire as it is by default."""
    wire = Wire()
    yield wire
    await wire.close()
    assert not wire.open


@pytest.fixture
async def pooling() -> AsyncIterator[Wire]:
    """A wire whose attempts share connections."""
    wire = Wire(reuse_connections=True)
    yield wire
    await wire.close()
    assert not wire.open


def callout(url: str) -> Callout:
    return compose("POST", url, [], b"{}", "0" * 32)


async def attempt(wire: Wire, url: str, exchanges: int = 1) -> list[Outcome]:
    async with wire.conversation() as conversation:
        return [await conversation.send(callout(url)) for _ in range(exchanges)]


async def test_every_attempt_has_a_connection_of_its_own(wire: Wire) -> None:
    """By default nothing is kept between attempts, and nothing stays open after one."""
    async with receiver(FINE) as there:
        for _ in range(3):
            await attempt(wire, there.url)
        assert there.connections == 3


async def test_exchanges_of_an_attempt_share_a_connection(wire: Wire) -> None:
    """A receiver that keeps the connection open sees the whole dialogue on it."""
    async with receiver(FINE) as there:
        outcomes = await attempt(wire, there.url, 4)
        assert (there.connections, len(there.requests)) == (1, 4)
    assert all(AGAIN not in note for outcome in outcomes for note in outcome.notes)


@pytest.mark.parametrize(
    "answer",
    [
        CHALLENGE % b"NTLM",
        b"HTTP/1.1 204 x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 103 x\r\n\r\n" + OK,
    ],
    ids=["empty body", "204", "empty chunked", "HTTP/1.0 kept alive", "interim before"],
)
async def test_what_keeps_a_connection(wire: Wire, answer: bytes) -> None:
    """An empty body, however it is told, leaves the connection fit for the next leg of a dialogue."""
    async with receiver(says(answer, keep=True)) as there:
        await attempt(wire, there.url, 3)
        assert (there.connections, len(there.requests)) == (1, 3)


async def test_each_origin_keeps_its_own_connection(wire: Wire) -> None:
    """A token server and a receiver may take turns within one attempt."""
    async with receiver(FINE) as tokens, receiver(FINE) as there, wire.conversation() as conversation:
        for url in (tokens.url, there.url, tokens.url, there.url):
            assert (await conversation.send(callout(url))).status == 200
        assert (tokens.connections, there.connections) == (1, 1)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 204 x\r\nContent-Length: 3\r\n\r\nabc",
        OK + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["close", "HTTP/1.0", "204 with a body", "an answer too many"],
)
async def test_what_forbids_another_request(wire: Wire, answer: bytes) -> None:
    """A connection whose state is in doubt carries no second request."""
    async with receiver(says(answer, keep=True)) as there:
        outcomes = await attempt(wire, there.url, 2)
        assert there.connections == 2
        assert len(there.requests) == 2
    assert all(outcome.error is None for outcome in outcomes)


async def test_receiver_that_closes_behind_its_answer(wire: Wire) -> None:
    """A small server that promises to keep the connection and closes it fails no second exchange, and gets it once."""
    async with receiver(says(CHALLENGE % b"Basic"), FINE) as there:
        for _ in range(50):
            there.requests.clear()
            first, second = await attempt(wire, there.url, 2)
            assert (first.status, second.status) == (401, 200)
            assert len(there.requests) == 2


@pytest.mark.parametrize("ending", [says(), says_and_resets()], ids=["closes", "resets"])
async def test_receiver_that_drops_the_second_request(wire: Wire, ending: Script) -> None:
    """A receiver that took the second request of an attempt and ended it has failed: it is not sent behind its back."""
    async with receiver(FINE, ending, FINE) as there:
        _, outcome = await attempt(wire, there.url, 2)
        assert outcome.status is None
        assert len(there.requests) == 2


async def test_pooled_connections_are_shared_between_attempts(pooling: Wire) -> None:
    """With reuse, attempts one after the other travel on one connection."""
    async with receiver(FINE) as there:
        for _ in range(5):
            await attempt(pooling, there.url)
        assert (there.connections, len(there.requests)) == (1, 5)


async def test_pool_is_bounded(pooling: Wire) -> None:
    """However many attempts run at once, no more than a handful of connections stay."""
    async with receiver(FINE) as there:
        await asyncio.gather(*(attempt(pooling, there.url) for _ in range(IDLE_PER_ORIGIN + 20)))
        await asyncio.gather(*(line.closed for line in pooling.open if not line.idle))
        assert len(pooling.open) == IDLE_PER_ORIGIN
        assert there.connections <= IDLE_PER_ORIGIN + 20


async def test_pooled_connection_that_breaks_is_replaced_once(pooling: Wire) -> None:
    """A reused connection that ends before any byte of an answer is tried once more on a fresh one, and the record says so."""
    async with receiver(FINE, says(), FINE) as there:
        await attempt(pooling, there.url)
        [outcome] = await attempt(pooling, there.url)
        assert outcome.status == 200
        assert any(AGAIN in note for note in outcome.notes)


async def test_fresh_connection_that_breaks_is_not_replaced(pooling: Wire) -> None:
    """What ends on a fresh connection is the receiver's failure."""
    async with receiver(says(), FINE) as there:
        [outcome] = await attempt(pooling, there.url)
        assert outcome.status is None
        assert len(there.requests) == 1


@pytest.mark.parametrize("scheme", [b"NTLM", b"Negotiate TlRM"])
async def test_signed_in_connection_is_not_passed_on(pooling: Wire, scheme: bytes) -> None:
    """NTLM signs in a connection: the next attempt would be let in unasked, so it gets another one."""
    async with receiver(says(CHALLENGE % scheme, keep=True), FINE) as there:
        await attempt(pooling, there.url, 2)
        await attempt(pooling, there.url)
        assert there.connections == 2


@pytest.mark.parametrize("reuse", [False, True])
async def test_receiver_that_closes_idle_connections(reuse: bool) -> None:
    """Of 600 callouts to a receiver that drops idle connections at random moments none fails."""
    source = random.Random(0)

    async def moody(peer: Peer) -> bool:
        peer.send(OK)
        for _ in range(source.randint(0, 12)):
            await asyncio.sleep(0)
        if source.random() < 0.3:
            peer.reset()
            return False
        return source.random() < 0.5

    wire = Wire(reuse_connections=reuse)
    failed: list[Outcome] = []

    async def lane(url: str) -> None:
        for _ in range(60):
            failed.extend(one for one in await attempt(wire, url) if one.status != 200)

    async with receiver(moody) as there:
        await asyncio.gather(*(lane(there.url) for _ in range(10)))
    await wire.close()
    assert failed == []
    assert not wire.open
