"""An aiohttp application under test, from a test that awaits."""

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestServer

from simulator.testing.threaded import Blocking
from tests.examples.apps.aiohttp_app import Bookkeeping, create_account, make_app

SUCCEEDED = "Async Request Succeeded"


@pytest.fixture
def books() -> Bookkeeping:
    return Bookkeeping()


@pytest.fixture
async def app(books: Bookkeeping) -> AsyncIterator[TestServer]:
    server = TestServer(make_app(books))
    await server.start_server()
    yield server
    await server.close()


async def test_an_account_is_booked(zuora_simulator: Blocking, app: TestServer, books: Bookkeeping) -> None:
    """The application hears of the account that it asked for."""
    await zuora_simulator.aio.notify(SUCCEEDED, str(app.make_url("/callout")))
    await create_account(zuora_simulator.url, zuora_simulator.headers, "Acme")
    await zuora_simulator.aio.wait_for(SUCCEEDED, outcome="delivered")
    assert len(books.accounts) == 1


async def test_a_duplicate_is_booked_once(zuora_simulator: Blocking, app: TestServer, books: Bookkeeping) -> None:
    """Two copies in flight at once count as one, since the application goes by `Zuora-Notification-Id`."""
    await zuora_simulator.aio.notify(SUCCEEDED, str(app.make_url("/callout")))
    await create_account(zuora_simulator.url, zuora_simulator.headers, "Acme")
    callout = await zuora_simulator.aio.wait_for(SUCCEEDED, outcome="delivered")
    await zuora_simulator.aio.duplicate(callout, at_once=True)
    await zuora_simulator.aio.settle()
    assert len(books.accounts) == 1


async def test_an_answer_that_is_lost_is_no_second_account(
    zuora_simulator: Blocking, app: TestServer, books: Bookkeeping
) -> None:
    """The application said 200, Zuora never heard it and calls again half an hour later: still one account."""
    zuora_simulator.faults = [{"kind": "lost-answer", "attempt": 1}]
    await zuora_simulator.aio.notify(SUCCEEDED, str(app.make_url("/callout")))
    await create_account(zuora_simulator.url, zuora_simulator.headers, "Acme")
    callout = await zuora_simulator.aio.wait_for(SUCCEEDED, attempts=2)
    assert [attempt.error_class for attempt in callout.attempts] == ["transfer-timeout", None]
    assert len(books.accounts) == 1
