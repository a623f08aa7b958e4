"""Server-sent events: each reader gets whole rows, newest first, then whatever changes.

It alone decides what goes out when. There is no queue of events: a reader owns the set of ids that it has not seen in
their present state, so a slow one gets fewer and larger frames, and never costs more than one id per record.
"""

import asyncio
from collections.abc import Callable

import msgspec
from aiohttp import web

from simulator.console.feed import Feed, Row, Subject

FRAME_ROWS = 250
FRAME_PAUSE = 0.05
BACKLOG_PAUSE = 0.005
SILENCE = 1.0
BEATS = 10
PATIENCE = 30.0
MOST_READERS = 64


class Reader:
    """What one page has yet to be told."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._wake = asyncio.Event()
        self._begin()
        self._leave: Callable[[], None] = feed.listen(self._heard)

    def _begin(self) -> None:
        self._fresh = True
        self._told: Row = {}
        self._clock: Row = {}
        self._changed: dict[tuple[Subject, str], None] = {}
        # Popped from the end: the newest record goes out first.
        self._callouts = list(self._feed.callout_ids())
        self._requests = list(self._feed.request_ids())
        self._wake.set()

    def _heard(self, subject: Subject, identity: str) -> None:
        if subject is Subject.RESET:
            self._begin()
        elif subject is not Subject.OVERVIEW:
            self._changed[subject, identity] = None
        self._wake.set()

    def close(self) -> None:
        """Hear no more."""
        self._leave()

    @property
    def behind(self) -> bool:
        """Whether there is something to tell."""
        return bool(self._fresh or self._changed or self.backlog or self._moved())

    @property
    def backlog(self) -> int:
        """How many old records have not been told for the first time."""
        return len(self._callouts) + len(self._requests)

    def _news(self) -> tuple[Row, Row | None]:
        """The clock, and the rest of the overview where it is another than was told."""
        overview = self._feed.overview()
        clock: Row = overview.pop("clock")
        return clock, overview if overview != self._told else None

    def _moved(self) -> bool:
        clock, overview = self._news()
        return overview is not None or (clock != self._clock and clock.get("kind") != "real")

    async def wait(self, seconds: float) -> bool:
        """Wait until there is something to tell; False after ``seconds`` of silence."""
        if self.behind:
            return True
        self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return self.behind
        return True

    def frame(self) -> bytes:
        """The next event: at most `FRAME_ROWS` rows of each kind, what changed before what is old.

        Empty but for the clock where nothing is new.
        """
        message: Row = {}
        name = "records"
        if self._fresh:
            name, self._fresh = "snapshot", False
            message["requestCount"] = len(self._requests)
            message["calloutCount"] = len(self._callouts)
        # A running clock is told with every frame: it may have been moved ahead meanwhile.
        self._clock, overview = self._news()
        message["clock"] = self._clock
        if overview is not None:
            message["overview"] = self._told = overview
        requests: list[Row | None] = []
        callouts: list[Row | None] = []
        for subject, identity in list(self._changed)[:FRAME_ROWS]:
            del self._changed[subject, identity]
            if subject is Subject.REQUEST:
                requests.append(self._feed.request(identity))
            else:
                callouts.append(self._feed.callout(identity))
        while self._requests and len(requests) < FRAME_ROWS:
            requests.append(self._feed.request(self._requests.pop()))
        while self._callouts and len(callouts) < FRAME_ROWS:
            callouts.append(self._feed.callout(self._callouts.pop()))
        message["requests"] = [row for row in requests if row is not None]
        message["callouts"] = [row for row in callouts if row is not None]
        return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(message) + b"\n\n"


class Stream:
    """The endpoint, and the readers it holds open until the server stops."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._open: set[asyncio.Task[None]] = set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """``GET /_simulator/stream``; 503 where `MOST_READERS` are reading already."""
        if len(self._open) >= MOST_READERS:
            raise web.HTTPServiceUnavailable(text=f"{MOST_READERS} pages are open already; close one")
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        await response.prepare(request)
        task = asyncio.create_task(self._tell(response))
        self._open.add(task)
        try:
            await asyncio.wait([task])
        finally:
            self._open.discard(task)
            task.cancel()
        return response

    async def _tell(self, response: web.StreamResponse) -> None:
        reader = Reader(self._feed)
        silent = 0
        try:
            while True:
                # Time may move without a fact, and a line that nothing uses may be cut: both are looked at by the second.
                silent = 0 if await reader.wait(SILENCE) else silent + 1
                if silent % BEATS:
                    continue
                await asyncio.wait_for(response.write(reader.frame()), PATIENCE)
                # A pause gathers what changes meanwhile, and leaves the loop to the callouts themselves.
                await asyncio.sleep(BACKLOG_PAUSE if reader.backlog else FRAME_PAUSE)
        except (ConnectionError, TimeoutError):
            return
        finally:
            reader.close()

    async def close(self, _app: web.Application) -> None:
        """Let every reader go; a page then says that the server has stopped, and looks for its return."""
        for task in self._open:
            task.cancel()
        if self._open:
            await asyncio.wait(self._open)
