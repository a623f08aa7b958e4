"""One attempt under way: what was sent for it so far, what was heard, and the copies that a fault adds.

It never decides what an answer means nor what follows from it. A copy's answer is kept, and decides nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from msgspec import Struct

from simulator.core.dialect import Dialect
from simulator.core.faults import Rewrite, lose
from simulator.core.heads import CALLOUT
from simulator.core.model import Attempt, Callout, Delivery, Exchange, Outcome, Policy, Verdict


class UnderWay(Struct):
    """The attempt of one delivery that is being carried out. ``verdict`` stands where only copies are still to go."""

    rewrite: Rewrite
    exchanges: list[Exchange]
    verdict: Verdict | None = None

    @property
    def decisive(self) -> list[Exchange]:
        """The exchanges whose answers count, in order."""
        if not self.rewrite.copies:
            return self.exchanges
        return [exchange for exchange in self.exchanges if not exchange.duplicate]


class Dispatch(Struct, frozen=True, gc=False):
    """Requests to carry out now: one, or at once with its copies. ``duplicate`` marks copies that go out by themselves."""

    delivery: Delivery
    callouts: tuple[Callout, ...]
    attempt: UnderWay
    duplicate: bool = False


def hear(dispatch: Dispatch, outcomes: Sequence[Outcome], sent_at: datetime, ended_at: datetime) -> datetime:
    """Keep what came of ``dispatch``, an outcome for each of its callouts; answers with the instant at which it was over."""
    attempt = dispatch.attempt
    over = ended_at
    for place, (callout, outcome) in enumerate(zip(dispatch.callouts, outcomes, strict=True)):
        heard, until = outcome, ended_at
        if attempt.rewrite.lose_answer and callout.purpose == CALLOUT:
            heard = lose(outcome)
            until = max(ended_at, sent_at + heard.nominal)
            over = max(over, until)
        attempt.exchanges.append(Exchange(callout, heard, sent_at, until, dispatch.duplicate or place > 0))
    return over


def copies(
    attempt: UnderWay,
    delivery: Delivery,
    dialect: Dialect,
    before: Sequence[Exchange],
    request_id: Callable[[int], str],
    now: datetime,
) -> tuple[Callout, ...]:
    """The request that follows ``before``, again for each copy, with a request id of its own.

    Fewer where the dialect would by now send no such request.
    """
    made: list[Callout] = []
    for number in range(1, attempt.rewrite.copies + 1):
        its_id = partial(request_id, number)
        again = dialect.judge(delivery, before, its_id, now) if before else dialect.render(delivery, its_id(), now)
        if isinstance(again, Callout):
            made.append(again)
    return tuple(made)


def record(
    attempt: UnderWay,
    delivery: Delivery,
    verdict: Verdict,
    policy: Policy,
    ended_at: datetime,
    retry_at: datetime | None,
) -> Attempt:
    """The attempt as it ended; ``delivery`` as it stood before."""
    assert delivery.started is not None  # it was begun
    return Attempt(
        number=delivery.attempts,
        limit=policy.limit,
        verdict=verdict,
        sent_at=delivery.started,
        ended_at=ended_at,
        retry_at=retry_at,
        exchanges=tuple(attempt.exchanges),
        retry=policy.retry,
        resend=delivery.resent,
    )
