"""What is due, in order of time; what is due at one instant, in order of insertion.

It never removes an entry before its time: whoever takes one asks whether it still holds.
"""

from datetime import datetime
from heapq import heappop, heappush
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Timeline(Generic[Item]):
    """A heap of (instant, insertion, item)."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Item]] = []
        self._inserted = 0

    def add(self, at: datetime, item: Item) -> None:
        """Let ``item`` fall due at ``at``."""
        self._inserted += 1
        heappush(self._heap, (at, self._inserted, item))

    def peek(self) -> tuple[datetime, Item] | None:
        """The next entry, without taking it."""
        return (self._heap[0][0], self._heap[0][2]) if self._heap else None

    def pop(self) -> tuple[datetime, Item]:
        """Take the next entry."""
        at, _, item = heappop(self._heap)
        return at, item

    def __len__(self) -> int:
        return len(self._heap)
