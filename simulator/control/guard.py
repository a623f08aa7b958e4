"""Who may speak to the control plane and the page from a browser: their own origin, under a name that is this server's.

A page of somebody else's must neither read nor change anything here: not by a name that it has led to this address (DNS
rebinding: `Host`), nor by a request from its own origin (`Origin`). Programs send neither a foreign name nor an origin.
It guards nothing else: the API has its tokens.
"""

from collections.abc import Awaitable, Callable, Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web

from simulator.core.errors import ClientError

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]
READING = frozenset({"GET", "HEAD", "OPTIONS"})


def guard(owns: Callable[[str], bool], host: str, names: Iterable[str]) -> Callable[..., Awaitable[web.StreamResponse]]:
    """The middleware for the paths that ``owns`` says; ``host`` is what the server is bound to, ``names`` are further ones."""
    known = frozenset(name.lower().rstrip(".") for name in (host, *names))
    everywhere = not _is_loopback(host)

    @web.middleware
    async def guarded(request: web.Request, handler: Answering) -> web.StreamResponse:
        if owns(request.path):
            refuse_foreign(request.headers.get("Host"), request.headers.get("Origin"), request.method)
        return await handler(request)

    def refuse_foreign(authority: str | None, origin: str | None, method: str) -> None:
        if authority is not None and not ours(_name(authority)):
            raise ClientError(
                f"{authority!r} is no name of this server: use its address, or start it with --server-name "
                f"{_name(authority) or 'NAME'}",
                status=403,
            )
        if (
            origin is not None
            and method not in READING
            and urlsplit(origin).netloc.lower() != (authority or "").lower()
        ):
            raise ClientError(f"a page of {origin} may not change anything here", status=403)

    def ours(name: str) -> bool:
        if name in known or _is_loopback(name):
            return True
        return everywhere and _is_address(name)  # rebinding needs a name: an address is what somebody typed

    return guarded


def _name(authority: str) -> str:
    """The host of a ``Host`` header, in lower case and without brackets; empty for what is none."""
    try:
        return (urlsplit(f"//{authority}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    return _is_address(name) and ip_address(name).is_loopback
