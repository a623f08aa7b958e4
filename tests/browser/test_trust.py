"""What a receiver sends is text; the page outlives its server; a report needs nobody."""

import re
from pathlib import Path
from typing import Any

import msgspec

from simulator.console.feed import Subject
from simulator.console.freeze import freeze
from simulator.host import Simulator
from tests.browser.conftest import OpenPage
from tests.browser.support.chromium import expect
from tests.browser.support.client import Client
from tests.browser.support.listener import listening
from tests.browser.support.mock import HOSTILE, World, serving

RAN = "() => window.ran === undefined"


async def test_hostile_text_of_a_receiver_is_shown_as_text(open_page: OpenPage, page_url: str, client: Client) -> None:
    """A script in a body, a header or a name runs nowhere, and is shown as it came."""
    script = "<script>window.ran = true</script><img src=x onerror='window.ran = true'>"
    async with listening(404, script) as app:
        await client.notify(f"{app.url}?q=%3Cscript%3E", "Payment Declined", name=script)
        await client.fire("Payment Declined", AccountId=script)
        page = await open_page(page_url)
        await page.locator(".row.callout").click()
        await page.get_by_role("button", name="Resend").click()
        await page.locator(".answered").get_by_role("button", name="Raw").click()
        await expect(page.locator(".answered .body")).to_have_text(script)
        await expect(page.locator(".answered .headers")).to_contain_text(script)
        assert await page.evaluate(RAN)
        await page.goto(f"{page_url}?view=definitions&q={script}&open={script}")
        await expect(page.locator(".card")).to_be_visible()
        assert await page.evaluate(RAN)
        assert all(url.startswith(client.simulator.url) for url in open_page.asked)


async def test_hostile_text_in_every_field_of_a_report_is_text(open_page: OpenPage, tmp_path: Path) -> None:
    """Inlined records cannot leave their element, whatever they hold."""
    world = World(40, hostile=True)
    report = tmp_path / "report.html"
    report.write_text(freeze(_report(world, title=HOSTILE[4])), encoding="utf-8")
    page = await open_page(report.as_uri())
    await page.get_by_role("button", name="Unfold everything").click()
    await page.locator(".row.attempt").first.click()
    await expect(page.locator(".detail .message").first).to_be_visible()
    assert await page.evaluate(RAN)
    assert set(open_page.asked) == {report.as_uri()}


async def test_the_page_finds_a_server_that_was_restarted(open_page: OpenPage, simulator: Simulator) -> None:
    """It says that the line is lost, keeps what it has, comes back by itself and says that the server is another."""
    port = int(simulator.url.rpartition(":")[2])
    page = await open_page(f"{simulator.url}/_simulator/")
    open_page.forgiven += ["ERR_CONNECTION", "ERR_INCOMPLETE", "ERR_EMPTY"]  # a server that is gone
    await expect(page.locator(".status")).to_have_text("live")
    await simulator.stop()
    await expect(page.locator(".status")).to_contain_text("connection lost")
    async with Simulator(delivery="immediate", port=port):
        await expect(page.locator(".status")).to_have_text("live")
        await expect(page.locator(".toast")).to_contain_text("The server was restarted")


async def test_a_report_opens_from_disk_and_shows_what_failed(open_page: OpenPage, tmp_path: Path) -> None:
    """One file, no request to anything; a failed expectation is seen without scrolling or clicking; links still filter."""
    report = tmp_path / "report.html"
    report.write_text(freeze(_report(World(30))), encoding="utf-8")
    for screen in ({"width": 1366, "height": 768}, {"width": 390, "height": 844}):
        page = await open_page(report.as_uri(), viewport=screen)
        missed = page.locator(".missed")
        await expect(missed).to_contain_text("attempts: 2")
        await expect(missed).to_be_in_viewport(ratio=1)
        await expect(page.locator(".row").first).to_be_visible()
        await page.screenshot(path=tmp_path / f"report-{screen['width']}.png")
        await expect(page.get_by_role("button", name="Advance")).to_have_count(0)
    assert set(open_page.asked) == {report.as_uri()}
    again = await open_page(f"{report.as_uri()}?outcome=failed")
    await expect(again.locator(".row .badge", has_text="delivered")).to_have_count(0)


async def test_a_report_of_a_real_run_shows_its_exchanges(
    open_page: OpenPage, client: Client, simulator: Simulator, tmp_path: Path
) -> None:
    """The records of the simulator itself, frozen, open to the last header."""
    async with listening(503, 200) as app:
        await client.notify(app.url)
        await client.submit()
        await simulator.advance(minutes=30)
        records = {
            "title": "A real run",
            "requests": msgspec.to_builtins(simulator.requests),
            "callouts": msgspec.to_builtins(simulator.callouts),
            "clock": {"now": simulator.now},
        }
    report = tmp_path / "report.html"
    report.write_text(freeze(records), encoding="utf-8")
    page = await open_page(report.as_uri())
    await page.locator(".row.request").dblclick()
    await page.locator(".row.callout").click()
    await page.get_by_role("button", name="Attempt 1: 503").click()
    await expect(page.locator(".detail .why-box")).to_contain_text("attempt 2 of 3 is due at 00:30:00")
    await expect(page.locator(".detail .headers").first).to_contain_text("X-Amzn-Trace-Id")


async def test_ten_thousand_callouts_cost_the_rows_in_sight(open_page: OpenPage) -> None:
    """Only what is visible exists in the document, the scripts' memory stays far below 150 MB, and what is new is seen."""
    world = World(10_000)
    async with serving(world) as url:
        page = await open_page(url)
        await expect(page.locator(".facts-line")).to_contain_text("10,000 callouts")
        assert await page.locator(".row").count() < 60
        newest = world.add(20_000, (404,))
        world.tell(Subject.CALLOUT, newest["id"])
        await expect(page.locator(".row").first).to_have_attribute("data-key", re.compile(f"{newest['id']}|job-020000"))
        await page.get_by_role("treegrid").evaluate("node => { node.scrollTop = node.scrollHeight }")
        await expect(page.locator(".row[aria-rowindex]").last).to_be_visible()
        assert await page.locator(".row").count() < 60
        session = await page.context.new_cdp_session(page)
        used = await session.send("Runtime.getHeapUsage")
        assert used["totalSize"] < 150_000_000


def _report(world: World, title: str = "A story") -> dict[str, Any]:
    callouts = list(world.callouts.values())
    return {
        "title": title,
        "tool": {"name": "zuora-simulator", "version": "0"},
        "command": f"zuora-simulator replay {title}",
        "masked": ["Authorization"],
        "stories": [
            {
                "title": title,
                "file": "story.yaml",
                "text": title,
                "seed": 7,
                "clock": {"now": "2026-01-01T01:35:00Z"},
                "settings": world.overview()["settings"],
                "requests": list(world.requests.values()),
                "callouts": callouts,
                "expectations": [
                    {"met": True, "title": "delivered", "expected": 1, "actual": 1},
                    {
                        "met": False,
                        "title": "attempts: 2",
                        "expected": 2,
                        "actual": title,
                        "where": "story.yaml:9",
                        "callouts": [callouts[0]["id"]],
                    },
                ],
            }
        ],
    }
