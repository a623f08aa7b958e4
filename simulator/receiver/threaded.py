"""The receiver for code that blocks: the same one, on a thread and a loop of its own.

This module alone crosses between threads. It decides nothing about requests or answers.
"""

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

from simulator.receiver.book import Where
from simulator.receiver.received import Received
from simulator.receiver.script import Answers
from simulator.receiver.server import Receiver

T = TypeVar("T")


class ThreadedReceiver:
    """As ``Receiver``, with methods that block. Functions in its script run on its thread, one at a time."""

    def __init__(self, answers: Answers = None, **options: Any) -> None:
        self._receiver = Receiver(answers, **options)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._leave: asyncio.Event | None = None

    @property
    def port(self) -> int:
        return self._receiver.port

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT/``, with its slash; ``https`` where there is TLS."""
        return self._receiver.url

    def url_for(self, path: str) -> str:
        """The URL of a path of the receiver, with or without its leading slash."""
        return self._receiver.url_for(path)

    @property
    def ca_pem(self) -> bytes | None:
        """The certificate that a client must trust; None without TLS, and where only the SSL context knows."""
        return self._receiver.ca_pem

    @property
    def answers(self) -> Answers:
        """The script as it was given; setting it starts the new one at its beginning."""
        return self._receiver.answers

    @answers.setter
    def answers(self, answers: Answers) -> None:
        self._receiver.answers = answers

    @property
    def oauth_token(self) -> str | None:
        """The bearer token in force; setting it makes every earlier one worthless."""
        return self._receiver.oauth_token

    @oauth_token.setter
    def oauth_token(self, token: str | None) -> None:
        self._receiver.oauth_token = token

    @property
    def requests(self) -> tuple[Received, ...]:
        """Every request so far, in the order in which they were complete."""
        return self._receiver.requests

    @property
    def count(self) -> int:
        """How many requests have come."""
        return self._receiver.count

    @property
    def accepted(self) -> int:
        """How many connections have been accepted."""
        return self._receiver.accepted

    @property
    def failed_handshakes(self) -> tuple[str, ...]:
        """Why TLS handshakes failed, seen from this side."""
        return tuple(self._receiver.failed_handshakes)

    def seen_by(self, header: str) -> Mapping[str, tuple[Received, ...]]:
        """The requests that the script answered, grouped by the value of a header, in the order of first sight."""
        return self._receiver.seen_by(header)

    def wait_for(self, count: int = 1, *, where: Where | None = None, timeout: float = 5.0) -> tuple[Received, ...]:
        """Blocks until so many requests (those that ``where`` holds for) have come; raises ``NotReceived``."""
        return self._call(self._receiver.wait_for(count, where=where, timeout=timeout))

    def down(self) -> None:
        """Cuts every connection and refuses new ones; the port stays its own. ``up`` ends that."""
        self._call(self._receiver.down())

    def up(self) -> None:
        """Listens again on the same port."""
        self._call(self._receiver.start())

    def start(self) -> None:
        """Starts the thread, and returns when it listens. Raises ``OSError`` where the port is taken."""
        ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="receiver", daemon=True)
        self._thread.start()
        try:
            ready.result()
        except BaseException:
            self._thread.join()
            self._thread = None
            raise

    def stop(self) -> None:
        """Cuts every connection and ends the thread. Does not wait for any answer."""
        thread, self._thread = self._thread, None
        if thread is not None and self._loop is not None and self._leave is not None:
            self._loop.call_soon_threadsafe(self._leave.set)
            thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if error is None:
            self._receiver.raise_faults()

    def __repr__(self) -> str:
        return repr(self._receiver)

    def _run(self, ready: Future[None]) -> None:
        try:
            asyncio.run(self._live(ready))
        except BaseException as fault:  # told in the thread that waits for it
            if not ready.done():
                ready.set_exception(fault)

    async def _live(self, ready: Future[None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._leave = asyncio.Event()
        await self._receiver.start()
        try:
            ready.set_result(None)
            await self._leave.wait()
        finally:
            await self._receiver.stop()

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        if self._thread is None or self._loop is None:
            coroutine.close()
            raise RuntimeError("the receiver is not running: use it inside its `with`")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()
