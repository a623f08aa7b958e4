"""The routes of the page: its document, its files, its stream.

It alone decides the content security policy of the live page: nothing inline, nothing from elsewhere, and no string
that becomes markup (``require-trusted-types-for``), so what a receiver sends can only ever be text.
"""

import hashlib
from functools import cache

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
    return _answer(request, whole_document(), "text/html; charset=utf-8")


async def static(request: web.Request) -> web.StreamResponse:
    """``GET /_simulator/static/NAME``: one file of the page; 404 for any other name."""
    return _file(request, request.match_info["name"])


@cache
def whole_document() -> bytes:
    """The page's document, with every module named at its head: they load side by side, not one import after another."""
    preloads = "".join(
        f'<link rel="modulepreload" href="/_simulator/static/{name}">\n'
        for name in assets.names()
        if name.endswith(".js")
    )
    return assets.text("index.html").replace("</head>", f"{preloads}</head>").encode()


def _file(request: web.Request, name: str) -> web.StreamResponse:
    try:
        body = assets.content(name)
    except KeyError:
        raise web.HTTPNotFound(text=f"the page has no file named {name!r}") from None
    return _answer(request, body, assets.kind(name) or "")


def _answer(request: web.Request, body: bytes, kind: str) -> web.StreamResponse:
    # Asked again each time, so that a newer server is never seen through an older page.
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**HEADERS, "ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, headers={**headers, "Content-Type": kind})


def add_routes(app: web.Application, feed: Feed) -> None:
    """Mount the page on ``app``; open streams end when it shuts down."""
    stream = Stream(feed)
    app.router.add_get("/_simulator", document)
    app.router.add_get("/_simulator/", document)
    app.router.add_get("/_simulator/static/{name:.+}", static)
    app.router.add_get("/_simulator/stream", stream.serve)
    app.on_shutdown.append(stream.close)
