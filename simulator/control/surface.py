"""The control plane: `/_simulator/...`, where time, settings and misfortune are in the caller's hands.

It answers in plain JSON and refuses what it does not know with the nearest name. It decides nothing: each call is one
of the instance's. A call acts on all tenants unless ``?clientId=`` names one; the clock is the server's alone.
"""

from aiohttp import web

from simulator.control import clock, definitions, docs, faults, outcomes, receivers, records, settings, stories, world
from simulator.control.guard import guard
from simulator.control.json import answer
from simulator.core.errors import ClientError
from simulator.instance import Instance

ROOT = "/_simulator"


class ControlSurface:
    """Owns every path under ``/_simulator``."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance

    def owns(self, path: str) -> bool:
        return path == ROOT or path.startswith(ROOT + "/")

    def add_routes(self, app: web.Application) -> None:
        options = self.instance.options
        app.middlewares.append(guard(self.owns, options.host, options.server_names))
        for family in (clock, definitions, docs, faults, outcomes, receivers, records, settings, stories, world):
            family.add_routes(app, self.instance)

    def refuse(self, request: web.Request, error: ClientError) -> web.StreamResponse:
        """The plain form of an error: what is wrong, and what to do."""
        return answer({"error": error.message}, error.status)
