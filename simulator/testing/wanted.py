"""What a test waits for, and how far each callout is from it. It decides only that; it moves no time and words no message."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from simulator.core.errors import AuthorError, SimulatorError, near_match
from simulator.core.faults import folded
from simulator.records import PENDING, CalloutRecord

OUTCOMES = (PENDING, "delivered", "failed", "not-sent")


class Missed(SimulatorError, AssertionError):
    """What was awaited or expected did not happen, or what should never happen did; the message tells what did."""


class Wanted(Struct, frozen=True):
    """A callout as it is awaited: every field that is set must hold. ``attempts`` means at least so many."""

    event: str | None = None
    attempts: int | None = None
    outcome: str | None = None
    codes: tuple[int, ...] | None = None
    url: str | None = None
    where: Callable[[CalloutRecord], bool] | None = None

    @classmethod
    def read(cls, **given: Any) -> "Wanted":
        """What is awaited; raises AuthorError for an outcome that does not exist."""
        wanted = {name: value for name, value in given.items() if value is not None}
        if "codes" in wanted:
            wanted["codes"] = tuple(wanted["codes"])
        outcome = wanted.get("outcome")
        if outcome is not None and outcome not in OUTCOMES:
            raise AuthorError(
                f"unknown outcome {outcome!r}{near_match(outcome, OUTCOMES)}; known: {', '.join(OUTCOMES)}"
            )
        return cls(**wanted)

    @property
    def opens(self) -> bool:
        """Whether any callout of the event will do, tried or not."""
        return self.attempts is None and self.outcome is None and self.codes is None

    def differences(self, callout: CalloutRecord) -> list[str]:
        """What differs, a clause each; empty where the callout is the awaited one."""
        made = len(callout.attempts)
        codes = tuple(attempt.response_code for attempt in callout.attempts)
        found = []
        if self.event is not None and folded(self.event) != folded(callout.event):
            found.append(f"event: {callout.event}, wanted {self.event}")
        if self.url is not None and self.url != callout.url:
            found.append(f"url: {callout.url}, wanted {self.url}")
        if self.attempts is not None and made < self.attempts:
            found.append(f"attempts: {made}, wanted at least {self.attempts}")
        if self.codes is not None and codes != self.codes:
            found.append(f"codes: {list(codes)}, wanted {list(self.codes)}")
        if self.outcome is not None and self.outcome != callout.outcome:
            found.append(f"outcome: {callout.outcome}, wanted {self.outcome}")
        if self.where is not None and not found and not self.where(callout):
            found.append("the `where` function says no")
        return found

    def nearest(self, callouts: tuple[CalloutRecord, ...], most: int = 3) -> list[tuple[CalloutRecord, list[str]]]:
        """The callouts that come closest, with what differs."""
        ranked = [(callout, self.differences(callout)) for callout in callouts]
        ranked.sort(key=lambda one: (any(text.startswith("event") for text in one[1]), len(one[1]), -one[0].seq))
        return ranked[:most]

    def __str__(self) -> str:
        parts = [f"a callout of {self.event!r}" if self.event else "a callout"]
        if self.url:
            parts.append(f"to {self.url}")
        if self.attempts is not None:
            parts.append(f"with {self.attempts} attempt{'s' if self.attempts != 1 else ''} or more")
        if self.codes is not None:
            parts.append(f"with the codes {list(self.codes)}")
        if self.outcome:
            parts.append(f"that is {self.outcome}")
        if self.where is not None:
            parts.append("for which `where` holds")
        return " ".join(parts)
