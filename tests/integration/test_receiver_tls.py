"""The receiver over TLS: whose certificate it shows, and how it can fail before a request can even be sent."""

import asyncio
import ssl

import pytest

from simulator.receiver import Receiver
from simulator.runtime.authority import Authority, load_pair
from tests.support.caller import GET, calling


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.in_memory()


def trusting(ca_pem: bytes | None) -> ssl.SSLContext:
    assert ca_pem is not None
    return ssl.create_default_context(cadata=ca_pem.decode())


async def test_it_makes_its_own_certificate(authority: Authority) -> None:
    """``tls=True``: signed by an authority in memory, for the address and for ``localhost``."""
    async with Receiver(answers=[503, 200], tls=True) as receiver:
        assert receiver.url == f"https://127.0.0.1:{receiver.port}/"
        async with calling(receiver.port, trusting(receiver.ca_pem)) as caller:
            assert [await caller.ask(GET) for _ in range(2)] == [503, 200]
    assert [each.connection for each in receiver.requests] == [1, 1]


async def test_an_authority_or_a_context_may_be_given(authority: Authority) -> None:
    """Two receivers of one authority are trusted alike; of a context nothing more is known."""
    context = authority.server_context("127.0.0.1")
    async with Receiver(tls=authority) as first, Receiver(tls=context) as second:
        for receiver in (first, second):
            async with calling(receiver.port, trusting(first.ca_pem)) as caller:
                assert await caller.ask(GET) == 200
    assert (first.ca_pem, second.ca_pem) == (authority.ca_pem, None)


async def test_a_request_that_comes_with_the_handshake_is_heard(authority: Authority) -> None:
    """However the bytes fall together, none is lost: a request and its body in many small records."""
    async with Receiver(tls=authority, answers={"big": "200KB"}) as receiver:
        for _ in range(20):
            async with calling(receiver.port, trusting(authority.ca_pem)) as caller:
                caller.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n")
                for byte in (b"a", b"b", b"c"):
                    caller.send(byte)
                assert len((await caller.answer())[2]) == 200 * 1024
    assert {each.body for each in receiver.requests} == {b"abc"}


async def test_a_client_certificate_may_be_demanded(authority: Authority) -> None:
    """Mutual TLS is a matter of the context; who has no certificate sends no request."""
    demanding = authority.server_context("127.0.0.1", client_certificate=True)
    async with Receiver(tls=demanding) as receiver:
        stranger = trusting(authority.ca_pem)
        stranger.maximum_version = ssl.TLSVersion.TLSv1_2  # with 1.3 the refusal comes after the client's handshake
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", receiver.port, ssl=stranger)
        known = trusting(authority.ca_pem)
        load_pair(known, authority.pair("client"))
        async with calling(receiver.port, known) as caller:
            assert await caller.ask(GET) == 200
    assert (receiver.accepted, receiver.count, len(receiver.failed_handshakes)) == (2, 1, 1)


async def test_a_handshake_that_fails_is_told(authority: Authority) -> None:
    """A client that does not trust the certificate: no request, and the reason as it is seen from here."""
    async with Receiver(tls=authority) as receiver:
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection("127.0.0.1", receiver.port, ssl=ssl.create_default_context())
        async with calling(receiver.port, trusting(authority.ca_pem)) as caller:
            assert await caller.ask(GET) == 200
        # asyncio's client cuts the connection and keeps its reason to itself; others send an alert that names it.
        assert receiver.failed_handshakes[0] in ("the client hung up", "tlsv1 alert unknown ca")


async def test_a_handshake_may_be_reset_or_closed(authority: Authority) -> None:
    """Before a byte of it is answered; each uses up its answer."""
    async with Receiver(tls=authority, answers=[{"reset": "accept"}, {"close": "accept"}, 200]) as receiver:
        for _ in range(2):
            with pytest.raises((ConnectionError, ssl.SSLError)):
                await asyncio.open_connection("127.0.0.1", receiver.port, ssl=trusting(authority.ca_pem))
        async with calling(receiver.port, trusting(authority.ca_pem)) as caller:
            assert await caller.ask(GET) == 200
    assert (receiver.accepted, receiver.count) == (3, 1)


async def test_a_handshake_may_hang(authority: Authority) -> None:
    """The hello is read and never answered, until the receiver stops."""
    async with Receiver(tls=authority, answers={"hang": "accept"}) as receiver, calling(receiver.port) as caller:
        caller.send(b"\x16\x03\x01")
        await caller.writer.drain()
        while not receiver.accepted:  # noqa: ASYNC110 - a connection without a request tells nobody
            await asyncio.sleep(0)
        await receiver.stop()
        assert await caller.is_reset() or await caller.rest() == b""


async def test_a_reset_in_an_answer_is_one_of_the_connection_below(authority: Authority) -> None:
    """No farewell of TLS: the socket itself is reset."""
    receiver = Receiver(tls=authority, answers={"reset": "body"})
    async with receiver, calling(receiver.port, trusting(authority.ca_pem)) as caller:
        caller.send(GET)
        assert await caller.is_reset()


async def test_plain_text_on_the_tls_port_is_a_failed_handshake(authority: Authority) -> None:
    """No request comes of it."""
    async with Receiver(tls=authority) as receiver, calling(receiver.port) as caller:
        caller.send(GET)
        await caller.is_reset()
        assert (receiver.count, receiver.failed_handshakes) == (0, ["http request"])


async def test_it_stops_in_the_middle_of_handshakes(authority: Authority) -> None:
    """Clients that connect and say nothing do not hold it up, and leave nothing behind."""
    before = asyncio.all_tasks()
    async with Receiver(tls=authority) as receiver:
        streams = [await asyncio.open_connection("127.0.0.1", receiver.port) for _ in range(5)]
        while receiver.accepted < 5:  # noqa: ASYNC110 - a connection without a request tells nobody
            await asyncio.sleep(0)
    assert not receiver.connections
    assert asyncio.all_tasks() == before
    for _, writer in streams:
        writer.transport.abort()
