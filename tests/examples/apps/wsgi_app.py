"""An application under test in plain WSGI, as Django's or any other would be: run it as a program, it prints its URL."""

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """It takes callouts with the right password, and forgets nothing."""
    if environ.get("HTTP_AUTHORIZATION") != "Basic dXNlcjpwYXNz":
        start_response("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="callouts"'), ("Content-Length", "0")])
        return []
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    sys.stderr.write(json.loads(body)["AccountId"] + "\n")
    start_response("200 OK", [("Content-Length", "0")])
    return []


class Quiet(WSGIRequestHandler):
    """Writes no log."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent names it so
        """Say nothing."""


if __name__ == "__main__":
    with make_server("127.0.0.1", 0, application, handler_class=Quiet) as server:
        sys.stdout.write(f"http://127.0.0.1:{server.server_port}/callout\n")
        sys.stdout.flush()
        server.serve_forever()
