"""A real Chromium, driven by Playwright. Without one these tests are skipped, loudly, unless that is forbidden."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from simulator.host import Simulator
from tests.browser.support.chromium import CHROMIUM, FLAGS, Browser, ConsoleMessage, Error, Page, Request, missing
from tests.browser.support.client import Client

REQUIRED = "ZUORA_SIMULATOR_REQUIRE_BROWSER"


class OpenPage:
    """``await open_page(url, **context)``: a page on which no error of a script, or of its policy, goes unseen.

    ``asked`` are the addresses that its pages asked for; ``forgiven`` words of errors that a test wants to see.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.asked: list[str] = []
        self.errors: list[str] = []
        self.forgiven: list[str] = []

    async def __call__(self, url: str, **context: Any) -> Page:
        """Open ``url`` as on a laptop, unless ``context`` says otherwise."""
        options: dict[str, Any] = {"viewport": {"width": 1366, "height": 820}, "color_scheme": "light", **context}
        page = await (await self._browser.new_context(**options)).new_page()
        page.on("pageerror", self._raised)
        page.on("console", self._said)
        page.on("request", self._asked)
        await page.goto(url)
        return page

    @property
    def unforgiven(self) -> list[str]:
        """The errors that nobody wanted to see."""
        return [error for error in self.errors if not any(word in error for word in self.forgiven)]

    def _raised(self, error: Error) -> None:
        self.errors.append(str(error))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _asked(self, request: Request) -> None:
        self.asked.append(request.url)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    lacking = missing()
    if lacking is not None:
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(f"{REQUIRED}=1 forbids to skip the browser tests, but {lacking}")
        pytest.skip(f"THE PAGE IS NOT TESTED: {lacking}")
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield chromium
        await chromium.close()


@pytest.fixture
async def open_page(browser: Browser) -> AsyncIterator[OpenPage]:
    """Opens pages; an error on any of them fails the test at its end."""
    pages = OpenPage(browser)
    yield pages
    assert pages.unforgiven == []


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
