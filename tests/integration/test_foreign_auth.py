"""Callout authentication against servers that are none of ours: Authlib hands out tokens, nginx asks for a password."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from flask import Flask, Response
from werkzeug.serving import make_server

from simulator import Receiver, Simulator
from tests.support.client import Client

SECRET = "s3cr3t"


class TokenClient(ClientMixin):  # type: ignore[misc]  # Authlib publishes no types
    """The one client that the server knows; ``method`` is how it must show its secret."""

    def __init__(self, method: str) -> None:
        self.method = method

    def get_client_id(self) -> str:
        return "callouts"

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self.method

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"

    def get_allowed_scope(self, scope: str) -> str:
        return scope


class Grant(grants.ClientCredentialsGrant):  # type: ignore[misc]  # Authlib publishes no types
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")


@pytest.fixture(autouse=True)
def plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """Authlib serves plain http on loopback only when told so."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture(params=["client_secret_post", "client_secret_basic"])
def token_endpoint(request: pytest.FixtureRequest) -> Iterator[str]:
    """An authorization server that takes the secret in one of the two ways alone."""
    app = Flask("tokens")
    tokens: list[dict[str, Any]] = []
    client = TokenClient(request.param)
    server = AuthorizationServer(
        app,
        query_client=lambda client_id: client if client_id == "callouts" else None,
        save_token=lambda token, _: tokens.append(token),
    )
    server.register_grant(Grant)

    @app.post("/token")
    def token() -> Response:
        answer: Response = server.create_token_response()
        return answer

    yield from _serve(app)


def _serve(app: Flask) -> Iterator[str]:
    listening = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}/token"
    listening.shutdown()
    thread.join()
    listening.server_close()


async def test_a_token_of_authlib(zuora: Simulator, client: Client, token_endpoint: str) -> None:
    """Whichever way the server wants the secret, the callout comes with a token of it."""
    provider = {
        "name": "authlib",
        "tokenEndpoint": token_endpoint,
        "clientId": "callouts",
        "clientSecret": SECRET,
        "scope": "callouts",
    }
    _, made = await client.call("POST", "/_simulator/oauth-providers", json=provider)
    async with Receiver() as receiver:
        await client.listen(receiver.url, requiredOauth2=True, oauth2ProviderId=made["id"])
        await client.submit()
        await client.submit()
        await zuora.settle()
        shown = {request.header("Authorization") for request in receiver.requests}
        assert len(receiver.requests) == 2
        assert len(shown) == 1  # the token is kept until it expires
        assert all(text and text.startswith("Bearer ") for text in shown)


async def test_a_secret_that_authlib_refuses(zuora: Simulator, client: Client, token_endpoint: str) -> None:
    """No token to be had is -1 of the class `oauth`, and tried again."""
    provider = {"name": "authlib", "tokenEndpoint": token_endpoint, "clientId": "callouts", "clientSecret": "wrong"}
    _, made = await client.call("POST", "/_simulator/oauth-providers", json=provider)
    async with Receiver() as receiver:
        await client.listen(receiver.url, requiredOauth2=True, oauth2ProviderId=made["id"])
        await client.submit()
        await zuora.drain()
        assert [(a.response_code, a.error_class) for a in zuora.attempts] == [(-1, "oauth")] * 3
        assert receiver.requests == ()


NGINX = """
{user} daemon off; pid {folder}/nginx.pid; error_log stderr crit;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ auth_basic "callouts"; auth_basic_user_file {folder}/users; return 200; }}
    location /inside {{ auth_basic "callouts"; auth_basic_user_file {folder}/users; empty_gif; error_page 405 =200 /ok; }}
    location = /ok {{ internal; return 200; }}
  }}
}}
"""


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[str]:
    """Debian's nginx with a password on everything."""
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if program is None:
        pytest.skip("nginx is not installed (Debian: apt-get install nginx-light)")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "users").write_text("user:{PLAIN}pass\n")  # nginx's own way to write a password as it is
    (tmp_path / "nginx.conf").write_text(
        NGINX.format(folder=tmp_path, port=port, user="user root;" if os.geteuid() == 0 else "")
    )
    tmp_path.chmod(0o755)
    with subprocess.Popen([program, "-p", tmp_path, "-c", tmp_path / "nginx.conf"], stderr=subprocess.PIPE) as process:
        _until_it_listens(port, process)
        yield f"http://127.0.0.1:{port}/inside"
        process.terminate()


def _until_it_listens(port: int, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except ConnectionRefusedError:
            continue
    raise RuntimeError(process.stderr.read().decode() if process.stderr else "nginx ended")


@pytest.mark.parametrize(("password", "codes"), [("pass", [200]), ("wrong", [401, 401, 401])])
async def test_nginx_asks_for_a_password(nginx: str, password: str, codes: list[int]) -> None:
    """Challenge first, then credentials; a wrong password is tried again and stays a 401."""
    async with Simulator() as zuora, aiohttp.ClientSession() as session:
        client = Client(zuora, session)
        await client.log_in()
        auth: dict[str, Any] = {"requiredAuth": True, "calloutAuth": {"username": "user", "password": password}}
        await client.listen(nginx, **auth)
        await client.submit()
        await zuora.drain()
        assert [attempt.response_code for attempt in zuora.attempts] == codes
        assert [exchange.status for exchange in zuora.attempts[0].exchanges] == [401, codes[0]]
