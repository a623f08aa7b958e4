"""``/_simulator/scenario``: what happened so far, as the text of a scenario file."""

from aiohttp import web

from simulator.control.json import only
from simulator.core.errors import ClientError
from simulator.instance import Instance

KEYS = ("clientId", "keepValues", "title")
YAML = "application/yaml"


def add_routes(app: web.Application, instance: Instance) -> None:
    async def export(request: web.Request) -> web.Response:
        from simulator.recording.export import export_story  # PyYAML is not loaded before somebody records

        query = dict(request.query)
        only(query, KEYS, "parameter")
        keep = query.get("keepValues", "false").lower()
        if keep not in ("true", "false"):
            raise ClientError(f"keepValues must be true or false, not {keep!r}")
        title = query.get("title") or "A recorded story"
        text = export_story(instance, query.get("clientId"), title=title, keep_values=keep == "true")
        return web.Response(text=text, content_type=YAML, charset="utf-8")

    app.router.add_get("/_simulator/scenario", export)
