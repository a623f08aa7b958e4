"""One tenant of a running simulator, as a test holds it: register, fire, move time, wait, look.

Everything here runs in the simulator's own loop. It decides nothing that the instance decides; what it adds is waiting
for a thing rather than for a time, and a message that tells what happened instead.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from simulator.control.faults import read_fault, write_fault
from simulator.core.ledger import DeliveryChanged, EventRaised, Fact, JobChanged
from simulator.core.model import Delivery
from simulator.instance import Instance
from simulator.options import in_minutes
from simulator.records import AttemptRecord, CalloutRecord, RequestRecord
from simulator.testing.story import missed
from simulator.testing.wanted import Missed, Wanted


class Handle:
    """``instance`` with the eyes of one client. Spans of time are ``timedelta(**span)``: ``advance(minutes=30)``."""

    def __init__(self, instance: Instance, base: Callable[[], str], client_id: str, client_secret: str) -> None:
        self.instance = instance
        self._base = base
        self.client_id = client_id
        self.client_secret = client_secret
        self._token: str | None = None

    # ── where and who ──

    @property
    def url(self) -> str:
        """What a client is given as its base URL, without a closing slash."""
        return self._base()

    @property
    def headers(self) -> dict[str, str]:
        """A valid ``Authorization``."""
        if self._token is None or self.instance.tenants.of_token(self._token, self.now) is None:
            self._token = self.instance.tenants.grant(self.client_id, self.now)
        return {"Authorization": f"Bearer {self._token}"}

    @property
    def ca_pem(self) -> str:
        """The development authority's certificate, for whoever is to trust the simulator or sign a receiver."""
        return self.instance.authority.ca_pem.decode("ascii")

    @property
    def now(self) -> datetime:
        """The simulator's present instant."""
        return self.instance.clock.now

    # ── what happened ──

    @property
    def requests(self) -> tuple[RequestRecord, ...]:
        """The asynchronous requests so far."""
        return self.instance.requests(self.client_id)

    @property
    def callouts(self) -> tuple[CalloutRecord, ...]:
        """The callouts so far, with their attempts."""
        return self.instance.callouts(self.client_id)

    @property
    def attempts(self) -> tuple[AttemptRecord, ...]:
        """The attempts of all callouts, callout by callout."""
        return tuple(attempt for callout in self.callouts for attempt in callout.attempts)

    # ── what is to happen ──

    def notify(
        self,
        event: str,
        url: str,
        *,
        username: str | None = None,
        password: str | None = None,
        preemptive: bool = False,
        retry: bool = True,
        method: str = "POST",
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
        **callout: Any,
    ) -> str:
        """Register a notification definition: ``url`` hears of ``event``, in any spelling of its name.

        ``params``, ``headers`` and ``body`` may hold merge fields; ``callout`` takes further fields of Zuora's callout by
        their names there. Answers with the definition's id. Raises ClientError as the API would.
        """
        name = f"{event} to {url}"[:200]
        given: dict[str, Any] = {
            "name": name,
            "calloutBaseurl": url,
            "httpMethod": method,
            "calloutRetry": retry,
            "requiredAuth": username is not None,
        }
        if username is not None:
            given["calloutAuth"] = {"username": username, "password": password or "", "preemptive": preemptive}
        if params is not None:
            given["calloutParams"] = dict(params)
        if headers is not None:
            given["calloutHeaders"] = dict(headers)
        if body is not None:
            given |= {"useCustomRequestBody": True, "customRequestBody": body}
        return self.instance.register(self._definition(event, name, given | callout), self.client_id)

    def _definition(self, event: str, name: str, callout: dict[str, Any]) -> dict[str, Any]:
        taken = {definition.name for definition in self.instance.tenants[self.client_id].definitions.values()}
        number = 1
        while name in taken:  # a test may register the same thing twice: names must differ
            number += 1
            name = f"{callout['name']} ({number})"
        return {"name": name, "eventTypeName": event, "calloutActive": True, "callout": callout | {"name": name}}

    def fire(self, event: str, /, values: Mapping[str, Any] | None = None, **fields: Any) -> str:
        """Fire an event with exactly these fields; ``values`` takes names with dots. Answers with the event's id."""
        return self.instance.fire(event, {**(values or {}), **fields}, self.client_id).id

    @property
    def faults(self) -> tuple[dict[str, Any], ...]:
        """The faults in force, as the control plane writes them; assigning replaces them."""
        mine = [fault for fault in self.instance.engine.faults.current if fault.tenant == self.client_id]
        return tuple(write_fault(fault, self.now) for fault in mine)

    @faults.setter
    def faults(self, faults: Sequence[Mapping[str, Any]]) -> None:
        read = [read_fault(fault, self.now, self.client_id) for fault in faults]
        self.instance.engine.faults.replace(read, self.client_id)

    def outcome(self, result: str = "succeed", **rule: Any) -> None:
        """One more rule for how requests end: ``outcome("fail", path="/v1/async/accounts", code="50000040")``.

        The keys are those of ``PUT /_simulator/outcomes``, in snake_case too; of two rules that say as much of a request
        the later counts. Raises ClientError for a key or a value that does not exist, with the nearest one.
        """
        self.instance.add_outcome({"result": result, **rule}, self.client_id)

    def settings(self, **settings: Any) -> None:
        """Change callout settings of this tenant: ``max_attempts=5``, ``interval=timedelta(minutes=10)``."""
        self.instance.change_settings(in_minutes(settings), self.client_id, "test")

    def route(self, host: str, to: str) -> None:
        """Lead callouts for ``host`` to ``to`` (``127.0.0.1:8443``); the TLS name and ``Host`` stay."""
        self.instance.addresses.routes = {
            **self.instance.addresses.routes,
            host: to.partition("://")[2].rstrip("/") or to,
        }

    def resend(self, callout: CalloutRecord | str) -> None:
        """One more attempt at a callout, never retried; a pending retry gives it its place."""
        self.instance.resend(_id(callout))

    def duplicate(self, callout: CalloutRecord | str, *, at_once: bool = False) -> None:
        """One more copy of a callout; ``at_once``: both are in flight before either is answered."""
        self.instance.duplicate(_id(callout), at_once=at_once)

    def export_scenario(self, *, title: str = "A recorded story", keep_values: bool = False) -> str:
        """What happened so far as the text of a scenario file that replays to the same attempts, codes and verdicts.

        Credentials become ``${env:...}``, e-mail addresses and names pseudonyms, unless ``keep_values``.
        """
        from simulator.recording.export import export_story  # PyYAML is not loaded before somebody records

        return export_story(self.instance, self.client_id, title=title, keep_values=keep_values)

    # ── time ──

    async def advance(self, **span: float) -> None:
        """Move time by ``timedelta(**span)``; everything that falls due runs at its own instant."""
        await self.instance.dispatcher.advance(timedelta(**span))

    async def settle(self) -> None:
        """Deliver what is due now and wait until nothing is in flight; time stands still."""
        await self.instance.dispatcher.settle()

    async def drain(self) -> None:
        """Move time until nothing is due any more, through all retries."""
        await self.instance.dispatcher.drain()

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
        limit = self.now + within if within is not None else None
        try:
            async with asyncio.timeout(timeout):
                return await self._found(wanted, limit)
        except TimeoutError:
            raise self._missed(f"{wanted} did not come within {timeout:g} s", wanted) from None

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
        for delivery in self.instance.engine.ledger.deliveries_of(self.client_id):
            if self._plausible(delivery, wanted) and not wanted.differences(record := self.instance.record(delivery)):
                return record
        return None

    @staticmethod
    def _plausible(delivery: Delivery, wanted: Wanted) -> bool:
        return wanted.attempts is None or delivery.attempts >= wanted.attempts

    async def never(self, event: str | None = None, *, within: timedelta, **wanted: Any) -> None:
        """Move time by ``within`` and see that no such callout was made meanwhile, or before."""
        unwanted = Wanted.read(event=event, **wanted)
        await self.instance.dispatcher.advance(within)
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

    def _missed(self, headline: str, wanted: Wanted | None) -> Missed:
        definitions = self.instance.tenants[self.client_id].definitions.values()
        listening = [name for definition in definitions if (name := definition.event_type_name)]
        return Missed(missed(headline, wanted, self.requests, self.callouts, self.now, listening))

    def __repr__(self) -> str:
        return f"<Handle of {self.client_id[:8]}…, {len(self.requests)} requests, {len(self.callouts)} callouts>"


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


def _id(callout: CalloutRecord | str) -> str:
    return callout if isinstance(callout, str) else callout.id
