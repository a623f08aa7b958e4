"""``/notifications/notification-definitions``: who is told of which event (documented: ND)."""

from typing import Any

import msgspec
from aiohttp import web

from simulator.core.errors import ClientError
from simulator.zuora.definitions import NotificationDefinition
from simulator.zuora.replies import answer
from simulator.zuora.service import ZuoraService

PATH = "/notifications/notification-definitions"


def add_routes(app: web.Application, service: ZuoraService) -> None:
    async def create(request: web.Request) -> web.Response:
        tenant = service.tenant_of(request)
        given = await service.json_of(request)
        return answer(shown(service.register(tenant, given)))

    async def listed(request: web.Request) -> web.Response:
        tenant = service.tenant_of(request)
        return answer({"data": [shown(definition) for definition in tenant.definitions.values()], "next": None})

    async def one(request: web.Request) -> web.Response:
        tenant = service.tenant_of(request)
        definition = tenant.definitions.get(request.match_info["id"])
        if definition is None:
            message = f"The notification definition with id {request.match_info['id']} does not exist"
            raise ClientError(message, status=404, code="ObjectNotFound")
        return answer(shown(definition))

    app.router.add_post(PATH, create)
    app.router.add_get(PATH, listed)
    app.router.add_get(PATH + "/{id}", one)


def shown(definition: NotificationDefinition) -> dict[str, Any]:
    """A definition as Zuora answers it: dates with a literal ` UTC`, the password masked (Q14)."""
    plain: dict[str, Any] = msgspec.to_builtins(definition)
    for part in (plain, plain.get("callout") or {}):
        for key in ("createdOn", "updatedOn"):
            if part.get(key):
                part[key] = part[key][:19] + ".000 UTC"
        if part.get("calloutAuth"):
            part["calloutAuth"]["password"] = "******"
    return plain
