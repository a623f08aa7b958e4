"""The examination of a receiver: the shipped stories of ``receiver-exam`` played against it, with a mark for each.

It alone decides what a mark is and in which order is examined. What is asked stands in the stories.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from simulator.core.model import ErrorClass
from simulator.replay.expecting import spell
from simulator.replay.manner import Manner
from simulator.replay.run import Played, Verdict, play
from simulator.replay.shipped import EXAMINATION, shipped
from simulator.replay.source import Story, read_story

PATIENCE = timedelta(seconds=16)
"""Longer than Zuora's 15 s, so that a receiver is cut by its rule and not by ours."""

SHORT_PATIENCE = timedelta(milliseconds=500)
"""Once a receiver has shown that it does not answer in time (the first question), the others do not wait for it."""


class Mark(StrEnum):
    """How a question was answered."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_EXAMINED = "not examined"


MARKS = {
    Verdict.MET: Mark.PASSED,
    Verdict.FAILED: Mark.FAILED,
    Verdict.UNREACHABLE: Mark.NOT_EXAMINED,
    Verdict.SKIPPED: Mark.NOT_EXAMINED,
}


class Answer(Struct, frozen=True):
    """One question and its mark: what was asked, what was seen, and, unless it passed, what it would mean in production."""

    mark: Mark
    title: str
    asked: str
    seen: str
    means: str
    played: Played


def questions(environment: Mapping[str, str]) -> list[Story]:
    """The stories of the examination, in order."""
    files = sorted(shipped(EXAMINATION).glob("*.yaml"))
    return [
        read_story(file.read_text(encoding="utf-8"), f"{EXAMINATION}/{file.name}", environment=environment)
        for file in files
    ]


async def examine(stories: list[Story], manner: Manner, patience: timedelta = PATIENCE) -> AsyncIterator[Answer]:
    """Ask one question after the other; ends early where the target cannot be reached at all.

    Each story has a seed of its own, and its values are made of it: a receiver that remembers meets nothing twice.
    """
    manner = replace(manner, patience=patience)
    for number, story in enumerate(stories):
        played = await play(story, replace(manner, shift=manner.shift + number))
        yield _answer(played)
        if played.verdict is Verdict.UNREACHABLE:
            return
        if _was_late(played):
            manner = replace(manner, patience=min(patience, SHORT_PATIENCE))


def _answer(played: Played) -> Answer:
    scenario = played.story.scenario
    return Answer(
        mark=MARKS[played.verdict],
        title=scenario.title,
        asked=" ".join(scenario.description.split()),
        seen=_seen(played),
        means=" ".join(scenario.meaning.split()),
        played=played,
    )


def _seen(played: Played) -> str:
    if played.detail:
        return played.detail
    missed = [f"{finding.actual} instead of {finding.expected}" for finding in played.findings if not finding.met]
    if missed:
        return "; ".join(missed)
    codes = [[attempt.response_code for attempt in callout.attempts] for callout in played.callouts]
    return "codes " + ", ".join(spell(each) for each in codes)


def _was_late(played: Played) -> bool:
    return any(
        attempt.error_class == ErrorClass.TRANSFER_TIMEOUT and any(one.status is None for one in attempt.exchanges)
        for callout in played.callouts
        for attempt in callout.attempts
        if not any("lost-answer" in note for one in attempt.exchanges for note in one.notes)
    )
