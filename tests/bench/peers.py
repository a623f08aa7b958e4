"""The others that accept a request and call somebody out for it, each set up to do what the simulator does by itself.

`make bench-peers` installs them from npm and PyPI into a cache of their own; what is not there is not measured. They
are run as they come, and never read.
"""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, sleep
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from msgspec import Struct

from tests.bench.parties import Served
from tests.bench.programs import Program, free_port

PATIENCE = 15.0
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "zuora-simulator" / "peers"
MODULES = CACHE / "node_modules"
BODY = '{"name":"Amy Lawrence Account","currency":"USD","billCycleDay":1,"autoPay":false,"batch":"Batch1"}'
PATH = "/v1/async/accounts"
CALLED = '{"requestId":"b3c6a1f0-8a7d-4c55-9d25-2f7b3a4d1e60","status":"Completed","result":"Success"}'


class Peer(Struct):
    """A program that listens, and the request that makes it call out."""

    program: Program
    port: int
    path: str = PATH
    body: str = BODY
    headers: dict[str, str] = {}


class Missing(Exception):
    """It is not installed here."""


def ours(receiver: str, *flags: str) -> Peer:
    served = Served("--quiet", *flags)
    served.define(receiver)
    return Peer(served.program, served.port, headers={"Authorization": f"Bearer {served.token}"})


def wiremock(receiver: str) -> Peer:
    """WireMock 3, its webhooks."""
    jar = _found(MODULES / "wiremock" / "build", "wiremock-standalone-*.jar")
    program, port = _java(jar, "--port", "{port}", "--disable-banner")
    webhook = {"method": "POST", "url": receiver, "headers": {"Content-Type": "application/json"}, "body": CALLED}
    stub = {
        "request": {"method": "POST", "urlPath": PATH},
        "response": {"status": 202, "jsonBody": {"requestId": "x"}},
        "serveEventListeners": [{"name": "webhook", "parameters": webhook}],
    }
    _send("POST", f"http://127.0.0.1:{port}/__admin/mappings", stub)
    return Peer(program, port)


def mockserver(receiver: str) -> Peer:
    """MockServer 8, its after-actions."""
    jar = _found(MODULES / "mockserver-node", "mockserver-netty-*.jar")
    program, port = _java(jar, "-serverPort", "{port}", "-logLevel", "WARN")
    target = receiver.removeprefix("http://").rstrip("/")
    called = {
        "method": "POST",
        "path": "/",
        "headers": {"Host": [target], "Content-Type": ["application/json"]},
        "body": CALLED,
        "socketAddress": {"host": "127.0.0.1", "port": int(target.rpartition(":")[2]), "scheme": "HTTP"},
    }
    expectation = {
        "httpRequest": {"method": "POST", "path": PATH},
        "httpResponse": {"statusCode": 202, "body": '{"requestId":"x"}'},
        "afterActions": [{"httpRequest": called}],
    }
    _send("PUT", f"http://127.0.0.1:{port}/mockserver/expectation", expectation)
    return Peer(program, port)


def mountebank(receiver: str) -> Peer:
    """mountebank, by an injected response that posts; over kept connections, which is the fastest that it can."""
    script = _found(MODULES / "mountebank" / "bin", "mb")
    port, imposter = free_port(), free_port()
    program = Program(
        _node(), str(script), "--port", str(port), "--allowInjection", "--nologfile", said=False, folder=CACHE
    )
    program.listens(port)
    host, _, number = receiver.removeprefix("http://").rstrip("/").partition(":")
    injected = f"""function (config) {{
      const http = require('http');
      if (!config.state.agent) config.state.agent = new http.Agent({{keepAlive: true, maxSockets: 20}});
      const body = '{CALLED}';
      const request = http.request({{host: '{host}', port: {number}, path: '/', method: 'POST', agent: config.state.agent,
        headers: {{'Content-Type': 'application/json', 'Content-Length': body.length}}}}, answer => answer.resume());
      request.on('error', () => {{}});
      request.end(body);
      return {{statusCode: 202, headers: {{'Content-Type': 'application/json'}}, body: '{{"requestId":"x"}}'}};
    }}"""
    stub = {"predicates": [{"equals": {"method": "POST", "path": PATH}}], "responses": [{"inject": injected}]}
    _send(
        "POST",
        f"http://127.0.0.1:{port}/imposters",
        {"port": imposter, "protocol": "http", "recordRequests": True, "stubs": [stub]},
    )
    return Peer(program, imposter)


