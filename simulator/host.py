"""`Simulator`: one simulated provider with its web server, to be used from Python.

``async with Simulator(max_attempts=5) as zuora:`` starts it on a free port of 127.0.0.1; two of them share nothing.
"""

from types import TracebackType
from typing import Any, Self

from simulator.console.ledger_feed import LedgerFeed
from simulator.console.page import add_routes as add_page
from simulator.control.surface import ControlSurface
from simulator.instance import Instance
from simulator.marketing_cloud.handle import CloudHandle
from simulator.marketing_cloud.routes import CloudSurface
from simulator.options import Options
from simulator.runtime.prompt import prompt
from simulator.runtime.server import Server
from simulator.runtime.site import Refused, Site, Surface
from simulator.runtime.tls import LOCAL_NAMES
from simulator.testing.handle import Handle
from simulator.testing.threaded import ThreadedSimulator
from simulator.zuora.surface import ZuoraSurface


class Simulator(Handle):
    """The handle of the default client, and the server behind it.

    Options by keyword are those of `simulator.options.Options`, with the callout settings among them; whoever has read
    them already gives them as they are.

    On a virtual clock (the default) callouts go out when time moves: `advance`, `settle`, `drain`.
    Raises AuthorError for an option that does not exist or is out of range.
    """

    def __init__(self, read: Options | None = None, /, **options: Any) -> None:
        self.options = read if read is not None else Options.read(options)
        instance = Instance(self.options)
        super().__init__(instance, lambda: self.url, instance.client_id, instance.client_secret)
        self.refusals: list[Refused] = []
        self._server: Server | None = None
        self.marketing_cloud = CloudHandle(self.instance.cloud, lambda: self.url, self.client_id, self.client_secret)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Bind and serve. Raises OSError where the port is taken, AuthorError where the state file cannot be used."""
        instance, options = self.instance, self.options
        instance.open()
        surfaces: list[Surface] = [
            ControlSurface(instance),
            CloudSurface(instance.cloud, instance.client_id),
            ZuoraSurface(instance.service, prompt),
        ]
        names = {*LOCAL_NAMES, options.host, *options.server_names}
        tls = instance.authority.server_context(*sorted(names)) if options.tls else None
        site = Site(surfaces, instance.dispatcher.broken.append, self._refused, instance.durable)
        add_page(site.app, LedgerFeed(instance, self._next_commands))
        self._server = Server(site, options.host, options.port, tls)
        await self._server.start()

    def _refused(self, method: str, path: str, status: int, words: str) -> None:
        for hear in self.refusals:
            hear(method, path, status, words)

    async def stop(self) -> None:
        """Stop delivering, then serving."""
        await self.instance.close()
        if self._server is not None:
            await self._server.stop()
        await self.instance.let_go()

    def _next_commands(self) -> tuple[str, ...]:
        """What a newcomer may type to see something on the page."""
        key = f"apiAccessKeyId: {self.client_id}"
        # A secret is on no page: a shell without it says where it is.
        secret = "apiSecretAccessKey: ${ZUORA_CLIENT_SECRET:?is the client secret that the server printed first}"
        headers = f"""-H 'Content-Type: application/json' -H '{key}' -H "{secret}" """
        kept = self.options.certs
        fetch = (
            (f"curl --insecure -o ca.pem {self.url}/_simulator/ca.pem",) if self.options.tls and kept is None else ()
        )
        trust = f"{kept}/ca.pem" if kept is not None else "ca.pem"
        ca, cacert = (f" --ca {trust}", f"--cacert {trust} ") if self.options.tls else ("", "")
        return (
            *fetch,
            f'zuora-simulator trigger "Async Request Succeeded" --to http://localhost:3000/callouts --server {self.url}{ca}',
            f"curl {cacert}-X POST {self.url}/v1/async/accounts {headers}" + """-d '{"name": "Acme"}'""",
        )

    @property
    def serving(self) -> bool:
        """Whether it has been started."""
        return self._server is not None

    @property
    def url(self) -> str:
        """What a client is given as its base URL, without a closing slash."""
        if self._server is None:
            raise RuntimeError("the simulator is not started: use `async with Simulator() as zuora:`")
        return self._server.url

    def tenant(self, client_id: str, client_secret: str) -> Handle:
        """The handle of another client of this simulator."""
        return Handle(self.instance, lambda: self.url, client_id, client_secret)

    @classmethod
    def threaded(cls, **options: Any) -> ThreadedSimulator:
        """The same on a thread of its own, for code that blocks: ``with Simulator.threaded() as zuora:``."""
        return ThreadedSimulator(**options)

    def outcome(self, result: str = "succeed", *, client_id: str | None = None, **rule: Any) -> None:
        """One more rule for how requests end, those of every client; see `Handle.outcome`."""
        self.instance.add_outcome({"result": result, **rule}, client_id)

    @property
    def whose(self) -> None:
        """Of every client: requests, callouts and what is waited for."""

    def __repr__(self) -> str:
        where = self._server.url if self._server else "not started"
        return f"<Simulator {where}, {self.options.clock} clock at {self.now:%Y-%m-%d %H:%M:%S}>"
