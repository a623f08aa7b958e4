"""An answer that leaves at once, in one piece.

aiohttp words each answer as if it were a stream: a multi-dict, a writer, five awaits, which is an eighth of what a request
costs here (measured: 13 us of 100). This words the plain case alone, and says what aiohttp would say (a test compares them);
everything else is aiohttp's own.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

from aiohttp import HttpVersion11, web
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE

_PLAIN = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus if status // 100 == 2}


def prompt(request: web.Request, status: int, headers: Mapping[str, str], body: bytes) -> web.StreamResponse:
    """The answer of that status, headers and body to ``request``; framing, date and server are added."""
    plain = body and status in _PLAIN and request.version == HttpVersion11 and request.keep_alive
    if not plain or request.method == "HEAD" or not all(map(str.isprintable, headers.values())):
        return web.Response(body=body or None, status=status, headers=headers)
    return cast(web.StreamResponse, _Prompt(status, headers, body))


class _Prompt:
    """What aiohttp's server asks of an answer, and no more."""

    __slots__ = ("_body", "_headers", "status")

    prepared = False
    keep_alive = True

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self._headers = headers
        self._body = body

    async def prepare(self, request: web.Request) -> None:
        """Raises ConnectionResetError where nobody is there any more."""
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client has gone")
        lines = "".join([f"{name}: {value}\r\n" for name, value in self._headers.items()])
        framing = f"Content-Length: {len(self._body)}\r\nDate: {rfc822_formatted_time()}\r\nServer: {SERVER_SOFTWARE}"
        transport.write(f"{_PLAIN[self.status]}{lines}{framing}\r\n\r\n".encode() + self._body)
        if transport.get_write_buffer_size():
            await request.writer.drain()  # for whoever asks, and does not read

    async def write_eof(self) -> None:
        """It was all written."""
