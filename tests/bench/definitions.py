"""Ten thousand definitions of one tenant, by the API as a client makes them, and the one of them that is concerned."""

import asyncio
from time import perf_counter
from typing import Any

import aiohttp

from simulator import Simulator
from tests.bench.figures import Figure

DEFINITIONS = 10_000
EVENT, OTHER = "Payment Declined", "Invoice Posted"


def ten_thousand_definitions() -> Figure:
    """How long they take to make, the last thousand of them, and an event among them."""
    total, last, event, called = asyncio.run(_made())
    return Figure(
        "limits",
        f"{DEFINITIONS:,} definitions of one tenant, made one by one",
        f"{total:.0f} s, the last thousand {last:.1f} ms each; an event that concerns one: {event:.1f} ms, {called} callout",
        "at least 10,000",
        called == 1,
        "POST /notifications/notification-definitions, one connection",
    )


async def _made() -> tuple[float, float, float, int]:
    async with Simulator(delivery="collect") as zuora, aiohttp.ClientSession(headers=zuora.headers) as http:
        begun = late = perf_counter()
        for number in range(DEFINITIONS):
            if number == DEFINITIONS - 1_000:
                late = perf_counter()
            path, body = f"{zuora.url}/notifications/notification-definitions", _definition(number)
            async with http.post(path, json=body) as answer:
                assert answer.status == 200, await answer.text()
        ended = perf_counter()
        zuora.fire(EVENT)
        await zuora.settle()
        return ended - begun, ended - late, (perf_counter() - ended) * 1000, len(zuora.callouts)


def _definition(number: int) -> dict[str, Any]:
    callout = {"name": f"c{number}", "calloutBaseurl": "http://127.0.0.1:9/x", "httpMethod": "POST", "active": True}
    event = EVENT if number == DEFINITIONS // 2 else OTHER
    definition = {"name": f"n{number}", "eventTypeName": event, "active": True, "calloutActive": True}
    return {**definition, "callout": callout}
