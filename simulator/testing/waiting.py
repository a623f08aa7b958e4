"""What happened to a tenant, and waiting for more of it: for a thing rather than for a time.

It runs in the simulator's own loop. What is awaited is decided in `wanted`; where it does not come, `story` tells what did.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from simulator.core.errors import AuthorError, near_match
from simulator.core.faults import folded
from simulator.core.ledger import DeliveryChanged, EventRaised, Fact, JobChanged
from simulator.core.model import Delivery
from simulator.instance import Instance
from simulator.records import AttemptRecord, CalloutRecord, RequestRecord
from simulator.testing.story import MOST, hint_for, missed, tell
from simulator.testing.wanted import Missed, Wanted


class Watching:
    """``instance`` with the eyes of one client."""

    def __init__(self, instance: Instance, client_id: str) -> None:
        self.instance = instance
        self.client_id = client_id
        self.told = False
        """Whether a miss has told the story already."""

    @property
    def whose(self) -> str | None:
        """The client whose requests and callouts are looked at; None for those of all."""
        return self.client_id

    @property
    def now(self) -> datetime:
        """The simulator's present instant."""
        return self.instance.clock.now

    # ── what happened ──

    @property
    def requests(self) -> tuple[RequestRecord, ...]:
        """The asynchronous requests so far."""
        return self.instance.requests(self.whose)

    @property
    def callouts(self) -> tuple[CalloutRecord, ...]:
        """The callouts so far, with their attempts."""
        return self.instance.callouts(self.whose)

    @property
    def attempts(self) -> tuple[AttemptRecord, ...]:
        """The attempts of all callouts, callout by callout."""
        return tuple(attempt for callout in self.callouts for attempt in callout.attempts)

    # ── waiting ──

    async def wait_for(
        self,
        event: str | None = None,
        *,
        attempts: int | None = None,
        outcome: str | None = None,
        codes: Sequence[int] | None = None,
        url: str | None = None,
        where: Callable[[CalloutRecord], bool] | None = None,
        within: timedelta | None = None,
        timeout: float = 5,
    ) -> CalloutRecord:
        """Skip ahead from one due instant to the next until such a callout is there, and answer with it.

        With no more than an event it waits for its first attempt. ``within`` bounds the virtual time; where nothing is
        due it waits for a new submission, ``timeout`` real seconds in all. Raises Missed with all that did happen.
        """
        wanted = Wanted.read(event=event, attempts=attempts, outcome=outcome, codes=codes, url=url, where=where)
        if wanted.opens:
            wanted = Wanted.read(event=event, attempts=1, url=url, where=where)
        limit = self.now + forward(within) if within is not None else None
        try:
            async with asyncio.timeout(timeout):
                return await self._found(wanted, limit)
        except TimeoutError:
            lanes = sorted({delivery.subscription.lane for delivery in self.instance.engine.under_way})
            busy = (
                f"; {', '.join(lanes)} still owes an answer: give a longer timeout, or less patience" if lanes else ""
            )
            raise self._missed(f"{wanted} did not come within {timeout:g} s{busy}", wanted) from None

    async def _found(self, wanted: Wanted, limit: datetime | None) -> CalloutRecord:
        while True:
            news = _News(self.instance)
            try:
                if await self.instance.dispatcher.advance_until(lambda: self._match(wanted) is not None, limit):
                    found = self._match(wanted)
                    if found is not None:
                        return found
                due = self.instance.engine.next_due
                if limit is not None and due is not None and due > limit:
                    raise self._missed(f"{wanted} did not come by {limit:%Y-%m-%d %H:%M:%S}", wanted)
                await news.come.wait()
            finally:
                news.close()

    def _match(self, wanted: Wanted) -> CalloutRecord | None:
        for delivery in self.instance.engine.ledger.deliveries_of(self.whose):
            if self._plausible(delivery, wanted) and not wanted.differences(record := self.instance.record(delivery)):
                return record
        return None

    @staticmethod
    def _plausible(delivery: Delivery, wanted: Wanted) -> bool:
        return wanted.attempts is None or delivery.attempts >= wanted.attempts

    async def never(self, event: str | None = None, *, within: timedelta, **wanted: Any) -> None:
        """Move time by ``within`` and see that no such callout was made meanwhile, or before.

        Raises AuthorError for an event that does not exist: it would never come, whatever the application does.
        """
        unwanted = Wanted.read(event=event, **wanted)
        await self.instance.dispatcher.advance(forward(within))
        known = self.instance.event_names(self.client_id)
        if event is not None and known is not None and folded(event) not in map(folded, known):
            raise AuthorError(f"unknown event {event!r}{near_match(event, known)}: it would never come")
        found = self._match(unwanted)
        if found is not None:
            raise self._missed(f"{unwanted} should never have come, and {found!r} did", None)

    def expect(self, event: str | None = None, *, count: int | None = None, **wanted: Any) -> tuple[CalloutRecord, ...]:
        """The callouts that are so, as things stand; raises Missed where there is none, or not ``count``."""
        asked = Wanted.read(event=event, **wanted)
        found = tuple(callout for callout in self.callouts if not asked.differences(callout))
        if count is not None and len(found) != count:
            raise self._missed(f"expected {count} times {asked}, and found {len(found)}", asked)
        if count is None and not found:
            raise self._missed(f"expected {asked}, and there is none", asked)
        return found

    def check(self) -> None:
        """Raise the first fault of the simulator's own, if there was any; a receiver's fault is not one."""
        broken = self.instance.dispatcher.broken
        if broken:
            raise broken[0]

    def story(self) -> str:
        """What happened so far, as a text to read, and a hint where something stands out; empty where nothing did."""
        deliveries = self.instance.engine.ledger.deliveries_of(self.whose)
        shown = deliveries if len(deliveries) <= MOST else [*deliveries[: MOST // 2], *deliveries[-MOST // 2 :]]
        callouts, requests = tuple(map(self.instance.record, shown)), self.requests
        if not callouts and not requests:
            return ""
        hint = hint_for(None, requests, callouts, ())
        left_out = len(deliveries) - len(shown)
        parts = [f"hint: {hint}"] if hint else []
        parts += [f"of {len(deliveries)} callouts, {left_out} in the middle are left out"] if left_out else []
        return "\n".join([*parts, tell(requests, callouts)])

    def _missed(self, headline: str, wanted: Wanted | None) -> Missed:
        self.told = True
        definitions = self.instance.tenants[self.client_id].definitions.values()
        listening = [name for definition in definitions if (name := definition.event_type_name)]
        return Missed(missed(headline, wanted, self.requests, self.callouts, self.now, listening))


def forward(span: timedelta) -> timedelta:
    """A span that time may be moved by; raises AuthorError for one that leads back, and for what is no span."""
    if not isinstance(span, timedelta):
        raise AuthorError(f"a span of time is a timedelta, such as timedelta(minutes=30), not {span!r}")
    if span < timedelta(0):
        raise AuthorError(f"time moves forward only, not by {span / timedelta(seconds=1):g} s")
    return span


class _News:
    """Says when something new was submitted or fired."""

    def __init__(self, instance: Instance) -> None:
        self.come = asyncio.Event()
        self._listeners = instance.engine.ledger.listeners
        self._listeners.append(self._hear)

    def _hear(self, fact: Fact) -> None:
        if isinstance(fact, JobChanged | EventRaised | DeliveryChanged):
            self.come.set()

    def close(self) -> None:
        self._listeners.remove(self._hear)
