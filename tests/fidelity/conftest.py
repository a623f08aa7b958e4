"""A stage for one claim at a time: a receiver that answers by a script, a definition, a request, and the clock."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from simulator import Receiver, Simulator
from simulator.records import CalloutRecord
from tests.support.client import SUCCEEDED, Client

PATIENCE = timedelta(milliseconds=100)


class Stage:
    """One simulator, one client, and receivers as they are asked for."""

    def __init__(self, zuora: Simulator, client: Client, stack: AsyncExitStack) -> None:
        self.zuora = zuora
        self.client = client
        self._stack = stack

    async def receiver(self, answers: Sequence[Any] = (), **options: Any) -> Receiver:
        return await self._stack.enter_async_context(Receiver(answers=list(answers) or [200], **options))

    async def play(
        self, answers: Sequence[Any] = (), *, auth: tuple[str, str] | None = None, **callout: Any
    ) -> tuple[CalloutRecord, Receiver]:
        """Register, submit, and let all retries run; the callout and its receiver."""
        receiver = await self.receiver(answers, **({"basic_auth": auth} if auth else {}))
        await self.client.listen(receiver.url, **callout)
        await self.client.submit()
        await self.zuora.drain()
        return self.zuora.callouts[-1], receiver

    async def fire(self, receiver: Receiver, event: str, fields: dict[str, Any], **callout: Any) -> CalloutRecord:
        """Register for an event, fire it, and let all retries run."""
        await self.client.listen(callout.pop("calloutBaseurl", receiver.url), event, **callout)
        status, body = await self.client.call("POST", "/_simulator/events", json={"event": event, "fields": fields})
        assert status == 202, body
        await self.zuora.drain()
        return self.zuora.callouts[-1]

    async def settings(self, **settings: Any) -> None:
        status, body = await self.client.call("PUT", "/_simulator/settings", json=settings)
        assert status == 200, body


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        zuora = await stack.enter_async_context(Simulator(patience=PATIENCE))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        client = Client(zuora, session)
        await client.log_in()
        yield Stage(zuora, client, stack)


def codes(callout: CalloutRecord) -> list[int]:
    return [attempt.response_code for attempt in callout.attempts]


__all__ = ["SUCCEEDED", "Stage", "codes"]
