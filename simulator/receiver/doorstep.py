"""What happens between accept and the first request of an HTTPS connection.

This module alone shakes hands, or by the script does not: a fault before the handshake needs the bare connection.
"""

import asyncio
import ssl
from typing import Any, cast

from simulator.receiver.answer import Ending
from simulator.receiver.connection import ENDINGS, Connection, House


class Doorstep(asyncio.Protocol):
    """The bare TCP side of an HTTPS connection until its handshake is done."""

    def __init__(self, house: House, context: ssl.SSLContext) -> None:
        self._house = house
        self._context = context
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._early = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # a listening TCP socket makes no other
        self._house.connections.add(self)
        number = self._house.number()
        answer = self._house.script.at_accept()
        if answer is None:
            self._transport.pause_reading()
            self._task = asyncio.get_running_loop().create_task(self._shake_hands(self._transport, number))
            return
        ending = answer.ending[0] if answer.ending else Ending.CLOSE
        if ending is not Ending.HANG:
            ENDINGS[ending](self._transport)

    def data_received(self, data: bytes) -> None:
        if self._task is not None:
            self._early += data  # uvloop reads before the pause that it was asked for in `connection_made`

    def connection_lost(self, exc: Exception | None) -> None:
        self._house.connections.discard(self)

    def stop(self) -> list[asyncio.Future[Any]]:
        """Cuts the connection; the task that shakes hands, to wait for."""
        if self._transport is not None:
            self._transport.abort()
        if self._task is None:
            return []
        self._task.cancel()
        return [self._task]

    async def _shake_hands(self, transport: asyncio.Transport, number: int) -> None:
        connection = Connection(self._house, number)
        if self._early:
            asyncio.get_running_loop().call_soon(self._await_turn, transport)
        try:
            secure = await asyncio.get_running_loop().start_tls(transport, connection, self._context, server_side=True)
        except OSError as fault:  # ssl.SSLError and a connection that breaks off are of this family
            self._house.failed_handshakes.append(_reason(fault))
            transport.abort()
            return
        finally:
            self._house.connections.discard(self)
        if secure is not None:  # None where the client went away in the moment after the handshake
            connection.connection_made(secure)

    def _await_turn(self, transport: asyncio.Transport) -> None:
        """The layer of TLS is told of its connection in this turn of the loop: what came early is for the next one."""
        asyncio.get_running_loop().call_soon(self._hand_over, transport)

    def _hand_over(self, transport: asyncio.Transport) -> None:
        layer = cast(asyncio.BufferedProtocol, transport.get_protocol())
        rest = memoryview(self._early)
        while rest and not transport.is_closing():
            room = memoryview(layer.get_buffer(len(rest)))
            size = min(len(room), len(rest))
            room[:size] = rest[:size]
            rest = rest[size:]
            layer.buffer_updated(size)


def _reason(fault: OSError) -> str:
    if isinstance(fault, ssl.SSLError) and fault.reason:
        return fault.reason.lower().replace("_", " ")
    return "the client hung up"
