"""What a simulator may be asked for: ranges that keep every instant on the calendar, and values of the right kind."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from simulator.core.errors import AuthorError
from simulator.options import Options

NAIVE = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"rate": float("inf")}, "rate must be greater than 0 and at most 1,000,000, not inf"),
        ({"rate": float("nan")}, "rate must be greater than 0"),
        ({"latency": timedelta(days=9_999_999)}, "latency must be from 0s to 3650d, not 9999999d"),
        ({"token_lifetime": timedelta(days=9_999_999)}, "token_lifetime must be longer than 0 and at most 3650d"),
        ({"token_lifetime": timedelta(0)}, "token_lifetime must be longer than 0 and at most 3650d, not 0s"),
        ({"start": datetime(9999, 12, 31, tzinfo=UTC)}, "start must be before the year 9000"),
    ],
)
def test_what_no_calendar_has_is_refused(given: dict[str, Any], says: str) -> None:
    """Taken as they were, each of these made every request a fault of the simulator itself."""
    with pytest.raises(AuthorError) as refused:
        Options.read(given)
    assert str(refused.value).startswith(says)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"start": "2026-01-01"}, "start must be a datetime with a time zone, not '2026-01-01'"),
        ({"start": NAIVE}, "start must be an instant with a time zone"),
        ({"latency": 5}, "latency must be a timedelta, such as timedelta(seconds=5), not 5"),
        ({"rate": "fast"}, "rate must be a number, not 'fast'"),
        ({"allow_hosts": "example.com"}, "allow_hosts must be a list of host names, not 'example.com'"),
        ({"strict_urls": "no"}, "strict_urls must be True or False, not 'no'"),
        ({"host": None}, "host must be a text, not None"),
        ({"retain": "10"}, "retain must be a whole number, not '10'"),
        ({"delivery": "collect", "answers": 503}, "answers must be a list of answers, not 503"),
        ({"answers": [503]}, "answers must be left out without delivery='collect', not [503]"),
        ({"routes": ["a=b:1"]}, "routes must be a mapping"),
    ],
)
def test_a_value_of_another_kind_is_refused(given: dict[str, Any], says: str) -> None:
    """In a sentence, before anything starts: the letters of a text are not a list of hosts."""
    with pytest.raises(AuthorError) as refused:
        Options.read(given)
    assert str(refused.value).startswith(says)


def test_the_first_instant_is_counted_in_utc() -> None:
    """Whatever its time zone: what goes onto the wire says Z."""
    start = Options.read({"start": datetime(2026, 1, 1, 5, tzinfo=timezone(timedelta(hours=5)))}).start
    assert start is not None
    assert (start.hour, start.tzinfo) == (0, UTC)
