"""What the core costs by itself: time for an attempt, memory for a callout that waits (rows V3 and memory)."""

import asyncio
import gc
import statistics
import tracemalloc
from datetime import timedelta
from time import process_time

from simulator.core.dialect import Happening
from simulator.core.engine import Engine
from simulator.core.heads import Form
from simulator.core.model import Callout, Delivery
from simulator.core.timeline import Timeline
from simulator.runtime.clock import VIRTUAL_START
from tests.bench.figures import Figure, spread
from tests.support.fake_dialect import NAME, FakeDialect, answered

CALLOUTS = 20_000
WAITING = 200_000
ROUNDS = 5
FORM = Form("POST", "https://a.test/", "POST / HTTP/1.1\r\n\r\n")


class Trivial(FakeDialect):
    """Renders nothing, so that the engine alone is measured."""

    def _callout(self, delivery: Delivery, request_id: str, *more: tuple[str, str]) -> Callout:
        return Callout(FORM, b"", request_id)


def an_attempt() -> Figure:
    """Ids, faults, machine, ledger and timeline, with a dialect that does nothing."""
    rounds = [_round() for _ in range(ROUNDS)]
    load = f"{CALLOUTS} deliveries, three attempts each, a dialect that does nothing"
    holds = statistics.median(rounds) <= 20
    return Figure("V3", "an attempt in the engine alone", spread(rounds, ".1f", " us"), "at most 20 us", holds, load)


def _round() -> float:
    engine = Engine({NAME: Trivial()})
    for _ in range(CALLOUTS):
        engine.fire(NAME, "t", Happening("Done", {}), VIRTUAL_START)
    begun = process_time()
    while (due := engine.next_due) is not None:
        for ready in engine.tick(due):
            dispatch = engine.begin(ready.id, due)
            if dispatch is not None:
                engine.report(dispatch, [answered(503)], due, due)
    return (process_time() - begun) / engine.attempts_ended * 1e6


def the_timeline() -> Figure:
    """Entries alone; what they name and the instants are counted elsewhere."""
    ids = [str(number) for number in range(WAITING)]
    instants = [VIRTUAL_START + timedelta(seconds=number) for number in range(WAITING)]
    timeline: Timeline[str] = Timeline()
    tracemalloc.start()
    for at, item in zip(instants, ids, strict=True):
        timeline.add(at, item)
    held = tracemalloc.get_traced_memory()[0] / WAITING
    tracemalloc.stop()
    said = f"{held:.0f} MB, {held:.0f} bytes each"
    return Figure(
        "V3", "the timeline of 1,000,000 that wait", said, "at most 300 MB", held <= 300, f"{WAITING} entries"
    )


def a_waiting_callout() -> Figure:
    """Of an asynchronous request: the request, its resource, its event, and its first attempt with all bytes."""
    held = asyncio.run(_waiting())
    load = f"{CALLOUTS} asynchronous requests with a 76-byte body, one definition, first attempt answered 503; by tracemalloc"
    return Figure(
        "memory",
        "a callout that waits for its retry, with its request, resource, event and first attempt",
        f"{held:.0f} bytes: {held / 1000:.2f} GB for 1,000,000",
        "at most 2,500 bytes, goal 1,500",
        held <= 2500,
        load,
    )


async def _waiting() -> float:
    from msgspec.structs import replace

    from simulator import Simulator
    from simulator.core.model import Outcome, Submission

    refused = Outcome(status=503, head=b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
    async with Simulator(delivery="collect", answers=[503]) as zuora:
        engine, tenant = zuora.instance.engine, zuora.client_id
        await _register(zuora.url, zuora.client_id, zuora.client_secret)
        request = Submission("zuora", tenant, "POST", "/v1/async/accounts")
        gc.collect()
        tracemalloc.start()
        for number in range(CALLOUTS):
            body = b'{"name":"Account %06d","currency":"USD","billCycleDay":1,"autoPay":false}' % number
            engine.submit(replace(request, body=body), zuora.now)
        for ready in engine.tick(zuora.now):
            dispatch = engine.begin(ready.id, zuora.now)
            assert dispatch is not None
            engine.report(dispatch, [replace(refused)], zuora.now, zuora.now)
        gc.collect()
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    return held / CALLOUTS


async def _register(url: str, client_id: str, client_secret: str) -> None:
    import aiohttp

    callout = {"name": "c", "calloutBaseurl": "https://127.0.0.1:9/hook", "httpMethod": "POST", "active": True}
    definition = {
        "name": "n",
        "eventTypeName": "AsyncRequestSucceeded",
        "active": True,
        "calloutActive": True,
        "communicationProfileId": "0" * 32,
        "callout": callout,
    }
    credentials = {"client_id": client_id, "client_secret": client_secret, "grant_type": "client_credentials"}
    async with aiohttp.ClientSession(url) as session:
        async with session.post("/oauth/token", data=credentials) as answer:
            token = (await answer.json())["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        path = "/notifications/notification-definitions"
        async with session.post(path, json=definition, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
