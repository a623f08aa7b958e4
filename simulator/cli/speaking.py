"""Where the lines of a server go, and what becomes of them when they are not taken.

A server serves on whether or not anybody reads what it says, since whoever started it may have wanted only the first line: a
pipe that is closed, one that is full, or a disk that is full, is no fault of a callout's.
"""

import asyncio
import os
import select
import stat
import sys
from collections import deque
from contextlib import suppress
from typing import TextIO

from simulator.cli import complain

SLICE = 1000
"""Characters; a pipe that has room at all has room for as many, whatever their encoding (POSIX: 4,096 bytes)."""

MOST_KEPT = 20_000
"""Slices for a reader that is slow; for one that never reads they are enough."""

PATIENCE = 1.0
"""Seconds that are left to a slow reader at the end."""


class Speaker:
    """Says line after line to ``out``, standard output unless given; never waits for whoever reads them."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out
        self._heard = True
        self._kept: deque[str] = deque()
        self._watched: int | None = None  # the pipe whose room is waited for
        self._taken: asyncio.Future[None] | None = None

    def say(self, line: str = "") -> None:
        """Say a line, now or as soon as there is room for it."""
        if not self._heard:
            return
        text = line + "\n"
        self._kept.extend(text[at : at + SLICE] for at in range(0, len(text), SLICE))
        if len(self._kept) > MOST_KEPT:
            self._fall_silent("their reader does not read")
        self._go_on()

    async def finish(self) -> None:
        """Say what was kept, as far as it is taken in ``PATIENCE``."""
        if self._watched is not None:
            self._taken = asyncio.get_running_loop().create_future()
            await asyncio.wait([self._taken], timeout=PATIENCE)

    def _go_on(self) -> None:
        while self._kept and self._room():
            self._print(self._kept.popleft())
        if self._kept and self._watched is None:
            with suppress(RuntimeError):  # no loop runs: what is kept goes with the next line
                loop = asyncio.get_running_loop()
                self._watched = self._pipe()
                if self._watched is not None:
                    loop.add_writer(self._watched, self._go_on)
        elif not self._kept and self._watched is not None:
            asyncio.get_running_loop().remove_writer(self._watched)
            self._watched = None
            if self._taken is not None and not self._taken.done():
                self._taken.set_result(None)

    def _room(self) -> bool:
        file = self._pipe()
        return file is None or bool(select.select([], [file], [], 0)[1])

    def _pipe(self) -> int | None:
        """The file of a pipe, whose reader may leave it full; None for anything else."""
        if os.name != "posix":
            return None
        with suppress(OSError, ValueError):
            file = (self._out or sys.stdout).fileno()
            return file if stat.S_ISFIFO(os.fstat(file).st_mode) else None
        return None

    def _print(self, text: str) -> None:
        try:
            print(text, end="", file=self._out or sys.stdout, flush=True)
        except (OSError, ValueError) as error:  # a ValueError where it was closed on this side
            self._fall_silent((isinstance(error, OSError) and error.strerror) or str(error))

    def _fall_silent(self, why: str) -> None:
        out = self._out or sys.stdout
        self._heard = False
        self._kept.clear()
        with suppress(OSError, ValueError):
            complain(f"nobody takes these lines any more ({why}): serving on without them", 0)
        # What is left in its buffer goes nowhere: at its end Python would fail on it once more.
        with suppress(OSError, ValueError):
            file = out.fileno()
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, file)
            os.close(nowhere)
