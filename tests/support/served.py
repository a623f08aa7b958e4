"""A server in a process of its own, a receiver that outlives it, and a client whose token does."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import web

PROJECT = Path(__file__).resolve().parents[2]


class Listener:
    """Records what arrives, before it answers. ``answer`` says with which status, from the notification and its number."""

    def __init__(self, answer: Callable[[str, int], int]) -> None:
        self.answer = answer
        self.arrived: list[tuple[str, str, dict[str, Any]]] = []
        self.by_notification: dict[str, list[str]] = {}
        self._news = asyncio.Condition()
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/{tail:.*}", self.hear)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._runner.cleanup()

    async def hear(self, request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        notification = request.headers["Zuora-Notification-Id"]
        request_id = request.headers["Zuora-Request-Id"]
        self.arrived.append((notification, request_id, body))
        attempts = self.by_notification.setdefault(notification, [])
        attempts.append(request_id)
        async with self._news:
            self._news.notify_all()
        return web.Response(status=self.answer(body["request"]["id"], len(attempts)))

    async def arrival(self, enough: Callable[[], bool]) -> None:
        """Wait until what has arrived is enough."""
        async with self._news:
            await self._news.wait_for(enough)


class Life:
    """One process: from its first line to its end."""

    def __init__(self, process: asyncio.subprocess.Process, ready: dict[str, str]) -> None:
        self.process = process
        self.url = ready["url"]
        self.client_id = ready["clientId"]
        self.client_secret = ready["clientSecret"]

    @classmethod
    async def begin(cls, *options: str) -> "Life":
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "simulator", "serve", "--port", "0", "--format", "json", "--quiet", *options),
            cwd=PROJECT,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        line = await process.stdout.readline()
        assert line, "the server did not start"
        return cls(process, json.loads(line))

    async def kill(self) -> None:
        """At once, and without a word."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> None:
        self.process.terminate()
        assert await self.process.wait() == 0


class Caller:
    """Logs in once; its token is to outlive every process."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http = http
        self.headers: dict[str, str] = {}
        self.accepted: list[str] = []

    async def log_in(self, life: Life) -> None:
        form = {"client_id": life.client_id, "client_secret": life.client_secret, "grant_type": "client_credentials"}
        async with self.http.post(f"{life.url}/oauth/token", data=form) as answer:
            self.headers = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}

    async def listen(self, life: Life, url: str) -> None:
        own = {"name": "c", "calloutBaseurl": url, "httpMethod": "POST", "requiredAuth": False}
        body = {"name": "n", "callout": own, "calloutActive": True, "eventTypeName": "Async Request Succeeded"}
        path = f"{life.url}/notifications/notification-definitions"
        async with self.http.post(path, json=body, headers=self.headers) as answer:
            assert answer.status == 200, await answer.text()

    async def submit(self, life: Life) -> None:
        body = {"name": f"Account {len(self.accepted)}"}
        async with self.http.post(f"{life.url}/v1/async/accounts", json=body, headers=self.headers) as answer:
            assert answer.status == 202, await answer.text()
            self.accepted.append((await answer.json())["requestId"])

    async def load(self, life: Life, enough: Callable[[], bool], then: Callable[[], None] = lambda: None) -> None:
        """Submit again and again, several at a time, until it is enough or the server is gone.

        ``then`` is done by whoever sees it first, while the others are in the middle of theirs.
        """

        async def one_after_the_other() -> None:
            try:
                while life.process.returncode is None and not enough():
                    await self.submit(life)
                if life.process.returncode is None:
                    then()
            except (aiohttp.ClientError, OSError):
                return

        await asyncio.gather(*(one_after_the_other() for _ in range(8)))

    async def drain(self, life: Life) -> None:
        """Let everything come to its end."""
        async with self.http.post(f"{life.url}/_simulator/clock/drain") as answer:
            assert answer.status == 200, await answer.text()

    async def get(self, life: Life, what: str) -> Any:
        async with self.http.get(f"{life.url}/_simulator/{what}") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()
