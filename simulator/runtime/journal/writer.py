"""One thread that commits, and whoever waits until what they were told is on disk.

Rows that come in one turn of the loop are one group, and all groups that have gathered while the disk was busy become
one commit. Nothing waits for a timer: at rest a row is on disk in a fraction of a millisecond. Once a commit has failed
none is tried again: what follows would have a hole before it.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime
from queue import Empty, SimpleQueue

from simulator.core.errors import NotKept
from simulator.runtime.journal.file import File
from simulator.runtime.journal.rows import Row, encode, joined

Group = tuple[list[bytes], datetime]


class Writer:
    """Appends to ``file``. To be made within a running loop; ``on_failure`` is called there, once."""

    def __init__(self, file: File, now: Callable[[], datetime], on_failure: Callable[[NotKept], None]) -> None:
        self._file = file
        self._now = now
        self._on_failure = on_failure
        self._loop = asyncio.get_running_loop()
        self._rows: list[bytes] = []
        self._handing = False
        self._asked = 0
        self._kept = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._groups: SimpleQueue[Group | None] = SimpleQueue()
        self.failure: NotKept | None = None
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def write(self, row: Row) -> None:
        """Take a row; it is encoded at once, so that it is what it was when it happened."""
        self._rows.append(encode(row))
        self.touch()

    def touch(self) -> None:
        """Let what there is be committed, and the present instant with it."""
        self._asked += not self._handing
        if not self._handing:
            self._handing = True
            self._loop.call_soon(self._hand_over)

    @property
    def pending(self) -> bool:
        """Whether something is not on disk yet."""
        return self._kept < self._asked

    async def durable(self) -> None:
        """Wait until all that was taken so far is on disk. Raises NotKept."""
        if self.failure is not None:
            raise self.failure
        if self._kept < self._asked:
            kept: asyncio.Future[None] = self._loop.create_future()
            self._waiting.append((self._asked, kept))
            await kept

    async def close(self) -> None:
        """Commit what there is, and end."""
        try:
            await self.durable()
        finally:
            self._groups.put(None)
            self._thread.join()

    def _hand_over(self) -> None:
        rows, self._rows, self._handing = self._rows, [], False
        self._groups.put((rows, self._now()))

    def _run(self) -> None:
        while (group := self._groups.get()) is not None:
            rows, at = group
            number, last = 1, False
            while True:
                try:
                    more = self._groups.get_nowait()
                except Empty:
                    break
                if more is None:
                    last = True
                    break
                rows += more[0]
                at = more[1]
                number += 1
            self._commit(rows, at, number)
            if last:
                return

    def _commit(self, rows: list[bytes], at: datetime, number: int) -> None:
        failure: NotKept | None = None
        if self.failure is None:
            try:
                self._file.append(joined(rows), at)
            except NotKept as error:
                failure = error
            except Exception as error:  # ours, and no less a hole
                failure = NotKept(f"the state file {self._file.path} failed ({type(error).__name__}: {error})")
        try:
            self._loop.call_soon_threadsafe(self._told, number, failure)
        except RuntimeError:  # the loop has ended: nobody waits
            self._groups.put(None)

    def _told(self, number: int, failure: NotKept | None) -> None:
        self._kept += number
        if failure is not None:
            self.failure = failure
        waiting = self._waiting
        while waiting and (waiting[0][0] <= self._kept or self.failure is not None):
            _, kept = waiting.popleft()
            if kept.done():
                continue  # whoever waited has given up
            if self.failure is not None:
                kept.set_exception(self.failure)
            else:
                kept.set_result(None)
        if failure is not None:
            self._on_failure(failure)
