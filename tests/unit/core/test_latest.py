"""What is like the latest is the latest."""

from datetime import timedelta

from simulator.core.latest import Latest
from tests.support.machine import T0


def test_what_is_like_the_latest_is_the_latest() -> None:
    """The very same; what is another is itself, and the latest from then on."""
    latest: Latest[object] = Latest()
    first, like_it, other = T0 + timedelta(1), T0 + timedelta(1), T0
    assert first is not like_it
    assert latest.like(first) is first
    assert latest.like(like_it) is first
    assert latest.like(other) is other
    assert latest.like(like_it) is like_it


def test_nothing_is_like_what_never_was() -> None:
    """A record that is equal to everything is kept as it is, too."""

    class Any:
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]  # it is nobody's key

    latest: Latest[object] = Latest()
    given = Any()
    assert latest.like(given) is given
