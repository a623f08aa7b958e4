"""Whatever receivers answer: each callout gets the attempts that its policy says, and the history is what they got."""

import asyncio
from collections import defaultdict
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from simulator.core.dialect import Happening
from simulator.core.engine import Engine
from simulator.core.model import Callout, Decision, Outcome, Policy
from simulator.runtime.clock import VIRTUAL_START, VirtualClock
from simulator.runtime.dispatcher import Dispatcher
from tests.support.fake_dialect import HUNG, NAME, REFUSED, FakeDialect, answered
from tests.support.memory import MemoryTransport

ANSWERS = {"200": answered(200), "404": answered(404), "500": answered(500), "hangs": HUNG, "refuses": REFUSED}
AGAIN = {"500", "hangs", "refuses"}
SCRIPTS = st.lists(st.lists(st.sampled_from(sorted(ANSWERS)), min_size=1, max_size=5), min_size=1, max_size=8)


class Scripted(MemoryTransport):
    """Answers each notification by its own script, the last answer again and again, and keeps its own log."""

    def __init__(self, scripts: list[list[str]]) -> None:
        super().__init__(self.answer)
        self.scripts = scripts
        self.log: dict[str, list[str]] = defaultdict(list)

    def answer(self, callout: Callout) -> Outcome:
        notification = dict(callout.headers)["X-Notification-Id"]
        log = self.log[notification]
        script = self.scripts[list(self.log).index(notification)]
        log.append(callout.request_id)
        return ANSWERS[script[min(len(log), len(script)) - 1]]


def expected(script: list[str], policy: Policy) -> int:
    """How many attempts a script gets, by hand."""
    for number in range(1, policy.limit + 1):
        if script[min(number, len(script)) - 1] not in AGAIN or not policy.retry:
            return number
    return policy.limit


@given(
    scripts=SCRIPTS,
    policy=st.builds(
        Policy,
        limit=st.integers(1, 5),
        interval=st.integers(1, 1440).map(lambda minutes: timedelta(minutes=minutes)),
        retry=st.booleans(),
    ),
    concurrency=st.integers(1, 4),
)
def test_attempts_are_the_policys_and_history_is_the_receivers_log(
    scripts: list[list[str]], policy: Policy, concurrency: int
) -> None:
    """None lost, none more, none too early; ids and instants as the receiver saw them."""
    asyncio.run(check(scripts, policy, concurrency))


async def check(scripts: list[list[str]], policy: Policy, concurrency: int) -> None:
    dialect, wire = FakeDialect(), Scripted(scripts)
    dialect.terms = policy
    engine = Engine({NAME: dialect})
    dispatcher = Dispatcher(engine, VirtualClock(), wire, concurrency=concurrency)
    for _ in scripts:
        engine.fire(NAME, "t", Happening("Done", {}), VIRTUAL_START)
    await dispatcher.drain()
    for script, delivery in zip(scripts, engine.ledger.deliveries.values(), strict=True):
        attempts = engine.ledger.attempts_of(delivery.id)
        assert len(attempts) == expected(script, policy)
        assert [attempt.sent_at for attempt in attempts] == [
            VIRTUAL_START + number * policy.interval for number in range(len(attempts))
        ]
        requests = [exchange.callout.request_id for attempt in attempts for exchange in attempt.exchanges]
        assert requests == wire.log[delivery.id]
        delivered = attempts[-1].verdict.decision is Decision.DELIVERED
        assert delivered == (script[min(len(attempts), len(script)) - 1] == "200")
