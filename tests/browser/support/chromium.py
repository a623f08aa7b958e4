"""Playwright where it is installed. Where it is not, tests are collected all the same, and skipped by their fixture."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING or find_spec("playwright") is not None:
    from playwright.async_api import Browser, ConsoleMessage, Error, Page, Request, expect
else:
    Browser = ConsoleMessage = Error = Page = Request = Any
    expect = None


def missing() -> str | None:
    """What is not there that these tests need; None where all is."""
    if find_spec("playwright") is None:
        return "Playwright is not installed: pip install 'zuora-simulator[browser]'"
    if not CHROMIUM.exists():
        return f"there is no {CHROMIUM}: apt-get install chromium"
    return None


__all__ = ["CHROMIUM", "FLAGS", "Browser", "ConsoleMessage", "Error", "Page", "Request", "expect", "missing"]
