"""Where the lines of a server go.

A server serves on when nobody takes its lines any more, since whoever started it may have wanted only the first one: a pipe
that is closed, or a disk that is full, is no fault of a callout's.
"""

import os
import sys
from contextlib import suppress
from typing import TextIO

from simulator.cli import complain


class Speaker:
    """Says line after line to ``out``, standard output unless given, and falls silent where nobody takes them."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out
        self._heard = True

    def say(self, line: str = "") -> None:
        if not self._heard:
            return
        out = self._out or sys.stdout
        try:
            print(line, file=out, flush=True)
        except (OSError, ValueError) as error:  # a ValueError where it was closed on this side
            self._heard = False
            _let_go(out)
            with suppress(OSError, ValueError):
                complain(f"nobody takes these lines any more ({_reason(error)}): serving on without them", 0)


def _let_go(out: TextIO) -> None:
    """What is left in its buffer goes nowhere: at its end Python would fail on it once more."""
    with suppress(OSError, ValueError):
        file = out.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, file)
        os.close(nowhere)


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
