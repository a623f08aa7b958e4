"""Deterministic simulation: thousands of lives of an engine, each from one seed, each against all laws.

`python -m tests.simulation.simulate [SEEDS] [FIRST]` (`make simulate`) runs them; a failure prints its seed and the
smallest history that still fails. Every life is written to a journal, and may end at any instant and go on from what
was written. A life can be followed by a journal: whatever `plugged` returns is told each fact
and may judge the life at its end.
"""

import sys
import traceback
from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol

from simulator.core.ledger import Fact
from tests.support.journalled import JournalledWorld
from tests.support.world import Operation, World

OPERATIONS_PER_LIFE = 60
WEIGHTS = {
    "submit": 6,
    "fire": 5,
    "subscribe": 1,
    "withdraw": 1,
    "change_policy": 1,
    "add_fault": 2,
    "clear_faults": 1,
    "resend": 2,
    "duplicate": 1,
    "reconsider": 1,
    "forget": 0.3,
    "wait": 3,
    "skip": 9,
    "tick": 3,
    "begin": 18,
    "report": 20,
    "report_forgotten": 1,
    "abandon": 0.5,
    "crash": 0.7,
}


class Journal(Protocol):
    """What follows a life: it hears each fact as it stands, and is asked at the end whether it has them all."""

    def hear(self, fact: Fact) -> None:
        """A listener of the ledger."""

    def check(self, world: World) -> None:
        """Raises AssertionError where what it kept is not what happened."""


Plug = Callable[[World], Journal]


def operations(seed: int) -> list[Operation]:
    """The operations of one life."""
    chance = Random(seed)
    names = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=OPERATIONS_PER_LIFE)
    return [Operation(name, chance.randrange(32), chance.randrange(32)) for name in names]


def live(seed: int, todo: Sequence[Operation], plugged: Plug | None = None) -> bytes:
    """Live one life, all laws held after every operation; answers with its history."""
    world = JournalledWorld(live=seed % 2 == 1, retain=3 if seed % 5 == 4 else None, seed=seed)
    journal = plugged(world) if plugged else None
    if journal is not None:
        world.engine.ledger.listeners.append(journal.hear)
    for operation in todo:
        world.do(operation)
        world.check()
    world.finish()
    if journal is not None:
        journal.check(world)
    return world.history


def failure(seed: int, todo: Sequence[Operation], plugged: Plug | None = None) -> str | None:
    """How this life breaks a law; None where it does not. Two lives of one seed must be alike to the byte."""
    try:
        if live(seed, todo, plugged) != live(seed, todo, plugged):
            return "two lives of one seed differ"
    except Exception:
        return traceback.format_exc(limit=-3)
    return None


def smallest(seed: int, todo: list[Operation], plugged: Plug | None = None) -> list[Operation]:
    """Fewer operations that still fail: none of them can be left out."""
    size = len(todo) // 2
    while size:
        start = 0
        while start < len(todo):
            fewer = todo[:start] + todo[start + size :]
            if failure(seed, fewer, plugged):
                todo = fewer
            else:
                start += size
        size //= 2
    return todo


def simulate(seeds: range, plugged: Plug | None = None) -> str | None:
    """Live all lives; the report of the first that breaks a law, or None."""
    for seed in seeds:
        todo = operations(seed)
        if failure(seed, todo, plugged):
            fewest = smallest(seed, todo, plugged)
            told = "\n".join(f"    {operation!r}" for operation in fewest)
            return f"seed {seed} fails; the smallest history that does:\n{told}\n\n{failure(seed, fewest, plugged)}"
    return None


def main() -> int:
    """As a command."""
    count, first = (*map(int, sys.argv[1:3]), *(10_000, 0)[len(sys.argv[1:3]) :])
    report = simulate(range(first, first + count))
    sys.stdout.write(f"{report}\n" if report else f"{count} seeds from {first} on: every law held\n")
    return 1 if report else 0


if __name__ == "__main__":
    sys.exit(main())
