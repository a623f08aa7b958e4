"""Filters, keys, themes, small screens: how the page is read."""

from tests.browser.conftest import OpenPage
from tests.browser.support.chromium import expect
from tests.browser.support.client import Client
from tests.browser.support.listener import listening


async def test_a_filter_stands_in_the_url(open_page: OpenPage, page_url: str, client: Client) -> None:
    """What is filtered is in the address; somebody who opens that address sees the same, and Back goes back."""
    async with listening(404, 200) as app:
        await client.notify(app.url, "Payment Declined", "Invoice Posted")
        await client.fire("Payment Declined", AccountId="1")
        await client.fire("Invoice Posted", InvoiceId="2")
        page = await open_page(page_url)
        await expect(page.locator(".row.callout")).to_have_count(2)
        await page.get_by_role("button", name="Failed").click()
        await expect(page.locator(".row.callout .name")).to_have_text("Payment Declined")
        await page.get_by_label("Filter the records").fill("code:404")
        await page.wait_for_url("**/_simulator/?q=code%3A404&outcome=failed")
        other = await open_page(page.url)
        await expect(other.locator(".row.callout .name")).to_have_text("Payment Declined")
        await expect(other.get_by_label("Filter the records")).to_have_value("code:404")
        await other.locator(".row.callout").click()
        await expect(other.locator(".detail")).to_be_visible()
        await other.go_back()
        await expect(other.locator(".detail")).to_be_hidden()
        await other.get_by_label("Filter the records").fill("nothing at all")
        await other.get_by_role("button", name="Clear filters").first.click()
        await expect(other.locator(".row.callout")).to_have_count(2)


async def test_everything_is_reached_by_keyboard(open_page: OpenPage, page_url: str, client: Client) -> None:
    """Rows are moved along, folded and opened, the clock is moved, and the theme turned, without a pointer."""
    async with listening(503) as app:
        await client.notify(app.url)
        await client.submit()
        page = await open_page(page_url)
        await expect(page.locator(".row.callout")).to_have_count(1)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        rows = page.get_by_role("treegrid")
        await expect(rows).to_be_focused()
        await expect(page.locator(".row.active.request")).to_have_count(1)
        await page.keyboard.press("ArrowLeft")
        await expect(page.locator(".row.callout")).to_have_count(0)
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("j")
        await expect(page.locator(".row.active.callout")).to_have_count(1)
        active = await rows.get_attribute("aria-activedescendant")
        await expect(page.locator(f"#{active}")).to_have_attribute("aria-level", "2")
        await page.keyboard.press("Enter")
        await expect(page.locator(".detail h2")).to_have_text("Async Request Succeeded")
        await page.keyboard.press("Escape")
        await expect(page.locator(".detail")).to_be_hidden()
        await expect(rows).to_be_focused()
        await page.keyboard.press("a")
        await expect(page.locator(".clock .time")).to_have_text("00:30:00")
        await page.keyboard.press("t")
        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_contain_text("next retry")
        await page.keyboard.press("Escape")
        await page.keyboard.press("/")
        await expect(page.get_by_label("Filter the records")).to_be_focused()


async def test_the_rows_of_an_open_record_are_moved_along(open_page: OpenPage, page_url: str, client: Client) -> None:
    """With a record open, the arrows go from its callout through its attempts to what is due, and the detail follows."""
    async with listening(503, 503) as app:
        await client.notify(app.url, "Payment Declined")
        await client.fire("Payment Declined", AccountId="1")
        await client.simulator.advance(minutes=30)
        page = await open_page(page_url)
        await expect(page.locator(".row.attempt")).to_have_count(2)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Enter")
        await expect(page.locator(".detail h2")).to_have_text("Payment Declined")
        for number in (1, 2):
            await page.keyboard.press("ArrowDown")
            await expect(page.locator(".attempt-tab[aria-pressed=true]")).to_have_attribute(
                "aria-label", f"Attempt {number}: 503"
            )
            await expect(page.locator(".row.active.attempt")).to_contain_text(f"Attempt {number} of 3")
        await page.keyboard.press("ArrowDown")
        await expect(page.locator(".row.active.due")).to_have_count(1)


async def test_it_reads_on_a_phone_in_the_dark(open_page: OpenPage, page_url: str, client: Client) -> None:
    """Nothing is wider than the screen, and an open record takes all of it."""
    async with listening(404) as app:
        await client.notify(app.url)
        await client.submit()
        page = await open_page(page_url, viewport={"width": 390, "height": 844}, color_scheme="dark")
        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        await page.locator(".row.callout").click()
        await expect(page.locator(".detail .why-box")).to_be_visible()
        assert await page.evaluate("() => document.documentElement.scrollWidth") <= 390
        box = await page.locator(".detail").bounding_box()
        assert box is not None
        assert box["width"] == 390
        await page.get_by_role("button", name="Close the detail").click()
        await expect(page.locator(".row.callout .mark.pill")).to_have_text("404")


async def test_settings_tell_where_they_come_from_and_are_changed(
    open_page: OpenPage, page_url: str, client: Client
) -> None:
    """A value, its origin, and a change that the server takes or refuses in its own words."""
    page = await open_page(f"{page_url}?view=settings")
    open_page.forgiven += ["status of 400"]  # the refusal that this test wants to see
    attempts = page.get_by_label("maxAttempts")
    await expect(attempts).to_have_value("3")
    row = page.get_by_role("row").filter(has_text="maxAttempts")
    await expect(row.locator(".origin")).to_have_text("default")
    await attempts.fill("9")
    await attempts.press("Enter")
    await expect(page.locator(".toast.bad")).to_contain_text("maxAttempts")
    await attempts.fill("5")
    await attempts.press("Enter")
    await expect(row.locator(".origin")).to_have_text("control plane")
    await expect(page.get_by_label("maxAttempts")).to_have_value("5")
    assert client.simulator.instance.settings()["maxAttempts"] == 5


