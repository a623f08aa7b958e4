"""An application on aiohttp that asks for an account and hears of it twice, from a test that awaits."""

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from simulator.testing.threaded import Blocking

SUCCEEDED = "Async Request Succeeded"


@pytest.mark.asyncio
async def test_an_account_is_booked_once(zuora_simulator: Blocking) -> None:
    """Whoever goes by `Zuora-Notification-Id` stands two copies in flight at once; `Zuora-Request-Id` differs each time."""
    booked = set()

    async def callout(request: web.Request) -> web.Response:
        booked.add(request.headers["Zuora-Notification-Id"])
        return web.Response()

    app = web.Application()
    app.router.add_post("/callout", callout)
    zuora = zuora_simulator.aio
    async with TestServer(app) as server, aiohttp.ClientSession(zuora.url, headers=zuora.headers) as client:
        await zuora.notify(SUCCEEDED, str(server.make_url("/callout")))
        await client.post("/v1/async/accounts", json={"name": "Acme"})
        delivered = await zuora.wait_for(SUCCEEDED, outcome="delivered")
        await zuora.duplicate(delivered, at_once=True)
        await zuora.settle()
    assert len(zuora.callouts[0].attempts[1].exchanges) == 2
    assert len(booked) == 1
