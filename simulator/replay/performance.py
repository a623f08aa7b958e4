"""One playing of one story, from an empty world to its findings: what each verb does.

What is due when the last step is done is still delivered; then the expectations are judged. A step that fails ends the story.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from simulator.core.errors import AuthorError
from simulator.core.ids import Ids
from simulator.core.ledger import AttemptEnded, Fact
from simulator.core.units import parse_duration
from simulator.records import AttemptRecord, CalloutRecord
from simulator.replay.expecting import Finding, answered, chosen, judge, spell
from simulator.replay.reach import is_local
from simulator.replay.references import BadReference, filled
from simulator.replay.source import Story
from simulator.replay.stage import Answer, Refused, Stage
from simulator.replay.story import (
    Answered,
    Definition,
    Duplicate,
    FaultRule,
    Fire,
    Nothing,
    OutcomeRule,
    Probe,
    Receiver,
    Reorder,
    Resend,
    Settings,
    Step,
    Submit,
)

REAL_TOLERANCE = timedelta(seconds=2)
"""How far a time may be off on the real clock, in real time: a loaded machine is late, never early."""

# A step may be written as a bare word.
BARE = {"settle": Step(settle=Nothing()), "drain": Step(drain=Nothing())}

Told = Callable[[CalloutRecord, AttemptRecord, datetime], None]


class Manner(Struct, frozen=True):
    """How stories are played, whichever they are. ``target`` takes the place of every story's receiver.

    ``shift`` is added to each story's seed: a receiver that remembers must not take one run's ids for those of another.
    ``probe_wait`` is real time given to an application that does its work after it has answered, before each probe.
    A ``rehearsal`` opens no socket to a receiver: what would be sent is answered 200.
    """

    target: str | None = None
    allow_hosts: tuple[str, ...] = ()
    clock: str = "virtual"
    rate: float = 1.0
    probe: str | None = None
    probe_wait: timedelta = timedelta(0)
    username: str | None = None
    password: str | None = None
    patience: timedelta | None = None
    shift: int = 0
    rehearsal: bool = False
    told: Told | None = None


def seed_of(story: Story, manner: Manner) -> int:
    """The seed that a story is played with."""
    return story.scenario.seed + manner.shift


class _Stopped(Exception):
    """A step failed, and what follows would make no sense."""


class Performance:
    """One playing of one story."""

    def __init__(self, story: Story, manner: Manner, stage: Stage, receiver: Receiver) -> None:
        self.story = story
        self.manner = manner
        self.stage = stage
        self.receiver = receiver
        self.findings: list[Finding] = []
        self.definitions: list[dict[str, Any]] = []
        self.started = stage.zuora.now
        # What `${name.field}` finds.
        seed = seed_of(story, manner)
        self.known: dict[str, Any] = {
            "story": {"id": Ids(seed).hex("story"), "seed": seed},
            "client": {"id": stage.zuora.client_id, "secret": stage.zuora.client_secret},
            "receiver": {"url": receiver.url, "username": receiver.username, "password": receiver.password},
        }
        if manner.told is not None:
            stage.zuora.instance.engine.ledger.listeners.append(self._tell)

    async def run(self) -> None:
        scenario = self.story.scenario
        try:
            await self._set_up()
            for place, step in enumerate(scenario.steps):
                await self._step(BARE[step] if isinstance(step, str) else step, place)
            await self.stage.settle()
        except _Stopped:
            return
        callouts = self.callouts
        tolerance = REAL_TOLERANCE * self.manner.rate if self.manner.clock == "real" else timedelta(0)
        for place, claim in enumerate(scenario.expect):
            where = self.story.where("expect", place)
            self.findings.append(judge(self._filled(claim, where), callouts, where, tolerance))

    @cached_property
    def callouts(self) -> tuple[CalloutRecord, ...]:
        """All that was called out, to be asked for when the story is over."""
        return self.stage.callouts

    async def _set_up(self) -> None:
        scenario = self.story.scenario
        if scenario.custom_events:
            await self.stage.register_events(scenario.custom_events)
        if scenario.world:
            self.known["world"] = await self._build(scenario.world)
        for place, given in enumerate(scenario.definitions):
            where = self.story.where("definitions", place)
            definition = self._filled(Definition(event=given) if isinstance(given, str) else given, where)
            definition = self._with_credentials(definition)
            try:
                shown = await self.stage.define(definition, place + 1, definition.url or self._receiver_url())
            except Refused as refused:
                raise AuthorError(f"{where}: {refused}") from refused
            self.definitions.append(shown)
            if definition.named is not None:
                self.known[definition.named] = shown

    async def _build(self, world: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
        """Create the resources that exist at the start, while nobody listens yet."""
        built: dict[str, Any] = {}
        for collection, resources in world.items():
            built[collection] = []
            for resource in resources:
                answer = await self.stage.submit("POST", f"/v1/{collection}", {}, resource)
                if answer.status >= 400:
                    raise AuthorError(f"{self.story.path}: world.{collection}: status {answer.status}: {answer.body}")
                made = answer.body if isinstance(answer.body, dict) else {}
                built[collection].append({**resource, **made})
        return built

    def _with_credentials(self, definition: Definition) -> Definition:
        """The receiver's credentials, unless the definition has its own or authenticates in another way."""
        receiver = self.receiver
        if definition.username is not None or definition.oauth is not None or receiver.username is None:
            return definition
        preemptive = receiver.preemptive if definition.preemptive is None else definition.preemptive
        return replace(
            definition,
            username=receiver.username,
            password=receiver.password,
            domain=definition.domain or receiver.domain,
            preemptive=preemptive,
        )

    def _receiver_url(self) -> str:
        return self.receiver.url or ""

    # ── steps ──

    async def _step(self, step: Step, place: int) -> None:
        where = self.story.where("steps", place)
        verb = step.verb
        what = getattr(step, verb)
        if isinstance(what, Struct):
            what = self._filled(what, where)
        try:
            fields = await _VERBS[verb](self, what, where)
        except Refused as refused:
            self._fail(verb, f"{verb} to be taken", str(refused), where)
            raise _Stopped from refused
        self.known[verb] = fields
        self.known[step.handle] = fields

    async def submit(self, submit: Submit, where: str) -> dict[str, Any]:
        answer = await self.stage.submit(submit.method, submit.path, submit.headers, submit.body)
        for _ in range(submit.times - 1):
            answer = await self.stage.submit(submit.method, submit.path, submit.headers, submit.body)
        self._check(f"submit {submit.method} {submit.path}", submit.expect, answer, where)
        return answer.fields

    async def fire(self, fire: Fire, where: str) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for _ in range(fire.times):
            told = self.stage.fire(fire.event, fire.fields)
        return told

    async def advance(self, span: str, where: str) -> dict[str, Any]:
        await self.stage.advance(parse_duration(span.removeprefix("+")))
        return self._time()

    async def settle(self, nothing: Any, where: str) -> dict[str, Any]:
        await self.stage.settle()
        return self._time()

    async def drain(self, nothing: Any, where: str) -> dict[str, Any]:
        await self.stage.drain()
        return self._time()

    async def resend(self, resend: Resend, where: str) -> dict[str, Any]:
        callouts = [one for one in self._chosen(resend, where) if one.attempts]
        if resend.failed:
            callouts = [one for one in callouts if one.outcome != "delivered"]
        ids = [
            attempt.history_id
            for one in callouts
            for attempt in (one.attempts if resend.attempt else one.attempts[-1:])
            if resend.attempt in (None, attempt.number)
        ]
        if not ids:
            self._fail("resend", "a callout that was attempted", "none", where)
            raise _Stopped
        answer = await self.stage.resend(ids)
        self._check("resend", None, answer, where)
        return answer.fields

    async def duplicate(self, duplicate: Duplicate, where: str) -> dict[str, Any]:
        instance = self.stage.zuora.instance
        for callout in self._chosen(duplicate, where):
            instance.duplicate(callout.id, at_once=duplicate.at_once)
        return {}

    async def reorder(self, reorder: Reorder, where: str) -> dict[str, Any]:
        await self.stage.add_fault(FaultRule(kind="reorder", window=reorder.window, event=reorder.event))
        return {}

    async def fault(self, rule: FaultRule, where: str) -> dict[str, Any]:
        await self.stage.add_fault(rule)
        return {}

    async def outcome(self, rule: OutcomeRule, where: str) -> dict[str, Any]:
        await self.stage.add_outcome(rule)
        return {}

    async def set(self, settings: Settings, where: str) -> dict[str, Any]:
        await self.stage.set(msgspec.to_builtins(settings))
        return {}

    async def probe(self, probe: Probe, where: str) -> dict[str, Any]:
        url = probe.url or self.manner.probe
        if url is None:
            raise AuthorError(f"{where}: this probe has no url: name the application's address with --probe URL")
        host = urlsplit(url).hostname or ""
        if url != self.manner.probe and not is_local(url) and host not in self.manner.allow_hosts:
            raise AuthorError(f"{where}: {host!r} is neither loopback nor allowed: add --allow-host {host}")
        if self.manner.probe_wait:
            await asyncio.sleep(self.manner.probe_wait.total_seconds())
        answer = await self.stage.request(probe.method, url, probe.headers, probe.body)
        self._check(f"probe {probe.method} {url}", probe.expect, answer, where)
        return answer.fields

    def _time(self) -> dict[str, Any]:
        return {"now": self.stage.zuora.now.isoformat().replace("+00:00", "Z")}

    def _chosen(self, which: Any, where: str) -> list[CalloutRecord]:
        found = chosen(which, self.stage.callouts)
        if not found:
            self._fail("a step on callouts", f"a callout of {which.event or 'any event'}", "none yet", where)
            raise _Stopped
        return found

    def _check(self, title: str, expect: Answered | None, answer: Answer, where: str) -> None:
        """Without an expectation of its own a request must be answered below 400, or the story is over."""
        if expect is None:
            if answer.status >= 400:
                self._fail(title, "a status below 400", f"status {answer.status}: {spell(answer.body)}", where)
                raise _Stopped
            return
        missed = answered(expect, answer.status, answer.headers, answer.body)
        wanted = "; ".join(one for one, _ in missed) or spell(msgspec.to_builtins(expect))
        got = "; ".join(one for _, one in missed) or "as expected"
        self.findings.append(Finding(not missed, title, wanted, got, where))

    def _fail(self, title: str, expected: str, actual: str, where: str) -> None:
        self.findings.append(Finding(False, title, expected, actual, where))

    def _filled(self, part: Any, where: str) -> Any:
        if not self.story.refers:
            return part
        try:
            return filled(part, self.known)
        except (BadReference, msgspec.ValidationError) as error:
            self._fail("a reference", "a value that exists", str(error), where)
            raise _Stopped from error

    def _tell(self, fact: Fact) -> None:
        if isinstance(fact, AttemptEnded) and self.manner.told is not None:
            callout = self.stage.zuora.instance.record(fact.delivery)
            self.manner.told(callout, callout.attempts[-1], self.started)


_VERBS: Mapping[str, Callable[[Performance, Any, str], Awaitable[dict[str, Any]]]] = {
    "submit": Performance.submit,
    "fire": Performance.fire,
    "advance": Performance.advance,
    "settle": Performance.settle,
    "drain": Performance.drain,
    "resend": Performance.resend,
    "duplicate": Performance.duplicate,
    "reorder": Performance.reorder,
    "fault": Performance.fault,
    "outcome": Performance.outcome,
    "set": Performance.set,
    "probe": Performance.probe,
}
