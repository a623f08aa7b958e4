"""The wire: a `Callout` in, an `Outcome` out, over a real socket.

It alone decides which connection an exchange travels on and what its outcome records. It writes a request's bytes as they
are, adds no header, follows no redirect, keeps no cookie and asks no proxy.
"""

import asyncio
from datetime import timedelta
from types import TracebackType
from typing import Self

from msgspec import structs

from simulator.core.errors import AuthorError
from simulator.core.model import Callout, ErrorClass, Outcome
from simulator.runtime.addresses import Addresses, Place
from simulator.runtime.hosts import Refusal
from simulator.runtime.tls import ClientTrust
from simulator.runtime.wire.dial import Resolve, SystemResolver, dial
from simulator.runtime.wire.failure import BUFFER_SIZE, SILENT, Failure, Limits, WireFailure
from simulator.runtime.wire.line import Line
from simulator.runtime.wire.pool import Origin, Pool
from simulator.runtime.wire.session import Session

CONNECT_LIMIT = timedelta(seconds=10)
"""For TCP and TLS together (documented: the provider's limit to connect)."""

TRANSFER_LIMIT = timedelta(seconds=15)
"""For the whole transfer, from the first byte of the request to the last of the answer (documented)."""


class Wire:
    """Carries callouts to real receivers; a `Transport`.

    ``patience`` bounds each real wait where time is virtual: a receiver that is cut by it counts as having used up the
    whole limit. ``reuse_connections`` lets attempts share connections. ``resolve`` stands in for the system's resolver.
    One wire serves one event loop.
    """

    def __init__(
        self,
        *,
        addresses: Addresses | None = None,
        trust: ClientTrust | None = None,
        connect_limit: timedelta = CONNECT_LIMIT,
        transfer_limit: timedelta = TRANSFER_LIMIT,
        patience: timedelta | None = None,
        reuse_connections: bool = False,
        resolve: Resolve | None = None,
    ) -> None:
        self.addresses = addresses or Addresses()
        self.trust = trust or ClientTrust()
        self.limits = Limits(connect_limit, transfer_limit, patience)
        self.resolve = resolve or SystemResolver()
        self.pool = Pool() if reuse_connections else None
        self.open: set[Line] = set()
        self.buffer = memoryview(bytearray(BUFFER_SIZE))

    @property
    def patience(self) -> timedelta | None:
        """How long an exchange is really waited for; None: as long as the limits say. A change holds for the next one."""
        return self.limits.patience

    @patience.setter
    def patience(self, patience: timedelta | None) -> None:
        self.limits = Limits(self.limits.connect, self.limits.transfer, patience)

    def conversation(self) -> "WireConversation":
        """A fresh conversation; nothing is connected before its first `send`."""
        return WireConversation(self)

    async def close(self) -> None:
        """Close every connection, those in the middle of an exchange too, and wait until they are gone."""
        if self.pool is not None:
            self.pool.close()
        for line in list(self.open):
            line.abort()
        while self.open:
            await asyncio.wait({line.closed for line in self.open})

    def __repr__(self) -> str:
        kept = ", connections reused" if self.pool is not None else ""
        return f"<Wire {self.addresses!r}, {len(self.open)} open{kept}>"


