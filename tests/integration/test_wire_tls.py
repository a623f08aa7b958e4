"""Certificates and handshakes on the wire: what is believed, what is not, and in which class each failure ends."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulator.core.http import compose
from simulator.core.model import Callout, ErrorClass, Outcome
from simulator.runtime.addresses import Addresses
from simulator.runtime.tls import Authority, ClientTrust
from simulator.runtime.wire import BODY_KEPT, Wire
from tests.support.hostile import Peer, Script, pours, receiver, says, says_and_hangs, says_and_resets

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
FINE = says(OK, keep=True)
LIMIT = timedelta(seconds=10)
SHORT = timedelta(seconds=0.1)


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.in_memory()


@pytest.fixture
async def wire(authority: Authority) -> AsyncIterator[Wire]:
    """A wire that trusts the authority of the tests, and must leave nothing open."""
    wire = Wire(trust=ClientTrust(authority=authority))
    yield wire
    await wire.close()
    assert not wire.open


def callout(url: str, body: bytes = b"{}") -> Callout:
    return compose("POST", url, [], body, "0" * 32)


async def send(wire: Wire, url: str, body: bytes = b"{}") -> Outcome:
    async with wire.conversation() as conversation:
        return await conversation.send(callout(url, body))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST."])
async def test_verified(wire: Wire, authority: Authority, host: str) -> None:
    """A receiver with a certificate of the authority is believed under each of its names."""
    async with receiver(FINE, tls=authority.server_context()) as there:
        outcome = await send(wire, f"https://{host}:{there.port}/")
    assert (outcome.status, outcome.error, outcome.body) == (200, None, b"ok")


async def test_whole_conversation_on_one_connection(wire: Wire, authority: Authority) -> None:
    """The exchanges of an attempt share one handshake; a request of a megabyte arrives whole."""
    body = bytes(range(256)) * 4096
    async with receiver(FINE, tls=authority.server_context()) as there:
        async with wire.conversation() as conversation:
            for _ in range(3):
                assert (await conversation.send(callout(there.url, body))).status == 200
        assert there.connections == 1
        assert there.requests == [callout(there.url, body).request_bytes] * 3


async def test_unknown_authority(wire: Wire) -> None:
    """A certificate of an authority that nobody named is refused, and the request is not sent."""
    async with receiver(FINE, tls=Authority.in_memory().server_context()) as there:
        outcome = await send(wire, there.url)
        assert there.requests == []
    assert (outcome.status, outcome.error) == (None, ErrorClass.TLS_CERTIFICATE)
    assert outcome.detail == "certificate refused: unable to get local issuer certificate"


async def test_wrong_host(wire: Wire, authority: Authority) -> None:
    """So is one for another host."""
    async with receiver(FINE, tls=authority.server_context("www.example.com")) as there:
        outcome = await send(wire, f"https://localhost:{there.port}/")
        assert there.requests == []
    assert outcome.error is ErrorClass.TLS_CERTIFICATE
    assert "Hostname mismatch" in outcome.detail


async def test_expired(wire: Wire, authority: Authority) -> None:
    """So is one that has run out."""
    old = authority.server_context(not_after=datetime(2021, 1, 1, tzinfo=UTC))
    async with receiver(FINE, tls=old) as there:
        outcome = await send(wire, there.url)
    assert (outcome.error, outcome.detail) == (
        ErrorClass.TLS_CERTIFICATE,
        "certificate refused: certificate has expired",
    )


async def test_old_tls(wire: Wire, authority: Authority) -> None:
    """A receiver that speaks nothing newer than TLS 1.1 is not spoken to."""
    context = authority.server_context()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is old is the point
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
    async with receiver(FINE, tls=context) as there:
        outcome = await send(wire, there.url)
    assert (outcome.status, outcome.error) == (None, ErrorClass.TLS_HANDSHAKE)


async def test_tls_1_2(wire: Wire, authority: Authority) -> None:
    """TLS 1.2 is good enough."""
    context = authority.server_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with receiver(FINE, tls=context) as there:
        assert (await send(wire, there.url)).status == 200


async def greets(peer: Peer) -> bool:
    peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    return False


async def resets(peer: Peer) -> bool:
    await peer.reader.read(1)
    peer.reset()
    return False


async def closes(peer: Peer) -> bool:
    await peer.reader.read(65_536)
    return False


@pytest.mark.parametrize(
    ("greet", "words"),
    [
        (greets, "does the receiver speak plain http"),
        (resets, "reset by the receiver"),
        (closes, "closed by the receiver"),
    ],
    ids=["plain text on the TLS port", "resets in the handshake", "closes in the handshake"],
)
async def test_broken_handshake(wire: Wire, greet: Script, words: str) -> None:
    """What breaks off a handshake is no certificate's fault and no timeout."""
    async with receiver(greet=greet) as there:
        outcome = await send(wire, f"https://127.0.0.1:{there.port}/")
    assert (outcome.status, outcome.error) == (None, ErrorClass.TLS_HANDSHAKE), outcome
    assert words in outcome.detail


