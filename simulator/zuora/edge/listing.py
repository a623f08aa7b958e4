"""A shelf, or several, listed in pages by position, such that a page's `next` neither skips nor repeats while things change.

While somebody is between two pages, what is removed leaves its place empty; once a list was read to its end, the places
close up. So positions are plain offsets for whoever lists in peace. It decides no form of a `next`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from simulator.core.shelf import Shelf, Told

Value = TypeVar("Value")
GAPS = 1000
"""Empty places that are kept at most for a reader who never came back."""


class _Place(Generic[Value]):
    __slots__ = ("key", "live", "record")

    def __init__(self, key: str, record: Value) -> None:
        self.key = key
        self.record = record
        self.live = True


class Places(Generic[Value]):
    """The positions of some records, by their keys."""

    def __init__(self) -> None:
        self._places: list[_Place[Value]] = []
        self._place_of: dict[str, _Place[Value]] = {}
        self._gaps = 0
        self._reading = False

    def take(self, key: str, record: Value) -> None:
        """A record stands where it stood, a new one at the end."""
        place = self._place_of.get(key)
        if place is None:
            place = self._place_of[key] = _Place(key, record)
            self._places.append(place)
        place.record = record

    def leave(self, key: str) -> None:
        """A record goes; while somebody reads its place stays empty."""
        place = self._place_of.pop(key, None)
        if place is not None:
            place.live = False
            self._gaps += 1
            if not self._reading or self._gaps > GAPS:
                self._close_up()

    def follow(self, records: Mapping[str, Value]) -> None:
        """Be the places of just these: for a list that is made of several shelves."""
        for key in [key for key in self._place_of if key not in records]:
            self.leave(key)
        for key, record in records.items():
            self.take(key, record)

    def page(
        self, start: int, limit: int, wanted: Callable[[Value], bool] = lambda record: True
    ) -> tuple[list[Value], int | None]:
        """Up to ``limit`` records from position ``start`` (from 0), and the position of the next one, None at the end."""
        places = [place for place in self._places if wanted(place.record)]
        found: list[Value] = []
        for position in range(start, len(places)):
            if not places[position].live:
                continue
            if len(found) == limit:
                self._reading = True
                return found, position
            found.append(places[position].record)
        self._reading = False
        self._close_up()
        return found, None

    def _close_up(self) -> None:
        if self._gaps:
            self._places = [place for place in self._places if place.live]
            self._gaps = 0


class Listed(Shelf[Value]):
    """`Shelf`, with pages."""

    def __init__(self, name: str, kind: Any, told: Told) -> None:
        super().__init__(name, kind, told)
        self._places: Places[Value] = Places()

    def put(self, key: str, record: Value) -> Value:
        self._places.take(key, record)
        return super().put(key, record)

    def remove(self, key: str) -> Value | None:
        self._places.leave(key)
        return super().remove(key)

    def clear(self) -> None:
        super().clear()
        self._places = Places()

    def page(
        self, start: int, limit: int, wanted: Callable[[Value], bool] = lambda record: True
    ) -> tuple[list[Value], int | None]:
        """As `Places.page` has it."""
        return self._places.page(start, limit, wanted)
