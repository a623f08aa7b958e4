"""Made-up records behind the real page: thousands of them where wanted, hostile text included.

``python -m tests.browser.support.mock PORT COUNT`` serves them; the tests drive `World` in the same process.
"""

import random
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from simulator.console.feed import Listener, Row, Subject
from simulator.console.page import add_routes

START = datetime(2026, 1, 1, tzinfo=UTC)
INTERVAL = timedelta(minutes=30)
EVENTS = ("Async Request Succeeded", "Async Request Failed", "Payment Declined", "Invoice Posted")
HOSTILE = (
    "<script>window.ran = true</script>",
    '<img src=x onerror="window.ran = true">',
    '"><svg onload=window.ran=true>',
    "javascript:window.ran=true",
    "</script><script>window.ran = true</script>",
    "{{constructor.constructor('window.ran=true')()}}",
    "\u202egnp.exe\u202c \u0000 \u2028 end",
)


def iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


class World:
    """A `Feed` of made-up records."""

    def __init__(self, count: int = 0, *, hostile: bool = False, seed: int = 7) -> None:
        self.random = random.Random(seed)
        self.boot = f"boot {seed}"
        self.now = START
        self.requests: dict[str, Row] = {}
        self.callouts: dict[str, Row] = {}
        self.listeners: list[Listener] = []
        self.calls: list[tuple[str, str, Any]] = []
        self.hostile = hostile
        self.kind = "virtual"
        for number in range(count):
            self.add(number)
        self.now = START + timedelta(minutes=95)

    # ── the feed ──

    def overview(self) -> Row:
        return {
            "boot": self.boot,
            "server": {
                "name": "zuora-simulator",
                "version": "0.1.0",
                "url": "http://127.0.0.1:8620",
                "seed": 7,
                "state": "memory",
            },
            "clock": {"now": iso(self.now), "kind": self.kind, "rate": 1, "delivery": "immediate"},
            "settings": {
                "maxAttempts": 3,
                "intervalMinutes": 30,
                "confirmSuccess": "off",
                "emptyAsNull": False,
                "locale": None,
                "quirks": {"resendAnswersBraces": False, "asyncPayloadPlusParams": True},
                "origins": {
                    "maxAttempts": "flag --max-attempts",
                    "intervalMinutes": "environment ZUORA_SIMULATOR_INTERVAL",
                },
            },
            "definitions": 2,
            "nextCommands": [
                'zuora-simulator trigger "Async Request Succeeded" --set AccountId=8a80 --to http://localhost:3000/callouts',
                'curl -X POST http://127.0.0.1:8620/v1/async/accounts -d \'{"name": "Acme"}\'',
            ],
            "providers": {"zuora": "Zuora"},
        }

    def request_ids(self) -> Sequence[str]:
        return list(self.requests)

    def callout_ids(self) -> Sequence[str]:
        return list(self.callouts)

    def request(self, identity: str) -> Row | None:
        return self.requests.get(identity)

    def callout(self, identity: str) -> Row | None:
        return self.callouts.get(identity)

    def listen(self, listener: Listener) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def tell(self, subject: Subject, identity: str = "") -> None:
        for listener in list(self.listeners):
            listener(subject, identity)

    # ── records ──

    def word(self, plain: str) -> str:
        return self.random.choice(HOSTILE) if self.hostile else plain

    def add(self, number: int, codes: Sequence[int] | None = None) -> Row:
        """One request and its callout; every fifth is an event that was fired by itself."""
        luck = self.random
        at = START + timedelta(seconds=luck.randrange(0, 60) if number < 400 else number)
        codes = (
            codes
            or luck.choices(
                ((200,), (503, 200), (503, 503, 200), (503, 503, 503), (404,), (-1, 200), (-2000,), (503,), (401, 200)),
                (60, 6, 6, 5, 4, 4, 2, 8, 5),
            )[0]
        )
        alone = number % 5 == 4
        job = None
        event = luck.choice(EVENTS[2:]) if alone else EVENTS[0] if luck.random() > 0.2 else EVENTS[1]
        if not alone:
            job = f"job-{number:06}"
            self.requests[job] = {
                "id": job,
                "seq": number,
                "provider": "zuora",
                "clientId": "c" * 36,
                "method": luck.choice(("POST", "PUT", "DELETE")),
                "path": "/v1/async/"
                + self.word(luck.choice(("accounts", "object/account/8a80", "subscriptions", "invoices"))),
                "state": "failed" if event == EVENTS[1] else "succeeded",
                "error": "AccountNumber A-1 exists already" if event == EVENTS[1] else None,
                "createTime": iso(at),
                "completeTime": iso(at),
                "dueAt": None,
                "trackId": None,
                "events": [{"id": f"event-{number:06}", "name": event, "at": iso(at)}],
                "body": '{"name": "Acme", "currency": "EUR"}',
            }
        row = self._callout(number, job, event, at, codes)
        self.callouts[row["id"]] = row
        return row

    def _callout(self, number: int, job: str | None, event: str, at: datetime, codes: Sequence[int]) -> Row:
        identity = f"{number:032x}"
        attempts = [self._attempt(identity, index, code, at, len(codes)) for index, code in enumerate(codes)]
        last = codes[-1]
        pending = last == 503 and len(codes) < 3
        outcome = "delivered" if last == 200 else "not-sent" if last == -2000 else "pending" if pending else "failed"
        return {
            "id": identity,
            "seq": number,
            "provider": "zuora",
            "clientId": "c" * 36,
            "notificationId": identity,
            "event": self.word(event) if self.hostile else event,
            "eventId": f"event-{number:06}",
            "eventAt": iso(at),
            "requestId": job,
            "definition": {"id": f"definition {event}", "name": self.word(f"{event} to my app")},
            "method": "POST",
            "url": self.word("http://localhost:3000/callouts"),
            "outcome": outcome,
            "dueAt": attempts[-1]["retryAt"] if pending else None,
            "maxAttempts": 3,
            "warnings": ["Zuora would refuse this URL: it demands https and port 443"] if number % 7 == 0 else [],
            "resend": {
                "allowed": outcome != "not-sent",
                "reason": "it was never sent: its body is not valid JSON" if outcome == "not-sent" else None,
            },
            "fields": {"AccountId": self.word("8a80"), "RequestId": job or ""},
            "attempts": attempts,
        }

    def _attempt(self, identity: str, index: int, code: int, at: datetime, many: int) -> Row:
        sent = at + index * INTERVAL
        again = (code == 503 and index < 2) or code == -1
        reason = (
            f"503 is in the retry list; attempt {index + 2} of 3 is due at {sent + INTERVAL:%H:%M:%S}"
            if again and code == 503
            else "the connection was refused by 127.0.0.1:3000; it is tried again"
            if code == -1
            else "200: delivered"
            if code == 200
            else "the rendered body is not valid JSON: nothing was sent"
            if code == -2000
            else f"{code} is not retried: this callout is finished"
            if code != 503
            else "503 is in the retry list, but this was attempt 3 of 3"
        )
        return {
            "number": index + 1,
            "limit": 3,
            "responseCode": code,
            "errorClass": "refused" if code == -1 else "not-sent" if code == -2000 else None,
            "sentAt": iso(sent),
            "endedAt": iso(sent + timedelta(milliseconds=self.random.choice((0, 0, 40, 900)))),
            "retryAt": iso(sent + INTERVAL) if again else None,
            "why": self.word(reason),
            "historyId": f"{identity}-{index}",
            "resend": False,
            "patience": False,
            "exchanges": [] if code == -2000 else self._exchanges(identity, index, code, sent),
        }

    def _exchanges(self, identity: str, index: int, code: int, sent: datetime) -> list[Row]:
        statuses = (401, 200) if code == 200 and int(identity, 16) % 3 == 0 else (code,)
        return [
            {
                "requestId": f"{identity[:24]}{index:04}{place:04}",
                "purpose": "callout",
                "duplicate": False,
                "method": "POST",
                "url": self.word("http://localhost:3000/callouts?source=zuora"),
                "headers": [
                    ["Host", "localhost:3000"],
                    ["Content-Type", "application/json; charset=utf-8"],
                    ["Zuora-Notification-Id", identity],
                    ["Zuora-Request-Id", f"{identity[:24]}{index:04}{place:04}"],
                    *([["Authorization", "Basic ******"]] if place else []),
                    ["Content-Length", "98"],
                ],
                "body": '{"AccountId":"8a80","name":"Acme & Söhne","amount":12.5,"ok":true,"id":123456789012345678}',
                "status": status if status > 0 else None,
                "errorClass": "refused" if status < 0 else None,
                "detail": "connection refused 127.0.0.1:3000" if status < 0 else "",
                "responseHeaders": [["Content-Type", "application/json"], ["Server", self.word("my-app/1.0")]]
                if status > 0
                else [],
                "responseBody": self.word('{"success": true, "message": "taken"}') if status > 0 else "",
                "truncated": False,
                "notes": [],
                "sentAt": iso(sent),
                "endedAt": iso(sent + timedelta(milliseconds=12)),
            }
            for place, status in enumerate(statuses)
        ]


