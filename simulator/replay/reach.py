"""Whether a target can be reached at all, asked once before a story begins. Nothing is sent but a connection.

It decides nothing about how a story goes on, and connects only where the caller has named the address or it is loopback.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

PATIENCE = 5.0
"""Real seconds for one connection."""


def is_local(url: str) -> bool:
    """Whether a URL names this machine's loopback, without asking a resolver."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


async def unreachable(url: str, routes: Mapping[str, str]) -> str | None:
    """Why nobody answers at ``url``, in a clause, or None where somebody listens. ``routes`` as in the settings."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    routed = routes.get(host)
    if routed is not None:
        host, _, number = routed.rpartition(":")
        port = int(number) if number.isdigit() else port
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(host.strip("[]"), port)
    except TimeoutError:
        return f"{host}:{port} does not answer within {PATIENCE:.0f} s"
    except OSError as error:
        return f"{host}:{port}: {_reason(error)}"
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return None


def _reason(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused; is the application started?"
    return error.strerror or str(error) or type(error).__name__
