"""What is copied from the page does what it says."""

import asyncio
from typing import Any

import yaml

from simulator.host import Simulator
from tests.browser.conftest import OpenPage
from tests.browser.support.chromium import Page, expect
from tests.browser.support.client import Client
from tests.browser.support.listener import listening

ALLOWED: dict[str, Any] = {"permissions": ["clipboard-read", "clipboard-write"]}


async def _copied(page: Page, button: str) -> str:
    await page.locator(".copies").get_by_role("button", name=button).click()
    await expect(page.locator(".toast").last).to_contain_text("Copied as")
    text: str = await page.evaluate("() => navigator.clipboard.readText()")
    return text


async def test_a_curl_command_sends_the_same_request_again(open_page: OpenPage, page_url: str, client: Client) -> None:
    """The copied line, run by a shell, brings the receiver the same method, URL, headers and body, quotes and all."""
    async with listening(404, 200) as app:
        await client.notify(
            f"{app.url}?a=[1]&b=it's", "Payment Declined", calloutParams={"name": "O'Neil $(id) \\ é", "empty": ""}
        )
        await client.fire("Payment Declined", AccountId="1")
        page = await open_page(page_url, **ALLOWED)
        await page.locator(".row.callout").click()
        await expect(page.locator(".detail .message").first).to_be_visible()
        command = await _copied(page, "curl")
        shell = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = await shell.communicate()
        assert shell.returncode == 0, err
        assert b"200 OK" in out
        assert app.got[1] == app.got[0]


async def test_a_masked_credential_is_asked_for_by_name(open_page: OpenPage, page_url: str, client: Client) -> None:
    """The page never had the password, so the copied line names a variable in its place."""
    secret = "correct-horse-battery"
    async with listening(404) as app:
        await client.notify(
            app.url,
            "Payment Declined",
            requiredAuth=True,
            calloutAuth={"username": "someone", "password": secret, "preemptive": True},
        )
        await client.fire("Payment Declined", AccountId="1")
        page = await open_page(page_url, **ALLOWED)
        await page.locator(".row.callout").click()
        await expect(page.locator(".detail .headers").first).to_contain_text("Authorization")
        command = await _copied(page, "curl")
        assert '"$AUTHORIZATION"' in command
        assert "Authorization" in app.got[0][2]
        shown = await page.content()
        for planted in (secret, app.got[0][2]["Authorization"], client.simulator.client_secret):
            assert planted not in shown
            assert planted not in command


async def test_a_scenario_step_is_replayed(open_page: OpenPage, page_url: str, client: Client) -> None:
    """The copied step is YAML that makes the same thing happen again in another simulator."""
    async with listening(200) as app:
        await client.notify(app.url)
        await client.submit(name='He said "no": ünïcode \u2028 #1')
        page = await open_page(page_url, **ALLOWED)
        await page.locator(".row.request").dblclick()
        await page.locator(".row.callout").click()
        [step] = yaml.safe_load(await _copied(page, "scenario step"))
        async with Simulator(delivery="immediate") as another:
            submit = step["submit"]
            assert submit["method"] == "POST"
            again = Client(another, client._session)
            await again.notify(app.url)
            await again.submit(submit["path"], **submit["body"])
            assert another.requests[0].body == client.simulator.requests[0].body
            assert another.requests[0].path == client.simulator.requests[0].path


async def test_a_pytest_test_is_python(open_page: OpenPage, page_url: str, client: Client) -> None:
    """The copied test compiles and tells the fields and the codes."""
    async with listening(404) as app:
        await client.notify(app.url, "Payment Declined")
        await client.fire("Payment Declined", Account={"Name": 'a "quoted" \\ name'})
        page = await open_page(page_url, **ALLOWED)
        await page.locator(".row.callout").click()
        test = await _copied(page, "pytest")
        compile(test, "copied.py", "exec")
        assert "def test_payment_declined(zuora_simulator, zuora_receiver):" in test
        assert "== [404]" in test
