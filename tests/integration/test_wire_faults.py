"""The fault table, row by row: what a receiver does, and what the wire says of it, at each exchange of a conversation."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from msgspec import Struct

from simulator.core.http import compose
from simulator.core.model import Callout, ErrorClass, Outcome
from simulator.runtime.wire import BODY_KEPT, Wire
from tests.support.hostile import (
    Peer,
    Script,
    drips,
    full_backlog,
    pours,
    receiver,
    says,
    says_and_hangs,
    says_and_resets,
    slices,
)

SHORT = timedelta(seconds=0.1)
LIMIT = timedelta(seconds=15)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
FINE = says(OK, keep=True)
CUT = b"HTTP/1.1 500 x\r\nContent-Length: 70000\r\n\r\n" + b"y" * 65_000
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(bytes(20_000_000))


def callout(url: str, body: bytes = b"{}") -> Callout:
    return compose("POST", url, [("X-Note", "kept as it is")], body, "0" * 32)


class Row(Struct, frozen=True):
    """A line of the table: what happens, and the outcome that it must have."""

    name: str
    script: Script
    status: int | None
    error: ErrorClass | None
    says: str = ""
    truncated: bool = False

    @property
    def patience(self) -> timedelta | None:
        return SHORT if self.error is ErrorClass.TRANSFER_TIMEOUT else None


M, C, T, I = (  # noqa: E741 - the letters make columns of the table below
    ErrorClass.MALFORMED_ANSWER,
    ErrorClass.CLOSED_EARLY,
    ErrorClass.TRANSFER_TIMEOUT,
    ErrorClass.INTERIM,
)


def status(line: bytes, *headers: bytes, body: bytes = b"") -> Script:
    return says(b"\r\n".join((b"HTTP/1.1 " + line, *headers, b"", body)))


ROWS = [
    # ends or resets before the headers are complete, in mid-body, a chunked body without its end
    Row("closes at once", says(), None, C, "closed by the receiver before any byte"),
    Row("resets at once", says_and_resets(), None, C, "reset by the receiver before any byte"),
    Row("closes within the headers", says(b"HTTP/1.1 200 OK\r\nX: y\r\n"), None, C, "before the headers were complete"),
    Row("closes within the status line", says(b"HTTP/1.1 20"), None, C, "before the headers were complete"),
    Row("resets within the headers", says_and_resets(b"HTTP/1.1 200 OK\r\nX: y\r\n"), None, C),
    Row("closes within the body", status(b"200 OK", b"Content-Length: 9", body=b"abc"), 200, C, "after status 200"),
    Row("resets within the body", says_and_resets(b"HTTP/1.1 503 x\r\nContent-Length: 9\r\n\r\nabc"), 503, C),
    Row("no last chunk", says(CHUNKED + b"3\r\nabc\r\n"), 200, C, "before the body was complete"),
    Row("closes within a chunk", says(CHUNKED + b"9\r\nabc"), 200, C),
    Row("resets within a chunk", says_and_resets(CHUNKED + b"9\r\nabc"), 200, C),
    Row("no end of the trailers", says(CHUNKED + b"0\r\nX: y\r\n"), 200, C),
    Row("interim, then half a head", says(b"HTTP/1.1 102 x\r\n\r\nHTTP/1.1 200 OK\r\n"), 102, C),
    # never answers, half-open, drips headers or body, endless 1xx
    Row("never answers", says_and_hangs(), None, T, "did not begin within 15 s (waited for 0.1 s, the"),
    Row("stops within the headers", says_and_hangs(b"HTTP/1.1 200 OK\r\n"), None, T, "headers were not complete"),
    Row("stops within the body", says_and_hangs(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), 200, T),
    Row("stops within a chunk", says_and_hangs(CHUNKED + b"9\r\nabc"), 200, T),
    Row("drips headers", drips(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), None, T),
    Row("drips one header", drips(b"HTTP/1.1 200 OK\r\nX: ", b"y"), None, T),
    Row("drips a body", drips(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"y"), 200, T),
    Row("drips a body without length", drips(b"HTTP/1.1 200 OK\r\n\r\n", b"y"), 200, T),
    Row("drips chunks", drips(CHUNKED, b"1\r\ny\r\n"), 200, T),
    Row("drips trailers", drips(CHUNKED + b"0\r\n", b"X: y\r\n"), 200, T),
    Row("drips empty lines", drips(b"", b"\r\n"), None, T),
    Row("drips 1xx", drips(b"", b"HTTP/1.1 102 Processing\r\n\r\n"), 102, T),
    Row("endless 1xx", pours(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 100), 102, T),
    Row("1xx, then silence", says_and_hangs(b"HTTP/1.1 102 Processing\r\n\r\n"), 102, T),
    # 1xx and then ends; 101
    Row("100, then closes", says(b"HTTP/1.1 100 Continue\r\n\r\n"), 100, I, "after status 100, the last"),
    Row("102, then closes", says(b"HTTP/1.1 102 Processing\r\n\r\n"), 102, I),
    Row("103, then resets", says_and_resets(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), 103, I),
    Row("199, then closes", says(b"HTTP/1.1 199 x\r\n\r\n"), 199, I),
    Row("100, 102, then closes", says(b"HTTP/1.1 100 x\r\n\r\nHTTP/1.1 102 y\r\n\r\n"), 102, I),
    Row("101", says(b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x00"), 101, I),
    Row("101 to nothing", says(b"HTTP/1.1 101 x\r\n\r\n"), 101, I),
    Row("101 with a bad header", says(b"HTTP/1.1 101 x\r\nb d: 1\r\n\r\n"), None, M),
    Row("101 and silence", says_and_hangs(b"HTTP/1.1 101 x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"), 101, I),
    Row("100 x 1xx, then an answer", says(b"HTTP/1.1 103 x\r\n\r\n" * 100, OK), 200, None),
    # malformed
    Row("garbage status line", says(b"garbage\r\n\r\n"), None, M, "begins 'garbage"),
    Row("garbage that goes on", says_and_hangs(b"garbage"), None, M),
    Row("HTTP/0.9", says(b"<html>hello</html>"), None, M),
    Row("HTTP/2 frames", says_and_hangs(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80"), None, M),
    Row("HTTP/2 in words", says(b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"), None, M),
    Row("another protocol", says(b"RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"), None, M),
    Row("TLS on the plain port", says(b"\x15\x03\x01\x00\x02\x02\x46"), None, M, "speaks TLS on this port"),
    Row("SMTP", says(b"220 mail.example.com ESMTP\r\n"), None, M),
    Row("status 99999", status(b"99999 x", b"Content-Length: 0"), None, M),
    Row("status 2000", status(b"2000 x", b"Content-Length: 0"), None, M),
    Row("status 20", status(b"20 x", b"Content-Length: 0"), None, M),
    Row("status abc", status(b"abc x", b"Content-Length: 0"), None, M),
    Row("status 000", status(b"000 x", b"Content-Length: 0"), None, M),
    Row("status -1", status(b"-1 x", b"Content-Length: 0"), None, M),
    Row("no status", says(b"HTTP/1.1\r\n\r\n"), None, M),
    Row("NUL in a header", status(b"200 OK", b"X: a\0b", b"Content-Length: 0"), None, M),
    Row("NUL in a header's name", status(b"200 OK", b"X\0: a", b"Content-Length: 0"), None, M),
    Row("a line of 9,000 bytes", status(b"200 OK", b"X: " + b"y" * 9000, b"Content-Length: 0"), None, M, "line"),
    Row("a line of 64 kB", status(b"200 OK", b"X: " + b"y" * 65536, b"Content-Length: 0"), None, M),
    Row("10,000 headers", status(b"200 OK", *[b"X-%d: y" % n for n in range(10_000)]), None, M, "65536"),
    Row("endless headers", pours(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000), None, M),
    Row("one endless header", pours(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 1000), None, M),
    Row("bad chunk size", says(CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n"), 200, M, "'zz'"),
    Row("empty chunk size", says(CHUNKED + b"\r\nabc\r\n0\r\n\r\n"), 200, M),
    Row("negative chunk size", says(CHUNKED + b"-1\r\nabc\r\n0\r\n\r\n"), 200, M),
    Row("huge chunk size", says_and_hangs(CHUNKED + b"FFFFFFFFFFFFFFFF\r\nabc"), 200, M),
    Row("chunk size of 32 bits", says_and_hangs(CHUNKED + b"ffffffff\r\nabc"), 200, M),
    Row("chunk size without end", pours(CHUNKED, b"0" * 1000), 200, M),
    Row("chunk longer than its size", says(CHUNKED + b"2\r\nabcd\r\n0\r\n\r\n"), 200, M),
    Row("CL and TE", status(b"200 OK", b"Content-Length: 3", b"Transfer-Encoding: chunked", body=b"abc"), None, M),
    Row("TE and CL", status(b"200 OK", b"Transfer-Encoding: chunked", b"Content-Length: 3", body=b"abc"), None, M),
    Row("two different CL", status(b"200 OK", b"Content-Length: 3", b"Content-Length: 4", body=b"abcd"), None, M),
    Row("negative CL", status(b"200 OK", b"Content-Length: -3", body=b"abc"), None, M),
    Row("CL that is no number", status(b"200 OK", b"Content-Length: 3x", body=b"abc"), None, M),
    # answered, if oddly
    Row("status 600", status(b"600 x", b"Content-Length: 0"), 600, None),
    Row("status 999", status(b"999 x", b"Content-Length: 0"), 999, None),
    Row("no reason", status(b"200", b"Content-Length: 0"), 200, None),
    Row("HTTP/1.0", says(b"HTTP/1.0 200 OK\r\n\r\nok"), 200, None),
    Row("bare LF", says(b"HTTP/1.1 200 OK\nContent-Length: 2\nX: y\n\nok"), 200, None),
    Row("bare LF in chunks", says(b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n0\n\n"), 200, None),
    Row("bad charset", status(b"200 OK", b"Content-Type: text/x; charset=none", b"Content-Length: 1", body=b"\xff"), 200, None),
    Row("header in latin-1", status(b"200 OK", b"X: caf\xe9", b"Content-Length: 0"), 200, None),
    Row("bad gzip", status(b"200 OK", b"Content-Encoding: gzip", b"Content-Length: 3", body=b"abc"), 200, None),
    Row("204 with a body", status(b"204 x", b"Content-Length: 3", body=b"abc"), 204, None),
    Row("304 with a length", status(b"304 x", b"Content-Length: 3"), 304, None),
    Row("until it closes", says(b"HTTP/1.1 200 OK\r\n\r\n", b"ok"), 200, None),
    Row("trailers", says(CHUNKED + b"2\r\nok\r\n0\r\nX: y\r\n\r\n"), 200, None),
    Row("chunk extensions", says(CHUNKED + b'2;a="b"\r\nok\r\n000;c\r\n\r\n'), 200, None),
    Row("empty line before", says(b"\r\n", OK), 200, None),
    Row("complete, then a reset", says_and_resets(OK), 200, None),
    Row("complete chunks, then a reset", says_and_resets(CHUNKED + b"2\r\nok\r\n0\r\n\r\n"), 200, None),
    Row("complete, then more", says(OK, b"HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n"), 200, None),
    Row("complete, then garbage", says(OK + b"garbage\0"), 200, None),
    Row("in packets of a few bytes", slices(CHUNKED + b"2\r\nok\r\n0\r\n\r\n"), 200, None),
    Row("a head of 60 kB", status(b"200 OK", *[b"X: " + b"y" * 6000] * 10, b"Content-Length: 0"), 200, None),
    # more than is kept
    Row("a long body", status(b"200 OK", b"Content-Length: 99999", body=b"y" * 99999), 200, None, truncated=True),
    Row("endless body", pours(b"HTTP/1.1 200 OK\r\n\r\n", b"y" * 9999), 200, None, truncated=True),
    Row("endless chunks", pours(CHUNKED, b"3e8\r\n" + b"y" * 1000 + b"\r\n"), 200, None, truncated=True),
    Row("endless tiny chunks", pours(CHUNKED, b"1\r\ny\r\n" * 1000), 200, None, truncated=True),
    Row("61,441 bytes", status(b"500 x", b"Content-Length: 61441", body=b"y" * 61441), 500, None, truncated=True),
    Row("cut, then a reset", says_and_resets(CUT), 500, None, truncated=True),
]  # fmt: skip


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """A wire that must leave nothing open."""
    wire = Wire()
    yield wire
    await wire.close()
    assert not wire.open


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_fault(row: Row) -> None:
    """Each row ends in its class at each exchange of a conversation, and the exchanges around it are unaffected."""
    await asyncio.gather(*(check(row, position) for position in range(3)))


async def check(row: Row, position: int) -> None:
    scripts = [FINE, FINE, FINE]
    scripts[position] = row.script
    wire = Wire()
    outcomes = []
    async with receiver(*scripts, FINE) as there, wire.conversation() as conversation:
        for number in range(3):
            wire.patience = row.patience if number == position else None
            outcomes.append(await conversation.send(callout(there.url)))
    await wire.close()
    outcome = outcomes.pop(position)
    assert (outcome.status, outcome.error) == (row.status, row.error), (position, outcome)
    assert row.says in outcome.detail
    assert outcome.truncated is row.truncated
    assert bool(outcome.detail) is (row.error is not None)
    assert len(outcome.body) == BODY_KEPT or not row.truncated
    assert outcome.nominal == (LIMIT if row.error is T else timedelta(0))
    assert len(there.requests) == 3
    for other in outcomes:
        assert (other.status, other.error, other.body) == (200, None, b"ok"), (position, other)


async def send(wire: Wire, url: str, body: bytes = b"{}") -> Outcome:
    async with wire.conversation() as conversation:
        return await conversation.send(callout(url, body))


@pytest.mark.parametrize("length", [0, 1, BODY_KEPT - 1, BODY_KEPT])
@pytest.mark.parametrize("framing", ["length", "chunks", "close"])
async def test_body_that_fits(wire: Wire, length: int, framing: str) -> None:
    """A body up to the limit is kept whole and is not flagged, however it is framed."""
    body = bytes(n % 251 for n in range(length))
    chunks = b"".join(
        b"%x\r\n%b\r\n" % (len(part), part) for n in range(0, length, 7777) if (part := body[n : n + 7777])
    )
    script = {
        "length": says(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length, body),
        "chunks": says(CHUNKED, chunks, b"0\r\n\r\n"),
        "close": says(b"HTTP/1.1 200 OK\r\n\r\n", body),
    }[framing]
    async with receiver(script) as there:
        outcome = await send(wire, there.url)
    assert outcome.body == body
    assert (outcome.status, outcome.error, outcome.truncated) == (200, None, False)


async def test_bomb_is_kept_as_it_came(wire: Wire) -> None:
    """A compressed body is not unpacked: what is kept are the bytes of the wire."""
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB)
    async with receiver(says(head, BOMB)) as there:
        outcome = await send(wire, there.url)
    assert (outcome.status, outcome.error) == (200, None)
    assert outcome.body == BOMB[:BODY_KEPT]


async def test_request_goes_out_as_it_is(wire: Wire) -> None:
    """The receiver reads the callout's own bytes: nothing is added, and a large body arrives whole."""
    body = bytes(range(256)) * 20_000
    async with receiver(FINE) as there:
        outcome = await send(wire, there.url, body=body)
        assert there.requests == [callout(there.url, body).request_bytes]
    assert outcome.status == 200


