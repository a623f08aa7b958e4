"""Speaking to a running server: one request, one answer, and what is wrong told in one line.

It alone decides how a server is found and what its silence means. Only the standard library, so that a command is back at
once; proxies of the environment are not asked, since the server is nearly always on this machine.
"""

import json
import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import click

from simulator.core.errors import AuthorError, SimulatorError

PREFIX = "ZUORA_SIMULATOR_"
DEFAULT_PORT = 8620
LIMIT = 60.0
"""Seconds for an answer: `drain` may run through days of retries, with a receiver that takes its time."""


class NobodyThere(SimulatorError):
    """No simulator answers; the message says where, and what to do. Exit code 3."""


class Busy(SimulatorError):
    """The server could not do it now. Exit code 1."""


class Told(dict[str, Any]):
    """An answer; where a part of it is missing, somebody else gave it."""

    def __init__(self, url: str, found: Mapping[str, Any]) -> None:
        super().__init__(found)
        self._url = url

    def __missing__(self, key: str) -> Any:
        raise stranger(self._url)


def stranger(url: str) -> NobodyThere:
    """What answers there is another program."""
    return NobodyThere(f"what answers at {url} is no Zuora simulator: is the port right? Name the server with --server")


class Caller:
    """The control plane of the server at ``url``; ``ca`` is a PEM file to trust beside what is found by itself."""

    def __init__(self, url: str, ca: str | None = None) -> None:
        self.url = _base(url)
        self._ca = ca

    def get(self, path: str, **query: str | None) -> Any:
        return self._json("GET", path, None, query)

    def post(self, path: str, body: Any = None, **query: str | None) -> Any:
        return self._json("POST", path, body if body is not None else {}, query)

    def put(self, path: str, body: Any, **query: str | None) -> Any:
        return self._json("PUT", path, body, query)

    def lines(self, path: str) -> Iterator[str]:
        """The lines of an answer that does not end by itself, as they come."""
        with self._asked("GET", path, None, {}, None) as answer:
            for line in answer:
                yield line.decode("utf-8", "replace").rstrip("\r\n")

    def _json(self, method: str, path: str, body: Any, query: Mapping[str, str | None]) -> Any:
        with self._asked(method, path, body, query, LIMIT) as answer:
            raw = answer.read()
        try:
            found = json.loads(raw) if raw else {}
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise stranger(self.url)
        if answer.status < 400:
            return Told(self.url, found)
        said = str(found.get("error") or f"the server answered {answer.status}")
        if answer.status >= 500:
            raise Busy(said)
        raise AuthorError(said)

    @contextmanager
    def _asked(
        self, method: str, path: str, body: Any, query: Mapping[str, str | None], limit: float | None
    ) -> Iterator[HTTPResponse]:
        """The answer, for as long as it is read; what goes wrong meanwhile is told by whose fault it is."""
        named = {name: value for name, value in query.items() if value is not None}
        target = f"{urlsplit(self.url).path}/_simulator{path}" + (f"?{urlencode(named)}" if named else "")
        content = json.dumps(body).encode() if body is not None else None
        connection = self._connection(limit)
        try:
            connection.request(method, target, content, {"Content-Type": "application/json"} if content else {})
            yield connection.getresponse()
        except ssl.SSLCertVerificationError as error:
            raise NobodyThere(
                f"the certificate of {self.url} is not trusted ({error.verify_message}): give --ca FILE, such as the ca.pem "
                "in the server's certs folder"
            ) from error
        except ssl.SSLError as error:
            raise NobodyThere(f"{self.url} does not speak HTTPS: write http:// ({error.reason})") from error
        except TimeoutError as error:
            raise Busy(f"the server at {self.url} did not answer within {limit:g} s") from error
        except ConnectionResetError as error:
            raise NobodyThere(f"{self.url} hung up: if it was started with --tls, write https://") from error
        except (OSError, HTTPException) as error:
            raise NobodyThere(
                f"no simulator answers at {self.url} ({_reason(error)}): start one with `zuora-simulator serve`, or name "
                f"it with --server or {PREFIX}SERVER"
            ) from error
        finally:
            connection.close()

    def _connection(self, limit: float | None) -> HTTPConnection:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "https":
            return HTTPSConnection(host, port or 443, timeout=limit, context=self._trust())
        return HTTPConnection(host, port or 80, timeout=limit)

    def _trust(self) -> ssl.SSLContext:
        """The system's authorities, and the development authority where it is kept."""
        context = ssl.create_default_context()
        kept = Path(os.environ.get(f"{PREFIX}CERTS", "certs"), "ca.pem")
        try:
            for file in (self._ca, str(kept) if kept.exists() else None):
                if file is not None:
                    context.load_verify_locations(file)
        except (OSError, ssl.SSLError) as error:
            raise AuthorError(f"{self._ca or kept} holds no certificate: {_reason(error)}") from error
        return context

    def __repr__(self) -> str:
        return f"<Caller of {self.url}>"


def default_server() -> str:
    """Where `serve` listens by itself, as the environment says: a health check in its container finds it there."""
    scheme = "https" if os.environ.get(f"{PREFIX}TLS", "").lower() in ("1", "true", "yes", "on") else "http"
    return f"{scheme}://127.0.0.1:{os.environ.get(f'{PREFIX}PORT') or DEFAULT_PORT}"


SERVER = click.option(
    "--server",
    metavar="URL",
    envvar=f"{PREFIX}SERVER",
    help=f"The running server.  [default: ${PREFIX}SERVER, or http://127.0.0.1:{DEFAULT_PORT}]",
)
CA = click.option(
    "--ca",
    type=click.Path(dir_okay=False, exists=True),
    envvar=f"{PREFIX}CA",
    help="An authority to trust besides the system's, PEM.",
)
FORMAT = click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
CLIENT_ID = click.option("--client-id", metavar="ID", help="Only this OAuth client's; all unless given.")


def remote(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``--server``, ``--ca`` and ``--format``, and hand it a `Caller` and a style."""

    def calling(server: str | None, ca: str | None, **given: Any) -> Any:
        return command(Caller(server or default_server(), ca), **given)

    calling.__name__ = command.__name__
    calling.__doc__ = command.__doc__
    calling.__click_params__ = list(getattr(command, "__click_params__", ()))  # type: ignore[attr-defined]  # where click keeps a function's options
    return SERVER(CA(FORMAT(calling)))


def part(word: str) -> str:
    """A word as a part of a path."""
    return quote(word, safe="")


def show(answer: Any) -> None:
    """An answer as JSON."""
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def _base(url: str) -> str:
    full = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(full)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits:
        raise AuthorError(f"--server {url!r} is no address: write it like http://127.0.0.1:{DEFAULT_PORT}")
    return full.rstrip("/").removesuffix("/_simulator")


def _reason(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
