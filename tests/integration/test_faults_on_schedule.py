"""Each fault of a receiver at the first, a middle and the last attempt: its code and class, and the next one on schedule.

What the wire says of it stands in `test_wire_faults.py` and `test_wire_tls.py`; here it is what becomes of a callout (F1).
"""

import asyncio
import logging
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import Struct

from simulator import Simulator
from simulator.core.model import ErrorClass
from simulator.runtime.authority import Authority
from simulator.runtime.wire import Wire
from simulator.runtime.wire.dial import Address
from tests.integration.test_wire_faults import ROWS
from tests.support.hostile import Peer, Script, full_backlog, receiver, says

HOST = "hook.example"
DECLINED = "Payment Declined"
INTERVAL = timedelta(minutes=30)
LIMIT = 3
SHORT = timedelta(seconds=0.1)
LONG = timedelta(seconds=30)
BUSY = says(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
RETRIED = {*range(100, 200), 403, 408, 429, *range(500, 600)}

Place = AbstractAsyncContextManager[str]
"""Where the fault is, as ``host:port``, while it lasts."""


class Fault(Struct, frozen=True):
    """A fault and its fate: the code of the attempt, the class, and whether it is tried again."""

    name: str
    place: Callable[[Authority], Place]
    code: int
    error: ErrorClass | None
    scheme: str = "http"

    @property
    def again(self) -> bool:
        return self.code == -1 or self.code in RETRIED

    @property
    def outcome(self) -> str:
        return "delivered" if self.code == 200 else "failed"


def answering(script: Script) -> Callable[[Authority], Place]:
    @asynccontextmanager
    async def place(authority: Authority) -> AsyncIterator[str]:
        async with receiver(script) as there:
            yield f"127.0.0.1:{there.port}"

    return place


def behind(context: Callable[[Authority], ssl.SSLContext]) -> Callable[[Authority], Place]:
    @asynccontextmanager
    async def place(authority: Authority) -> AsyncIterator[str]:
        async with receiver(BUSY, tls=context(authority)) as there:
            yield f"127.0.0.1:{there.port}"

    return place


def greeting(greet: Script) -> Callable[[Authority], Place]:
    @asynccontextmanager
    async def place(authority: Authority) -> AsyncIterator[str]:
        async with receiver(greet=greet) as there:
            yield f"127.0.0.1:{there.port}"

    return place


@asynccontextmanager
async def nobody(authority: Authority) -> AsyncIterator[str]:
    async with receiver(BUSY) as gone:
        port = gone.port
    yield f"127.0.0.1:{port}"


@asynccontextmanager
async def no_name(authority: Authority) -> AsyncIterator[str]:
    yield "nowhere.invalid:80"


@asynccontextmanager
async def black_hole(authority: Authority) -> AsyncIterator[str]:
    listener, fillers = full_backlog()
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    for held in (listener, *fillers):
        held.close()


def old(authority: Authority) -> ssl.SSLContext:
    context = authority.server_context(HOST)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is old is the point
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
    return context


async def resets(peer: Peer) -> bool:
    await peer.reader.read(1)
    peer.reset()
    return False


async def speaks_plainly(peer: Peer) -> bool:
    peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    return False


async def says_nothing(peer: Peer) -> bool:
    await peer.gone()
    return False


CERTIFICATE, HANDSHAKE = ErrorClass.TLS_CERTIFICATE, ErrorClass.TLS_HANDSHAKE
LATE = datetime(2021, 1, 1, tzinfo=UTC)
FAULTS = [
    *(
        Fault(
            row.name,
            answering(row.script),
            row.status if row.status and row.error in {None, ErrorClass.INTERIM} else -1,
            row.error,
        )
        for row in ROWS
    ),
    Fault("refuses", nobody, -1, ErrorClass.REFUSED),
    Fault("its name does not resolve", no_name, -1, ErrorClass.DNS),
    Fault("black hole", black_hole, -1, ErrorClass.CONNECT_TIMEOUT),
    Fault("says nothing on a TLS port", greeting(says_nothing), -1, ErrorClass.CONNECT_TIMEOUT, "https"),
    Fault("resets in the handshake", greeting(resets), -1, HANDSHAKE, "https"),
    Fault("TLS 1.1 only", behind(old), -1, HANDSHAKE, "https"),
    Fault("plain text on the TLS port", greeting(speaks_plainly), -1, HANDSHAKE, "https"),
    Fault("TLS on a plain port that hangs up", behind(lambda it: it.server_context(HOST)), -1, ErrorClass.CLOSED_EARLY),
    Fault("unknown CA", behind(lambda it: Authority.in_memory().server_context(HOST)), 495, CERTIFICATE, "https"),
    Fault("wrong host", behind(lambda it: it.server_context("other.example")), 495, CERTIFICATE, "https"),
    Fault("expired", behind(lambda it: it.server_context(HOST, not_after=LATE)), 495, CERTIFICATE, "https"),
]


async def unresolved(host: str, port: int) -> list[Address]:
    await asyncio.sleep(0)
    raise OSError(-2, "Name or service not known")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_fault(fault: Fault, caplog: pytest.LogCaptureFixture) -> None:
    """Three callouts of which each meets it at another attempt; before and after it the receiver is merely busy."""
    async with Simulator(patience=LONG, concurrency=LIMIT, max_attempts=LIMIT) as zuora:
        authority = zuora.instance.authority
        fine = behind(lambda it: it.server_context(HOST)) if fault.scheme == "https" else answering(BUSY)
        wire = zuora.instance.dispatcher.transport
        assert isinstance(wire, Wire)
        wire.resolve = unresolved  # nothing but the one row asks
        async with fault.place(authority) as there, fine(authority) as elsewhere:
            zuora.route(HOST, elsewhere)
            zuora.notify(DECLINED, f"{fault.scheme}://{HOST}/hook")
            zuora.fire(DECLINED)
            await zuora.advance(minutes=30)
            zuora.fire(DECLINED)
            await zuora.advance(minutes=29)
            zuora.route(HOST, there)
            wire.patience = SHORT if fault.error in {ErrorClass.TRANSFER_TIMEOUT, ErrorClass.CONNECT_TIMEOUT} else LONG
            zuora.fire(DECLINED)
            await zuora.advance(minutes=1)
            wire.patience = LONG
            zuora.route(HOST, elsewhere)
            await zuora.drain()
        assert not zuora.instance.dispatcher.broken
        for callout, number in zip(
            sorted(zuora.callouts, key=lambda it: it.attempts[0].sent_at), (2, 1, 0), strict=True
        ):
            attempts = callout.attempts
            met = attempts[number]
            assert (met.response_code, met.error_class) == (fault.code, fault.error), (number, met)
            assert len(attempts) == (LIMIT if fault.again else number + 1), number
            assert {one.response_code for one in attempts if one is not met} <= {503}
            begun = attempts[0].sent_at
            assert [one.sent_at for one in attempts] == [begun + turn * INTERVAL for turn in range(len(attempts))]
            assert callout.outcome == fault.outcome
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
