"""A Zuora client of the thinnest kind: what a team's own wrapper does, and no more."""

from typing import Any

import aiohttp

from simulator import Simulator

SUCCEEDED = "Async Request Succeeded"


class Client:
    """Logs in, registers who hears of an event, submits asynchronous requests."""

    def __init__(self, zuora: Simulator, session: aiohttp.ClientSession) -> None:
        self.zuora = zuora
        self.session = session
        self.headers: dict[str, str] = {}

    async def log_in(self, client_id: str = "", client_secret: str = "") -> None:
        form = {
            "client_id": client_id or self.zuora.client_id,
            "client_secret": client_secret or self.zuora.client_secret,
            "grant_type": "client_credentials",
        }
        _, body = await self.call("POST", "/oauth/token", data=form)
        self.headers = {"Authorization": f"Bearer {body['access_token']}"}

    async def call(self, method: str, path: str, **request: Any) -> tuple[int, Any]:
        headers = self.headers | request.pop("headers", {})
        async with self.session.request(method, self.zuora.url + path, headers=headers, **request) as response:
            text = await response.text()
            return response.status, (await response.json() if text else None)

    async def listen(self, url: str, event: str = SUCCEEDED, **callout: Any) -> dict[str, Any]:
        """Register a definition in the guide's own shape; ``callout`` fields go over the usual ones."""
        own = {"name": f"{event} to {url}", "calloutBaseurl": url, "httpMethod": "POST", "eventTypeName": event}
        body = {"callout": own | {"requiredAuth": False} | callout, "calloutActive": True, "eventTypeName": event}
        status, definition = await self.call("POST", "/notifications/notification-definitions", json=body)
        assert status == 200, definition
        made: dict[str, Any] = definition
        return made

    async def submit(self, path: str = "/v1/async/accounts", body: Any = None, method: str = "POST") -> str:
        status, answer = await self.call(method, path, json=body if body is not None else {"name": "Acme"})
        assert status == 202, answer
        request_id: str = answer["requestId"]
        return request_id
