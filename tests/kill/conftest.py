"""``KILLS`` in the environment says how often a server is killed: 3 in `make test`, 10 in `.ci/run`, 200 in the night."""

import os
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.support.killing import refusing
from tests.support.served import Caller, Listener

KILLS = int(os.environ.get("KILLS", "3"))


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with Listener(refusing) as listening:
        yield listening


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(60)) as http:
        yield Caller(http)
