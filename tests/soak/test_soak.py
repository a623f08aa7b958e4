"""Mixed load with faults for a minute, or for ``SOAK`` seconds (`make soak`: half an hour): nothing grows, nothing is lost.

Everything that is made is deleted again, so that a steady state exists; what grows then is a leak. Samples are taken at
rest, after each round.
"""

import asyncio
import gc
import json
import os
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from msgspec import Struct

from simulator import Simulator

pytestmark = [pytest.mark.soak, pytest.mark.real]

SECONDS = float(os.environ.get("SOAK", "60"))
REQUESTS = 300
CALLERS = 16
RETAIN = 200
GROWTH = 1.05
SLACK = 6 << 20
"""What memory may vary by from round to round: pages that the allocator gives back or not."""
JITTER = 3
"""What counts may vary by: kept connections that come and go at both ends. A leak of one a round is far more."""


class Sample(Struct, frozen=True):
    """What the process holds at rest."""

    memory: int
    tasks: int
    files: int
    threads: int


class Mixed:
    """A receiver that refuses, resets and copes, by what it is sent; it keeps counts, and the ids yet to be deleted."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.notifications: dict[str, int] = {}
        self.heard: set[str] = set()
        self.made: asyncio.Queue[str] = asyncio.Queue()

    async def hear(self, request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        notification = request.headers["Zuora-Notification-Id"]
        number = self.notifications[notification] = self.notifications.get(notification, 0) + 1
        chance = int(notification[:6], 16) % 20
        self.calls["all"] += 1
        if chance == 0 and number == 1 and request.transport is not None:
            self.calls["reset"] += 1
            request.transport.abort()
            return web.Response()
        if chance in {1, 2} and number == 1:
            self.calls["refused"] += 1
            return web.Response(status=503, body=b"x" * 2_000)
        self.heard.add(body["request"]["id"])
        if body["state"] == "succeeded" and body["request"]["method"] == "POST" and number <= 2:
            self.made.put_nowait(body["data"]["id"])
        return web.Response(body=b'{"success": true}')


async def test_nothing_grows_and_nothing_is_lost(tmp_path: Path) -> None:
    """Memory, tasks, sockets and threads stay what they were after the warm-up; the counts add up to the last callout."""
    receiver = Mixed()
    app = web.Application()
    app.router.add_post("/{tail:.*}", receiver.hear)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    samples: list[Sample] = []
    end = asyncio.get_running_loop().time() + SECONDS
    state = str(tmp_path / "state.db")
    async with (
        Simulator(clock="real", rate=6000, interval=1, retain=RETAIN, delivery="immediate", state=state) as zuora,
        aiohttp.ClientSession() as http,
    ):
        zuora.notify("Async Request Succeeded", url)
        zuora.notify("Async Request Failed", url)
        zuora.faults = [
            {"kind": "duplicate", "probability": 0.05},
            {"kind": "delay", "minutes": 1, "probability": 0.05},
            {"kind": "reorder", "window": 1, "probability": 0.05},
        ]
        headers = zuora.headers
        while asyncio.get_running_loop().time() < end:
            accepted = await one_round(zuora, http, headers, receiver)
            assert accepted <= receiver.heard, "each was heard of, and taken"
            assert not zuora.instance.dispatcher.broken
            receiver.heard.clear()
            receiver.notifications.clear()
            samples.append(taken())
        assert len(zuora.instance.tenants[zuora.client_id].resources) == 0, "all that was made is gone"
        assert zuora.instance.settled
    await runner.cleanup()
    assert receiver.calls["reset"]
    assert receiver.calls["refused"]
    steady(samples)


async def one_round(
    zuora: Simulator, http: aiohttp.ClientSession, headers: dict[str, str], receiver: Mixed
) -> set[str]:
    """Accounts are made, and deleted as their callouts come; answers with all requests that were accepted."""
    accepted: set[str] = set()

    async def submit(method: str, path: str, **body: Any) -> None:
        async with http.request(method, f"{zuora.url}/v1/async/{path}", headers=headers, **body) as answer:
            assert answer.status == 202, await answer.text()
            accepted.add((await answer.json())["requestId"])

    left = iter(range(REQUESTS))

    async def makes() -> None:
        for number in left:
            await submit("POST", "accounts", json={"name": f"Account {number}", "currency": "USD"})

    await asyncio.gather(*(makes() for _ in range(CALLERS)))
    await zuora.drain()
    while not receiver.made.empty():
        await submit("DELETE", f"accounts/{receiver.made.get_nowait()}")
    await zuora.drain()
    return accepted


def taken() -> Sample:
    """A sample, now."""
    gc.collect()
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return Sample(
        resident, len(asyncio.all_tasks()), len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    )


def steady(samples: list[Sample]) -> None:
    """The last quarter holds no more than the second did."""
    quarter = len(samples) // 4
    assert quarter, f"too few rounds to judge by: {len(samples)}"
    warm, late = samples[quarter : 2 * quarter], samples[-quarter:]

    def middle(part: list[Sample], name: str) -> int:
        return sorted(int(getattr(it, name)) for it in part)[len(part) // 2]

    for name in ("tasks", "files", "threads"):
        before, after = middle(warm, name), middle(late, name)
        assert after <= before + JITTER, (name, before, after, [getattr(it, name) for it in samples])
    before, after = middle(warm, "memory"), middle(late, "memory")
    assert after <= before * GROWTH + SLACK, (before, after)
