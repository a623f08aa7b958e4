"""An answer in one piece says what aiohttp would say, and only where there is nothing else to say."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from simulator.runtime.prompt import prompt
from simulator.runtime.server import Server
from simulator.runtime.site import Site

HEADERS = {"Zuora-Request-Id": "a" * 36, "Content-Type": "application/json", "RateLimit-Limit": "1, 2;w=60"}
BODY = b'{"requestId":"1"}'


class Speaking:
    """A surface that answers all alike: ``worded`` as the server words it, or as aiohttp does."""

    def __init__(self, body: bytes = BODY, status: int = 202, headers: Mapping[str, str] = HEADERS) -> None:
        self.answer = status, headers, body
        self.plainly = False

    def owns(self, path: str) -> bool:
        return True

    def add_routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/{path:.*}", self.serve)

    def refuse(self, request: web.Request, error: Exception) -> web.StreamResponse:
        return web.Response(status=500, text=str(error))

    async def serve(self, request: web.Request) -> web.StreamResponse:
        status, headers, body = self.answer
        if self.plainly:
            return web.Response(status=status, headers=headers, body=body)
        return prompt(request, status, headers, body)


class Asking:
    """One connection to a server, spoken to in bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(
        self, line: str = "GET / HTTP/1.1", *headers: str, body: bool = True
    ) -> tuple[str, dict[str, str], bytes]:
        """The status line, the headers and the body of the answer to one request."""
        self.writer.write("\r\n".join([line, "Host: a", *headers, "", ""]).encode())
        status, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
        told = dict(line.split(": ", 1) for line in lines)
        return status, told, await self.reader.readexactly(int(told.get("Content-Length", 0))) if body else b""


@asynccontextmanager
async def served(surface: Speaking) -> AsyncIterator[Asking]:
    server = Server(Site([surface], broken=lambda error: None), "127.0.0.1", 0)
    await server.start()
    assert server.socket is not None
    reader, writer = await asyncio.open_connection(*server.socket.getsockname()[:2])
    try:
        yield Asking(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()
        await server.stop()


@pytest.mark.parametrize(
    ("line", "headers"),
    [
        ("GET / HTTP/1.1", ()),
        ("POST /v1/async/accounts HTTP/1.1", ("Content-Length: 0",)),
        ("GET / HTTP/1.1", ("Connection: close",)),
        ("GET / HTTP/1.0", ()),
        ("GET / HTTP/1.0", ("Connection: keep-alive",)),
        ("HEAD / HTTP/1.1", ()),
        ("GET / HTTP/1.1", ("Expect: 100-continue",)),
    ],
)
async def test_it_says_what_aiohttp_says(line: str, headers: tuple[str, ...]) -> None:
    """Status, headers and body, but for the second in which it was said."""
    surface = Speaking()
    said = []
    for surface.plainly in (False, True):
        async with served(surface) as asking:
            answer = await asking.ask(line, *headers, body=not line.startswith("HEAD"))
            answer[1].pop("Date", None)
            said.append(answer)
    assert said[0] == said[1]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 301, 400, 503])
@pytest.mark.parametrize("body", [b"", BODY])
async def test_every_status(status: int, body: bytes) -> None:
    """Alike too, with a body and without; the connection is fit for the next request."""
    surface = Speaking(body if status != 204 else b"", status)
    said = []
    for surface.plainly in (False, True):
        async with served(surface) as asking:
            for _ in range(2):
                answer = await asking.ask()
                answer[1].pop("Date")
                said.append(answer)
    assert said[0] == said[1] == said[2] == said[3]


async def test_a_header_that_would_split_the_answer() -> None:
    """Is left to aiohttp, which refuses to send it."""
    async with served(Speaking(headers={"X": "a\r\nSet-Cookie: b=c"})) as asking:
        asking.writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"Set-Cookie" not in await asking.reader.read()


async def test_requests_in_one_piece() -> None:
    """Many requests before the first answer is read: each is answered, in order."""
    async with served(Speaking()) as asking:
        asking.writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 50)
        for _ in range(50):
            head = await asking.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 202 Accepted\r\n")
            assert await asking.reader.readexactly(len(BODY)) == BODY


async def test_whoever_does_not_read_is_waited_for() -> None:
    """What is not read is not piled up: the server asks for no more requests meanwhile, and goes on when it is."""
    answered = 0
    big = b"x" * 1_000_000

    class Counting(Speaking):
        async def serve(self, request: web.Request) -> web.StreamResponse:
            nonlocal answered
            answered += 1
            return await super().serve(request)

    async with served(Counting(big, 200)) as asking:
        asking.writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 100)
        head = await asking.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answered < 50
        await asking.reader.readexactly(len(big))
        for _ in range(99):
            await asking.reader.readuntil(b"\r\n\r\n")
            await asking.reader.readexactly(len(big))
    assert answered == 100