async def test_tls_on_the_plain_port(wire: Wire, authority: Authority) -> None:
    """OpenSSL hangs up on plain http without a word: no byte tells why, but the detail asks the right question."""
    async with receiver(FINE, tls=authority.server_context()) as there:
        outcome = await send(wire, f"http://127.0.0.1:{there.port}/")
        assert there.requests == []
    assert (outcome.status, outcome.error) == (None, ErrorClass.CLOSED_EARLY)
    assert outcome.detail.endswith("(does it speak TLS on this port?)")


async def test_stalled_handshake(wire: Wire) -> None:
    """A receiver that says nothing on a TLS port runs into the limit for connecting, which covers TCP and TLS."""
    wire.patience = SHORT
    async with receiver(FINE) as there:
        outcome = await send(wire, f"https://127.0.0.1:{there.port}/")
    assert (outcome.status, outcome.error) == (None, ErrorClass.CONNECT_TIMEOUT)
    assert (outcome.nominal, outcome.patience) == (LIMIT, True)


@pytest.mark.parametrize(
    ("script", "status", "error", "truncated"),
    [
        (says(), None, ErrorClass.CLOSED_EARLY, False),
        (says_and_resets(), None, ErrorClass.CLOSED_EARLY, False),
        (says(b"HTTP/1.1 503 x\r\nContent-Length: 9\r\n\r\nabc"), 503, ErrorClass.CLOSED_EARLY, False),
        (says_and_resets(b"HTTP/1.1 503 x\r\nContent-Length: 9\r\n\r\nabc"), 503, ErrorClass.CLOSED_EARLY, False),
        (says(b"HTTP/1.1 102 x\r\n\r\n"), 102, ErrorClass.INTERIM, False),
        (says(b"garbage\r\n"), None, ErrorClass.MALFORMED_ANSWER, False),
        (says(b"HTTP/1.1 200 OK\r\n\r\nok"), 200, None, False),
        (says_and_resets(OK), 200, None, False),
        (pours(b"HTTP/1.1 200 OK\r\n\r\n", bytes(9999)), 200, None, True),
    ],
)
async def test_faults_inside_tls(
    wire: Wire, authority: Authority, script: Script, status: int | None, error: ErrorClass | None, truncated: bool
) -> None:
    """Once the handshake is done, the rows of the fault table hold as they do without TLS."""
    async with receiver(script, tls=authority.server_context()) as there:
        outcome = await send(wire, there.url)
    assert (outcome.status, outcome.error, outcome.truncated) == (status, error, truncated), outcome
    assert len(outcome.body) == BODY_KEPT or not truncated


async def test_hangs_inside_tls(wire: Wire, authority: Authority) -> None:
    """The limit for the transfer begins after the handshake."""
    async with receiver(says_and_hangs(), tls=authority.server_context()) as there, wire.conversation() as conversation:
        task = asyncio.create_task(conversation.send(callout(there.url)))
        await there.asked.wait()
        await wire.close()
        assert (await task).error is ErrorClass.CLOSED_EARLY


