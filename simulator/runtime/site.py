"""The site: all surfaces behind one door, and one answer to errors.

A surface owns paths and knows how its provider words a refusal; this module alone decides whose fault an error is:
the client's becomes an answer, ours becomes a traceback in the log and a plain 500. It knows no socket.
"""

import gzip
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Protocol

from aiohttp import web

from simulator.core.errors import AuthorError, ClientError, NotKept

log = logging.getLogger(__name__)

BODY_LIMIT = 10_000_000
"""Bytes of a request body; one of this size or larger is answered 413 before it is read."""

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

        The router and the middlewares of aiohttp cost a quarter of a request (measured: 27 us of 108).
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
    """What an answer says, as text, however it is packed; empty where it is streamed."""
    body = response.body if isinstance(response, web.Response) else None
    if not isinstance(body, bytes):
        return ""
    if response.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return body.decode(errors="replace")
