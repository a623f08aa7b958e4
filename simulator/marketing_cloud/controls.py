"""What is ours and not the provider's, under ``/_simulator/marketing-cloud``: the outbox, outcome rules, calls as plain data.

Plain JSON; ``?clientId=`` names a tenant, else it is the default client's (all of them, for the outbox).
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from aiohttp import web

from simulator.core.errors import ClientError, near_match
from simulator.marketing_cloud.outcomes import read_rule, written
from simulator.marketing_cloud.service import CloudService

ROOT = "/_simulator/marketing-cloud"


def add_routes(app: web.Application, service: CloudService, default_client: str) -> None:
    async def outbox(request: web.Request) -> web.Response:
        client_id = _client(request)
        tenants = service.tenants.all if client_id is None else [service.tenants[client_id]]
        return _answer({"emails": [email for tenant in tenants for email in tenant.outbox.values()]})

    async def rules(request: web.Request) -> web.Response:
        client_id = _client(request) or default_client
        if request.method == "PUT":
            whole = await _object(request)
            _only(whole, "outcomes", "key")
            given = whole.get("outcomes")
            if not isinstance(given, list) or not all(isinstance(rule, dict) for rule in given):
                raise ClientError('give the whole list: {"outcomes": [{"result": "fail", "nth": 2}]}, or [] for none')
            service.rule([read_rule(rule) for rule in given], client_id)
        plain = (written(rule) for rule in service.tenants[client_id].rules.values())
        return _answer(
            {"outcomes": [{name: value for name, value in rule.items() if value is not None} for rule in plain]}
        )

    async def calls(request: web.Request) -> web.Response:
        client_id = _client(request) or default_client
        answered = service.plain(await _object(request), client_id)
        results = [
            {child.name: child.text for child in node.children if not child.children} for node in answered.results
        ]
        body = {"RequestID": answered.request_id, "OverallStatus": answered.status, "Results": results}
        return _answer(body, 202)

    app.router.add_get(f"{ROOT}/outbox", outbox)
    app.router.add_get(f"{ROOT}/outcomes", rules)
    app.router.add_put(f"{ROOT}/outcomes", rules)
    app.router.add_post(f"{ROOT}/calls", calls)


def _client(request: web.Request) -> str | None:
    _only(request.query, "clientId", "parameter")
    return request.query.get("clientId")


def _only(given: Iterable[str], known: str, what: str) -> None:
    for name in given:
        if name != known:
            raise ClientError(f"unknown {what} {name!r}{near_match(name, [known]) or f'; known: {known}'}")


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        given = msgspec.json.decode(await request.read())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ClientError(f"the body is no JSON: {error}") from error
    if not isinstance(given, dict):
        raise ClientError("the body must be a JSON object")
    return given


def _answer(body: Any, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")