async def test_a_definition_previews_what_it_would_send(open_page: OpenPage, page_url: str, client: Client) -> None:
    """The rendered request is shown, and nothing is sent."""
    async with listening(200) as app:
        await client.notify(app.url, "Payment Declined", calloutParams={"account": "<DataSource.Account.Id>"})
        page = await open_page(f"{page_url}?view=definitions")
        await page.get_by_text("Preview what it would send").click()
        await page.get_by_label("Fields of the event").fill("Account.Id=8a80")
        await page.get_by_role("button", name="Preview", exact=True).click()
        await expect(page.locator(".preview .body")).to_contain_text('"account": "8a80"')
        assert app.got == []
        assert client.simulator.callouts == ()


async def test_a_preview_of_nothing_says_why(open_page: OpenPage, page_url: str, client: Client) -> None:
    """An inactive definition, such as `trigger --to` leaves behind, would send nothing, and the page says so."""
    async with listening(200) as app:
        await client.post("/_simulator/events", {"event": "Payment Declined", "to": app.url})
        page = await open_page(f"{page_url}?view=definitions")
        await page.get_by_text("Preview what it would send").click()
        await page.get_by_role("button", name="Preview", exact=True).click()
        await expect(page.locator(".preview")).to_have_text("Nothing would be sent: this definition is inactive.")


async def test_an_empty_page_names_the_next_command(open_page: OpenPage, page_url: str) -> None:
    """A newcomer is told what to type, and that this is unofficial."""
    page = await open_page(page_url)
    await expect(page.locator(".empty .command").first).to_contain_text("zuora-simulator trigger")
    await expect(page.locator("footer")).to_contain_text("Unofficial, not affiliated with Zuora or Salesforce")


async def test_an_address_that_nobody_can_mean(open_page: OpenPage, page_url: str, client: Client) -> None:
    """A view, an order or a time that does not exist leaves the timeline as it is, never a blank page."""
    async with listening(404) as app:
        await client.notify(app.url)
        await client.submit()
        page = await open_page(f"{page_url}?view=nonsense&axis=x&order=random&from=soon&to=later")
        await expect(page.locator(".row.callout")).to_have_count(1)
        await expect(page.get_by_role("button", name="Timeline")).to_have_attribute("aria-current", "page")


async def test_a_resend_and_a_reset_are_told_as_such(open_page: OpenPage, page_url: str, client: Client) -> None:
    """A resend is outside of the limit, and a reset is no connection that came back."""
    async with listening(404, 404) as app:
        await client.notify(app.url)
        await client.submit()
        page = await open_page(page_url)
        await page.locator(".row.callout").click()
        await expect(page.locator(".detail .badges")).to_contain_text("attempt 1 of 3")
        await page.get_by_role("button", name="Resend").click()
        await expect(page.locator(".detail .badges")).to_contain_text("attempt 2, a resend")
        await expect(page.locator(".row.callout .tally")).to_have_text("2, resent")
        await page.get_by_role("button", name="Reset…").click()
        await page.get_by_role("dialog").get_by_role("button", name="Reset").click()
        await expect(page.locator(".toast").last).to_contain_text("Everything is reset")
        await expect(page.locator(".row.callout")).to_have_count(0)
        await expect(page.locator(".toast", has_text="Connected again")).to_have_count(0)


async def test_a_raw_body_stays_raw(open_page: OpenPage, page_url: str, client: Client) -> None:
    """Whoever reads a body as it was sent goes on reading it so when the next attempt is drawn."""
    async with listening(503, 404) as app:
        await client.notify(app.url, "Payment Declined")
        await client.fire("Payment Declined", AccountId="8a80")
        page = await open_page(page_url)
        await page.locator(".row.callout").click()
        await page.locator(".sent").get_by_role("button", name="Raw").click()
        await client.simulator.advance(minutes=30)
        await expect(page.locator(".attempt-tab")).to_have_count(2)
        await expect(page.locator(".sent").get_by_role("button", name="Raw")).to_have_attribute("aria-pressed", "true")
        await expect(page.locator(".sent .body")).to_have_text('{"AccountId":"8a80"}')


async def test_the_filters_keep_to_their_line(open_page: OpenPage, page_url: str, client: Client) -> None:
    """On a laptop the rows stay where they are when a filter is set, two providers and several events or not."""
    async with listening(200) as app:
        await client.notify(app.url, "Payment Declined")
        await client.fire("Payment Declined", AccountId="1")
        asked = {"ResponseType": "HTTPPost", "ResponseAddress": app.url, "RespondWhen": "OnCallComplete"}
        client.simulator.marketing_cloud.call("Create", [{"EmailAddress": "a@example.com"}], SendResponseTo=[asked])
        await client.simulator.settle()
        page = await open_page(page_url)
        await expect(page.get_by_label("Provider")).to_be_visible()
        before = await page.locator(".axis").bounding_box()
        await page.get_by_role("button", name="Delivered").click()
        await expect(page.get_by_role("button", name="Clear filters")).to_be_visible()
        assert await page.locator(".axis").bounding_box() == before
