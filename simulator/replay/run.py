"""Stories are played here: the receiver listens, a simulator of its own starts, and what came of it is told.

It alone decides who is called and with which options; `performance` decides what happens.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from simulator.host import Simulator
from simulator.receiver import Receiver as BuiltInReceiver
from simulator.records import CalloutRecord, RequestRecord
from simulator.replay.expecting import Finding
from simulator.replay.manner import Manner, seed_of
from simulator.replay.performance import Performance
from simulator.replay.reach import is_local, unreachable
from simulator.replay.source import Story
from simulator.replay.stage import Stage
from simulator.replay.story import Receiver, Step
from simulator.replay.wording import options_of

PROBE = "/probe"
"""Where the built-in receiver tells of its effects, for stories that probe and name no address."""


class Verdict(StrEnum):
    """How a story ended."""

    MET = "met"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    SKIPPED = "skipped"


class Played(Struct, frozen=True):
    """A story that has been played. ``addresses`` maps what differs from run to run to the word that reports use."""

    story: Story
    verdict: Verdict
    findings: tuple[Finding, ...]
    callouts: tuple[CalloutRecord, ...] = ()
    requests: tuple[RequestRecord, ...] = ()
    definitions: tuple[dict[str, Any], ...] = ()
    settings: Mapping[str, Any] = {}
    started: datetime | None = None
    ended: datetime | None = None
    addresses: Mapping[str, str] = {}
    seed: int = 0
    detail: str = ""


async def play(story: Story, manner: Manner) -> Played:
    """Play ``story``. Raises AuthorError where the simulator will not take what it asks for."""
    receiver = _receiver(story, manner)
    missing = _missing(story, receiver, manner)
    if missing is not None:
        return Played(story, Verdict.SKIPPED, (), seed=seed_of(story, manner), detail=missing)
    if receiver.url is not None and not manner.rehearsal and (is_local(receiver.url) or manner.target is not None):
        routes = story.scenario.settings.routes or {}
        reason = await unreachable(receiver.url, routes)
        if reason is not None and not _expects_unreachable(story):
            return Played(story, Verdict.UNREACHABLE, (), seed=seed_of(story, manner), detail=reason)
    async with AsyncExitStack() as stack:
        zuora = Simulator(**_options(story, manner))
        ground = await stack.enter_async_context(_listening(story, receiver, manner, zuora))
        stack.push_async_callback(zuora.stop)
        stage = await stack.enter_async_context(Stage(zuora))
        performance = Performance(story, replace(manner, probe=ground.probe), stage, replace(receiver, url=ground.url))
        await performance.run()
        return Played(
            story,
            Verdict.MET if all(finding.met for finding in performance.findings) else Verdict.FAILED,
            tuple(performance.findings),
            callouts=performance.callouts,
            requests=zuora.requests,
            definitions=tuple(performance.definitions),
            settings=zuora.instance.settings(),
            started=performance.started,
            ended=zuora.now,
            seed=seed_of(story, manner),
            addresses={**ground.names, **stage.addresses},
        )


def _receiver(story: Story, manner: Manner) -> Receiver:
    """Who is called: the target of the command line takes the place of the story's whole receiver."""
    if manner.target is None:
        return story.scenario.receiver
    parts = urlsplit(manner.target)
    plain = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return Receiver(url=plain, username=manner.username or parts.username, password=manner.password or parts.password)


def _options(story: Story, manner: Manner) -> dict[str, Any]:
    scenario = story.scenario
    given = options_of(scenario.settings)
    given |= {"seed": seed_of(story, manner), "clock": manner.clock, "allow_hosts": manner.allow_hosts}
    if manner.clock == "real":
        given |= {"rate": manner.rate, "delivery": "immediate"}
    if scenario.start is not None:
        given["start"] = datetime.fromisoformat(scenario.start)
    if manner.rehearsal:
        given["delivery"] = "collect"
    if manner.patience is not None:
        given["patience"] = manner.patience
    return given


class _Ground(Struct, frozen=True):
    """Who listens while a story is played. ``names`` maps the addresses that differ from run to run to their words."""

    url: str
    probe: str | None
    names: Mapping[str, str] = {}


@asynccontextmanager
async def _listening(story: Story, receiver: Receiver, manner: Manner, zuora: Simulator) -> AsyncIterator[_Ground]:
    """The address to call; the built-in receiver listens meanwhile where the story names no other."""
    if receiver.url is not None:
        yield _Ground(receiver.url, manner.probe)
        return
    built_in: BuiltInReceiver
    answers: Any = [one if isinstance(one, int) else msgspec.to_builtins(one) for one in receiver.answers] or [200]
    own_probe = manner.probe is None and _asks_probe(story)
    if own_probe:
        answers = {PROBE: lambda request: _effect(built_in), "*": answers}
    credentials = (receiver.username, receiver.password) if receiver.username and receiver.password else None
    tls = zuora.instance.authority.server_context("127.0.0.1") if receiver.tls else None
    built_in = BuiltInReceiver(answers=answers, basic_auth=credentials, tls=tls)
    async with built_in:
        address = urlsplit(built_in.url).netloc
        names = {address: "receiver", f"its port is {built_in.port}": "its port is that of the receiver"}
        yield _Ground(built_in.url, built_in.url_for(PROBE) if own_probe else manner.probe, names)


def _effect(built_in: BuiltInReceiver) -> dict[str, Any]:
    """What the built-in receiver's own application tells of its state: it keeps one thing for each notification."""
    return {"body": {"effects": len(built_in.seen_by("Zuora-Notification-Id"))}}


def _asks_probe(story: Story) -> bool:
    return any(
        step.probe is not None and step.probe.url is None for step in story.scenario.steps if isinstance(step, Step)
    )


def _missing(story: Story, receiver: Receiver, manner: Manner) -> str | None:
    """What a story needs and was not given, in a clause; a story's own receiver has everything."""
    if receiver.url is None:
        return None
    if "basic" in story.scenario.needs and receiver.username is None:
        return "needs --basic USER:PASS"
    if manner.probe is None and ("probe" in story.scenario.needs or _asks_probe(story)):
        return "needs --probe URL"
    return None


def _expects_unreachable(story: Story) -> bool:
    """Whether a story tells of a receiver that is not there."""
    return any(
        (claim.codes is not None and -1 in claim.codes[:1]) or (claim.errors is not None and claim.errors[:1] != [None])
        for claim in story.scenario.expect
    )
