"""Where a tenant keeps its records: by name, and telling each change, so that a journal can keep it too."""

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")
Told = Callable[[str, str, Any], None]


class Shelf(Generic[Value]):
    """A dict of frozen records; ``told(shelf, key, record or None)`` hears of each change after it stands."""

    def __init__(self, name: str, kind: Any, told: Told) -> None:
        self.name = name
        self.kind = kind
        self._told = told
        self._records: dict[str, Value] = {}

    def put(self, key: str, record: Value) -> Value:
        """Keep ``record`` under ``key``, in the place of what stood there."""
        self._records[key] = record
        self._told(self.name, key, record)
        return record

    def remove(self, key: str) -> Value | None:
        """Take the record away; None where there was none."""
        record = self._records.pop(key, None)
        if record is not None:
            self._told(self.name, key, None)
        return record

    def clear(self) -> None:
        for key in list(self._records):
            self.remove(key)

    def get(self, key: str) -> Value | None:
        return self._records.get(key)

    def values(self) -> list[Value]:
        """The records in the order in which they came: a copy, so that a list is stable under change."""
        return list(self._records.values())

    def items(self) -> list[tuple[str, Value]]:
        return list(self._records.items())

    def __getitem__(self, key: str) -> Value:
        return self._records[key]

    def __contains__(self, key: object) -> bool:
        return key in self._records

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._records))

    def __len__(self) -> int:
        return len(self._records)
