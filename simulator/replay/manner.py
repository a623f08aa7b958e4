"""How stories are played, whichever they are: against whom, on which clock, with whose credentials."""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from simulator.records import AttemptRecord, CalloutRecord
from simulator.replay.source import Story

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
