"""What an application does with a simulator in these tests: it registers definitions and submits requests."""

from typing import Any

import aiohttp

from simulator.host import Simulator

BOTH = ("Async Request Succeeded", "Async Request Failed")


class Client:
    """Speaks to one simulator with the token of its default client."""

    def __init__(self, simulator: Simulator, session: aiohttp.ClientSession) -> None:
        self.simulator = simulator
        self._session = session
        self._headers: dict[str, str] = {}

    async def post(self, path: str, body: Any) -> Any:
        """POST as the client; the parsed answer."""
        if not self._headers:
            self._headers = {"Authorization": f"Bearer {await self._token()}"}
        async with self._session.post(self.simulator.url + path, json=body, headers=self._headers) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json(content_type=None)

    async def notify(self, url: str, *events: str, **callout: Any) -> None:
        """Register ``url`` for ``events``, both asynchronous ones unless given."""
        for event in events or BOTH:
            body = {"name": event, "calloutBaseurl": url, "httpMethod": "POST", "calloutRetry": True, "active": True}
            definition = {"name": event, "eventTypeName": event, "active": True, "calloutActive": True}
            await self.post("/notifications/notification-definitions", definition | {"callout": body | callout})

    async def submit(self, path: str = "/v1/async/accounts", **body: Any) -> str:
        """Submit an asynchronous request; its id."""
        request_id: str = (await self.post(path, body or {"name": "Acme"}))["requestId"]
        return request_id

    async def fire(self, event: str, **fields: Any) -> None:
        """Fire an event."""
        await self.post("/_simulator/events", {"event": event, "fields": fields})

    async def _token(self) -> str:
        simulator = self.simulator
        form = {"client_id": simulator.client_id, "client_secret": simulator.client_secret}
        url = f"{simulator.url}/oauth/token"
        async with self._session.post(url, data=form | {"grant_type": "client_credentials"}) as answer:
            token: str = (await answer.json())["access_token"]
            return token
