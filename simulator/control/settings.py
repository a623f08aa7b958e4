"""``/_simulator/settings``: the settings in force, where each came from, and their change."""

from aiohttp import web

from simulator.control.json import answer, client_of, read_object
from simulator.instance import Instance


def add_routes(app: web.Application, instance: Instance) -> None:
    async def show(request: web.Request) -> web.Response:
        return answer(instance.settings(client_of(request)))

    async def change(request: web.Request) -> web.Response:
        client_id = client_of(request)
        given = await read_object(request)
        given.pop("origins", None)  # so that what was read can be written back
        instance.change_settings(given, client_id, "control plane")
        return answer(instance.settings(client_id))

    app.router.add_get("/_simulator/settings", show)
    app.router.add_put("/_simulator/settings", change)
