"""``/_simulator/settings``: the settings in force, where each came from, and their change."""

from typing import Any

from aiohttp import web

from simulator.control.json import answer, client_of, only, read_object
from simulator.core.errors import ClientError
from simulator.instance import Instance

SEVERAL = ("routes", "allow-hosts", "insecure-receivers", "server-names")
"""Options whose flags are in the singular, given once for each value."""


def add_routes(app: web.Application, instance: Instance) -> None:
    async def show(request: web.Request) -> web.Response:
        return answer(instance.in_force(client_of(request)))

    async def change(request: web.Request) -> web.Response:
        client_id = client_of(request)
        given = await read_object(request)
        given.pop("origins", None)  # so that what was read can be written back
        _leave_as_it_is(given.pop("server", {}), instance.options.fixed)
        instance.change_settings(given, client_id, "control plane")
        return answer(instance.in_force(client_id))

    app.router.add_get("/_simulator/settings", show)
    app.router.add_put("/_simulator/settings", change)


def _leave_as_it_is(given: Any, fixed: dict[str, Any]) -> None:
    """Refuse a change of what a server is started with."""
    if not isinstance(given, dict):
        raise ClientError("server is an object of names and values, and is fixed at the start")
    only(given, fixed)
    for name, value in given.items():
        if value != (list(fixed[name]) if isinstance(fixed[name], tuple) else fixed[name]):
            raise ClientError(f"{name} is fixed when the server starts: stop it, and give it {_flag(name)}")


def _flag(name: str) -> str:
    flag = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)
    return f"--{flag.removesuffix('s')}" if flag in SEVERAL else f"--{flag}"
