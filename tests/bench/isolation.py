"""A receiver that closes kept connections right behind an answer (F4)."""

import asyncio

from simulator import Receiver, Simulator
from tests.bench.figures import Figure

EVENT = "Payment Declined"
POSTS = 12_000


def idle_connections() -> Figure:
    """Posts over kept connections, to a receiver that closes each after a few answers, at no particular moment."""
    failed, notes = asyncio.run(_posts())
    return Figure(
        "F4",
        f"spurious failures of {POSTS} callouts to a receiver that closes idle connections",
        f"{failed}; {notes} times a connection had broken and the request went out on a fresh one",
        "0",
        failed == 0,
        "--reuse-connections, live clock; the receiver ends every third answer's connection right behind it",
    )


async def _posts() -> tuple[int, int]:
    answers = [200, 200, {"status": 200, "close": "answer"}]
    async with (
        Receiver(lambda request: answers[request.number % 3], keep=10) as receiver,
        Simulator(clock="real", reuse_connections=True, max_attempts=1) as zuora,
    ):
        zuora.notify(EVENT, receiver.url)
        for number in range(POSTS):
            zuora.fire(EVENT, AccountId=str(number))
        await zuora.settle()
        ended = [attempt for attempts in zuora.instance.engine.ledger.attempts.values() for attempt in attempts]
        outcomes = [exchange.outcome for attempt in ended for exchange in attempt.exchanges]
        assert receiver.count == len(outcomes) == POSTS, (receiver.count, len(outcomes))
        again = sum(any("kept connection broke" in note for note in one.notes) for one in outcomes)
        return sum(one.error is not None for one in outcomes), again
