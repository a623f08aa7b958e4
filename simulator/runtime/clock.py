"""The clocks, and the only file that reads one.

A virtual clock stands still until it is moved. A real one runs, at a rate if asked to, and can skip ahead. Neither
knows what is due.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

VIRTUAL_START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """The simulator's time."""

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


class VirtualClock:
    """Stands still; `skip_to` alone moves it."""

    runs = False

    def __init__(self, start: datetime = VIRTUAL_START) -> None:
        self._start = self._now = start

    @property
    def now(self) -> datetime:
        return self._now

    def skip_to(self, at: datetime) -> None:
        self._now = max(self._now, at)

    def seconds_until(self, at: datetime) -> float | None:
        return 0.0 if at <= self._now else None

    def reset(self) -> None:
        self._now = self._start


class RealClock:
    """Runs ``rate`` times as fast as the wall's, from the wall's present or from ``start``."""

    runs = True

    def __init__(self, rate: float = 1.0, start: datetime | None = None) -> None:
        self._rate = rate
        self._given = start
        self.reset()

    @property
    def now(self) -> datetime:
        return self._start + timedelta(seconds=(time.monotonic() - self._since) * self._rate)

    def skip_to(self, at: datetime) -> None:
        ahead = at - self.now
        if ahead > timedelta(0):
            self._start += ahead

    def seconds_until(self, at: datetime) -> float | None:
        return max(0.0, (at - self.now).total_seconds() / self._rate)

    def reset(self) -> None:
        self._start = self._given or datetime.now(UTC)
        self._since = time.monotonic()