async def test_answer_before_the_request_is_read(wire: Wire) -> None:
    """A receiver that answers 413 and resets without reading a large body has answered."""

    async def refuses(peer: Peer) -> bool:
        peer.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await peer.writer.drain()
        return False

    async with receiver(greet=refuses) as there:
        outcome = await send(wire, there.url, body=bytes(5_000_000))
    assert (outcome.status, outcome.error) == (413, None)


async def test_head_is_kept_as_received(wire: Wire) -> None:
    """The status line and headers of the final answer are kept byte for byte, interim ones are not among them."""
    head = b"HTTP/1.1 503  Very  busy\r\nX-a:  1 \r\nx-A: 2\r\nContent-Length: 0\r\n\r\n"
    async with receiver(says(b"HTTP/1.1 103 x\r\nLink: <a>\r\n\r\n", head, keep=True)) as there:
        outcome = await send(wire, there.url)
    assert outcome.head == head
    assert outcome.headers == (("X-a", "1"), ("x-A", "2"), ("Content-Length", "0"))


async def test_refused_connection(wire: Wire) -> None:
    """Nobody listens: the detail names the address."""
    async with receiver(FINE) as there:
        url = there.url
    outcome = await send(wire, url)
    assert (outcome.status, outcome.error) == (None, ErrorClass.REFUSED)
    assert outcome.detail.startswith(f"connection refused: {url.split('/')[2]}")


