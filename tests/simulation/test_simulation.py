"""Two hundred lives of an engine; `make simulate` lives ten thousand."""

from datetime import datetime
from typing import Any

import pytest

from simulator.core import attempts, delivery
from simulator.core.ledger import Fact
from simulator.core.model import Delivery, Policy
from tests.simulation.simulate import operations, simulate, smallest
from tests.support.world import World


def test_every_law_holds_in_every_life() -> None:
    """Faults at every boundary, whatever comes when: nothing lost, nothing twice, nothing too soon."""
    report = simulate(range(200))
    assert report is None, report


def test_a_planted_fault_is_found_and_cut_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that repeats a request id fails within few seeds, with a history of few operations."""

    def repeats(self: attempts.Attempts, it: Delivery, copy: int = 0, *, next_one: bool = False) -> str:
        return self._ids.hex("request", it.id, it.exchange + next_one, copy)

    monkeypatch.setattr(attempts.Attempts, "_request_id", repeats)
    report = simulate(range(50))
    assert report is not None
    assert "request ids are unique" in report
    assert report.count("(") < 60


def test_the_smallest_history_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of its operations can be left out."""

    def impatient(policy: Policy, *rest: Any) -> Any:
        return real(Policy(policy.limit, policy.interval / 2, policy.retry), *rest)

    real = delivery.step
    monkeypatch.setattr(attempts, "step", impatient)
    seed = next(seed for seed in range(50) if simulate(range(seed, seed + 1)))
    fewest = smallest(seed, operations(seed))
    assert 0 < len(fewest) <= 4


class Forgetful:
    """A journal that loses a fact."""

    def __init__(self, world: World) -> None:
        self.facts: list[Fact] = []

    def hear(self, fact: Fact) -> None:
        self.facts.append(fact)

    def check(self, world: World) -> None:
        assert self.facts[:-1] == world.facts, "a fact is missing"


def test_a_journal_can_be_plugged_in() -> None:
    """It hears every fact, and may judge the life."""
    report = simulate(range(3), Forgetful)
    assert report is not None
    assert "a fact is missing" in report


def test_instants_are_aware() -> None:
    """A life that mixed naive instants in would not repeat on another machine."""
    world = World()
    assert isinstance(world.now, datetime)
    assert world.now.tzinfo is not None
