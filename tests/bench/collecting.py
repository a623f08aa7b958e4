"""Without sockets: attempts a second with ``delivery="collect"``, and one callout over five days of retries (V2)."""

import asyncio
import statistics
from time import perf_counter, process_time

from tests.bench.figures import Figure, spread

CALLOUTS = 10_000
ATTEMPTS = 5
ROUNDS = 5
EVENT = "Payment Declined"


def attempts_without_sockets(rounds: int = ROUNDS) -> Figure:
    """Rendering, judging, the machine, the ledger; five attempts each."""
    both = [asyncio.run(_drained(CALLOUTS)) for _ in range(rounds)]
    rates = [CALLOUTS * ATTEMPTS / spent for _, spent in both]
    elapsed = statistics.median(CALLOUTS * ATTEMPTS / seconds for seconds, _ in both)
    return Figure(
        "collect",
        'attempts a second with delivery="collect"',
        f"{spread(rates, '.0f')} by CPU time; {elapsed:.0f} by the clock of a shared machine",
        "at least 25,000",
        statistics.median(rates) >= 25_000,
        f"{CALLOUTS} callouts x {ATTEMPTS} x 1440 min, all answered 503, everything recorded",
    )


def one_callout() -> Figure:
    """Over a real socket, to a receiver in this process."""
    taken = asyncio.run(_ones())
    return Figure(
        "V2",
        "one callout x 5 x 1440 min, over a socket",
        spread(taken, ".1f", " ms"),
        "at most 50 ms",
        statistics.median(taken) <= 50,
        "receiver in the same process and loop, answering 503",
    )


async def _drained(callouts: int) -> tuple[float, float]:
    from simulator import Simulator

    async with Simulator(delivery="collect", answers=[503], max_attempts=ATTEMPTS, interval=1440) as zuora:
        zuora.notify(EVENT, "https://127.0.0.1:9/hook")
        for number in range(callouts):
            zuora.fire(EVENT, AccountId=str(number))
        begun, spent = perf_counter(), process_time()
        await zuora.drain()
        taken = perf_counter() - begun, process_time() - spent
        assert zuora.instance.engine.attempts_ended == callouts * ATTEMPTS
        return taken


async def _ones() -> list[float]:
    from simulator import Receiver, Simulator

    taken = []
    async with Receiver(503) as receiver:
        for _ in range(9):
            async with Simulator(max_attempts=ATTEMPTS, interval=1440) as zuora:
                zuora.notify(EVENT, receiver.url)
                zuora.fire(EVENT, AccountId="1")
                begun = perf_counter()
                await zuora.drain()
                taken.append((perf_counter() - begun) * 1000)
                assert zuora.instance.engine.attempts_ended == ATTEMPTS
    return taken
