"""The clocks, and the only file that reads one.

A virtual clock stands still until it is moved. A real one runs, at a rate if asked to, and can skip ahead. Neither
knows what is due.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

VIRTUAL_START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """The simulator's time. ``moved`` is called after somebody has moved it; that it runs is told to nobody."""

    moved: Callable[[], None]

    @property
    def now(self) -> datetime:
        """The present instant, in UTC."""

    @property
    def runs(self) -> bool:
        """Whether it moves by itself."""

    def skip_to(self, at: datetime) -> None:
        """Move ahead to ``at``; an instant that has passed moves nothing."""

    def seconds_until(self, at: datetime) -> float | None:
        """Real seconds until ``at`` comes by itself; None where it never does."""

    def reset(self) -> None:
        """Begin again where the clock began."""

    def resume(self, at: datetime) -> None:
        """Go on from ``at``, where it stood when it was stopped."""


def _unheard() -> None:
    """Nobody wants to know that a clock was moved."""


class VirtualClock:
    """Stands still; `skip_to` alone moves it."""

    runs = False

    def __init__(self, start: datetime = VIRTUAL_START) -> None:
        self._start = self._now = start
        self.moved: Callable[[], None] = _unheard

    @property
    def now(self) -> datetime:
        return self._now

    def skip_to(self, at: datetime) -> None:
        if at > self._now:
            self._now = at
            self.moved()

    def seconds_until(self, at: datetime) -> float | None:
        return 0.0 if at <= self._now else None

    def reset(self) -> None:
        self._now = self._start
        self.moved()

    def resume(self, at: datetime) -> None:
        self._now = at


class RealClock:
    """Runs ``rate`` times as fast as the wall's, from the wall's present or from ``start``."""

    runs = True

    def __init__(self, rate: float = 1.0, start: datetime | None = None) -> None:
        self._rate = rate
        self._given = start
        self.moved: Callable[[], None] = _unheard
        self.reset()

    @property
    def now(self) -> datetime:
        return self._start + timedelta(seconds=(time.monotonic() - self._since) * self._rate)

    def skip_to(self, at: datetime) -> None:
        ahead = at - self.now
        if ahead > timedelta(0):
            self._start += ahead
            self.moved()

    def seconds_until(self, at: datetime) -> float | None:
        return max(0.0, (at - self.now).total_seconds() / self._rate)

    def reset(self) -> None:
        self._start = self._given or datetime.now(UTC)
        self._since = time.monotonic()
        self.moved()

    def resume(self, at: datetime) -> None:
        self.skip_to(at)  # it has run on meanwhile, unless it ran fast or ahead of the wall's
