"""An application under test on aiohttp: it creates accounts asynchronously and books what the callouts tell."""

import json
from typing import Any

import aiohttp
from aiohttp import web


class Bookkeeping:
    """What the application has learned; each notification counts once, however often it comes."""

    def __init__(self) -> None:
        self.accounts: list[str] = []
        self._seen: set[str] = set()

    def take(self, notification_id: str, payload: dict[str, Any]) -> None:
        if notification_id not in self._seen:
            self._seen.add(notification_id)
            self.accounts.append(payload["data"]["id"])


def make_app(books: Bookkeeping) -> web.Application:
    """The callout receiver of the application."""

    async def callout(request: web.Request) -> web.Response:
        books.take(request.headers["Zuora-Notification-Id"], json.loads(await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/callout", callout)
    return app


async def create_account(base_url: str, headers: dict[str, str], name: str) -> str:
    """What the application does: ask for an account, asynchronously."""
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{base_url}/v1/async/accounts", json={"name": name}) as answer,
    ):
        answer.raise_for_status()
        request_id: str = (await answer.json())["requestId"]
        return request_id
