"""Who stands beside the simulator in a measurement, each as a process: the receiver, and the bare aiohttp programs.

``python -m tests.bench.parties receiver|tls-receiver|acceptor|caller ...``
"""

import asyncio
import atexit
import json
import ssl
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from time import perf_counter, process_time
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from simulator.runtime.lanes import PER_RECEIVER
from tests.bench.programs import Program

ANSWER = {"requestId": "b3c6a1f0-8a7d-4c55-9d25-2f7b3a4d1e60"}


class Told:
    """A receiver as a process: where it is, whose certificates it shows, how many requests it has had by its own count."""

    def __init__(self, kind: str = "receiver", answers: str = "[200]") -> None:
        self.program = Program.python("-m", "tests.bench.parties", kind, answers)
        self.url, self.ca = self.program.line().split()

    def count(self, at_least: int = 0, within: float = 60.0) -> int:
        """How many requests have come, once they are ``at_least`` so many, or when the time is up."""
        self.program.say(f"{at_least} {within}")
        return int(self.program.line())


class Served:
    """`zuora-simulator serve` as a process, with a token for its default client."""

    def __init__(self, *flags: str) -> None:
        self.program = Program.python("-m", "simulator", "serve", "--port", "0", "--format", "json", *flags)
        ready = json.loads(self.program.line())
        self.url: str = ready["url"]
        self.port = int(self.url.rpartition(":")[2])
        form = {"client_id": ready["clientId"], "client_secret": ready["clientSecret"]}
        body = urlencode(form | {"grant_type": "client_credentials"}).encode()
        with urlopen(f"{self.url}/oauth/token", body) as answer:  # noqa: S310 - our own server, over http
            self.token: str = json.load(answer)["access_token"]

    def post(self, path: str, body: Any) -> Any:
        """A JSON request with the token, and what was answered."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = Request(self.url + path, json.dumps(body).encode(), headers)  # noqa: S310 - our own server, over http
        with urlopen(request) as answer:  # noqa: S310 - the same
            return json.load(answer)

    def define(self, url: str) -> None:
        """Lets ``url`` hear of every asynchronous request that succeeded."""
        callout = {"name": "bench", "calloutBaseurl": url, "httpMethod": "POST", "active": True, "requiredAuth": False}
        definition = {"name": "bench", "eventTypeName": "AsyncRequestSucceeded", "active": True, "calloutActive": True}
        profile = {"communicationProfileId": "0" * 32}
        self.post("/notifications/notification-definitions", {**definition, **profile, "callout": callout})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.program.__exit__(kind, error, trace)


async def _input() -> Callable[[], Awaitable[str]]:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def line() -> str:
        return (await reader.readline()).decode().strip()

    return line


async def _receiver(kind: str, answers: str) -> None:
    from simulator import Receiver
    from simulator.receiver.book import NotReceived

    line = await _input()
    async with Receiver(answers=json.loads(answers), tls=kind == "tls-receiver", keep=10) as receiver:
        print(receiver.url, _kept(receiver.ca_pem or b""), flush=True)
        while asked := await line():
            at_least, within = asked.split()
            with suppress(NotReceived):
                await receiver.wait_for(int(at_least), timeout=float(within))
            print(receiver.count, flush=True)


def _kept(certificate: bytes) -> str:
    folder = tempfile.TemporaryDirectory()  # gone at the exit
    atexit.register(folder.cleanup)
    path = Path(folder.name) / "ca.pem"
    path.write_bytes(certificate)
    return str(path)


async def _acceptor() -> None:
    """The bare counterpart of acceptance: parses JSON and answers 202."""
    from aiohttp import web

    async def accept(request: web.Request) -> web.Response:
        await request.json()
        return web.json_response(ANSWER, status=202)

    app = web.Application()
    app.router.add_post("/v1/async/accounts", accept)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    assert site._server is not None
    print(site._server.sockets[0].getsockname()[1], flush=True)  # type: ignore[attr-defined]  # typed as an abstract server
    await asyncio.Event().wait()


async def _caller(url: str, ca: str, calls: int, fresh: bool) -> None:
    """The bare counterpart of delivery: workers that post in turn with one session, and read the answer."""
    import aiohttp

    context = ssl.create_default_context(cafile=ca)
    connector = aiohttp.TCPConnector(limit=PER_RECEIVER, force_close=fresh, ssl=context)
    turns = iter(range(calls))
    async with aiohttp.ClientSession(connector=connector) as session:

        async def worker() -> None:
            for turn in turns:
                async with session.post(url, json={"AccountId": str(turn)}) as answer:
                    await answer.read()

        begun, spent = perf_counter(), process_time()
        await asyncio.gather(*(worker() for _ in range(PER_RECEIVER)))
        print(perf_counter() - begun, process_time() - spent, flush=True)


async def _delivering(url: str, ca: str, calls: int, fresh: bool) -> None:
    """The simulator's delivery alone, live: events are there, and then they all go out."""
    from simulator import Simulator

    async with Simulator(clock="real", reuse_connections=not fresh, ca=ca) as zuora:
        zuora.notify("Payment Declined", url)
        for number in range(calls):
            zuora.fire("Payment Declined", AccountId=str(number))
        begun, spent = perf_counter(), process_time()
        await zuora.settle()
        print(perf_counter() - begun, process_time() - spent, flush=True)


def main(kind: str, *given: str) -> None:
    match kind:
        case "receiver" | "tls-receiver":
            asyncio.run(_receiver(kind, *given))
        case "acceptor":
            asyncio.run(_acceptor())
        case "caller" | "delivering":
            url, ca, calls, policy = given
            party = _caller if kind == "caller" else _delivering
            asyncio.run(party(url, ca, int(calls), policy == "fresh"))


if __name__ == "__main__":
    main(*sys.argv[1:])
