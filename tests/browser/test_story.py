"""What happens is seen live, with its reason, and can be acted upon."""

from datetime import timedelta

from simulator.host import Simulator
from tests.browser.conftest import OpenPage
from tests.browser.support.chromium import Page, expect
from tests.browser.support.client import Client
from tests.browser.support.listener import listening


async def test_a_request_is_seen_from_its_submission_to_its_delivery(
    open_page: OpenPage, page_url: str, client: Client
) -> None:
    """A page that is open already shows request, callout and attempts as they happen, without being loaded again."""
    async with listening(503, 200) as app:
        await client.notify(app.url)
        page = await open_page(page_url)
        await expect(page.locator(".status")).to_have_text("live")
        await expect(page.locator(".row")).to_have_count(0)
        await client.submit()
        await expect(page.locator(".row.request .name")).to_have_text("/v1/async/accounts")
        await expect(page.locator(".row.callout .badge")).to_have_text("pending")
        await expect(page.locator(".row.callout .mark.due")).to_have_count(1)
        await page.get_by_role("button", name="Advance").click()
        # Delivered branches are folded, and tell their story in one row.
        await expect(page.locator(".row.request .badge")).to_have_text("delivered")
        await expect(page.locator(".row.request .mark.pill")).to_have_text(["503", "200"])
        await expect(page.locator(".clock .time")).to_have_text("00:30:00")


async def test_a_failed_attempt_says_why_and_is_resent(open_page: OpenPage, page_url: str, client: Client) -> None:
    """A failed branch is open; its attempt tells the rule in a sentence, and one press sends it once more."""
    async with listening(404, 200) as app:
        await client.notify(app.url)
        await client.submit()
        page = await open_page(page_url)
        await page.locator(".row.attempt").click()
        detail = page.get_by_role("complementary", name="Detail")
        await expect(detail.locator(".why-box")).to_contain_text("404 is not retried")
        await expect(detail.locator(".headers").first).to_contain_text("Zuora-Notification-Id")
        await expect(detail.locator(".message .status")).to_have_text("404")
        await detail.get_by_role("button", name="Resend").click()
        await expect(detail.locator(".badges .badge")).to_have_text("delivered")
        await expect(detail.locator(".attempt-tab")).to_have_count(2)
        assert len(app.got) == 2


async def test_the_clock_is_advanced_settled_and_drained(
    open_page: OpenPage, page_url: str, client: Client, simulator: Simulator
) -> None:
    """The controls move the simulator's clock; a span that is none is refused before anything is asked."""
    async with listening(503) as app:
        await client.notify(app.url)
        await client.submit()
        page = await open_page(page_url)
        amount = page.get_by_label("Advance by, such as 30m")
        await amount.fill("soon")
        await amount.press("Enter")
        await expect(page.locator(".toast")).to_contain_text("no span of time")
        await amount.fill("10m")
        await amount.press("Enter")
        await expect(page.locator(".clock .time")).to_have_text("00:10:00")
        await expect(page.get_by_role("button", name="Next retry · 20 min")).to_be_visible()
        await page.get_by_role("button", name="Next retry").click()
        await expect(page.locator(".clock .time")).to_have_text("00:30:00")
        await page.get_by_role("button", name="Drain").click()
        await expect(page.locator(".row.callout .badge")).to_have_text("failed")
        await expect(page.locator(".clock .time")).to_have_text("01:00:00")
        assert [attempt.response_code for attempt in simulator.callouts[0].attempts] == [503, 503, 503]


async def test_a_duplicate_is_asked_for_from_the_page(open_page: OpenPage, page_url: str, client: Client) -> None:
    """Two copies at once reach the receiver with one notification id and two request ids."""
    async with listening(200) as app:
        await client.notify(app.url)
        await client.submit()
        page = await open_page(page_url)
        await page.locator(".row.request").dblclick()
        await page.locator(".row.callout").click()
        await page.get_by_role("button", name="Duplicate at once").click()
        await expect(page.locator(".attempt-tab")).to_have_count(2)
        ids = [(headers["Zuora-Notification-Id"], headers["Zuora-Request-Id"]) for _, _, headers, _ in app.got]
        assert len(app.got) == 3
        assert len({notification for notification, _ in ids}) == 1
        assert len({request for _, request in ids}) == 3


