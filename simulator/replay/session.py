"""Many stories one after the other: what is told as they go, when to stop, and the exit code that says how it ended.

It plays and tells; who prints, and where reports go, is the caller's.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Protocol

from msgspec.structs import replace

from simulator.records import AttemptRecord, CalloutRecord
from simulator.replay.manner import Manner
from simulator.replay.run import Played, Verdict, play
from simulator.replay.source import Story


class Exit(IntEnum):
    """What the command answers with (product.md)."""

    MET = 0
    FAILED = 1
    WRONG = 2
    UNREACHABLE = 3


EXITS = {
    Verdict.MET: Exit.MET,
    Verdict.FAILED: Exit.FAILED,
    Verdict.UNREACHABLE: Exit.UNREACHABLE,
    Verdict.SKIPPED: Exit.MET,
}


class Audience(Protocol):
    """Who is told while stories are played."""

    def begins(self, story: Story, number: int, total: int) -> None:
        """A story begins; numbers count from 1."""

    def attempt(self, callout: CalloutRecord, attempt: AttemptRecord, started: datetime) -> None:
        """An attempt has ended; ``started`` is when the story began, in the simulator's time."""

    def ends(self, played: Played) -> None:
        """A story has ended."""

    def closes(self, played: int, total: int, verdicts: Sequence[Verdict]) -> None:
        """All is over, or was given up after ``played`` of ``total``."""


async def play_all(
    stories: Sequence[Story],
    manner: Manner,
    audience: Audience,
    *,
    keep_going: bool = False,
    kept: Callable[[Played, float], None] | None = None,
) -> Exit:
    """Play ``stories`` in order; without ``keep_going`` the first that is not met is the last.

    ``kept`` gets each one with the real seconds that it took. Nothing of a story is held here once it has been told.
    """
    loop = asyncio.get_running_loop()
    verdicts: list[Verdict] = []
    manner = replace(manner, told=audience.attempt)
    for number, story in enumerate(stories, 1):
        audience.begins(story, number, len(stories))
        began = loop.time()
        played = await play(story, manner)
        audience.ends(played)
        if kept is not None:
            kept(played, loop.time() - began)
        verdicts.append(played.verdict)
        if EXITS[played.verdict] is not Exit.MET and not keep_going:
            break
    audience.closes(len(verdicts), len(stories), verdicts)
    return max((EXITS[verdict] for verdict in verdicts), default=Exit.MET)
