"""``/_simulator/requests`` and ``/_simulator/callouts``: what happened, whole or one by one."""

from aiohttp import web

from simulator.control.json import answer, client_of, read_object
from simulator.core.errors import ClientError
from simulator.instance import Instance


def add_routes(app: web.Application, instance: Instance) -> None:
    async def requests(request: web.Request) -> web.Response:
        return answer({"requests": instance.requests(client_of(request))})

    async def one_request(request: web.Request) -> web.Response:
        found = instance.request(request.match_info["id"])
        if found is None:
            raise ClientError(f"there is no request {request.match_info['id']!r}", status=404)
        return answer(found)

    async def callouts(request: web.Request) -> web.Response:
        return answer({"callouts": instance.callouts(client_of(request))})

    async def one_callout(request: web.Request) -> web.Response:
        found = instance.callout(request.match_info["id"])
        if found is None:
            raise ClientError(f"there is no callout {request.match_info['id']!r}", status=404)
        return answer(found)

    async def resend(request: web.Request) -> web.Response:
        await read_object(request, ())
        delivery = instance.resend(request.match_info["id"])
        return answer(instance.record(delivery), status=202)

    async def duplicate(request: web.Request) -> web.Response:
        at_once = (await read_object(request, ("atOnce",))).get("atOnce", False)
        if not isinstance(at_once, bool):
            raise ClientError(f"atOnce must be true or false, not {at_once!r}")
        delivery = instance.duplicate(request.match_info["id"], at_once=at_once)
        return answer(instance.record(delivery), status=202)

    app.router.add_post("/_simulator/callouts/{id}/duplicate", duplicate)
    app.router.add_get("/_simulator/requests", requests)
    app.router.add_get("/_simulator/requests/{id}", one_request)
    app.router.add_get("/_simulator/callouts", callouts)
    app.router.add_get("/_simulator/callouts/{id}", one_callout)
    app.router.add_post("/_simulator/callouts/{id}/resend", resend)
