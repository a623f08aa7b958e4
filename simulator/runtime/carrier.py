"""Carries one attempt through all its exchanges: each dispatch to the transport, each outcome to the engine.

It alone knows when an exchange ended: on a clock that stands still, after the time that the provider would have spent.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from simulator.core.attempt import Dispatch
from simulator.core.engine import Engine
from simulator.core.errors import NotKept
from simulator.core.model import Callout, Outcome
from simulator.runtime.clock import Clock
from simulator.runtime.transport import Conversation, Transport


class Carrier:
    """Between an engine and a transport. Nothing is sent before ``durable``, where there is one, has seen it on disk."""

    durable: Callable[[], Awaitable[None]] | None = None

    def __init__(self, engine: Engine, clock: Clock, transport: Transport) -> None:
        self.engine = engine
        self.clock = clock
        self.transport = transport

    async def carry(self, dispatch: Dispatch) -> None:
        """Carry an attempt through all its exchanges. Raises NotKept, and leaves the attempt open."""
        following: Dispatch | None = dispatch
        sent_at = self.clock.now
        try:
            async with self.transport.conversation() as talk:
                while following is not None:
                    dispatch = following
                    following, sent_at = self.report(dispatch, await self.send(dispatch, talk), sent_at)
        except NotKept:
            raise
        except Exception as error:  # ours: the attempt is closed, the error kept
            self.engine.abandon(dispatch, error, self.clock.now)

    async def send(self, dispatch: Dispatch, talk: Conversation) -> list[Outcome]:
        """Send what ``dispatch`` says; copies go by connections of their own, at the same time. Raises NotKept."""
        if self.durable is not None:
            await self.durable()
        if len(dispatch.callouts) == 1 and not dispatch.duplicate:
            return [await talk.send(dispatch.callouts[0])]
        own = () if dispatch.duplicate else dispatch.callouts[:1]
        copies = dispatch.callouts[len(own) :]
        sends = [talk.send(callout) for callout in own] + [self._send_alone(callout) for callout in copies]
        return list(await asyncio.gather(*sends))

    async def _send_alone(self, callout: Callout) -> Outcome:
        async with self.transport.conversation() as talk:
            return await talk.send(callout)

    def report(
        self, dispatch: Dispatch, outcomes: list[Outcome], sent_at: datetime
    ) -> tuple[Dispatch | None, datetime]:
        """Tell the engine what came of ``dispatch``; answers with what follows, and the instant at which it does."""
        if self.clock.runs:
            ended_at = self.clock.now
        else:
            nominal = max([outcome.nominal for outcome in outcomes])
            ended_at = sent_at + nominal if nominal else sent_at  # one instant for the many that take no time
        return self.engine.report(dispatch, outcomes, sent_at, ended_at), ended_at
