"""A client that writes exactly the bytes that it is given, for tests of what a server makes of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ssl import SSLContext

GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


class Caller:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, request: bytes) -> None:
        self.writer.write(request)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names lower) and body of the next answer, whose length is told."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head.decode().split("\r\n")[:-2]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return int(lines[0].split()[1]), headers, body

    async def ask(self, request: bytes) -> int:
        """The status of the answer to these bytes."""
        self.send(request)
        return (await self.answer())[0]

    async def rest(self) -> bytes:
        """What still comes until the connection ends."""
        return await self.reader.read()

    async def is_reset(self) -> bool:
        """Whether the connection ends by a reset, whatever came before."""
        try:
            await self.reader.read()
            # What came before a reset may be read once without an error.
            await self.reader.read()
        except ConnectionResetError:
            return True
        return False


@asynccontextmanager
async def calling(port: int, tls: SSLContext | None = None) -> AsyncIterator[Caller]:
    """A connection to a port of this machine, cut at the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    try:
        yield Caller(reader, writer)
    finally:
        writer.transport.abort()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


def get(path: str, *headers: str) -> bytes:
    """The bytes of a GET with these header lines."""
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: here", *headers, "", ""]).encode()
