"""What a measurement says: a figure with its spread, the bound that it is held to, and what the load was."""

import statistics
from collections.abc import Sequence

from msgspec import Struct


class Figure(Struct, frozen=True):
    """One line of the results. ``row`` is where it was promised; ``holds`` is None where nothing was promised."""

    row: str
    what: str
    figure: str
    bound: str = ""
    holds: bool | None = None
    load: str = ""

    def __str__(self) -> str:
        asked = f" (bound {self.bound})" if self.bound else ""
        missed = "  <-- missed" if self.holds is False else ""
        return f"{self.row}: {self.what}: {self.figure}{asked}{missed}"


def spread(values: Sequence[float], form: str = ".2f", unit: str = "") -> str:
    """The median, and the least and the most."""
    middle = statistics.median(values)
    return f"{middle:{form}}{unit} ({min(values):{form}} to {max(values):{form}}, {len(values)} rounds)"


def told(row: str, what: str, milliseconds: Sequence[float], bound: float) -> Figure:
    """So many milliseconds, the median held to a bound."""
    holds = statistics.median(milliseconds) <= bound
    return Figure(row, what, spread(milliseconds, ".1f", " ms"), f"at most {bound:g} ms", holds)
