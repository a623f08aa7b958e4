"""A real Chromium, driven by Playwright. Without one these tests are skipped, loudly, unless that is forbidden."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from simulator.host import Simulator
from tests.browser.support.client import Client

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
REQUIRED = "ZUORA_SIMULATOR_REQUIRE_BROWSER"

OpenPage = Callable[..., Awaitable["Page"]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def _missing() -> str | None:
    try:
        import playwright.async_api  # noqa: F401 - only whether it is there
    except ImportError:
        return "Playwright is not installed: pip install 'zuora-simulator[browser]'"
    if not CHROMIUM.exists():
        return f"there is no {CHROMIUM}: apt-get install chromium"
    return None


@pytest.fixture
async def browser() -> AsyncIterator["Browser"]:
    """Debian's Chromium."""
    missing = _missing()
    if missing is not None:
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(f"{REQUIRED}=1 forbids to skip the browser tests, but {missing}")
        pytest.skip(f"THE PAGE IS NOT TESTED: {missing}")
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield chromium
        await chromium.close()


@pytest.fixture
async def open_page(browser: "Browser") -> AsyncIterator[OpenPage]:
    """``await open_page(url, **context)``: a page on which no error of a script, or of its policy, goes unseen.

    ``page.told`` is what its console said and what it asked of the network; errors fail the test at its end, but for
    those that the test names in ``page.forgiven``.
    """
    faults: list[tuple[Any, str]] = []

    async def open_one(url: str, **context: Any) -> "Page":
        options: dict[str, Any] = {"viewport": {"width": 1366, "height": 820}, "color_scheme": "light", **context}
        page = await (await browser.new_context(**options)).new_page()
        page.forgiven = []  # type: ignore[attr-defined]  # the page carries its own record, for the tests to read
        page.asked = []  # type: ignore[attr-defined]  # as above
        page.on("pageerror", lambda error: faults.append((page, f"error: {error}")))
        page.on("console", lambda said: faults.append((page, said.text)) if said.type == "error" else None)
        page.on("request", lambda request: page.asked.append(request.url))  # type: ignore[attr-defined]  # as above
        await page.goto(url)
        return page

    yield open_one
    unforgiven = [text for page, text in faults if not any(word in text for word in page.forgiven)]
    assert unforgiven == []


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """A simulator on a virtual clock that delivers at once, as `serve` does."""
    async with Simulator(delivery="immediate") as running:
        yield running


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[Client]:
    """A client of it."""
    async with aiohttp.ClientSession() as session:
        yield Client(simulator, session)


@pytest.fixture
def page_url(simulator: Simulator) -> str:
    """The address of its page."""
    return f"{simulator.url}/_simulator/"
