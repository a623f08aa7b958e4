"""What the page needs to know of a simulator, and the only thing it may ask.

The composition implements `Feed` over its ledger. Rows are plain JSON objects as the docstring of this package says.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Protocol

Row = dict[str, Any]


class Subject(StrEnum):
    """What a fact is about."""

    REQUEST = "request"
    CALLOUT = "callout"
    OVERVIEW = "overview"
    RESET = "reset"


Listener = Callable[[Subject, str], None]


class Feed(Protocol):
    """The records, and word of each change. All calls come from the loop's own thread and must not block."""

    def overview(self) -> Row:
        """The server, its clock and its settings."""

    def request_ids(self) -> Sequence[str]:
        """All requests, oldest first."""

    def callout_ids(self) -> Sequence[str]:
        """All callouts, oldest first."""

    def request(self, identity: str) -> Row | None:
        """One request's row; None where it is gone."""

    def callout(self, identity: str) -> Row | None:
        """One callout's row; None where it is gone."""

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener(subject, id)`` after each change, until the returned function is called."""
