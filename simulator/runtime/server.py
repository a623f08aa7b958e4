"""The web server: a site on one bound socket, which stays bound while it serves and is given back when it stops."""

import asyncio
import logging
import socket
import ssl
from typing import Any

from aiohttp import web, web_app
from aiohttp.http_exceptions import HttpProcessingError

from simulator.core.errors import OurFault
from simulator.runtime.doorway import Doorway, places
from simulator.runtime.site import Site

log = logging.getLogger(__name__)

STOPS_WITHIN = 1.0
"""Seconds that open connections are given when the server stops."""

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Every interface, and the address by which this machine itself reaches it."""


def _forget_applications() -> None:
    """aiohttp caches the middlewares of its last 1,024 handlers, and each keeps a whole application alive (seen in 3.14)."""
    forget = getattr(getattr(web_app, "_cached_build_middleware", None), "cache_clear", None)
    if forget is not None:
        forget()


class _OneLine(logging.LoggerAdapter[logging.Logger]):
    """What the web server says of a request that is no HTTP: it was answered 400, so one line is enough, without its bytes.

    A body that could not be read, such as one that is not packed as it says, was refused by its surface, which tells of it.
    """

    def exception(self, msg: object, *args: object, exc_info: Any = True, **more: Any) -> None:
        if isinstance(exc_info, HttpProcessingError):
            self.warning("a request could not be read (%s): answered %s", type(exc_info).__name__, exc_info.code)
        elif isinstance(exc_info, web.RequestPayloadError):
            self.debug("the rest of a body could not be read either")
        else:
            super().exception(msg, *args, exc_info=exc_info, **more)


class Server:
    """Serves a site on one bound socket."""

    def __init__(self, site: Site, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._site = site
        self._runner = web.AppRunner(site.app, access_log=None, shutdown_timeout=STOPS_WITHIN, logger=_OneLine(log, {}))
        self._host = host
        self._port = port
        self._tls = tls
        self.socket: socket.socket | None = None
        self._bound: int | None = None
        self._doorway: Doorway | None = None
        self._listening: asyncio.Server | None = None

    async def start(self) -> None:
        """Bind and serve. Raises OSError where the port is taken."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        self.socket = socket.create_server((self._host, self._port), family=family, backlog=1024)
        self._bound = self.socket.getsockname()[1]
        await self._runner.setup()
        server = self._runner.server
        if server is None:
            raise OurFault("a runner that is set up has a server")
        # typed for its lower level: the server of an application makes a `web.Request` of each
        server.request_handler = self._site.door(server.request_handler)  # type: ignore[assignment]
        self._doorway = Doorway(server, lambda: len(server.connections), places())
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._doorway, sock=self.socket, ssl=self._tls, backlog=1024)

    async def stop(self) -> None:
        """Stop serving and give the port back; no connection outlives it, though its client would keep it open."""
        server = self._runner.server
        open_ones = [line.transport for line in server.connections if line.transport is not None] if server else []
        if self._listening is not None and self._doorway is not None:
            self._listening.close()
            self._doorway.close()
        await self._runner.cleanup()
        for transport in open_ones:
            transport.abort()  # over TLS a mere close waits for the client's goodbye, longer than the loop may live
        if open_ones:
            await asyncio.sleep(0)  # the loop tells the sockets in its next turn
        if self.socket is not None:
            self.socket.close()
        _forget_applications()

    @property
    def url(self) -> str:
        """The address as a client writes it, without a closing slash; once it has stopped, where it was."""
        if self._bound is None:
            raise OurFault("the server is not started")
        bound = ANYWHERE.get(self._host, self._host)
        host = f"[{bound}]" if ":" in bound else bound
        return f"{'https' if self._tls else 'http'}://{host}:{self._bound}"