def light(row: Row) -> Row:
    """A row without what only the open record shows."""
    kept = ("requestId", "method", "status", "errorClass", "sentAt", "endedAt", "purpose", "duplicate")
    return {
        **{key: value for key, value in row.items() if key not in ("fields", "body")},
        "attempts": [
            {**attempt, "exchanges": [{key: exchange[key] for key in kept} for exchange in attempt["exchanges"]]}
            for attempt in row.get("attempts", ())
        ],
    }


class Rows:
    """The feed of a world as a server would give it: light rows."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.overview = world.overview
        self.request_ids = world.request_ids
        self.callout_ids = world.callout_ids
        self.request = world.request
        self.listen = world.listen

    def callout(self, identity: str) -> Row | None:
        row = self.world.callout(identity)
        return light(row) if row else None


def application(world: World) -> web.Application:
    """The page over ``world``, with as much of a control plane as the page calls."""
    app = web.Application()

    async def callout(request: web.Request) -> web.Response:
        row = world.callout(request.match_info["id"])
        return web.json_response(row) if row else web.json_response({"message": "there is no such callout"}, status=404)

    async def job(request: web.Request) -> web.Response:
        return web.json_response(world.request(request.match_info["id"]))

    async def definitions(_request: web.Request) -> web.Response:
        return web.json_response(
            {
                "definitions": [
                    {
                        "id": f"d{number}",
                        "name": f"{event} to my app",
                        "event": event,
                        "method": "POST",
                        "url": "http://localhost:3000/callouts",
                        "retry": True,
                        "active": True,
                    }
                    for number, event in enumerate(EVENTS[:2])
                ]
            }
        )

    async def act(request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        world.calls.append((request.method, request.path, body))
        if request.path.endswith("/advance"):
            world.now += timedelta(minutes=(body or {}).get("minutes", 0))
            world.tell(Subject.OVERVIEW)
        if request.path.endswith("/preview"):
            row = next(iter(world.callouts.values()))
            return web.json_response({"callouts": [row["attempts"][0]["exchanges"][0]]})
        return web.json_response({"now": iso(world.now), "attempts": 2, "settled": True})

    add_routes(app, Rows(world))
    app.router.add_get("/_simulator/callouts/{id}", callout)
    app.router.add_get("/_simulator/requests/{id}", job)
    app.router.add_get("/_simulator/definitions", definitions)
    app.router.add_route("*", "/_simulator/{rest:.+}", act)
    return app


@asynccontextmanager
async def serving(world: World) -> AsyncIterator[str]:
    """The page over ``world`` on a free port; its address."""
    runner = web.AppRunner(application(world), access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}/_simulator/"
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    web.run_app(
        application(World(int(sys.argv[2]), hostile="hostile" in sys.argv)), host="127.0.0.1", port=int(sys.argv[1])
    )
