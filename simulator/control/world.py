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
from simulator.zuora.catalogue import canonical
from simulator.zuora.notifications.definitions import NotificationDefinition


@contextmanager
def hearing(instance: Instance, event: str, url: object, client_id: str | None) -> Iterator[None]:
    """Meanwhile ``url`` hears of ``event``; its definition stays, inactive, so that it hears of no other.

    A definition that tells it already is left as it is. Raises ClientError as the API would.
    """
    if url is None:
        yield
        return
    if not isinstance(url, str):
        raise ClientError("to must be the URL of a receiver")
    definitions = instance.tenants[client_id or instance.client_id].definitions
    known = next((one for one in definitions.values() if _tells(one, event, url)), None)
    if known is not None and known.active:
        yield
        return
    if known is None:
        name = f"{event} to {url}"[:180]
        taken = sum(one.name.startswith(name) for one in definitions.values())
        name += f" ({taken + 1})" if taken else ""
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


def _tells(definition: NotificationDefinition, event: str, url: str) -> bool:
    named, callout = definition.event_type_name, definition.callout
    return callout is not None and callout.callout_baseurl == url and canonical(named or "") == canonical(event)


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
        await read_object(request, ())  # a tenant that is named in the body must not become all of them
        instance.reset(client_id)
        return answer({"now": instance.clock.now})

    async def authority(request: web.Request) -> web.Response:
        return web.Response(body=instance.authority.ca_pem, content_type="application/x-pem-file")

    app.router.add_get("/_simulator/health", health)
    app.router.add_post("/_simulator/events", fire)
    app.router.add_post("/_simulator/reset", reset)
    app.router.add_get("/_simulator/ca.pem", authority)
