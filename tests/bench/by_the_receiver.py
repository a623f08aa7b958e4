"""Nothing is lost and nothing is extra, by the receiver's own book (rows L1 and L2)."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from time import perf_counter

import aiohttp
import msgspec

from simulator import Simulator
from tests.bench.figures import Figure
from tests.bench.programs import PROJECT
from tests.bench.tally import Book, Tally, judged

ACCEPTED = 10_000
CALLERS = 32
CALLOUTS = 100_000
SIMULATORS = 2
WINDOW = 1_000
PATIENCE = timedelta(seconds=2.2)
"""A window waits for the slowest in it: shorter, and a busy machine cuts answers that were on their way."""
EVENT = "Payment Declined"


def accepted_and_called_out(requests: int = ACCEPTED) -> Figure:
    """Each asynchronous request that got a 202 is called out as the policy says, compared by its id at the receiver."""
    tally, unheard = asyncio.run(_accepted(requests))
    return Figure(
        "L1",
        f"{requests:,} accepted requests, compared by id at the receiver",
        f"{unheard} never heard of, {tally}; {tally.requests:,} callouts",
        "0 lost, 0 extra, 0 out of order",
        tally.clean and not unheard,
        f"{CALLERS} keep-alive callers, one definition, virtual clock; the receiver answers 80 % with 200, 20 % with 500",
    )


async def _accepted(requests: int) -> tuple[Tally, int]:
    async with Book(**{"500": 20}) as book, Simulator(concurrency=50) as zuora, aiohttp.ClientSession() as http:
        zuora.notify("Async Request Succeeded", book.url)
        accepted: list[str] = []
        turns = iter(range(requests))
        headers = zuora.headers

        async def caller() -> None:
            for turn in turns:
                url, body = f"{zuora.url}/v1/async/accounts", {"name": f"Account {turn}"}
                async with http.post(url, json=body, headers=headers) as answer:
                    assert answer.status == 202, await answer.text()
                    accepted.append((await answer.json())["requestId"])

        await asyncio.gather(*(caller() for _ in range(CALLERS)))
        await zuora.drain()
        told = Counter(json.loads(one.body)["request"]["id"] for one in book.heard)
        ledger = zuora.instance.engine.ledger
        history = {it.id: ledger.attempts_of(it.id) for it in ledger.deliveries.values() if it.event.job in told}
        unheard = sum(one not in told for one in accepted)
        assert len(history) == len(set(accepted)) - unheard, "one callout for each"
        return judged(book.heard, history), unheard


def attempts_of_the_policy(callouts: int = CALLOUTS) -> Figure:
    """A bad receiver and five days of retries: what each callout was sent is the policy's, and what history says."""
    begun = perf_counter()
    command = [sys.executable, "-m", "tests.bench.by_the_receiver", str(callouts // SIMULATORS)]
    running = [
        subprocess.Popen([*command, str(seed)], cwd=PROJECT, stdout=subprocess.PIPE) for seed in range(SIMULATORS)
    ]
    tallies = [msgspec.json.decode(one.communicate()[0], type=Tally) for one in running]
    tally = Tally(*(sum(column) for column in zip(*map(msgspec.structs.astuple, tallies), strict=True)))
    return Figure(
        "L2",
        f"{tally.callouts:,} callouts, receiver 70 % 200, 20 % 500, 5 % hang, 5 % reset, virtual time",
        f"{tally}; {tally.requests:,} attempts in {perf_counter() - begun:.0f} s",
        "attempts the policy's, history the receiver's log",
        tally.clean and tally.callouts == callouts,
        f"{SIMULATORS} simulators at once, each with a receiver of its own; fresh connections, {WINDOW:,} at a time, a hang "
        f"waited for {PATIENCE.total_seconds()} s of real time",
    )


async def _fired(callouts: int, seed: int) -> Tally:
    book = Book(**{"500": 20, "hang": 5, "reset": 5})
    async with book, Simulator(concurrency=WINDOW, patience=PATIENCE, seed=seed) as zuora:
        zuora.notify(EVENT, book.url)
        for number in range(callouts):
            zuora.fire(EVENT, AccountId=str(number))
        await zuora.drain()
        ledger = zuora.instance.engine.ledger
        assert len(ledger.deliveries) == callouts
        return judged(book.heard, {it: ledger.attempts_of(it) for it in ledger.deliveries})


if __name__ == "__main__":
    print(msgspec.json.encode(asyncio.run(_fired(*map(int, sys.argv[1:])))).decode())
