"""Where a story is played: a simulator of its own, driven through the doors that its users have.

Every step of a story is one method here, sent over HTTP to the API or the control plane, so that a story says nothing
that a client could not do. What costs a thousand stories too much is done from inside: time is moved, events are fired and
definitions registered as those doors do it. It judges nothing.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Self

import aiohttp

from simulator.control.definitions import listed
from simulator.core.errors import ClientError
from simulator.host import Simulator
from simulator.records import CalloutRecord
from simulator.replay.asked import Answer, Refused, decoded, said, without_userinfo
from simulator.replay.story import Definition, FaultRule, OutcomeRule
from simulator.replay.wording import plain, registration

JSON = "application/json"
TIMEOUT = 60.0
"""Real seconds for a request of a story's own, before it counts as not answered."""


class Stage:
    """A simulator, and a session to speak to it; it serves, and is logged in to, from the first request on.

    Many a story only fires: it is spared the web server that it would never ask.
    """

    def __init__(self, zuora: Simulator) -> None:
        self.zuora = zuora
        self._session: aiohttp.ClientSession | None = None
        self._token = ""
        self._serving = zuora.serving

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def addresses(self) -> dict[str, str]:
        """What the simulator's own address is called in reports."""
        return {self.zuora.url.partition("//")[2]: "simulator"} if self._serving else {}

    async def _url(self) -> str:
        """The simulator's address; it is started where it is not."""
        if not self._serving:
            await self.zuora.start()
            self._serving = True
        return self.zuora.url

    async def _login(self) -> str:
        """A token of the simulator's default client."""
        if not self._token:
            form = {
                "client_id": self.zuora.client_id,
                "client_secret": self.zuora.client_secret,
                "grant_type": "client_credentials",
            }
            async with self._client().post(await self._url() + "/oauth/token", data=form) as answer:
                self._token = (await answer.json())["access_token"]
        return self._token

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))
        return self._session

    # ── the API ──

    async def submit(self, method: str, path: str, headers: Mapping[str, str], body: Any) -> Answer:
        """A request to the simulated API with the default client's token."""
        credentials = {"Authorization": f"Bearer {await self._login()}"}
        return await self.request(method, await self._url() + path, {**credentials, **headers}, body)

    async def request(self, method: str, url: str, headers: Mapping[str, str], body: Any) -> Answer:
        """Any request; a body that is a text goes out as it is, everything else as JSON."""
        sent = dict(headers)
        content = None
        if body is not None:
            content = body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()
            if not any(name.lower() == "content-type" for name in sent):
                sent["Content-Type"] = JSON
        try:
            async with self._client().request(method, url, headers=sent, data=content, allow_redirects=False) as answer:
                raw = await answer.read()
                return Answer(answer.status, tuple(answer.headers.items()), decoded(raw))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise Refused(f"{method} {without_userinfo(url)}: no answer ({reason})") from error

    async def define(self, definition: Definition, number: int, url: str) -> dict[str, Any]:
        """Register a definition, as the API takes it; returns it as the control plane shows it."""
        provider = await self._provider(definition, number)
        instance = self.zuora.instance
        try:
            made = instance.register(registration(definition, number, url, provider))
        except ClientError as error:
            raise Refused(f"the definition was refused: {error.message}") from error
        return next(one for one in listed(instance, instance.client_id) if one["id"] == made)

    async def _provider(self, definition: Definition, number: int) -> str | None:
        oauth = definition.oauth
        if oauth is None:
            return None
        body = {
            "name": f"provider {number}",
            "tokenEndpoint": oauth.token_endpoint,
            "clientId": oauth.client_id,
            "clientSecret": oauth.client_secret,
            "grantType": "client_credentials",
            "scope": oauth.scope,
        }
        made = await self.control("POST", "/oauth-providers", body)
        return str(made["id"])

    async def resend(self, history_ids: Sequence[str]) -> Answer:
        """Zuora's own endpoint."""
        return await self.submit("POST", "/notifications/callout-histories/resend", {}, list(history_ids))

    # ── the control plane ──

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the control plane; raises `Refused` with its words where it is refused."""
        answer = await self.request(method, f"{await self._url()}/_simulator{path}", {}, body)
        if answer.status >= 400:
            raise Refused(said(answer))
        return answer.body

    def fire(self, event: str, fields: Mapping[str, str]) -> dict[str, Any]:
        """As ``POST /events``, without the way there and back: stories fire thousands."""
        try:
            fired = self.zuora.instance.fire(event, fields)
        except ClientError as error:
            raise Refused(error.message) from error
        return {"id": fired.id, "event": fired.name}

    async def set(self, settings: Mapping[str, Any]) -> Any:
        return await self.control("PUT", "/settings", dict(settings))

    async def add_fault(self, rule: FaultRule) -> Any:
        """One more fault beside those in force."""
        return await self._add("/faults", "faults", plain(rule))

    async def add_outcome(self, rule: OutcomeRule) -> Any:
        """One more outcome rule; of two that say the same the later applies."""
        return await self._add("/outcomes", "outcomes", plain(rule))

    async def _add(self, path: str, key: str, rule: dict[str, Any]) -> Any:
        in_force = (await self.control("GET", path))[key]
        return await self.control("PUT", path, {key: [*in_force, rule]})

    async def register_events(self, names: Sequence[str]) -> None:
        """Custom events of the tenant, by event triggers that never trigger by themselves."""
        for name in names:
            trigger = {
                "active": False,
                "baseObject": "Account",
                "condition": "false",
                # a name of several words is told apart by its display name; whoever asks for it may write it either way
                "eventType": {"name": "".join(name.split()), "displayName": name, "namespace": "user.notification"},
            }
            answer = await self.submit("POST", "/events/event-triggers", {}, trigger)
            if answer.status >= 400:
                raise Refused(f"the custom event {name!r} was refused: {said(answer)}")

    # ── time ──

    async def advance(self, span: timedelta) -> None:
        """Move the virtual clock, or let the span pass on the real one, at its rate."""
        clock = self.zuora.instance.clock
        if not clock.runs:
            await self.zuora.instance.dispatcher.advance(span)
            return
        target = clock.now + span
        await asyncio.sleep(clock.seconds_until(target) or 0)
        await self.zuora.settle()

    async def settle(self) -> None:
        await self.zuora.settle()

    async def drain(self) -> None:
        """Until nothing is due any more."""
        clock, engine = self.zuora.instance.clock, self.zuora.instance.engine
        if not clock.runs:
            await self.zuora.drain()
            return
        await self.zuora.settle()
        while (due := engine.next_due) is not None:
            await self.advance(due - clock.now)

    # ── what happened ──

    @property
    def callouts(self) -> tuple[CalloutRecord, ...]:
        return self.zuora.callouts
