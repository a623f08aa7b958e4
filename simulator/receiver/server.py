"""The receiver: where it listens, what it asks, what it keeps, and how it comes to an end.

This module alone owns the listening socket. The port is held from the moment that anybody knows its number, and stays
the receiver's while it is down.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from msgspec.structs import replace

from simulator.core.errors import AuthorError, near_match
from simulator.receiver.access import DEFAULT_TOKEN, Access, TokenCredentials, pair
from simulator.receiver.book import Book, Where
from simulator.receiver.connection import Connection, Pause
from simulator.receiver.doorstep import Doorstep
from simulator.receiver.received import Received
from simulator.receiver.script import Answers, Script

if TYPE_CHECKING:
    from simulator.receiver.threaded import ThreadedReceiver
    from simulator.runtime.authority import Authority

BACKLOG = 4096
TURNS = 4


class Receiver:
    """A real HTTP or HTTPS server that answers by a script and records what it got, byte for byte.

    >>> async with Receiver(answers=[503, 200], basic_auth=("user", "pass")) as receiver:
    ...     print(receiver.url)

    ``answers``: a status, an answer with keys (``Answer.read``), a function of the request, a list of these whose last one
    repeats, or a mapping of paths to any of these; 200 unless given. A challenge uses none of them up.
    ``basic_auth``: user and password to ask for. ``oauth_token``: the bearer token to ask for; ``token_endpoint``: the path
    that issues it, to ``oauth_client`` (id and secret; anybody unless given) named in the ``form``, by ``basic`` or ``either``.
    ``tls``, for HTTPS: True for an authority of its own, in memory (``ca_pem`` is what a client must then trust), an
    ``Authority`` that signs for it, or a server's SSL context. ``keep``: how many requests to hold at least, all unless given.
    ``pause``: what waits so many seconds for the sake of a delay, ``asyncio.sleep`` unless given.
    """

    def __init__(
        self,
        answers: Answers = None,
        *,
        basic_auth: tuple[str, str] | None = None,
        oauth_token: str | None = None,
        token_endpoint: str | None = None,
        oauth_client: tuple[str, str] | None = None,
        token_credentials: str = TokenCredentials.EITHER,
        tls: "ssl.SSLContext | Authority | bool | None" = None,
        host: str = "127.0.0.1",
        port: int = 0,
        keep: int | None = None,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self.host = host
        self.book = Book(keep)
        self.pause = pause
        self.connections: set[Connection | Doorstep] = set()
        self._tls = _signed_by(tls)
        self.failed_handshakes: list[str] = []
        self.access = Access(
            basic=pair("basic_auth", basic_auth),
            token=oauth_token or (DEFAULT_TOKEN if token_endpoint else None),
            token_endpoint=token_endpoint,
            client=pair("oauth_client", oauth_client),
            credentials=_token_credentials(token_credentials),
        )
        self._port = port
        self._context = self._tls if isinstance(self._tls, ssl.SSLContext) else None
        self._socket: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._accepted = 0
        self._answers: Answers = None
        self.answers = answers

    @staticmethod
    def threaded(answers: Answers = None, **options: Any) -> "ThreadedReceiver":
        """The same receiver on a thread and loop of its own, for code that blocks: ``with Receiver.threaded(...)``."""
        from simulator.receiver.threaded import ThreadedReceiver

        return ThreadedReceiver(answers, **options)

    # Where it is

    @property
    def port(self) -> int:
        """The port that it listens on, or will; from here on it is held."""
        if self._socket is None:
            self._socket = self._bind()
        return self._port

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT/``, with its slash; ``https`` where there is TLS."""
        return self.url_for("/")

    def url_for(self, path: str) -> str:
        """The URL of a path of the receiver, with or without its leading slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'http' if self._tls is None else 'https'}://{host}:{self.port}/{path.removeprefix('/')}"

    @property
    def ca_pem(self) -> bytes | None:
        """The certificate that a client must trust; None without TLS, and where only the SSL context knows."""
        return None if self._tls is None or isinstance(self._tls, ssl.SSLContext) else self._tls.ca_pem

    # What it says and hears

    @property
    def answers(self) -> Answers:
        """The script as it was given; setting it starts the new one at its beginning."""
        return self._answers

    @answers.setter
    def answers(self, answers: Answers) -> None:
        self.script = Script(answers)
        # A copy that cannot be appended to: what is read once must not look as if it could be added to.
        self._answers = tuple(answers) if isinstance(answers, list) else answers

    @property
    def oauth_token(self) -> str | None:
        """The bearer token in force; setting it makes every earlier one worthless."""
        return self.access.token

    @oauth_token.setter
    def oauth_token(self, token: str | None) -> None:
        self.access = replace(self.access, token=token)

    @property
    def requests(self) -> tuple[Received, ...]:
        """Every request so far, challenged ones among them, in the order in which they were complete."""
        return self.book.requests

    @property
    def count(self) -> int:
        """How many requests have come, those no longer held among them."""
        return self.book.count

    def seen_by(self, header: str) -> Mapping[str, tuple[Received, ...]]:
        """The requests that the script answered, grouped by the value of a header, in the order of first sight.

        The view of a receiver that removes duplicates by that header; requests without it are left out.
        """
        groups: dict[str, list[Received]] = {}
        for received in self.requests:
            value = received.header(header)
            if value is not None and not received.challenged:
                groups.setdefault(value, []).append(received)
        return {value: tuple(group) for value, group in groups.items()}

    async def wait_for(
        self, count: int = 1, *, where: Where | None = None, timeout: float = 5.0
    ) -> tuple[Received, ...]:
        """All requests so far, as soon as they are at least ``count``; of those, with ``where``, that it holds for.

        Raises ``NotReceived`` after ``timeout`` seconds; its message lists what did come.
        """
        return await self.book.wait_for(count, where, timeout)

    # How it lives

    def number(self) -> int:
        self._accepted += 1
        return self._accepted

    @property
    def accepted(self) -> int:
        """How many connections have been accepted, those that never carried a request among them."""
        return self._accepted

    async def start(self) -> None:
        """Listens. Raises ``OSError`` where the port is taken."""
        if self._server is not None:
            return
        if self._socket is None:
            self._socket = self._bind()
        if self._tls is not None and not isinstance(self._tls, ssl.SSLContext):
            self._context = self._context or self._tls.server_context(self.host, *"localhost")
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._entrance, sock=self._socket, backlog=BACKLOG)

    async def down(self) -> None:
        """Cuts every connection and refuses new ones; the port stays its own. ``start`` brings it up again."""
        await self.stop()
        self._socket = self._bind()

    async def stop(self) -> None:
        """Cuts every connection, hung ones too, and gives up the port. Does not wait for any answer."""
        server, self._server = self._server, None
        listener, self._socket = self._socket, None
        if listener is None:
            return
        if server is not None:
            # A connection accepted a moment ago comes to its protocol a few turns of the loop later. Python 3.11 loses
            # one, socket and all, whose server is closed in between: accepting ends first, closing comes after.
            with contextlib.suppress(NotImplementedError):  # Windows' loop accepts in its own way
                asyncio.get_running_loop().remove_reader(listener)
            await self._cut()
            server.close()
        listener.close()
        await self._cut()

    async def _cut(self) -> None:
        for _ in range(TURNS):
            busy = [future for connection in list(self.connections) for future in connection.stop()]
            await asyncio.gather(*busy, return_exceptions=True)
            await asyncio.sleep(0)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        if error is None:
            self.raise_faults()

    def raise_faults(self) -> None:
        """Raises what the script's own functions raised, the first of them; nothing where none did."""
        if self.book.faults:
            raise self.book.faults[0]

    def __repr__(self) -> str:
        state = "up" if self._server is not None else "down"
        where = f"{self.host}:{self._port}" if self._port else self.host
        return f"<Receiver {where} {state}, {self.count} requests>"

    def _entrance(self) -> Connection | Doorstep:
        return Connection(self) if self._context is None else Doorstep(self, self._context)

    def _bind(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        # Named in full: asyncio sets TCP_NODELAY only where the protocol is, and 40 ms an answer hang on that.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self.host, self._port))
        except BaseException:
            listener.close()
            raise
        listener.setblocking(False)
        self._port = listener.getsockname()[1]
        return listener


def _signed_by(tls: "ssl.SSLContext | Authority | bool | None") -> "ssl.SSLContext | Authority | None":
    if tls is None or tls is False:
        return None
    if tls is True:
        from simulator.runtime.authority import Authority

        return Authority.in_memory()
    return tls


def _token_credentials(word: str) -> TokenCredentials:
    try:
        return TokenCredentials(word)
    except ValueError:
        known = [each.value for each in TokenCredentials]
        raise AuthorError(f"{word!r} is not one of {', '.join(known)}{near_match(word, known)}") from None
