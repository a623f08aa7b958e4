"""Nothing is resolved and no socket opens for what nobody allowed; what is looked at is what is connected to."""

import socket

import pytest

from simulator.core.heads import Form
from simulator.core.http import compose
from simulator.core.model import Callout, ErrorClass, Outcome
from simulator.runtime.addresses import Addresses
from simulator.runtime.wire import Wire
from simulator.runtime.wire.dial import Address
from tests.support.hostile import receiver, says
from tests.unit.runtime.test_addresses import FORMS

FINE = says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", keep=True)


def callout(url: str) -> Callout:
    head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    return Callout(Form("POST", url, head), b"", "0" * 32)


async def send(wire: Wire, url: str) -> Outcome:
    async with wire.conversation() as conversation:
        return await conversation.send(callout(url))


class Names:
    """A resolver that gives the addresses in turn, and counts how often it is asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[Address]:
        self.asked += 1
        return [(socket.AF_INET, (self.answers.pop(0), port))]


@pytest.mark.parametrize("url", FORMS)
async def test_no_packet(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each form of a target outside the list is refused before a name is looked up or a socket is made."""
    names = Names()
    sockets: list[object] = []
    monkeypatch.setattr(socket, "socket", lambda *given: sockets.append(given))
    outcome = await send(Wire(resolve=names), url)
    assert (outcome.status, outcome.error) == (None, ErrorClass.NOT_ALLOWED)
    assert (names.asked, sockets) == (0, [])


async def test_name_that_moves_between_check_and_use() -> None:
    """A name is resolved once for a connection, so an answer that changes leads nowhere else."""
    names = Names("127.0.0.1", "203.0.113.7")
    wire = Wire(resolve=names)
    async with receiver(FINE) as there:
        assert (await send(wire, f"http://localhost:{there.port}/")).status == 200
        assert names.asked == 1
        outcome = await send(wire, f"http://localhost:{there.port}/")
        assert there.connections == 1
    assert outcome.error is ErrorClass.NOT_ALLOWED
    assert outcome.detail == "localhost resolved to 203.0.113.7, which is no loopback address"
    await wire.close()


async def test_one_foreign_address_among_several() -> None:
    """A loopback name with any other address among its own is not contacted at all."""

    async def mixed(host: str, port: int) -> list[Address]:
        return [(socket.AF_INET, ("127.0.0.1", port)), (socket.AF_INET, ("10.0.0.5", port))]

    async with receiver(FINE) as there:
        outcome = await send(Wire(resolve=mixed), f"http://localhost:{there.port}/")
        assert there.connections == 0
    assert outcome.error is ErrorClass.NOT_ALLOWED


async def test_allowed_name_goes_where_it_resolves() -> None:
    """A host that was named is contacted wherever it is."""
    async with receiver(FINE) as there:
        wire = Wire(addresses=Addresses(allow_hosts=["hooks.example.com"]), resolve=Names("127.0.0.1"))
        outcome = await send(wire, f"http://hooks.example.com:{there.port}/")
    assert outcome.status == 200
    await wire.close()


async def test_route_to_a_name_and_its_change() -> None:
    """A route's target may be a name; a changed route counts for the next callout, and its absence forbids it."""
    addresses = Addresses()
    wire = Wire(addresses=addresses, resolve=Names("127.0.0.1"))
    async with receiver(FINE) as there:
        assert (await send(wire, "http://www.example.com/")).error is ErrorClass.NOT_ALLOWED
        addresses.routes = {"www.example.com": f"receiver:{there.port}"}
        assert (await send(wire, "http://www.example.com/")).status == 200
        addresses.routes = {}
        assert (await send(wire, "http://www.example.com/")).error is ErrorClass.NOT_ALLOWED
        assert there.connections == 1
    await wire.close()


async def test_name_below_localhost() -> None:
    """Names below .localhost need no entry in any resolver."""
    async with receiver(FINE) as there:
        wire = Wire()
        async with wire.conversation() as conversation:
            outcome = await conversation.send(
                compose("POST", f"http://shop.localhost:{there.port}/", [], b"", "0" * 32)
            )
        assert f"Host: shop.localhost:{there.port}".encode() in there.requests[0]
    assert outcome.status == 200
    await wire.close()


async def test_localhost_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one name that everybody uses costs a look-up once; what it came to is looked at each time."""
    wire = Wire()
    async with receiver(FINE) as there:
        assert (await send(wire, f"http://localhost:{there.port}/")).status == 200
        monkeypatch.setattr(socket, "getaddrinfo", None)
        assert (await send(wire, f"http://localhost:{there.port}/")).status == 200
    await wire.close()
