"""One playing of one story, from an empty world to its findings.

What is due when the last step is done is still delivered; then the expectations are judged. A step that fails ends the story.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from simulator.core.errors import AuthorError
from simulator.core.ledger import AttemptEnded, Fact
from simulator.records import CalloutRecord
from simulator.replay.asked import Refused
from simulator.replay.expecting import judge
from simulator.replay.manner import Manner
from simulator.replay.playing import Playing, Stopped
from simulator.replay.source import Story
from simulator.replay.stage import Stage
from simulator.replay.story import Definition, Nothing, Receiver, Step
from simulator.replay.verbs import VERBS

REAL_TOLERANCE = timedelta(seconds=2)
"""How far a time may be off on the real clock, in real time: a loaded machine is late, never early."""

# A step may be written as a bare word.
BARE = {"settle": Step(settle=Nothing()), "drain": Step(drain=Nothing())}


class Performance(Playing):
    """One playing of one story."""

    def __init__(self, story: Story, manner: Manner, stage: Stage, receiver: Receiver) -> None:
        super().__init__(story, manner, stage, receiver)
        if manner.told is not None:
            stage.zuora.instance.engine.ledger.listeners.append(self._tell)

    async def run(self) -> None:
        scenario = self.story.scenario
        try:
            await self._set_up()
            for place, step in enumerate(scenario.steps):
                await self._step(BARE[step] if isinstance(step, str) else step, place)
            await self.stage.settle()
        except Stopped:
            return
        callouts = self.callouts
        tolerance = REAL_TOLERANCE * self.manner.rate if self.manner.clock == "real" else timedelta(0)
        for place, claim in enumerate(scenario.expect):
            where = self.story.where("expect", place)
            self.findings.append(judge(self.filled(claim, where), callouts, where, tolerance))

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
            definition = self.filled(Definition(event=given) if isinstance(given, str) else given, where)
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
            what = self.filled(what, where)
        try:
            fields = await VERBS[verb](self, what, where)
        except Refused as refused:
            self.fail(verb, f"{verb} to be taken", str(refused), where)
            raise Stopped from refused
        self.known[verb] = fields
        self.known[step.handle] = fields

    def _tell(self, fact: Fact) -> None:
        if isinstance(fact, AttemptEnded) and self.manner.told is not None:
            callout = self.stage.zuora.instance.record(fact.delivery)
            self.manner.told(callout, callout.attempts[-1], self.started)
