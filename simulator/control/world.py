"""``/_simulator/health``, ``events``, ``reset`` and ``ca.pem``: the world as a whole."""

from typing import Any

from aiohttp import web

import simulator
from simulator.control.json import answer, client_of, read_object
from simulator.core.errors import ClientError
from simulator.instance import Instance


def add_routes(app: web.Application, instance: Instance) -> None:
    async def health(request: web.Request) -> web.Response:
        body: dict[str, Any] = {"status": "ok", "version": simulator.__version__, "now": instance.clock.now}
        return answer(body | {"clock": instance.options.clock, "seed": instance.options.seed})

    async def fire(request: web.Request) -> web.Response:
        client_id = client_of(request)
        given = await read_object(request, ("event", "fields"))
        fields = given.get("fields", {})
        if not isinstance(given.get("event"), str) or not isinstance(fields, dict):
            raise ClientError('name the event, and its fields if there are any: {"event": "...", "fields": {...}}')
        event = instance.fire(given["event"], fields, client_id)
        heard = [d.id for d in instance.engine.ledger.deliveries.values() if d.event.id == event.id]
        return answer({"id": event.id, "event": event.name, "callouts": heard}, status=202)

    async def reset(request: web.Request) -> web.Response:
        client_id = client_of(request)
        instance.reset(client_id)
        return answer({"now": instance.clock.now})

    async def authority(request: web.Request) -> web.Response:
        return web.Response(body=instance.authority.ca_pem, content_type="application/x-pem-file")

    app.router.add_get("/_simulator/health", health)
    app.router.add_post("/_simulator/events", fire)
    app.router.add_post("/_simulator/reset", reset)
    app.router.add_get("/_simulator/ca.pem", authority)
