"""``/_simulator/outcomes``: rules for how requests end; and the end of one request, chosen by hand."""

from typing import Any

from aiohttp import web

from simulator.control.json import answer, client_of, only, read_object
from simulator.core.errors import ClientError
from simulator.instance import Instance
from simulator.zuora.requests.outcomes import read_plan, read_rule, write_rule


def add_routes(app: web.Application, instance: Instance) -> None:
    service = instance.service

    async def show(request: web.Request) -> web.Response:
        return answer(written(client_of(request)))

    async def change(request: web.Request) -> web.Response:
        client_id = client_of(request)
        given = (await read_object(request, ("outcomes",))).get("outcomes")
        if not isinstance(given, list):
            raise ClientError('give the whole table: {"outcomes": [{"path": "/v1/async/accounts", "result": "fail"}]}')
        service.put_rules(client_id, [read_rule(one) for one in given])
        return answer(written(client_id))

    async def decide(request: web.Request) -> web.Response:
        only(dict(request.query), (), "parameter")
        request_id = request.match_info["id"]
        service.decide(request_id, read_plan(await read_object(request)))
        return answer(instance.request(request_id), status=202)

    def written(client_id: str | None) -> dict[str, Any]:
        """The rules in force: of a tenant alone, or for all."""
        shelf = instance.tenants.outcomes if client_id is None else instance.tenants[client_id].outcomes
        return {"outcomes": [write_rule(rule) for rule in shelf.values()]}

    app.router.add_get("/_simulator/outcomes", show)
    app.router.add_put("/_simulator/outcomes", change)
    app.router.add_post("/_simulator/requests/{id}/outcome", decide)
