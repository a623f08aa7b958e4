"""Records of which a million may be kept though they are equal, kept once: the latest again where the next is like it.

A receiver that is down says the same a million times, and all who failed together are tried again at one instant. It
saves memory alone, and never changes what a record says.
"""

from typing import Generic, TypeVar

Record = TypeVar("Record")


class Latest(Generic[Record]):
    """Of one kind of record."""

    def __init__(self) -> None:
        self._record: Record | None = None

    def like(self, record: Record) -> Record:
        """The latest where it equals ``record``; else ``record``, which is then the latest."""
        if self._record is None or self._record != record:
            self._record = record
        return self._record
