"""``/_simulator/openapi.json`` and ``/_simulator/docs``: the description, for machines and for people.

The page is plain HTML made from the document: no script, nothing fetched from elsewhere.
"""

from functools import cache
from html import escape
from typing import Any

import msgspec
from aiohttp import web

from simulator.control.json import only
from simulator.instance import Instance

STYLE = """
:root{color-scheme:light dark;--line:#8884}
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{margin-top:2rem;font-size:1.15rem}
details{border-top:1px solid var(--line)}summary{padding:.4rem 0;cursor:pointer}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{overflow:auto;padding:.7rem;border:1px solid var(--line)}
.m{display:inline-block;min-width:4.2em;font-weight:700}.s{opacity:.7}table{border-collapse:collapse}
td,th{text-align:left;vertical-align:top;padding:.15rem .8rem .15rem 0}
"""
INTERNAL = "#/components/schemas/"


def add_routes(app: web.Application, instance: Instance) -> None:
    async def openapi(request: web.Request) -> web.Response:
        only(dict(request.query), (), "parameter")
        return web.Response(body=_encoded(), content_type="application/json")

    async def docs(request: web.Request) -> web.Response:
        only(dict(request.query), (), "parameter")
        return web.Response(text=page(), content_type="text/html", charset="utf-8")

    app.router.add_get("/_simulator/openapi.json", openapi)
    app.router.add_get("/_simulator/docs", docs)


@cache
def _encoded() -> bytes:
    from simulator.control.openapi import document  # not before somebody reads it: a server starts without

    return msgspec.json.encode(document())


@cache
def page() -> str:
    """The whole page."""
    from simulator.control.openapi import document  # as above

    described = document()
    info, parts = described["info"], []
    for tag in ("Zuora", "Simulator"):
        rows = [
            _operation(method, path, operation, described)
            for path, methods in described["paths"].items()
            for method, operation in methods.items()
            if tag in operation["tags"]
        ]
        parts.append(f'<section><h2 id="{tag.lower()}">{tag}</h2>{"".join(rows)}</section>')
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(info['title'])}: API</title><style>{STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{escape(info['description'])}</p>"
        '<p><a href="#zuora">Zuora</a> · <a href="#simulator">Simulator</a> · <a href="openapi.json">openapi.json</a> · '
        f'<a href="./">the page</a></p>{"".join(parts)}</body></html>'
    )


def _operation(method: str, path: str, operation: dict[str, Any], described: dict[str, Any]) -> str:
    parts = [_parameters(operation["parameters"], described)]
    body = operation.get("requestBody")
    if body:
        for media, content in body["content"].items():
            parts.append(f"<p>Body, <code>{escape(media)}</code></p>{_schema(content['schema'], described)}")
    rows = "".join(
        f"<tr><th>{status}</th><td>{escape(answer['description'])}</td><td>{_named(answer)}</td></tr>"
        for status, answer in operation["responses"].items()
    )
    parts.append(f"<p>Answers</p><table>{rows}</table>")
    first = next(iter(operation["responses"].values()))
    parts += [_schema(content["schema"], described) for content in first.get("content", {}).values()]
    return (
        f'<details id="{escape(operation["operationId"])}"><summary><code><span class="m">{method.upper()}</span>'
        f'{escape(path)}</code> <span class="s">{escape(operation["summary"])}</span></summary>{"".join(parts)}</details>'
    )


def _parameters(given: list[dict[str, Any]], described: dict[str, Any]) -> str:
    known = described["components"]["parameters"]
    rows = []
    for one in given:
        parameter = known[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        schema = parameter["schema"]
        note = parameter.get("description") or (f"default {schema['default']}" if "default" in schema else "")
        rows.append(
            f"<tr><th><code>{escape(parameter['name'])}</code></th><td>{parameter['in']}</td>"
            f"<td>{escape(str(schema.get('type', '')))}</td><td>{escape(note)}</td></tr>"
        )
    return f"<p>Parameters</p><table>{''.join(rows)}</table>" if rows else ""


def _named(answer: dict[str, Any]) -> str:
    schemas = [content["schema"] for content in answer.get("content", {}).values()]
    parts = [part for schema in schemas for part in schema.get("anyOf", [schema])]
    return escape(" or ".join(part.get("$ref", "").rpartition("/")[2] or part.get("type", "") for part in parts))


def _schema(schema: dict[str, Any], described: dict[str, Any]) -> str:
    shown = []
    for one in schema.get("anyOf", [schema]):
        name = one.get("$ref", "").removeprefix(INTERNAL)
        found = described["components"]["schemas"].get(name, one)
        shown.append(f"<pre>{escape(msgspec.json.format(msgspec.json.encode(found)).decode())}</pre>")
    return "".join(shown)