def mockoon(receiver: str) -> Peer:
    """Mockoon's command, its callbacks."""
    script = _found(MODULES / "@mockoon" / "cli" / "bin", "run.js")
    port = free_port()
    response = {
        "uuid": "00000000-0000-4000-8000-000000000003",
        "body": '{"requestId":"x"}',
        "latency": 0,
        "statusCode": 202,
        "label": "",
        "headers": [{"key": "Content-Type", "value": "application/json"}],
        "bodyType": "INLINE",
        "filePath": "",
        "databucketID": "",
        "sendFileAsBody": False,
        "rules": [],
        "rulesOperator": "OR",
        "disableTemplating": True,
        "fallbackTo404": False,
        "default": True,
        "crudKey": "id",
        "callbacks": [{"uuid": "00000000-0000-4000-8000-000000000004", "latency": 0}],
    }
    route = {
        "uuid": "00000000-0000-4000-8000-000000000002",
        "type": "http",
        "documentation": "",
        "method": "post",
        "endpoint": PATH.strip("/"),
        "responses": [response],
        "responseMode": None,
        "streamingMode": None,
        "streamingInterval": 0,
    }
    callback = {
        "uuid": "00000000-0000-4000-8000-000000000004",
        "id": "call",
        "name": "call",
        "documentation": "",
        "method": "post",
        "uri": receiver,
        "headers": [{"key": "Content-Type", "value": "application/json"}],
        "bodyType": "INLINE",
        "body": CALLED,
        "databucketID": "",
        "filePath": "",
        "sendFileAsBody": False,
    }
    environment = {
        "uuid": "00000000-0000-4000-8000-000000000001",
        "lastMigration": 33,
        "name": "bench",
        "endpointPrefix": "",
        "latency": 0,
        "port": port,
        "hostname": "127.0.0.1",
        "folders": [],
        "routes": [route],
        "rootChildren": [{"type": "route", "uuid": route["uuid"]}],
        "proxyMode": False,
        "proxyHost": "",
        "proxyRemovePrefix": False,
        "tlsOptions": {
            "enabled": False,
            "type": "CERT",
            "pfxPath": "",
            "certPath": "",
            "keyPath": "",
            "caPath": "",
            "passphrase": "",
        },
        "cors": False,
        "headers": [],
        "proxyReqHeaders": [],
        "proxyResHeaders": [],
        "data": [],
        "callbacks": [callback],
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump(environment, file)
    program = Program(
        _node(),
        str(script),
        "start",
        "--data",
        file.name,
        "--repair",
        "--disable-log-to-file",
        said=False,
        folder=CACHE,
    )
    program.listens(port)
    return Peer(program, port)


def localstripe(receiver: str) -> Peer:
    """localstripe, its webhooks."""
    script = _found(CACHE / "localstripe" / "bin", "localstripe")
    port = free_port()
    program = Program(str(script), "--from-scratch", "--port", str(port), said=False, folder=CACHE)
    program.listens(port)
    form = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Bearer sk_test_12345"}
    registered = f"url={receiver}&secret=whsec_x&events[]=customer.created"
    _send("POST", f"http://127.0.0.1:{port}/_config/webhooks/bench", registered, form)
    return Peer(program, port, "/v1/customers", "description=Amy", form)


def ours_reusing(receiver: str) -> Peer:
    """As the others do it: they keep their connections to the receiver."""
    return ours(receiver, "--reuse-connections")


PEERS: dict[str, Callable[[str], Peer]] = {
    "simulator": ours,
    "simulator --reuse-connections": ours_reusing,
    "WireMock 3": wiremock,
    "MockServer 8": mockserver,
    "mountebank 2": mountebank,
    "Mockoon 9": mockoon,
    "localstripe": localstripe,
}


def versions() -> str:
    """What is installed, by its own word."""
    said = []
    for name in ("wiremock", "mockserver-node", "mountebank", "@mockoon/cli"):
        package = MODULES / name / "package.json"
        if package.exists():
            said.append(f"{name} {json.loads(package.read_text())['version']}")
    said += [
        path.name.partition(".dist-info")[0].replace("-", " ")
        for path in CACHE.glob("localstripe/lib/*/*/localstripe-*.dist-info")
    ]
    return ", ".join(said) or "none installed: make bench-peers"


def _java(jar: Path, *arguments: str) -> tuple[Program, int]:
    java = shutil.which("java")
    if java is None:
        raise Missing("there is no Java here")
    port = free_port()
    given = [argument.format(port=port) for argument in arguments]
    program = Program(java, "-jar", str(jar), *given, said=False, folder=CACHE)
    program.listens(port)
    return program, port


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        raise Missing("there is no Node.js here")
    return node


def _found(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise Missing("it is not installed: make bench-peers")
    return found[-1]


def _send(method: str, url: str, body: object, headers: dict[str, str] | None = None) -> None:
    content = body if isinstance(body, str) else json.dumps(body)
    told = headers or {"Content-Type": "application/json"}
    patience = perf_counter() + PATIENCE
    while True:
        try:
            with urlopen(Request(url, content.encode(), told, method=method)) as answer:  # noqa: S310 - loopback, by the lines above
                answer.read()
                return
        except HTTPError as error:
            if error.code != 404 or perf_counter() > patience:
                raise
            sleep(0.1)  # it listens before it knows its own paths


def install() -> None:
    """From npm and PyPI, by their own clients, into the cache."""
    from subprocess import run

    CACHE.mkdir(parents=True, exist_ok=True)
    (CACHE / "package.json").write_text('{"private": true, "name": "peers"}\n')
    npm = shutil.which("npm")
    if npm is None:
        print("there is no npm here: only localstripe can be installed")
    else:
        names = ("wiremock@3", "mockserver-node@8", "mountebank@2", "@mockoon/cli@9")
        run([npm, "install", "--no-audit", "--no-fund", "--loglevel=error", *names], cwd=CACHE, check=True)
    run([sys.executable, "-m", "venv", str(CACHE / "localstripe")], check=True)
    run([str(CACHE / "localstripe" / "bin" / "pip"), "install", "-q", "localstripe"], check=True)
    print(versions())


if __name__ == "__main__":
    install()
