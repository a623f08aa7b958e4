"""Words for durations, sizes and rates: what is read, what is written back, what is refused and how."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.errors import AuthorError
from simulator.core.units import format_duration, format_rate, format_size, parse_duration, parse_rate, parse_size


@pytest.mark.parametrize(
    ("word", "seconds"),
    [
        ("16s", 16),
        ("30m", 1800),
        ("24h", 86400),
        ("2d", 172800),
        ("500ms", 0.5),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("0s", 0),
    ],
)
def test_a_duration_is_a_number_and_its_unit(word: str, seconds: float) -> None:
    """Milliseconds to days, whole or with a point, one after the other."""
    assert parse_duration(word) == timedelta(seconds=seconds)


def test_a_timedelta_is_a_duration_already() -> None:
    """It passes through, so that Python and files may say it in their own ways."""
    assert parse_duration(timedelta(minutes=3)) == timedelta(minutes=3)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        (16, "16 is not a duration: write a number and its unit"),
        ("16", "like 30m, 24h, 15s or 500ms"),
        ("", "'' is not a duration"),
        ("-5s", "'-5s' is not a duration"),
        ("30 m", "'30 m' is not a duration"),
        ("1:30", "'1:30' is not a duration"),
        (True, "True is not a duration"),
        (None, "None is not a duration"),
        ("30min", "'min' in '30min' is not a unit of time (ms, s, m, h, d)"),
        ("3D", "did you mean 'd'?"),
        ("٣s", "is not a duration"),
        ("999999999999999d", "is longer than any duration"),
        ("9" * 5000 + "s", "is not a duration"),
        (timedelta(seconds=-1), "is negative"),
    ],
)
def test_what_is_no_duration_is_told_with_an_example(word: object, told: str) -> None:
    """The message quotes the word, cut where it is long, and says how to write one."""
    with pytest.raises(AuthorError) as fault:
        parse_duration(word)
    assert told in str(fault.value)
    assert len(str(fault.value)) < 200


@pytest.mark.parametrize(
    ("span", "word"),
    [
        (timedelta(0), "0s"),
        (timedelta(minutes=30), "30m"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(days=1), "1d"),
        (timedelta(milliseconds=1.5), "1.5ms"),
        (timedelta(seconds=15, milliseconds=250), "15s250ms"),
        (timedelta(seconds=-30), "-30s"),
    ],
)
def test_a_duration_is_written_in_the_largest_units(span: timedelta, word: str) -> None:
    """As short as exactness allows."""
    assert format_duration(span) == word


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=100_000)))
def test_a_written_duration_reads_back(span: timedelta) -> None:
    """To the microsecond."""
    assert parse_duration(format_duration(span)) == span


@pytest.mark.parametrize(
    ("word", "size"),
    [
        ("200KB", 204_800),
        ("60KB", 61_440),
        ("1B", 1),
        ("1kb", 1024),
        ("1MiB", 1 << 20),
        ("1.5KB", 1536),
        ("7", 7),
        (7, 7),
    ],
)
def test_a_size_counts_in_1024s(word: object, size: int) -> None:
    """A KB is 1,024 bytes, as in the 60 KB that are read of an answer; a bare number counts bytes."""
    assert parse_size(word) == size


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("KB", "is not a size"),
        ("-1B", "is not a size"),
        (-1, "is not a size"),
        (True, "is not a size"),
        (1.5, "is not a size"),
        ("1.5B", "is not a whole number of bytes"),
        ("3XB", "'XB' in '3XB' is not a unit of size"),
    ],
)
def test_what_is_no_size_is_told(word: object, told: str) -> None:
    """With the units that there are."""
    with pytest.raises(AuthorError, match="is not") as fault:
        parse_size(word)
    assert told in str(fault.value)


@given(st.integers(min_value=0, max_value=1 << 40))
def test_a_written_size_reads_back(size: int) -> None:
    """To the byte."""
    assert parse_size(format_size(size)) == size


def test_a_rate_is_a_size_per_second() -> None:
    """At least one byte."""
    assert parse_rate("1B/s") == 1
    assert parse_rate("10KB/s") == 10_240
    assert format_rate(10_240) == "10KB/s"


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("1B", "is not a rate: write bytes per second, like 1B/s"),
        ("1B/m", "is not a rate"),
        ("/s", "is not a rate"),
        (1, "is not a rate"),
        ("0B/s", "never ends"),
    ],
)
def test_what_is_no_rate_is_told(word: object, told: str) -> None:
    """With an example; a rate of nothing is a hang."""
    with pytest.raises(AuthorError) as fault:
        parse_rate(word)
    assert told in str(fault.value)
