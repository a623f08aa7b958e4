"""The search for an order of deliveries that a receiver does not stand: bounded, seeded, smallest first.

A schedule is a handful of misfortunes, each for one callout of the story. It alone decides which schedules are tried and
which of those that fail is the smallest. What must hold is said by the story's probes, not here.
"""

import random
from collections.abc import AsyncIterator, Iterator, Sequence
from enum import StrEnum
from itertools import combinations, islice
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from simulator.core.errors import AuthorError
from simulator.recording.writing import Inline, write_story
from simulator.replay.expecting import Finding
from simulator.replay.manner import Manner, seed_of
from simulator.replay.run import Played, Verdict, play
from simulator.replay.source import Story
from simulator.replay.story import FaultRule, Step
from simulator.replay.tree import Kind, Node, bare_value, read_tree

MOST_AT_ONCE = 4
"""Misfortunes in one schedule at most: what four cannot break is rarely broken by five."""


class Invariant(StrEnum):
    """What must hold under every schedule."""

    PROBE = "probe"
    DELIVERED = "delivered"


class Misfortune(Struct, frozen=True):
    """One thing that goes wrong with the ``callout``-th callout, counted from 0."""

    callout: int
    kind: str
    minutes: float | None = None
    at_once: bool | None = None

    def rule(self, notification: str) -> FaultRule:
        """As a fault of the control plane; each strikes the first attempt."""
        kind: Any = self.kind
        return FaultRule(
            kind=kind,
            notification=notification,
            attempt=None if self.kind == "delay" else 1,
            minutes=self.minutes,
            at_once=self.at_once,
        )

    def __str__(self) -> str:
        what = {
            "delay": f"comes {self.minutes:g} min late" if self.minutes else "",
            "lost-answer": "loses its first answer",
        }
        twice = "comes twice at once" if self.at_once else "comes twice"
        return f"callout {self.callout + 1} {what.get(self.kind, twice)}"


Schedule = tuple[Misfortune, ...]

Script = tuple[FaultRule | str | int, ...]
"""What is played: a fault, a bare step, or the place of one of the story's own steps."""

DRAIN = "drain"


class Tried(Struct, frozen=True):
    """One schedule and what came of it; ``broken`` are the findings that do not hold."""

    schedule: Schedule
    played: Played
    broken: tuple[Finding, ...]
    script: Script
    seed: int


def kinds(callout: int) -> list[Misfortune]:
    """What can go wrong with one callout."""
    return [
        Misfortune(callout, "duplicate"),
        Misfortune(callout, "duplicate", at_once=True),
        Misfortune(callout, "lost-answer"),
        Misfortune(callout, "delay", minutes=1),
        Misfortune(callout, "delay", minutes=31),
        Misfortune(callout, "delay", minutes=1441),
    ]


def schedules(callouts: int, seed: int) -> Iterator[Schedule]:
    """Every schedule of one misfortune, then seeded ones of two and more; each callout suffers one at most."""
    chance = random.Random(seed)
    single = [misfortune for callout in range(callouts) for misfortune in kinds(callout)]
    chance.shuffle(single)
    yield from ((one,) for one in single)
    seen: set[Schedule] = set()
    for size in range(2, min(MOST_AT_ONCE, callouts) + 1):
        groups = list(islice(combinations(range(callouts), size), 200))
        for _ in range(40 * size):
            schedule = tuple(chance.choice(kinds(callout)) for callout in chance.choice(groups))
            if schedule not in seen:
                seen.add(schedule)
                yield schedule


def searchable(story: Story, invariants: Sequence[Invariant]) -> None:
    """Raises AuthorError where the story does not say what must hold."""
    claims = [step.probe for step in story.scenario.steps if isinstance(step, Step) and step.probe is not None]
    if Invariant.PROBE in invariants and not any(probe.expect is not None for probe in claims):
        raise AuthorError(
            f"{story.path}: no probe of this story expects anything, so nothing could fail: add a step such as "
            "- probe: {url: http://localhost:3000/payments/count, expect: {body: {count: 1}}}"
        )


