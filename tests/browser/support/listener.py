"""The application under test, as far as a callout sees it: it answers by a list and keeps what it got."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web


class Listener:
    """``answers`` are statuses or whole bodies to send with 200, one a request; the last one repeats."""

    def __init__(self, answers: Sequence[int | str]) -> None:
        self.answers = list(answers)
        self.got: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.got.append((request.method, request.path_qs, dict(request.headers), await request.read()))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, int):
            return web.Response(status=answer)
        return web.Response(text=answer, headers={"X-Told": answer.replace("\n", " ")}, content_type="text/html")


@asynccontextmanager
async def listening(*answers: int | str) -> AsyncIterator[Listener]:
    """A listener on a free port of 127.0.0.1."""
    listener = Listener(answers or (200,))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", listener.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    listener.url = f"http://{host}:{port}/callouts"
    try:
        yield listener
    finally:
        await runner.cleanup()