async def test_refused_at_each_address() -> None:
    """Of a name with several addresses each is tried, and the detail names each."""

    async def two(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
        return [(2, ("127.0.0.2", port)), (2, ("127.0.0.1", port))]

    wire = Wire(resolve=two)
    async with receiver(FINE) as there:
        port = there.port
        assert (await send(wire, f"http://localhost:{port}/")).status == 200
    outcome = await send(wire, f"http://localhost:{port}/")
    assert outcome.error is ErrorClass.REFUSED
    assert f"localhost:{port} resolved to 127.0.0.2:{port} (refused) and 127.0.0.1:{port} (refused)" in outcome.detail
    await wire.close()


async def test_unknown_name() -> None:
    """A name that does not resolve is told apart from a receiver that refuses."""

    async def nobody(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
        raise OSError(-2, "Name or service not known")

    outcome = await send(Wire(resolve=nobody), "http://localhost:3000/")
    assert outcome.error is ErrorClass.DNS
    assert outcome.detail == "the name localhost does not resolve: Name or service not known"


async def test_resolver_that_hangs() -> None:
    """The limit for connecting covers the look-up."""

    async def silence(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    outcome = await send(Wire(resolve=silence, connect_limit=SHORT), "http://localhost:3000/")
    assert (outcome.error, outcome.nominal) == (ErrorClass.CONNECT_TIMEOUT, SHORT)


async def test_black_hole(wire: Wire) -> None:
    """A receiver whose backlog is full runs into the limit for connecting."""
    wire.patience = SHORT
    listener, fillers = full_backlog()
    outcome = await send(wire, f"http://127.0.0.1:{listener.getsockname()[1]}/")
    for held in (listener, *fillers):
        held.close()
    assert (outcome.status, outcome.error, outcome.nominal) == (None, ErrorClass.CONNECT_TIMEOUT, timedelta(seconds=10))


async def test_patience_longer_than_the_limit() -> None:
    """Patience beyond a limit leaves the limit as it is."""
    wire = Wire(transfer_limit=timedelta(seconds=0.1), patience=timedelta(seconds=30))
    async with receiver(says_and_hangs()) as there:
        outcome = await send(wire, there.url)
    assert (outcome.nominal, outcome.patience) == (timedelta(seconds=0.1), False)
    await wire.close()


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_redirect_is_recorded_and_not_followed(wire: Wire, code: int) -> None:
    """A redirect is an answer like any other: no second request goes anywhere."""
    async with receiver(FINE) as elsewhere:
        script = says(b"HTTP/1.1 %d x\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % (code, elsewhere.url.encode()))
        async with receiver(script) as there:
            outcome = await send(wire, there.url)
        assert (outcome.status, outcome.header("location")) == (code, elsewhere.url)
        assert len(there.requests) == 1
        assert elsewhere.connections == 0


async def test_environment_does_not_matter(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxy variables are ignored."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with receiver(FINE) as there:
        assert (await send(wire, there.url)).status == 200


async def test_cookies_are_not_kept(wire: Wire) -> None:
    """What a receiver sets is not sent back, within a conversation or after it."""
    script = says(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n", keep=True)
    async with receiver(script) as there:
        async with wire.conversation() as conversation:
            await conversation.send(callout(there.url))
            await conversation.send(callout(there.url))
        await send(wire, there.url)
        assert there.requests == [callout(there.url).request_bytes] * 3


async def test_closing_amid_an_exchange() -> None:
    """Closing the wire ends what is under way, and leaves no connection."""
    wire = Wire()
    async with receiver(says_and_hangs()) as there:
        task = asyncio.create_task(send(wire, there.url))
        await there.asked.wait()
        await wire.close()
        assert (await task).error is ErrorClass.CLOSED_EARLY
        assert not wire.open


async def test_cancelling_an_exchange(wire: Wire) -> None:
    """A cancelled exchange closes its connection."""
    async with receiver(says_and_hangs()) as there:
        task = asyncio.create_task(send(wire, there.url))
        await there.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not wire.open


async def test_a_connection_that_met_itself(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody listens, an end whose own port that is would be connected with itself: it counts as refused."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    class Itself(socket.socket):
        def __init__(self, *of: int) -> None:
            super().__init__(*of)
            self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.bind(("127.0.0.1", port))

    monkeypatch.setattr("simulator.runtime.wire.dial.socket.socket", Itself)
    outcome = await send(wire, f"http://127.0.0.1:{port}/")
    assert (outcome.error, outcome.head) == (ErrorClass.REFUSED, b"")
