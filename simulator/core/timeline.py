"""What is due, in order of time; what is due at one instant, in order of insertion.

What was put off leaves its entry behind: whoever takes one asks whether it still holds.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Timeline(Generic[Item]):
    """A heap of instants, and what falls due at each: what fails together is tried again together, by the million."""

    def __init__(self) -> None:
        self._instants: list[datetime] = []
        self._due: dict[datetime, list[Item] | deque[Item]] = {}

    def add(self, at: datetime, item: Item) -> None:
        """Let ``item`` fall due at ``at``."""
        items = self._due.get(at)
        if items is not None:
            items.append(item)
            return
        self._due[at] = [item]
        heappush(self._instants, at)

    def peek(self) -> tuple[datetime, Item] | None:
        """The next entry, without taking it."""
        if not self._instants:
            return None
        at = self._instants[0]
        return at, self._due[at][0]

    def pop(self) -> tuple[datetime, Item]:
        """Take the next entry."""
        at = self._instants[0]
        items = self._due[at]
        if len(items) == 1:
            heappop(self._instants)
            return at, self._due.pop(at)[0]
        if not isinstance(items, deque):  # a list is smaller while it waits, and a queue is quicker to take from
            items = self._due[at] = deque(items)
        return at, items.popleft()

    def keep(self, wanted: Callable[[Item], bool]) -> None:
        """Forget every item that is not ``wanted``; the order of the others stands."""
        kept = {at: [item for item in items if wanted(item)] for at, items in self._due.items()}
        self._due = {at: items for at, items in kept.items() if items}
        self._instants = list(self._due)
        heapify(self._instants)

    def __len__(self) -> int:
        return sum(map(len, self._due.values()))
