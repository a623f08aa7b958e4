"""What is due, in order of time; what is due at one instant, in order of insertion.

What was put off leaves its entry behind: whoever takes one asks whether it still holds.
"""

from collections.abc import Callable
from datetime import datetime
from heapq import heapify, heappop, heappush
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

    def keep(self, wanted: Callable[[Item], bool]) -> None:
        """Forget every item that is not ``wanted``; the order of the others stands."""
        self._heap = [entry for entry in self._heap if wanted(entry[2])]
        heapify(self._heap)

    def __len__(self) -> int:
        return len(self._heap)
