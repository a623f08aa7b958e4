"""An event loop on a thread of its own, and the way there and back.

This module alone crosses between threads. What is raised for the caller's sake comes back without the way that it took.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from simulator.core.errors import AuthorError, ClientError, OurFault, StillBusy
from simulator.testing.wanted import Missed

T = TypeVar("T")
PLAIN = (AuthorError, ClientError, Missed, StillBusy)
"""What a reader wants the message of, and not the way across the threads."""


def plain(caught: Any) -> bool:
    """Whether pytest is to leave out our own lines when it shows where something was raised."""
    return isinstance(caught.value, PLAIN)


__tracebackhide__ = plain


class Loop:
    """An event loop on a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="zuora-simulator", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    @property
    def runs(self) -> bool:
        """Whether it may be asked for anything."""
        return not self._loop.is_closed()

    def start(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Begin ``work`` there. Raises OurFault where nothing runs there any more."""
        if not self.runs:
            work.close()
            raise OurFault("the simulator has stopped: use its handle inside the `with`, or inside the test")
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Do ``work`` there and wait for its answer."""
        if threading.current_thread() is self._thread:
            work.close()
            raise OurFault("the simulator's own loop may not wait for itself: use the asynchronous handle there")
        try:
            return self.start(work).result()
        except PLAIN as error:
            raise error.with_traceback(None) from None

    def call(self, function: Callable[[], T]) -> T:
        """Call ``function`` there and wait for its answer."""

        async def calling() -> T:
            return function()

        return self.wait(calling())

    def close(self) -> None:
        """Stop, and wait for the thread to end."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()  # somebody still waits for something that will not come any more
        if left:
            self._loop.run_until_complete(asyncio.wait(left))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()
