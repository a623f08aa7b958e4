"""Makes a connection to a place: resolve once, look at every address, try them one after the other.

It alone resolves names for the wire and opens sockets. Nothing is resolved for a place that was refused before, and the
addresses that are looked at are those that are connected to: an answer that changes in between changes nothing.
"""

import asyncio
import errno
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from pathlib import Path

from simulator.core.model import ErrorClass
from simulator.runtime.addresses import Place, Standing
from simulator.runtime.hosts import authority
from simulator.runtime.wire.failure import SILENT, Failure, Limits, WireFailure, socket_clause

CONNECTED = frozenset({0, errno.EISCONN})
PENDING = frozenset({errno.EINPROGRESS, errno.EALREADY, errno.EINTR})

Address = tuple[int, tuple[str, int]]
"""An address family, and what `socket.connect` takes for it (its first two items are address and port)."""

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
"""Looks a name up. Raises `OSError` (`socket.gaierror` is one) where it finds nothing."""


class SystemResolver:
    """The system's resolver, ``/etc/hosts`` and all.

    ``localhost`` is looked up once: it is asked for most of all, each look-up takes a thread and 0.2 ms, and it does not move.
    """

    def __init__(self) -> None:
        self._localhost: dict[int, Sequence[Address]] = {}

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        if host == "localhost" and port in self._localhost:
            return self._localhost[port]
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys((int(family), (str(place[0]), port)) for family, _, _, _, place in found))
        if host == "localhost":
            self._localhost[port] = addresses
        return addresses


async def dial(place: Place, resolve: Resolve, limits: Limits, deadline: float) -> socket.socket:
    """A connected socket; raises `WireFailure`. ``deadline`` is loop time."""
    addresses = await _addresses(place, resolve, limits, deadline)
    loop = asyncio.get_running_loop()
    tried: list[tuple[str, ErrorClass, str]] = []
    for index, (family, address) in enumerate(addresses):
        # An address that swallows everything leaves time for the next one.
        share = loop.time() + (deadline - loop.time()) / (len(addresses) - index)
        try:
            return await _connect(loop, family, address, share)
        except OSError as error:
            tried.append((authority(*address), *socket_clause(error)))
    raise WireFailure(_unconnected(place, tried, limits))


async def _addresses(place: Place, resolve: Resolve, limits: Limits, deadline: float) -> Sequence[Address]:
    literal = _literal(place.dial_host, place.dial_port)
    if literal is not None:
        return [literal]
    try:
        async with asyncio.timeout_at(deadline):
            found = await resolve(place.dial_host, place.dial_port)
    except TimeoutError:
        raise WireFailure(limits.connect_failure(f"the name {place.dial_host} was not resolved")) from None
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        detail = f"the name {place.dial_host} does not resolve: {reason}"
        raise WireFailure(Failure(ErrorClass.DNS, detail)) from None
    if not found:
        raise WireFailure(Failure(ErrorClass.DNS, f"the name {place.dial_host} has no address"))
    for _, address in found:
        if not place.admits(address[0]):
            detail = f"{place.host} resolved to {address[0]}, which is no loopback address"
            raise WireFailure(Failure(ErrorClass.NOT_ALLOWED, detail))
    return found


def _literal(host: str, port: int) -> Address | None:
    if ":" in host:
        return socket.AF_INET6, (host, port)
    # `Addresses` lets no other host through whose last label is a number.
    return (socket.AF_INET, (host, port)) if host.rpartition(".")[2].isdigit() else None


async def _connect(
    loop: asyncio.AbstractEventLoop, family: int, address: tuple[str, int], deadline: float
) -> socket.socket:
    # Named in full: asyncio sets TCP_NODELAY only where the protocol is, and a reused connection may wait 40 ms for that.
    fresh = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        fresh.setblocking(False)
        if not _connected_at_once(fresh, address):
            async with asyncio.timeout_at(deadline):
                await loop.sock_connect(fresh, address)
        if fresh.getsockname()[:2] == address:
            # Nobody listens there: the system took that very port for this end, and TCP lets an end meet itself.
            raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
    except BaseException:
        fresh.close()
        raise
    return fresh


def _connected_at_once(fresh: socket.socket, address: tuple[str, int]) -> bool:
    """Whether it is connected already; raises OSError where that has failed already.

    On loopback the handshake is over by the second call, which spares a fifth of a callout's time: no turn of the loop, no
    selector (measured on Linux). Windows' loop wants a socket that nobody has asked to connect.
    """
    if os.name != "posix":
        return False
    for _ in range(2):
        code = fresh.connect_ex(address)
        if code in CONNECTED:
            return True
        if code not in PENDING:
            raise OSError(code, os.strerror(code))
    return False


def _unconnected(place: Place, tried: list[tuple[str, ErrorClass, str]], limits: Limits) -> Failure:
    classes = {error for _, error, _ in tried}
    if ErrorClass.CONNECT_TIMEOUT in classes:
        where = " and ".join(address for address, _, _ in tried)
        return limits.connect_failure(f"no connection to {where}")
    if ErrorClass.CLOSED_EARLY in classes:
        return _reset_at_once(place)
    error = ErrorClass.REFUSED if ErrorClass.REFUSED in classes else ErrorClass.UNREACHABLE
    verdict = "connection refused" if error is ErrorClass.REFUSED else "no connection"
    target = authority(place.dial_host, place.dial_port)
    if [address for address, _, _ in tried] == [target]:
        detail = f"{verdict}: {target}" + ("" if error is ErrorClass.REFUSED else f" ({tried[0][2]})")
    else:
        detail = f"{verdict}: {target} resolved to " + " and ".join(
            f"{address} ({words})" for address, _, words in tried
        )
    if place.standing is Standing.LOOPBACK and in_container():
        detail += (
            " (inside a container, loopback is the container itself: the machine around it is host.docker.internal; allow "
            "it with --allow-host host.docker.internal)"
        )
    return Failure(error, detail)


def _reset_at_once(place: Place) -> Failure:
    """A receiver that resets what it has accepted may be quicker than we are at seeing that it had: the same words."""
    if place.scheme == "https":
        return Failure(ErrorClass.TLS_HANDSHAKE, "reset by the receiver during the TLS handshake")
    return Failure(ErrorClass.CLOSED_EARLY, f"reset by the receiver before any byte of an answer{SILENT}")


@cache
def in_container() -> bool:
    """Whether this process seems to run inside a container."""
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return True
    try:
        groups = Path("/proc/1/cgroup").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(word in groups for word in ("docker", "kubepods", "containerd", "libpod", "lxc"))
