"""A simulator on a thread and a loop of its own, for tests that block, and for tests on any other loop.

`Blocking` waits for what the simulator's loop answers, `Awaiting` awaits it. Neither decides anything.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

from simulator.core.errors import OurFault
from simulator.marketing_cloud.handle import CloudHandle
from simulator.records import AttemptRecord, CalloutRecord, RequestRecord
from simulator.runtime.tls import Authority
from simulator.testing.handle import TITLE, Handle
from simulator.testing.loop import PLAIN, Loop, plain

T = TypeVar("T")
__tracebackhide__ = plain


class Looking:
    """What can be looked at without waiting for anything but the simulator's thread: the same for both kinds of code."""

    def __init__(self, loop: Loop, handle: Handle) -> None:
        self._loop = loop
        self._handle = handle
        self.url = handle.url
        self.client_id = handle.client_id
        self.client_secret = handle.client_secret

    @property
    def authority(self) -> Authority:
        """The development authority, to sign a receiver with."""
        return self._handle.instance.authority

    @property
    def headers(self) -> dict[str, str]:
        """A valid ``Authorization``."""
        return self._loop.call(lambda: self._handle.headers)

    @property
    def ca_pem(self) -> str:
        """The development authority's certificate."""
        return self._loop.call(lambda: self._handle.ca_pem)

    @property
    def now(self) -> datetime:
        """The simulator's present instant."""
        return self._loop.call(lambda: self._handle.now)

    @property
    def requests(self) -> tuple[RequestRecord, ...]:
        """The asynchronous requests so far."""
        return self._loop.call(lambda: self._handle.requests)

    @property
    def callouts(self) -> tuple[CalloutRecord, ...]:
        """The callouts so far, with their attempts."""
        return self._loop.call(lambda: self._handle.callouts)

    @property
    def attempts(self) -> tuple[AttemptRecord, ...]:
        """The attempts of all callouts, callout by callout."""
        return self._loop.call(lambda: self._handle.attempts)

    @property
    def faults(self) -> tuple[dict[str, Any], ...]:
        """The faults in force; assigning replaces them."""
        return self._loop.call(lambda: self._handle.faults)

    @faults.setter
    def faults(self, faults: Sequence[Mapping[str, Any]]) -> None:
        self._loop.call(lambda: setattr(self._handle, "faults", faults))

    def story(self) -> str:
        """What happened so far, as a text to read; empty where nothing did."""
        return self._loop.call(self._handle.story)

    @property
    def told(self) -> bool:
        """Whether a miss has told the story already."""
        return self._handle.told

    def __repr__(self) -> str:
        return self._loop.call(lambda: repr(self._handle)) if self._loop.runs else "<Handle of a stopped simulator>"


class Blocking(Looking):
    """The handle of one tenant for code that blocks; ``aio`` is its twin for code that awaits. See `Handle`."""

    def __init__(self, loop: Loop, handle: Handle, cloud: CloudHandle | None = None) -> None:
        super().__init__(loop, handle)
        self._cloud = cloud
        self.aio = Awaiting(loop, handle)

    @property
    def marketing_cloud(self) -> CloudHandle:
        """The second provider, for the same client."""
        if self._cloud is None:
            raise OurFault("this handle was made without its second provider")
        return self._cloud

    def outcome(self, result: str = "succeed", **rule: Any) -> None:
        """One more rule for how requests end; see `Handle.outcome`."""
        self._loop.call(lambda: self._handle.outcome(result, **rule))

    def notify(self, event: str, url: str, **callout: Any) -> str:
        """Register that ``url`` hears of ``event``; see `Handle.notify`."""
        return self._loop.call(lambda: self._handle.notify(event, url, **callout))

    def fire(self, event: str, /, values: Mapping[str, Any] | None = None, **fields: Any) -> str:
        """Fire an event with exactly these fields."""
        return self._loop.call(lambda: self._handle.fire(event, values, **fields))

    def oauth_provider(self, token_endpoint: str, client_id: str, client_secret: str, **more: Any) -> str:
        """Make an OAuth 2.0 provider known; see `Handle.oauth_provider`."""
        return self._loop.call(lambda: self._handle.oauth_provider(token_endpoint, client_id, client_secret, **more))

    def settings(self, **settings: Any) -> None:
        """Change callout settings of this tenant."""
        self._loop.call(lambda: self._handle.settings(**settings))

    def route(self, host: str, to: str) -> None:
        """Lead callouts for ``host`` to ``to``."""
        self._loop.call(lambda: self._handle.route(host, to))

    def resend(self, callout: CalloutRecord | str) -> None:
        """One more attempt at a callout."""
        self._loop.call(lambda: self._handle.resend(callout))

    def duplicate(self, callout: CalloutRecord | str, *, at_once: bool = False) -> None:
        """One more copy of a callout; ``at_once``: both are in flight before either is answered."""
        self._loop.call(lambda: self._handle.duplicate(callout, at_once=at_once))

    def advance(self, **span: float) -> None:
        """Move time by ``timedelta(**span)``."""
        self._loop.wait(self._handle.advance(**span))

    def settle(self) -> None:
        """Deliver what is due now and wait until nothing is in flight."""
        self._loop.wait(self._handle.settle())

    def drain(self) -> None:
        """Move time until nothing is due any more."""
        self._loop.wait(self._handle.drain())

    def wait_for(self, event: str | None = None, **wanted: Any) -> CalloutRecord:
        """Skip ahead until such a callout is there; see `Handle.wait_for`."""
        return self._loop.wait(self._handle.wait_for(event, **wanted))

    def never(self, event: str | None = None, *, within: timedelta, **wanted: Any) -> None:
        """Move time by ``within`` and see that no such callout was made."""
        self._loop.wait(self._handle.never(event, within=within, **wanted))

    def expect(self, event: str | None = None, **wanted: Any) -> tuple[CalloutRecord, ...]:
        """The callouts that are so, as things stand."""
        return self._loop.call(lambda: self._handle.expect(event, **wanted))

    def check(self) -> None:
        """Raise the first fault of the simulator's own, if there was any."""
        self._loop.call(self._handle.check)

    def export_scenario(self, *, title: str = TITLE, keep_values: bool = False) -> str:
        """What happened so far as the text of a scenario file; see `Handle.export_scenario`."""
        return self._loop.call(lambda: self._handle.export_scenario(title=title, keep_values=keep_values))


