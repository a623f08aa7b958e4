"""The judgement by the receiver's book: it tells each way in which a run can go wrong."""

from datetime import timedelta

import pytest

from simulator.core.http import compose
from simulator.core.model import Attempt, Decision, Exchange, Outcome, Verdict
from tests.bench.figures import Figure
from tests.bench.results import ROWS, in_order
from tests.bench.tally import FINE, REFUSING, Heard, judged
from tests.support.machine import T0


def heard(*done: str) -> list[Heard]:
    return [Heard("n", f"r{number}", what, b"") for number, what in enumerate(done)]


def recorded(*codes: int) -> list[Attempt]:
    return [
        Attempt(
            number + 1,
            3,
            Verdict(Decision.AGAIN, code, ""),
            T0,
            T0 + timedelta(0),
            None,
            (Exchange(compose("POST", "http://h/", [], b"", f"r{number}"), Outcome(status=code), T0, T0),),
        )
        for number, code in enumerate(codes)
    ]


BAD, GOOD = REFUSING, FINE


@pytest.mark.parametrize(
    ("done", "codes", "wrong"),
    [
        ((BAD, GOOD), (500, 200), ()),
        ((BAD, BAD, BAD), (500, 500, 500), ()),
        ((), (), ("lost",)),
        ((BAD, BAD), (500, 500), ("lost",)),
        ((GOOD, GOOD), (200, 200), ("extra",)),
        ((BAD, BAD, BAD, BAD), (500, 500, 500, 500), ("extra",)),
        ((BAD, GOOD), (500, 500), ("differing",)),
        ((BAD, GOOD), (500,), ("differing",)),
    ],
)
def test_what_is_wrong_is_told(done: tuple[str, ...], codes: tuple[int, ...], wrong: tuple[str, ...]) -> None:
    """Lost, extra, or another history: each by its name and none without cause."""
    tally = judged(heard(*done), {"n": recorded(*codes)})
    assert tuple(name for name in ("lost", "extra", "out_of_order", "differing") if getattr(tally, name)) == wrong
    assert tally.clean is not bool(wrong)


def test_attempts_that_changed_places_are_out_of_order() -> None:
    """The same requests, but the history has them the other way round."""
    tally = judged(heard(BAD, GOOD), {"n": recorded(500, 200)[::-1]})
    assert (tally.out_of_order, tally.lost, tally.extra) == (1, 0, 0)


def test_what_nobody_asked_for_is_extra() -> None:
    """A callout that the history does not know."""
    assert judged(heard(GOOD), {}).extra == 1


def test_the_results_name_every_row_in_order() -> None:
    """One that nobody measured says so."""
    lines = in_order([Figure("speed", "", ""), Figure("X1", "", "3"), Figure("L2", "", "1"), Figure("L1", "", "0")])
    assert [one.row for one in lines] == [*ROWS, "speed"]
    assert {one.row for one in lines if one.figure == "not measured"} == set(ROWS) - {"L1", "L2", "X1"}
