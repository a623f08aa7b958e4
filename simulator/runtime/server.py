"""The web server: one site for all surfaces, one answer to errors, a socket that stays bound.

A surface owns paths and knows how its provider words a refusal; this module alone decides whose fault an error is:
the client's becomes an answer, ours becomes a traceback in the log and a plain 500.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Any, Protocol

from aiohttp import web, web_app
from aiohttp.http_exceptions import HttpProcessingError

from simulator.core.errors import AuthorError, ClientError, NotKept, OurFault
from simulator.runtime.doorway import Doorway, places

log = logging.getLogger(__name__)

BODY_LIMIT = 10_000_000
"""Bytes of a request body; one of this size or larger is answered 413 before it is read."""

STOPS_WITHIN = 1.0
"""Seconds that open connections are given when the server stops."""

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Every interface, and the address by which this machine itself reaches it."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""What changes nothing."""

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Surface(Protocol):
    """One family of paths."""

    def owns(self, path: str) -> bool:
        """Whether a path belongs to this surface."""

    def add_routes(self, app: web.Application) -> None:
        """Mount its routes."""

    def refuse(self, request: web.Request, error: ClientError) -> web.StreamResponse:
        """The answer to a request that cannot be served, in the surface's own words."""


class SelfRouting(Surface, Protocol):
    """A surface that finds the operation by itself: it is asked at once, past the application's router and middlewares."""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a request of any path that it owns; raises ClientError for one that is refused."""


Refused = Callable[[str, str, int, str], None]


class Site:
    """All surfaces behind one door; the first that owns a path answers for its errors.

    ``broken`` hears of faults of ours, ``refused`` of each answer that refuses: method, path, status, text.
    ``durable``, where there is one, has seen on disk what a request changed before it is answered.
    """

    def __init__(
        self,
        surfaces: Sequence[Surface],
        broken: Callable[[BaseException], None],
        refused: Refused = lambda *refusal: None,
        durable: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._surfaces = surfaces
        self._broken = broken
        self._refused = refused
        self._durable = durable
        self._owner = lru_cache(maxsize=512)(self._find_owner)

        @web.middleware
        async def errors(request: web.Request, handler: Answering) -> web.StreamResponse:
            return await self.answered(request, handler)

        self.app = web.Application(middlewares=[errors], client_max_size=BODY_LIMIT)
        for surface in surfaces:
            surface.add_routes(self.app)

    def door(self, through_router: Answering) -> Answering:
        """What a request is given to: the surface itself where it routes by itself, else the application.

        The router and the middlewares of aiohttp cost a fifth of a request that a bare handler answers.
        """

        async def opened(request: web.Request) -> web.StreamResponse:
            surface = self._owner(request.path)
            serve: Answering | None = getattr(surface, "serve", None)
            if serve is None or "Expect" in request.headers:  # the application knows how to answer a 100
                return await through_router(request)
            return await self.answered(request, serve)

        return opened

    async def answered(self, request: web.Request, handler: Answering) -> web.StreamResponse:
        """What ``handler`` answers, or the refusal that its error calls for."""
        try:
            response = await handler(request)
            if self._durable is not None and request.method not in SAFE and not response.prepared:
                await self._durable()
        except (ConnectionError, TimeoutError):
            raise
        except Exception as error:
            response = self._refusal(request, error)
        if response.status >= 400:
            self._refused(request.method, request.path_qs, response.status, said(response))
        return response

    def _refusal(self, request: web.Request, error: Exception) -> web.StreamResponse:
        match error:
            case NotKept():
                refused = ClientError(str(error), status=503)
            case ClientError():
                refused = error
            case AuthorError():
                refused = ClientError(str(error), status=400)
            case web.HTTPException() if error.status < 400:
                raise error
            case web.HTTPException():
                refused = ClientError(f"HTTP {error.status} {error.reason}", status=error.status)
            case _:
                log.error("a fault of the simulator itself: %s %s", request.method, request.path, exc_info=error)
                self._broken(error)
                refused = ClientError("A fault of the simulator itself; its log has the traceback.", status=500)
        return self._owner(request.path).refuse(request, refused)

    def _find_owner(self, path: str) -> Surface:
        for surface in self._surfaces:
            if surface.owns(path):
                return surface
        return self._surfaces[-1]


def said(response: web.StreamResponse) -> str:
    """What an answer says, as text; empty where it is streamed."""
    return (response.text or "") if isinstance(response, web.Response) and isinstance(response.body, bytes) else ""


def _forget_applications() -> None:
    """aiohttp caches the middlewares of its last 1,024 handlers, and each keeps a whole application alive (seen in 3.14)."""
    forget = getattr(getattr(web_app, "_cached_build_middleware", None), "cache_clear", None)
    if forget is not None:
        forget()


class _OneLine(logging.LoggerAdapter[logging.Logger]):
    """What the web server says of a request that is no HTTP: it was answered 400, so one line is enough, without its bytes."""

    def exception(self, msg: object, *args: object, exc_info: Any = True, **more: Any) -> None:
        if isinstance(exc_info, HttpProcessingError):
            self.warning("a request could not be read (%s): answered %s", type(exc_info).__name__, exc_info.code)
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
        self._doorway: Doorway | None = None
        self._listening: asyncio.Server | None = None

    async def start(self) -> None:
        """Bind and serve. Raises OSError where the port is taken."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        self.socket = socket.create_server((self._host, self._port), family=family, backlog=1024)
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
        """The address as a client writes it, without a closing slash."""
        if self.socket is None:
            raise OurFault("the server is not started")
        bound = ANYWHERE.get(self._host, self._host)
        host = f"[{bound}]" if ":" in bound else bound
        return f"{'https' if self._tls else 'http'}://{host}:{self.socket.getsockname()[1]}"
