"""The description of the API: it is served, it is whole, and it says what is so."""

import json
import re

from aiohttp import web

from simulator import Simulator
from simulator.control.openapi import document
from tests.support.client import Client

PAGE = {"/_simulator", "/_simulator/", "/_simulator/static/{name}", "/_simulator/stream"}
"""The page describes itself."""


async def test_every_reference_leads_somewhere(client: Client) -> None:
    """The document is one, and stands by itself."""
    status, served = await client.call("GET", "/_simulator/openapi.json")
    assert status == 200
    assert served["openapi"].startswith("3.1")
    text = json.dumps(served)
    for kind, name in set(re.findall(r'"#/components/(\w+)/(\w+)"', text)):
        assert name in served["components"][kind]
    names = [operation["operationId"] for methods in served["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))


async def test_the_control_plane_is_described_whole(zuora: Simulator) -> None:
    """Every route under /_simulator is in the description, and the other way round."""
    server = zuora._server
    assert server is not None
    app = server._runner.app
    assert isinstance(app, web.Application)
    served = {
        (route.method, re.sub(r":[^}]*}", "}", route.resource.canonical))
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD" and route.resource.canonical.startswith("/_simulator")
    }
    served = {(method, path) for method, path in served if path not in PAGE and "marketing-cloud" not in path}
    described = {
        (method.upper(), path)
        for path, methods in document()["paths"].items()
        for method in methods
        if path.startswith("/_simulator")
    }
    assert served == described


async def test_the_page_needs_no_network(zuora: Simulator, client: Client) -> None:
    """Plain HTML with every operation in it, and no address of elsewhere."""
    async with client.session.get(zuora.url + "/_simulator/docs") as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        text = await answer.text()
    assert "createNotificationDefinition" in text
    assert "putOutcomes" in text
    assert "<script" not in text
    assert re.findall(r'(?:src|href)="(?!#|openapi\.json|\./)[^"]*"', text) == []
