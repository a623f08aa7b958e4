"""What is kept: memory of a server at rest, after 100,000 delivered callouts, and with a retention limit (S2, memory)."""

import asyncio
import gc
import sys

from tests.bench.figures import Figure
from tests.bench.programs import Program

CALLOUTS = 100_000
BATCH = 1_000
RETAINED = 10_000


def at_rest() -> Figure:
    """`serve`, started and asked nothing."""
    with Program.python("-m", "simulator", "serve", "--quiet", "--port", "0", "--format", "json") as program:
        program.line()
        held = program.resident
    return Figure("S2", "serve at rest, resident", f"{held:.0f} MB", "at most 60 MB", held <= 60)


def after_many() -> list[Figure]:
    """Asynchronous requests, each delivered and kept with its request, resource, event and attempt; then with --retain."""
    all_kept, some_kept = _resident(None), _resident(RETAINED)
    load = f"{CALLOUTS} asynchronous requests with a 76-byte body and a delivered callout each, no socket"
    return [
        Figure(
            "memory",
            f"{CALLOUTS} delivered callouts with history",
            f"{all_kept:.0f} MB",
            "under 400 MB",
            all_kept < 400,
            load,
        ),
        Figure(
            "S2",
            f"the same with retain={RETAINED}",
            f"{some_kept:.0f} MB",
            "at most 150 MB",
            some_kept <= 150,
            load,
        ),
    ]


def _resident(retain: int | None) -> float:
    with Program.python("-m", "tests.bench.keeping", str(retain or "")) as program:
        program.line()
        return program.resident


async def deliver(retain: int | None, callouts: int) -> None:
    """Submit and deliver, in batches, through the same engine and dialect as the API."""
    from simulator import Simulator
    from simulator.core.model import Submission

    async with Simulator(delivery="collect", answers=[200], retain=retain) as zuora:
        zuora.notify("Async Request Succeeded", "https://127.0.0.1:9/hook")
        engine, tenant = zuora.instance.engine, zuora.client_id
        for first in range(0, callouts, BATCH):
            for number in range(first, first + BATCH):
                body = b'{"name":"Account %06d","currency":"USD","billCycleDay":1,"autoPay":false}' % number
                engine.submit(Submission("zuora", tenant, "POST", "/v1/async/accounts", body), zuora.now)
            await zuora.settle()
        gc.collect()
        print("done", flush=True)
        if not sys.stdin.closed:
            await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    asyncio.run(deliver(int(sys.argv[1]) if sys.argv[1] else None, CALLOUTS))
