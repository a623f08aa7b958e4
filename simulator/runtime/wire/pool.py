"""Connections that wait for another request, for ``reuse_connections``.

It alone decides how many wait and for how long. A connection that the receiver closes meanwhile falls out by itself.
"""

import asyncio
from typing import NamedTuple

from simulator.runtime.wire.line import Line

IDLE_SECONDS = 4.0
"""Shorter than the 5 s after which Node, the most impatient of the common servers, closes an idle connection."""

IDLE_PER_ORIGIN = 64


class Origin(NamedTuple):
    """What two requests must have in common to share a connection."""

    scheme: str
    host: str
    port: int
    dial_host: str
    dial_port: int


class Pool:
    """Idle lines by origin; the one that waited least goes first."""

    def __init__(self) -> None:
        self._idle: dict[Origin, list[Line]] = {}
        self._sweep: asyncio.TimerHandle | None = None

    def take(self, origin: Origin, now: float) -> Line | None:
        """An idle line, None where there is none; ``now`` is loop time."""
        lines = self._idle.get(origin, [])
        while lines:
            line = lines.pop()
            if line.idle and now - line.idle_since < IDLE_SECONDS:
                return line
            line.close()
        return None

    def give(self, origin: Origin, line: Line, loop: asyncio.AbstractEventLoop) -> None:
        """Let ``line`` wait, or close it where enough wait already."""
        lines = self._idle.setdefault(origin, [])
        if len(lines) >= IDLE_PER_ORIGIN:
            line.close()
            return
        line.idle_since = loop.time()
        lines.append(line)
        if self._sweep is None:
            self._sweep = loop.call_later(IDLE_SECONDS, self._expire, loop)

    def close(self) -> None:
        """Close all that wait."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        for lines in self._idle.values():
            for line in lines:
                line.close()
        self._idle.clear()

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._sweep = None
        now = loop.time()
        for origin, lines in list(self._idle.items()):
            fresh = [line for line in lines if line.idle and now - line.idle_since < IDLE_SECONDS]
            for line in set(lines).difference(fresh):
                line.close()
            if fresh:
                self._idle[origin] = fresh
            else:
                del self._idle[origin]
        if self._idle:
            self._sweep = loop.call_later(IDLE_SECONDS, self._expire, loop)