async def explore(
    story: Story,
    manner: Manner,
    invariants: Sequence[Invariant] = (Invariant.PROBE,),
    *,
    bound: int = 200,
    seed: int = 0,
) -> AsyncIterator[Tried]:
    """Each try as it is made: first the story undisturbed, then up to ``bound`` schedules, ending with the smallest that fails.

    The last one tried with something ``broken`` is the answer; where none is, nothing was found.
    """
    searchable(story, invariants)
    shift = seed * 10_000
    tried = await _try(story, (), manner, shift, invariants)
    yield tried
    if tried.broken or tried.played.verdict is Verdict.UNREACHABLE:
        return
    failing: Tried | None = None
    for schedule in islice(schedules(len(tried.played.callouts), seed), bound):
        shift += 1
        tried = await _try(story, schedule, manner, shift, invariants)
        yield tried
        if tried.broken:
            failing = tried
            break
    while failing is not None and len(failing.schedule) > 1:
        smaller = None
        for place in range(len(failing.schedule)):
            shift += 1
            rest = failing.schedule[:place] + failing.schedule[place + 1 :]
            tried = await _try(story, rest, manner, shift, invariants)
            if tried.broken:
                smaller = tried
                yield tried
                break
        if smaller is None:
            yield failing
            return
        failing = smaller


async def _try(story: Story, schedule: Schedule, manner: Manner, shift: int, invariants: Sequence[Invariant]) -> Tried:
    manner = replace(manner, shift=manner.shift + shift)
    ids = await _notifications(story, manner) if schedule else []
    rules = [one.rule(ids[one.callout]) for one in schedule if one.callout < len(ids)]
    script = _script(story, rules, invariants)
    played = await play(_scripted(story, script), manner)
    broken = [finding for finding in played.findings if not finding.met]
    if Invariant.DELIVERED in invariants:
        broken += [_undelivered(one.event, one.id, story) for one in played.callouts if one.outcome != "delivered"]
    return Tried(schedule, played, tuple(broken), script, seed_of(story, manner))


def _undelivered(event: str, callout: str, story: Story) -> Finding:
    return Finding(
        False, f"{event} is delivered", "outcome delivered", "not delivered in the end", story.path, (callout,)
    )


async def _notifications(story: Story, manner: Manner) -> list[str]:
    """The ids that the story's callouts will have with this seed, found without opening a socket."""
    steps = [step for step in story.scenario.steps if isinstance(step, str) or step.probe is None]
    rehearsal = replace(story, scenario=replace(story.scenario, steps=steps, expect=[]))
    played = await play(rehearsal, replace(manner, rehearsal=True, told=None))
    return [callout.id for callout in played.callouts]


def _script(story: Story, rules: Sequence[FaultRule], invariants: Sequence[Invariant]) -> Script:
    """Misfortunes first, then the story's own steps, with all delivered before whatever is claimed."""
    script: list[FaultRule | str | int] = [*rules]
    for place, step in enumerate(story.scenario.steps):
        if isinstance(step, Step) and step.probe is not None and step.probe.expect is not None:
            script.append(DRAIN)
        script.append(place)
    return (*script, DRAIN) if Invariant.DELIVERED in invariants else tuple(script)


def _scripted(story: Story, script: Script) -> Story:
    """The story with another script; how often something is attempted is expected no more."""
    scenario, lines = story.scenario, story.lines.get("steps", ())
    steps = [_step(part, scenario.steps) for part in script]
    placed = tuple(lines[part] if isinstance(part, int) else 0 for part in script)
    return replace(story, scenario=replace(scenario, steps=steps, expect=[]), lines={**story.lines, "steps": placed})


def _step(part: FaultRule | str | int, steps: Sequence[Any]) -> Any:
    if isinstance(part, int):
        return steps[part]
    return Step(fault=part) if isinstance(part, FaultRule) else part


# ── writing ──


def failing_story(story: Story, tried: Tried, invariants: Sequence[Invariant]) -> str:
    """The text of a scenario file that plays the schedule and expects what did not hold."""
    root = read_tree(story.text, story.path, [])
    plain: dict[str, Any] = _plain(root) if root is not None else {}
    own = plain.get("steps") or []
    steps = [
        {"fault": Inline(msgspec.to_builtins(part))}
        if isinstance(part, FaultRule)
        else part
        if isinstance(part, str)
        else own[part]
        for part in tried.script
    ]
    told = {**plain, "title": f"{plain.get('title')}: {_words(tried.schedule)}", "seed": tried.seed, "steps": steps}
    told["expect"] = [{"outcome": "delivered"}] if Invariant.DELIVERED in invariants else []
    comments = [
        "Found by zuora-simulator explore; the smallest schedule that breaks what must hold:",
        *(f"- {misfortune}" for misfortune in tried.schedule),
        "Play it against a receiver that has not seen it: the ids are those of its seed.",
    ]
    return write_story(told, comments)


def _words(schedule: Schedule) -> str:
    return ", ".join(map(str, schedule)) or "as it is"


def _plain(node: Node) -> Any:
    if node.kind is Kind.SCALAR:
        return bare_value(node.text) if node.plain else node.text
    if node.kind is Kind.SEQUENCE:
        return [_plain(item) for item in node.items]
    return {key.text: _plain(value) for key, value in node.pairs}
