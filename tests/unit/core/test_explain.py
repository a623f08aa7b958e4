"""The sentence that every attempt ends with."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from simulator.core.explain import spoken, why
from simulator.core.model import Attempt, Decision, Exchange, Verdict
from tests.support.fake_dialect import HUNG, receiver
from tests.support.machine import T0

MORNING = T0 + timedelta(hours=10)
VERDICTS = {
    "again": Verdict(Decision.AGAIN, 403, "403 is in the retry list"),
    "delivered": Verdict(Decision.DELIVERED, 200, "200 is success"),
    "final": Verdict(Decision.FINAL, 404, "404 is not retried"),
    "not sent": Verdict(Decision.NOT_SENT, -2000, "white space at 17"),
}


def attempt(verdict: str = "again", number: int = 1, retry_at: Any = None, **more: Any) -> Attempt:
    """An attempt of three, begun at ten."""
    return Attempt(
        number=number,
        limit=3,
        verdict=VERDICTS[verdict],
        sent_at=MORNING,
        ended_at=MORNING,
        retry_at=retry_at,
        exchanges=(),
        **more,
    )


HALF_PAST = MORNING + timedelta(minutes=30)
TOMORROW = MORNING + timedelta(days=1)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (attempt(retry_at=HALF_PAST), "403 is in the retry list; attempt 2 of 3 is due at 10:30:00."),
        (attempt(retry_at=TOMORROW), "403 is in the retry list; attempt 2 of 3 is due on 2026-01-02 at 10:00:00."),
        (attempt("delivered"), "200 is success: this callout is delivered."),
        (attempt("final"), "404 is not retried: this callout is finished."),
        (attempt("not sent"), "white space at 17: nothing was sent, and it is not tried again."),
        (attempt(number=3), "403 is in the retry list, and attempt 3 of 3 was the last: this callout is finished."),
        (attempt(number=4), "403 is in the retry list, but by now the limit is 3: this callout is finished."),
        (attempt(retry=False), "403 is in the retry list, but retry is off: this callout is finished."),
        (attempt(resend=True), "403 is in the retry list, but a resend is not retried: this callout is finished."),
        (attempt(number=2), "403 is in the retry list, but its definition was withdrawn: this callout is finished."),
    ],
    ids=lambda it: "" if isinstance(it, Attempt) else it[:40],
)
def test_why(given: Attempt, sentence: str) -> None:
    """It names the rule, then the next step."""
    assert why(given) == sentence


def test_why_names_the_knob_that_cut_the_wait_short() -> None:
    """A slow receiver is not a hung one."""
    from simulator.core.http import compose

    callout = compose("POST", receiver("a").url, [], b"", "r")
    given = replace(attempt(retry_at=HALF_PAST), exchanges=(Exchange(callout, HUNG, MORNING, MORNING),))
    assert why(given).endswith("10:30:00. " + PATIENCE)


PATIENCE = "The simulator's patience cut the wait short: a receiver that is merely slow needs a longer `patience`."


def test_an_instant_is_spoken_with_its_day_where_that_is_another() -> None:
    """Nobody asks for the date of this afternoon."""
    assert spoken(HALF_PAST, MORNING) == "at 10:30:00"
    assert spoken(TOMORROW, MORNING) == "on 2026-01-02 at 10:00:00"