class Awaiting(Looking):
    """The handle of one tenant for code that awaits, on whatever asyncio loop. What only looks is the same as in `Blocking`."""

    async def _do(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return await asyncio.wrap_future(self._loop.start(work))
        except PLAIN as error:
            raise error.with_traceback(None) from None

    async def _call(self, function: Callable[[], T]) -> T:
        async def calling() -> T:
            return function()

        return await self._do(calling())

    async def notify(self, event: str, url: str, **callout: Any) -> str:
        """Register that ``url`` hears of ``event``."""
        return await self._call(lambda: self._handle.notify(event, url, **callout))

    async def fire(self, event: str, /, values: Mapping[str, Any] | None = None, **fields: Any) -> str:
        """Fire an event with exactly these fields."""
        return await self._call(lambda: self._handle.fire(event, values, **fields))

    async def oauth_provider(self, token_endpoint: str, client_id: str, client_secret: str, **more: Any) -> str:
        """Make an OAuth 2.0 provider known."""
        return await self._call(lambda: self._handle.oauth_provider(token_endpoint, client_id, client_secret, **more))

    async def outcome(self, result: str = "succeed", **rule: Any) -> None:
        """One more rule for how requests end."""
        await self._call(lambda: self._handle.outcome(result, **rule))

    async def settings(self, **settings: Any) -> None:
        """Change callout settings of this tenant."""
        await self._call(lambda: self._handle.settings(**settings))

    async def route(self, host: str, to: str) -> None:
        """Lead callouts for ``host`` to ``to``."""
        await self._call(lambda: self._handle.route(host, to))

    async def resend(self, callout: CalloutRecord | str) -> None:
        """One more attempt at a callout."""
        await self._call(lambda: self._handle.resend(callout))

    async def duplicate(self, callout: CalloutRecord | str, *, at_once: bool = False) -> None:
        """One more copy of a callout."""
        await self._call(lambda: self._handle.duplicate(callout, at_once=at_once))

    async def advance(self, **span: float) -> None:
        """Move time by ``timedelta(**span)``."""
        await self._do(self._handle.advance(**span))

    async def settle(self) -> None:
        """Deliver what is due now and wait until nothing is in flight."""
        await self._do(self._handle.settle())

    async def drain(self) -> None:
        """Move time until nothing is due any more."""
        await self._do(self._handle.drain())

    async def wait_for(self, event: str | None = None, **wanted: Any) -> CalloutRecord:
        """Skip ahead until such a callout is there."""
        return await self._do(self._handle.wait_for(event, **wanted))

    async def never(self, event: str | None = None, *, within: timedelta, **wanted: Any) -> None:
        """Move time by ``within`` and see that no such callout was made."""
        await self._do(self._handle.never(event, within=within, **wanted))

    async def expect(self, event: str | None = None, **wanted: Any) -> tuple[CalloutRecord, ...]:
        """The callouts that are so, as things stand."""
        return await self._call(lambda: self._handle.expect(event, **wanted))

    async def check(self) -> None:
        """Raise the first fault of the simulator's own, if there was any."""
        await self._call(self._handle.check)

    async def export_scenario(self, *, title: str = TITLE, keep_values: bool = False) -> str:
        """What happened so far as the text of a scenario file."""
        return await self._call(lambda: self._handle.export_scenario(title=title, keep_values=keep_values))


class ThreadedSimulator:
    """A simulator with its server on a thread of its own. Options are those of `Simulator`."""

    def __init__(self, **options: Any) -> None:
        from simulator.host import Simulator

        self.simulator = Simulator(**options)
        self._loop: Loop | None = None

    def start(self) -> Self:
        """Bind and serve."""
        loop = self._loop = Loop()
        try:
            loop.wait(self.simulator.start())
        except BaseException:
            self._loop = None
            loop.close()
            raise
        return self

    def stop(self) -> None:
        """Stop serving and end the thread; a second call does nothing."""
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.wait(self.simulator.stop())
            loop.close()

    def __enter__(self) -> Blocking:
        return self.start().tenant(self.simulator.client_id, self.simulator.client_secret)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """What a client is given as its base URL."""
        return self.simulator.url

    def tenant(self, client_id: str, client_secret: str) -> Blocking:
        """The handle of one client."""
        return self._running.call(lambda: self._tenant(client_id, client_secret))

    def _tenant(self, client_id: str, client_secret: str) -> Blocking:
        handle = self.simulator.tenant(client_id, client_secret)
        service = self.simulator.instance.cloud
        cloud = CloudHandle(service, lambda: self.simulator.url, client_id, client_secret, self._running.call)
        return Blocking(self._running, handle, cloud)

    def reset(self) -> None:
        """Forget everything of every tenant; the clock begins again."""
        self._running.call(self.simulator.instance.reset)

    @property
    def _running(self) -> Loop:
        if self._loop is None:
            raise OurFault("the simulator is not started")
        return self._loop