async def test_route_keeps_name_and_host(authority: Authority) -> None:
    """Through a route the receiver is asked for, and verified as, the host of the URL, and reads it in Host."""
    asked_for: list[str | None] = []
    context = authority.server_context("www.example.com")
    context.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    async with receiver(FINE, tls=context) as there:
        wire = Wire(
            addresses=Addresses(routes={"www.example.com": f"127.0.0.1:{there.port}"}),
            trust=ClientTrust(authority=authority),
        )
        outcome = await send(wire, "https://www.example.com/hook")
        assert b"\r\nHost: www.example.com\r\n" in there.requests[0]
    await wire.close()
    assert (outcome.status, asked_for, outcome.notes) == (200, ["www.example.com"], ())


async def test_route_does_not_loosen_verification(authority: Authority) -> None:
    """Through a route a receiver with another name is refused."""
    async with receiver(FINE, tls=authority.server_context("127.0.0.1")) as there:
        addresses = Addresses(routes={"www.example.com": f"127.0.0.1:{there.port}"})
        outcome = await send(
            Wire(addresses=addresses, trust=ClientTrust(authority=authority)), "https://www.example.com/"
        )
    assert outcome.error is ErrorClass.TLS_CERTIFICATE


@pytest.mark.parametrize("entry", ["127.0.0.1", "127.0.0.1:{port}"])
async def test_unverified_on_request(entry: str) -> None:
    """A receiver that was named as insecure is not verified, and the record says so each time."""
    async with receiver(FINE, tls=Authority.in_memory().server_context("other.example")) as there:
        wire = Wire(trust=ClientTrust(insecure_hosts=[entry.format(port=there.port)]))
        outcome = await send(wire, there.url)
        other = await send(wire, f"https://localhost:{there.port}/")
    assert outcome.status == 200
    assert f"the certificate of 127.0.0.1:{there.port} is not verified (--insecure-receiver)" in outcome.notes
    assert other.error is ErrorClass.TLS_CERTIFICATE
    await wire.close()


async def test_further_authority(authority: Authority, tmp_path: Path) -> None:
    """A file of certificates adds to whom is believed; what stands between them may be in any language."""
    file = tmp_path / "ca.pem"
    file.write_bytes("# Főtanúsítvány\n".encode() + authority.ca_pem)
    async with receiver(FINE, tls=authority.server_context()) as there:
        assert (await send(Wire(trust=ClientTrust(ca=[file])), there.url)).status == 200


async def test_environment_names_the_system_authorities(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE counts, as it does for everything that uses OpenSSL."""
    file = tmp_path / "ca.pem"
    file.write_bytes(authority.ca_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with receiver(FINE, tls=authority.server_context()) as there:
        assert (await send(Wire(), there.url)).status == 200


@pytest.mark.parametrize(
    ("version", "error"),
    [
        (ssl.TLSVersion.TLSv1_2, ErrorClass.TLS_HANDSHAKE),
        # The client's handshake is over before the server looks, and asyncio's server keeps its alert to itself.
        (ssl.TLSVersion.TLSv1_3, ErrorClass.CLOSED_EARLY),
    ],
)
async def test_client_certificate(
    authority: Authority, tmp_path: Path, version: ssl.TLSVersion, error: ErrorClass
) -> None:
    """A receiver that demands a certificate gets ours, and a caller without one gets no answer."""
    pair = authority.pair("client.example")
    file, key = tmp_path / "client.pem", tmp_path / "client-key.pem"
    file.write_bytes(pair.certificate)
    key.write_bytes(pair.key)
    context = authority.server_context(client_certificate=True)
    context.maximum_version = version
    async with receiver(FINE, tls=context) as there:
        known = await send(Wire(trust=ClientTrust(authority=authority, certificate=file, key=key)), there.url)
        unknown = await send(Wire(trust=ClientTrust(authority=authority)), there.url)
    assert known.status == 200
    assert (unknown.status, unknown.error) == (None, error), unknown