class WireConversation:
    """The exchanges of one attempt. Those to one origin share a connection where the receiver keeps it open."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._lines: dict[Origin, Line] = {}
        self._personal: set[Origin] = set()

    async def send(self, callout: Callout) -> Outcome:
        """Send ``callout`` and wait for what comes of it. Whatever a receiver does is an outcome, never an exception."""
        place = self._wire.addresses.locate(callout.url)
        if isinstance(place, Refusal):
            return Outcome(error=ErrorClass.NOT_ALLOWED, detail=place.detail)
        origin = Origin(place.scheme, place.host, place.port, place.dial_host, place.dial_port)
        notes = list(place.notes)
        if place.scheme == "https" and self._wire.trust.insecure(place.host, place.port):
            notes.append(f"the certificate of {place.authority} is not verified (--insecure-receiver)")
        request = callout.request_bytes
        bodiless = callout.method == "HEAD"
        seconds: float | None = None
        line = await self._own(origin, notes)
        pooled = line is None
        if callout.trusted:
            self._personal.add(origin)  # what one template trusts is not lent to another
        if line is None and self._wire.pool is not None:
            line = self._wire.pool.take(origin, asyncio.get_running_loop().time())
        if line is not None:
            loop = asyncio.get_running_loop()
            started = loop.time()
            failure = await line.exchange(request, bodiless=bodiless, limits=self._wire.limits)
            if failure is None or not _stale(line, failure, pooled=pooled):
                return self._outcome(origin, line, failure, notes)
            seconds = self._wire.limits.transfer_wait - (loop.time() - started)
            notes.append("the kept connection broke before any byte of an answer: sent once more on a fresh one")
        try:
            line, failure = await self._fresh(place, request, bodiless, seconds, callout.trusted)
        except WireFailure as error:
            return _without_answer(error.failure, notes)
        if failure is not None and failure.error is ErrorClass.CLOSED_EARLY and _says_nothing(place, line):
            failure = structs.replace(failure, detail=failure.detail + SILENT)
        return self._outcome(origin, line, failure, notes)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop = asyncio.get_running_loop()
        pool = self._wire.pool
        for origin, line in self._lines.items():
            if pool is not None and line.idle and origin not in self._personal:
                pool.give(origin, line, loop)
            else:
                line.close()
        self._lines.clear()

    async def _own(self, origin: Origin, notes: list[str]) -> Line | None:
        """This conversation's connection to ``origin``, where the receiver has left it open."""
        line = self._lines.pop(origin, None)
        if line is None:
            return None
        await asyncio.sleep(0)  # many a small server closes right behind its answer: let the loop hear of it first
        if line.idle:
            return line
        notes.append("the receiver had closed the connection of the exchange before: a fresh one was opened")
        return None

    async def _fresh(
        self, place: Place, request: bytes, bodiless: bool, seconds: float | None, trusted: str
    ) -> tuple[Line, Failure | None]:
        wire = self._wire
        limits = wire.limits
        loop = asyncio.get_running_loop()
        try:
            context = wire.trust.context(place.host, place.port, trusted) if place.scheme == "https" else None
        except AuthorError as error:
            raise WireFailure(Failure(ErrorClass.TLS_CERTIFICATE, str(error))) from None
        deadline = loop.time() + limits.connect_wait
        connected = await dial(place, wire.resolve, limits, deadline)
        session = None if context is None else Session(context, place.host)
        line = Line(loop, connected, limits, wire.buffer, wire.open.discard, session)
        wire.open.add(line)
        return line, await line.open(request, bodiless=bodiless, deadline=deadline, seconds=seconds)

    def _outcome(self, origin: Origin, line: Line, failure: Failure | None, notes: list[str]) -> Outcome:
        reader = line.reader
        if line.idle:
            self._lines[origin] = line
            if reader.status == 401 and _CONNECTION_BOUND.intersection(_challenges(reader.head)):
                self._personal.add(origin)
        if failure is None and reader.status == 101:
            failure = Failure(ErrorClass.INTERIM, "the receiver wants to switch protocols")
        if failure is None:
            return Outcome(
                status=reader.status,
                head=reader.head,
                body=reader.body,
                truncated=reader.truncated,
                notes=tuple(notes),
            )
        return Outcome(
            status=reader.status,
            error=failure.error,
            detail=failure.detail,
            head=reader.head,
            body=reader.body,
            truncated=reader.truncated,
            nominal=failure.nominal,
            patience=failure.patience,
            notes=tuple(notes),
        )


def _stale(line: Line, failure: Failure, *, pooled: bool) -> bool:
    """Whether a kept connection ended under a request, rather than the receiver failing at it.

    One that has waited in the pool is taken for stale whenever no byte of an answer came. One that carried the exchange
    just before is so only if the receiver had closed it before the request arrived: else a receiver that drops the answer to
    a challenge would get it twice.
    """
    broken = failure.error is ErrorClass.CLOSED_EARLY and not line.reader.begun
    return broken and (pooled or line.missed)


def _says_nothing(place: Place, line: Line) -> bool:
    """Whether plain http met silence and an end: so do most servers that expect TLS, and nothing else tells."""
    return place.scheme == "http" and not line.reader.begun


_CONNECTION_BOUND = frozenset({b"ntlm", b"negotiate"})


def _challenges(head: bytes) -> set[bytes]:
    """The first word of each ``WWW-Authenticate`` header: some schemes sign in a connection, not a request."""
    lines = (line.partition(b":") for line in head.lower().splitlines())
    return {value.split()[0] for name, _, value in lines if name == b"www-authenticate" and value.strip()}


def _without_answer(failure: Failure, notes: list[str]) -> Outcome:
    return Outcome(
        error=failure.error,
        detail=failure.detail,
        nominal=failure.nominal,
        patience=failure.patience,
        notes=tuple(notes),
    )
