"""What an application asks of Zuora, from code that blocks."""

import json
from http.client import HTTPConnection
from typing import Any

from simulator.testing.threaded import Blocking


def ask(zuora: Blocking, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """One request to the simulator, on a connection of its own: the status, and the body read as JSON."""
    connection = HTTPConnection(zuora.url.partition("://")[2])
    text = None if body is None else json.dumps(body)
    connection.request(method, path, text, {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    told = response.read()
    connection.close()
    return response.status, json.loads(told) if told else None


def create_account(zuora: Blocking, name: str = "Acme") -> str:
    """An asynchronous request that is accepted; answers with its id."""
    status, told = ask(zuora, "POST", "/v1/async/accounts", {"name": name}, **zuora.headers)
    assert status == 202, told
    return str(told["requestId"])


def delete_account(zuora: Blocking, key: str) -> str:
    """One that is accepted, and fails where there is no such account."""
    status, told = ask(zuora, "DELETE", f"/v1/async/accounts/{key}", **zuora.headers)
    assert status == 202, told
    return str(told["requestId"])
