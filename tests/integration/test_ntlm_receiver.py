"""NTLM over a real connection: a receiver that authenticates the connection, as IIS does, with pyspnego's acceptor."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from simulator import Simulator
from tests.support.client import Client

spnego = pytest.importorskip("spnego", reason="the extra `ntlm` is not installed")


class NtlmReceiver:
    """Answers 401 until the handshake on the very connection is complete, then 200."""

    def __init__(self) -> None:
        self.connections: list[list[str | None]] = []
        self.principals: list[str] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        context, shown = spnego.server(protocol="ntlm"), list[str | None]()
        self.connections.append(shown)
        try:
            while head := await self._head(reader):
                lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
                await reader.readexactly(int(lines.get("Content-Length", "0")))
                authorization = lines.get("Authorization")
                shown.append(authorization and authorization.split(" ")[0])
                writer.write(self._answer(context, authorization).encode())
                await writer.drain()
        finally:
            writer.close()

    @staticmethod
    async def _head(reader: asyncio.StreamReader) -> str:
        try:
            return (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except (asyncio.IncompleteReadError, ConnectionError):
            return ""

    def _answer(self, context: Any, authorization: str | None) -> str:
        offer = "NTLM"
        if authorization is not None:
            try:
                reply = context.step(base64.b64decode(authorization.removeprefix("NTLM ")))
            except spnego.exceptions.SpnegoError:
                reply = None
            if context.complete:
                self.principals.append(context.client_principal)
                return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
            offer = f"NTLM {base64.b64encode(reply).decode()}" if reply else "NTLM"
        return f"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {offer}\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
async def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[NtlmReceiver]:
    users = tmp_path / "users"
    users.write_text("CORP:example_user:example_password\n", "utf-8")
    monkeypatch.setenv("NTLM_USER_FILE", str(users))
    made = NtlmReceiver()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    async with server:
        made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/callout"
        yield made


async def test_the_handshake_is_one_attempt_on_one_connection(
    zuora: Simulator, client: Client, receiver: NtlmReceiver
) -> None:
    """Three exchanges of attempt 1, and the receiver knows who called."""
    auth = {"username": "example_user", "password": "example_password", "domain": "CORP"}
    await client.listen(receiver.url, requiredAuth=True, calloutAuth=auth)
    await client.submit()
    await zuora.settle()
    (callout,) = zuora.callouts
    (attempt,) = callout.attempts
    assert (attempt.response_code, len(attempt.exchanges), callout.outcome) == (200, 3, "delivered")
    assert receiver.connections == [[None, "NTLM", "NTLM"]]
    assert receiver.principals == ["CORP\\example_user"]


async def test_a_wrong_password_is_tried_again_on_a_new_connection(
    zuora: Simulator, client: Client, receiver: NtlmReceiver
) -> None:
    """Authentication that fails is retried, each attempt with a handshake of its own."""
    auth = {"username": "example_user", "password": "wrong", "domain": "CORP"}
    await client.listen(receiver.url, requiredAuth=True, calloutAuth=auth)
    await client.submit()
    await zuora.drain()
    (callout,) = zuora.callouts
    assert [attempt.response_code for attempt in callout.attempts] == [401, 401, 401]
    assert receiver.connections == [[None, "NTLM", "NTLM"]] * 3
    assert callout.attempts[0].why.startswith("401 means that callout authentication failed")
