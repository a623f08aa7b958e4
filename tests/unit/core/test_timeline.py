"""What is due, in order."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from simulator.core.timeline import Timeline

T0 = datetime(2026, 1, 1, tzinfo=UTC)
ENTRIES = st.lists(st.integers(0, 5))


def filled(minutes: list[int]) -> Timeline[int]:
    """Items 0, 1, 2 ... due at those minutes."""
    timeline: Timeline[int] = Timeline()
    for item, minute in enumerate(minutes):
        timeline.add(T0 + timedelta(minutes=minute), item)
    return timeline


def emptied(timeline: Timeline[int]) -> list[tuple[int, int]]:
    """Its entries as (minute, item), in the order in which they come."""
    entries = []
    while timeline.peek() is not None:
        peeked = timeline.peek()
        at, item = timeline.pop()
        assert peeked == (at, item)
        entries.append(((at - T0) // timedelta(minutes=1), item))
    assert len(timeline) == 0
    return entries


@given(ENTRIES)
def test_in_order_of_time_then_of_insertion(minutes: list[int]) -> None:
    """Ties go to whoever came first: Python's stable sort says the same."""
    order = sorted(range(len(minutes)), key=lambda item: minutes[item])
    assert emptied(filled(minutes)) == [(minutes[item], item) for item in order]


@given(ENTRIES, st.integers(1, 4))
def test_what_is_kept_keeps_its_order(minutes: list[int], modulus: int) -> None:
    """Forgetting some leaves the others as they were."""
    timeline = filled(minutes)
    timeline.keep(lambda item: item % modulus == 0)
    assert emptied(timeline) == [entry for entry in emptied(filled(minutes)) if entry[1] % modulus == 0]


def test_an_empty_timeline_has_nothing_next() -> None:
    """It says so, and does not raise."""
    timeline: Timeline[int] = Timeline()
    assert timeline.peek() is None
    assert len(timeline) == 0
