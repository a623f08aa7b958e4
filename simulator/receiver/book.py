"""What has come so far, and waiting for more of it.

This module alone keeps the receiver's record and decides when somebody who waits has waited enough. It reads no clock:
a wait is bounded by the loop's own timer.
"""

import asyncio
from collections.abc import Callable

from msgspec.structs import replace

from simulator.core.errors import SimulatorError
from simulator.receiver.received import Deed, Received

Where = Callable[[Received], bool]
SHOWN = 50


class NotReceived(SimulatorError, TimeoutError):
    """What was waited for did not come in time; the message lists everything that did."""


class Book:
    """The requests in the order in which they came. ``keep`` bounds how many are held, None for all."""

    def __init__(self, keep: int | None = None) -> None:
        self._keep = keep
        self._kept: list[Received] = []
        self._dropped = 0
        self._waiting: list[asyncio.Future[None]] = []
        self.count = 0
        self.faults: list[Exception] = []

    @property
    def requests(self) -> tuple[Received, ...]:
        # One call that never lets go of the interpreter: threads may look while the loop writes.
        return tuple(self._kept)

    def enter(self, connection: int, head: bytes, body: bytes) -> Received:
        self.count += 1
        received = Received(self.count, connection, head, body)
        self._kept.append(received)
        if self._keep is not None and len(self._kept) >= 2 * max(self._keep, 1):
            surplus = len(self._kept) - self._keep
            self._dropped += surplus
            del self._kept[:surplus]
        self._tell()
        return received

    def note(self, received: Received, answered: int | Deed, *, late: bool = False, challenged: bool = False) -> None:
        """Writes beside a request what was done with it."""
        place = received.number - 1 - self._dropped
        if place >= 0:
            self._kept[place] = replace(received, answered=answered, late=late, challenged=challenged)
        self._tell()

    async def wait_for(self, count: int, where: Where | None, timeout: float) -> tuple[Received, ...]:
        """All requests so far (those that ``where`` holds for), once they are at least ``count``."""
        try:
            async with asyncio.timeout(timeout):
                while not self._enough(count, where):
                    change = asyncio.get_running_loop().create_future()
                    self._waiting.append(change)
                    await change
        except TimeoutError:
            raise NotReceived(self._missed(count, where, timeout)) from None
        return self._wanted(where)

    def _enough(self, count: int, where: Where | None) -> bool:
        return self.count >= count if where is None else len(self._wanted(where)) >= count

    def _wanted(self, where: Where | None) -> tuple[Received, ...]:
        return self.requests if where is None else tuple(received for received in self._kept if where(received))

    def _tell(self) -> None:
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            for change in waiting:
                if not change.done():
                    change.set_result(None)

    def _missed(self, count: int, where: Where | None, timeout: float) -> str:
        got = self.count if where is None else len(self._wanted(where))
        wanted = "" if where is None else " as wanted"
        lines = [f"{got} of {count} requests{wanted} came within {timeout:g} s" + (":" if self.count else "")]
        lines += [f"  {received!r}" for received in self._kept[-SHOWN:]]
        if len(self._kept) > SHOWN:
            lines.insert(1, f"  ... the last {SHOWN} of {self.count}:")
        return "\n".join(lines) if self.count else f"{lines[0]}, nor any other"
