"""The routes of the page: its document, its files, its stream.

It alone decides the content security policy of the live page: nothing inline, nothing from elsewhere, and no string
that becomes markup (``require-trusted-types-for``), so what a receiver sends can only ever be text.
"""

import hashlib

from aiohttp import web

from simulator.console import assets
from simulator.console.feed import Feed
from simulator.console.stream import Stream

RULES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
POLICY = "; ".join(f"{name} {value}" for name, value in RULES.items())
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def document(request: web.Request) -> web.StreamResponse:
    """``GET /_simulator`` and ``GET /_simulator/``: the page."""
    return _file(request, "index.html")


async def static(request: web.Request) -> web.StreamResponse:
    """``GET /_simulator/static/NAME``: one file of the page; 404 for any other name."""
    return _file(request, request.match_info["name"])


def _file(request: web.Request, name: str) -> web.StreamResponse:
    try:
        body = assets.content(name)
    except KeyError:
        raise web.HTTPNotFound(text=f"the page has no file named {name!r}") from None
    # Asked again each time, so that a newer server is never seen through an older page.
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**HEADERS, "ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, headers={**headers, "Content-Type": assets.kind(name) or ""})


def add_routes(app: web.Application, feed: Feed) -> None:
    """Mount the page on ``app``; open streams end when it shuts down."""
    stream = Stream(feed)
    app.router.add_get("/_simulator", document)
    app.router.add_get("/_simulator/", document)
    app.router.add_get("/_simulator/static/{name:.+}", static)
    app.router.add_get("/_simulator/stream", stream.serve)
    app.on_shutdown.append(stream.close)
