"""A simulator on a virtual clock, and a client that is logged in."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from simulator import Simulator
from tests.support.client import Client
from tests.support.cloud import CloudClient


@pytest.fixture
async def zuora() -> AsyncIterator[Simulator]:
    async with Simulator() as simulator:
        yield simulator


@pytest.fixture
async def client(zuora: Simulator) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        client = Client(zuora, session)
        await client.log_in()
        yield client


@pytest.fixture
async def cloud(zuora: Simulator) -> AsyncIterator[CloudClient]:
    async with aiohttp.ClientSession() as session:
        client = CloudClient(zuora, session)
        await client.log_in()
        yield client
