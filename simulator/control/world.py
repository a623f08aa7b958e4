"""``/_simulator/health``, ``events``, ``reset`` and ``ca.pem``: the world as a whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web
from msgspec.structs import replace

import simulator
from simulator.control.json import answer, client_of, read_object
from simulator.core.errors import ClientError
from simulator.instance import Instance


@contextmanager
def hearing(instance: Instance, event: str, url: object, client_id: str | None) -> Iterator[None]:
    """Meanwhile ``url`` hears of ``event``; its definition stays, inactive, so that it is told of no other.

    Raises ClientError as the API would.
    """
    if url is None:
        yield
        return
    if not isinstance(url, str):
        raise ClientError("to must be the URL of a receiver")
    name = f"{event} to {url}"[:200]
    definitions = instance.tenants[client_id or instance.client_id].definitions
    known = next((one for one in definitions.values() if one.name == name), None)
    if known is None:
        callout = {
            "name": name,
            "calloutBaseurl": url,
            "httpMethod": "POST",
            "calloutRetry": True,
            "requiredAuth": False,
        }
        given = {"name": name, "eventTypeName": event, "calloutActive": True, "callout": callout}
        known = definitions[instance.register(given, client_id)]
    definitions.put(known.id, replace(known, active=True))
    try:
        yield
    finally:
        definitions.put(known.id, replace(known, active=False))


def add_routes(app: web.Application, instance: Instance) -> None:
    async def health(request: web.Request) -> web.Response:
        body: dict[str, Any] = {"status": "ok", "version": simulator.__version__, "now": instance.clock.now}
        return answer(body | {"clock": instance.options.clock, "seed": instance.options.seed})

    async def fire(request: web.Request) -> web.Response:
        client_id = client_of(request)
        given = await read_object(request, ("event", "fields", "to"))
        fields = given.get("fields", {})
        if not isinstance(given.get("event"), str) or not isinstance(fields, dict):
            raise ClientError('name the event, and its fields if there are any: {"event": "...", "fields": {...}}')
        with hearing(instance, given["event"], given.get("to"), client_id):
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
