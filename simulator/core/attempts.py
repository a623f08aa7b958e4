"""All attempts under way, from their beginning through every exchange to their end.

What an answer means is the dialect's to say, and what follows from it is the machine's. An error that a dialect raises
ends the attempt that it broke, and no other.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace

from simulator.core.attempt import Dispatch, UnderWay, copies, hear, record
from simulator.core.delivery import (
    EXCHANGES_PER_ATTEMPT,
    Asked,
    Begun,
    Deferred,
    Dropped,
    Judged,
    Signal,
    Wake,
    step,
)
from simulator.core.dialect import Dialect
from simulator.core.faults import Faults
from simulator.core.ids import Ids
from simulator.core.latest import Latest
from simulator.core.ledger import AttemptEnded, DeliveryChanged, ExchangeStarted, Ledger
from simulator.core.model import (
    Callout,
    Decision,
    Delivery,
    ErrorClass,
    Exchange,
    Outcome,
    Phase,
    Policy,
    Verdict,
)
from simulator.core.timeline import Timeline

UNASKED = Policy(limit=1, interval=timedelta(0), retry=False)
"""Stands in where a step asks for no policy: only a judgement does."""

UNANSWERED = -1
"""The response code of an attempt that no answer gave one."""


class Attempts:
    """Carries deliveries through their attempts. ``on_broken`` is told each error that a dialect raised."""

    def __init__(
        self,
        dialects: Mapping[str, Dialect],
        ids: Ids,
        ledger: Ledger,
        timeline: Timeline[str],
        faults: Faults,
        on_broken: Callable[[Exception], None],
    ) -> None:
        self._dialects = dialects
        self._ids = ids
        self._ledger = ledger
        self._timeline = timeline
        self._faults = faults
        self._on_broken = on_broken
        self._open: dict[str, UnderWay] = {}
        self.ended = 0
        self.again: dict[str, int] = {}  # requests of an attempt that were sent before, in another process
        self._heard: Latest[Outcome] = Latest()
        self._verdicts: Latest[Verdict] = Latest()
        self._retries: Latest[datetime] = Latest()

    def __len__(self) -> int:
        return len(self._open)

    @property
    def deliveries(self) -> list[Delivery]:
        """The deliveries whose attempts are under way."""
        return [self._ledger.deliveries[key] for key in self._open]

    def forget(self) -> None:
        """Forget the attempts at deliveries that the ledger has forgotten; what comes of them is told to nobody."""
        self._open = {key: attempt for key, attempt in self._open.items() if key in self._ledger.deliveries}
        self.again = {key: times for key, times in self.again.items() if key in self._ledger.deliveries}

    def take(self, delivery: Delivery, signal: Signal, now: datetime) -> Delivery:
        """Let ``delivery`` take a step that asks no policy, and record it."""
        after, action = step(UNASKED, delivery, signal, now)
        if isinstance(action, Wake):
            self._timeline.add(action.at, after.id)
        if after is not delivery:
            if after.finished:
                self._faults.spend(after.id)
            self._ledger.append(DeliveryChanged(after))
        return after

    def begin(self, delivery_id: str, now: datetime) -> Dispatch | None:
        """Begin an attempt at a ready delivery; None where it is not to go after all, or could not be sent at all."""
        delivery = self._ledger.deliveries.get(delivery_id)
        if delivery is None or delivery.phase is not Phase.READY:
            return None
        rewrite = self._faults.decide(delivery, now)
        if rewrite.drop:
            self.take(delivery, Dropped(), now)
            return None
        if rewrite.hold_until is not None:
            self.take(delivery, Deferred(rewrite.hold_until), now)
            return None
        delivery, _ = step(UNASKED, delivery, Begun(), now)
        attempt = self._open[delivery.id] = UnderWay(rewrite, [])
        try:
            rendered = self._dialects[delivery.event.dialect].render(delivery, self._request_id(delivery), now)
            if isinstance(rendered, Callout):
                return self._send(delivery, attempt, rendered, now)
            if isinstance(rendered, Verdict):
                self._end(delivery, attempt, rendered, now)
                return None
            outcome = Outcome(error=ErrorClass.NOT_SENT, detail=rendered.detail)
            attempt.exchanges.append(Exchange(rendered.callout, outcome, now, now))
            self._end(delivery, attempt, rendered.verdict, now)
        except Exception as error:
            self._break(delivery, attempt, error, now)
        return None

    def report(
        self, dispatch: Dispatch, outcomes: Sequence[Outcome], sent_at: datetime, ended_at: datetime
    ) -> Dispatch | None:
        """What came of a dispatch, an outcome for each of its callouts; answers with the attempt's next dispatch."""
        attempt = dispatch.attempt
        if self._open.get(dispatch.delivery.id) is not attempt:
            return None  # forgotten while it was on its way
        delivery = self._ledger.deliveries[dispatch.delivery.id]  # its definition may have been withdrawn meanwhile
        try:
            ended_at = hear(dispatch, [self._heard.like(outcome) for outcome in outcomes], sent_at, ended_at)
            if attempt.verdict is None:
                answer = self._judge(delivery, attempt, ended_at)
                if isinstance(answer, Callout):
                    delivery, _ = step(UNASKED, delivery, Asked(), ended_at)
                    return self._send(delivery, attempt, answer, ended_at)
                attempt.verdict = answer
                if (again := self._repeat(delivery, attempt, ended_at)) is not None:
                    return again
            self._end(delivery, attempt, attempt.verdict, ended_at)
        except Exception as error:
            self._break(delivery, attempt, error, ended_at)
        return None

    def abandon(self, dispatch: Dispatch, error: Exception, now: datetime) -> None:
        """A fault of ours broke the carrying of ``dispatch``: its attempt ends, and the record says so."""
        delivery = self._ledger.deliveries.get(dispatch.delivery.id, dispatch.delivery)
        self._break(delivery, dispatch.attempt, error, now)

    def _break(self, delivery: Delivery, attempt: UnderWay, error: Exception, now: datetime) -> None:
        self._on_broken(error)
        if self._open.get(delivery.id) is attempt:
            reason = f"a fault of the simulator itself ({type(error).__name__})"
            self._end(delivery, attempt, Verdict(Decision.FINAL, UNANSWERED, reason), now, UNASKED)

    def _judge(self, delivery: Delivery, attempt: UnderWay, now: datetime) -> Verdict | Callout:
        decisive = attempt.decisive
        request_id = partial(self._request_id, delivery, next_one=True)
        answer = self._dialects[delivery.event.dialect].judge(delivery, decisive, request_id, now)
        if isinstance(answer, Callout) and delivery.exchange >= EXCHANGES_PER_ATTEMPT:
            reason = f"the authentication dialogue did not end within {EXCHANGES_PER_ATTEMPT} exchanges"
            return Verdict(Decision.AGAIN, decisive[-1].outcome.status or UNANSWERED, reason, ErrorClass.AUTHENTICATION)
        return answer

    def _send(self, delivery: Delivery, attempt: UnderWay, callout: Callout, now: datetime) -> Dispatch:
        together: tuple[Callout, ...] = (callout,)
        if attempt.rewrite.at_once:
            together += self._copies(delivery, attempt, attempt.decisive, now)
        return self._started(Dispatch(delivery, together, attempt), now)

    def _repeat(self, delivery: Delivery, attempt: UnderWay, now: datetime) -> Dispatch | None:
        """The copies that follow an answered request."""
        if not attempt.rewrite.copies or attempt.rewrite.at_once:
            return None
        after = self._copies(delivery, attempt, attempt.decisive[:-1], now)
        return self._started(Dispatch(delivery, after, attempt, duplicate=True), now) if after else None

    def _copies(
        self, delivery: Delivery, attempt: UnderWay, before: Sequence[Exchange], now: datetime
    ) -> tuple[Callout, ...]:
        try:
            return copies(
                attempt,
                delivery,
                self._dialects[delivery.event.dialect],
                before,
                partial(self._request_id, delivery),
                now,
            )
        except Exception as error:  # the attempt itself is whole
            self._on_broken(error)
            return ()

    def _started(self, dispatch: Dispatch, now: datetime) -> Dispatch:
        self._ledger.append(ExchangeStarted(dispatch.delivery, dispatch.callouts, now))
        return dispatch

    def _end(
        self, delivery: Delivery, attempt: UnderWay, verdict: Verdict, now: datetime, policy: Policy | None = None
    ) -> None:
        verdict = self._verdicts.like(verdict)
        policy = policy or self._dialects[delivery.event.dialect].policy(delivery)
        after, action = step(policy, delivery, Judged(verdict), now)
        retry_at = None
        if isinstance(action, Wake):
            retry_at = self._retries.like(action.at)
            after = replace(after, due=retry_at)
            self._timeline.add(retry_at, after.id)
        ended = record(attempt, delivery, verdict, policy, now, retry_at)
        del self._open[delivery.id]
        self.again.pop(delivery.id, None)
        self.ended += 1
        if after.finished:
            self._faults.spend(after.id)
        self._ledger.append(AttemptEnded(after, ended))

    def _request_id(self, delivery: Delivery, copy: int = 0, *, next_one: bool = False) -> str:
        purpose = ("request", delivery.id, delivery.attempts, delivery.exchange + next_one, copy)
        if self.again and (times := self.again.get(delivery.id)):
            return self._ids.hex(*purpose, times)
        return self._ids.hex(*purpose)
