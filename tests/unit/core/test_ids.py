"""Where ids come from."""

import re
from statistics import fmean
from typing import Any
from uuid import UUID

import pytest

from simulator.core.ids import Ids, hyphenated

HEX = re.compile(r"[0-9a-f]{32}")


def test_an_id_is_shaped_as_a_random_uuid() -> None:
    """32 lower-case hex digits, version 4, hyphenated on demand."""
    ids = Ids(0)
    for number in range(1000):
        assert HEX.fullmatch(ids.hex("x", number))
        assert UUID(ids.hex("x", number)).version == 4
        assert UUID(ids.hex("x", number)).variant == "specified in RFC 4122"
    assert ids.uuid("x", 1) == str(UUID(ids.hex("x", 1))) == hyphenated(ids.hex("x", 1))


def test_the_same_seed_and_purpose_give_the_same_id() -> None:
    """In whatever order they are asked for; this one is written down, so that a run repeats in next year's version too."""
    assert Ids(0).hex("job", "t", 1) == "62d6934af04d4ae89765c63d8a66e0f5"
    first, second = Ids(7), Ids(7)
    second.hex("something else")
    assert first.hex("job", "t", 1) == second.hex("job", "t", 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((0, "a"), (1, "a")),
        ((0, "a"), (0, "b")),
        ((0, "a", 1), (0, "a", 2)),
        ((0, "ab", "c"), (0, "a", "bc")),
        ((0, "a", 1), (0, "a", 1, 0)),
        ((0, "a", 11), (0, "a", 1, 1)),
    ],
)
def test_another_seed_or_purpose_gives_another_id(one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    """The parts of a purpose never run together."""
    assert Ids(one[0]).hex(*one[1:]) != Ids(other[0]).hex(*other[1:])


def test_ids_do_not_repeat() -> None:
    """A hundred thousand of them."""
    ids = Ids(0)
    assert len({ids.hex("x", number) for number in range(100_000)}) == 100_000


def test_fractions_are_spread_evenly() -> None:
    """What is drawn from the seed is as fair as chance."""
    drawn = [Ids(seed).fraction("fault", number) for seed in range(10) for number in range(1000)]
    assert all(0 <= number < 1 for number in drawn)
    assert 0.48 < fmean(drawn) < 0.52
    assert 0.28 < fmean(number < 0.3 for number in drawn) < 0.32