async def test_a_body_that_was_not_sent_shows_the_place_of_its_fault(
    open_page: OpenPage, page_url: str, client: Client
) -> None:
    """-2000: the rendered text is shown with the offending character marked."""
    async with listening(200) as app:
        await client.notify(
            app.url, "Invoice Posted", useCustomRequestBody=True, customRequestBody='{"a": 1,\n "b": <Invoice.Total>}'
        )
        await client.fire("Invoice Posted", Invoice={"Id": "1"})
        page = await open_page(page_url)
        await page.locator(".row.attempt").click()
        await expect(page.locator(".detail .fault")).to_have_text("}")
        await expect(page.locator(".detail .fault-note")).to_contain_text("line 2, column 7")
        assert app.got == []


async def test_everything_is_reset_after_a_question(open_page: OpenPage, page_url: str, client: Client) -> None:
    """Reset asks first; then the page is empty and names the next command."""
    async with listening(200) as app:
        await client.notify(app.url)
        await client.submit()
        page = await open_page(page_url)
        await expect(page.locator(".row.request")).to_have_count(1)
        await page.get_by_role("button", name="Reset…").click()
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.locator(".row.request")).to_have_count(1)
        await page.get_by_role("button", name="Reset…").click()
        await page.get_by_role("button", name="Reset", exact=True).click()
        await expect(page.locator(".empty")).to_contain_text("zuora-simulator trigger")


async def test_the_page_follows_a_new_callout_while_it_is_read(
    open_page: OpenPage, page_url: str, client: Client
) -> None:
    """What comes in above does not move what is being read."""
    async with listening(404) as app:
        await client.notify(app.url, "Payment Declined")
        for number in range(30):
            await client.fire("Payment Declined", AccountId=str(number))
        page = await open_page(page_url)
        rows = page.get_by_role("treegrid")
        await expect(rows).to_have_attribute("aria-rowcount", "60")
        await rows.evaluate("node => { node.scrollTop = 720 }")
        await expect(page.locator(".row[data-index='25']")).to_be_visible()
        before = await _place_of(page, await page.locator(".row[data-index='25']").get_attribute("data-key"))
        await client.fire("Payment Declined", AccountId="new")
        await expect(rows).to_have_attribute("aria-rowcount", "62")
        await expect(page.get_by_role("button", name="Newer records above")).to_be_visible()
        assert await _place_of(page, before[0]) == before


async def _place_of(page: Page, key: str | None) -> tuple[str | None, float]:
    box = await page.locator(f".row[data-key='{key}']").bounding_box()
    assert box is not None
    return key, round(box["y"])


async def test_the_end_of_a_request_is_chosen_on_the_page(open_page: OpenPage, page_url: str, client: Client) -> None:
    """While it is under way its own end is chosen; once it has ended, that of the next one like it."""
    async with listening(200) as app, Simulator(delivery="immediate", latency=timedelta(hours=1)) as slow:
        client.simulator = slow
        await client.notify(app.url)
        request_id = await client.submit()
        page = await open_page(f"{slow.url}/_simulator/?open=request:{request_id}")
        form = page.locator(".outcome-form")
        await form.get_by_label("It will").select_option("fail")
        await form.get_by_label("Error code").fill("53100020")
        await form.get_by_label("Error message").fill("no such account")
        await form.get_by_role("button", name="Set").click()
        await expect(page.locator(".detail .why-box")).to_contain_text("no such account")
        await expect(page.locator(".row.callout .name")).to_have_text("Async Request Failed")
        await form.get_by_label("The next POST will").select_option("never")
        await form.get_by_role("button", name="Set").click()
        await expect(page.locator(".toast").last).to_contain_text("will never")
        await client.submit()
        await slow.drain()
        assert [request.state for request in slow.requests] == ["failed", "never"]
