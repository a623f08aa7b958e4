"""What is copied from the page does what it says."""

import asyncio
import json
import os
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

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


async def _run(*command: str, cwd: Path) -> str:
    """A command of this project, run to its end; what it wrote."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *command,
        cwd=cwd,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    return out.decode()


async def test_a_scenario_step_is_replayed(open_page: OpenPage, page_url: str, client: Client, tmp_path: Path) -> None:
    """The copied step, pasted into a story, makes `replay` submit the same request again, whatever was in it."""
    name = 'He said "no": ünïcode \u2028 ${env:HOME} $${x} #1'
    async with listening(503, 200) as app:
        await client.notify(app.url)
        await client.submit(name=name, number=12345678901234567890, share=1e-7, none=None)
        page = await open_page(page_url, **ALLOWED)
        await page.locator(".row.callout").click()
        step = await _copied(page, "scenario step")
    story = tmp_path / "story.yaml"
    head = "title: Copied\nreceiver: {answers: [503, 200]}\ndefinitions: [{event: Async Request Succeeded}]\nsteps:\n"
    story.write_text(
        f"{head}{step}- advance: 30m\nexpect:\n- {{event: Async Request Succeeded, codes: [503, 200]}}\n",
        encoding="utf-8",
    )
    await _run("simulator", "replay", "story.yaml", "--report", "out", cwd=tmp_path)
    [told] = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["stories"]
    [sent] = told["requests"]
    [asked] = client.simulator.requests
    assert (sent["method"], sent["path"]) == (asked.method, asked.path)
    assert json.loads(sent["body"]) == json.loads(asked.body)


@pytest.mark.parametrize("kind", ["scenario step", "pytest"])
async def test_a_call_of_the_other_provider_is_told_again(
    open_page: OpenPage, page_url: str, client: Client, tmp_path: Path, kind: str
) -> None:
    """The page says what was called; what is copied of it makes the same call again, led to the receiver of the copy."""
    async with listening(404) as app:
        asked = {"ResponseType": "HTTPPost", "ResponseAddress": app.url, "RespondWhen": "OnCallComplete"}
        client.simulator.marketing_cloud.call(
            "Create", [{"EmailAddress": "a+${b}@example.com"}], SendResponseTo=[asked]
        )
        await client.simulator.settle()
        page = await open_page(page_url, **ALLOWED)
        await expect(page.locator(".row.request")).to_contain_text("Create Subscriber")
        await page.locator(".row.callout").click()
        copied = await _copied(page, kind)
    if kind == "pytest":
        (tmp_path / "test_copied.py").write_text(copied, encoding="utf-8")
        (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        assert "1 passed" in await _run("pytest", "-q", *_plugin(), "test_copied.py", cwd=tmp_path)
        return
    head = "title: Copied\nreceiver: {answers: [404]}\nsteps:\n"
    tail = "- settle: {}\nexpect:\n- {event: Asynchronous Create, codes: [404]}\n"
    (tmp_path / "story.yaml").write_text(f"{head}{copied}{tail}", encoding="utf-8")
    await _run("simulator", "replay", "story.yaml", "--report", "out", cwd=tmp_path)
    [told] = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["stories"]
    assert "a+${b}@example.com" in told["requests"][0]["body"]


async def test_a_fired_event_is_a_step_too(open_page: OpenPage, page_url: str, client: Client, tmp_path: Path) -> None:
    """An event that was fired by itself is copied with its fields."""
    async with listening(404) as app:
        await client.notify(app.url, "Payment Declined")
        await client.fire("Payment Declined", Account={"Name": "a ${b}: c"})
        page = await open_page(page_url, **ALLOWED)
        await page.locator(".row.callout").click()
        step = await _copied(page, "scenario step")
    story = tmp_path / "story.yaml"
    head = "title: Copied\nreceiver: {answers: [404]}\ndefinitions: [{event: Payment Declined}]\nsteps:\n"
    story.write_text(
        f"{head}{step}- settle: {{}}\nexpect:\n- {{event: Payment Declined, codes: [404]}}\n", encoding="utf-8"
    )
    await _run("simulator", "replay", "story.yaml", "--report", "out", cwd=tmp_path)
    [told] = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["stories"]
    assert told["callouts"][0]["fields"] == {"Account.Name": "a ${b}: c"}


@pytest.mark.parametrize("answers", [(503, 200), (404,)])
async def test_a_pytest_test_is_run(
    open_page: OpenPage, page_url: str, client: Client, tmp_path: Path, answers: tuple[int, ...]
) -> None:
    """The copied test passes as it stands, with nothing but the fixtures."""
    async with listening(*answers) as app:
        await client.notify(app.url)
        await client.submit(name='a "quoted" \\ näme')
        await client.simulator.drain()
        page = await open_page(page_url, **ALLOWED)
        await page.get_by_role("button", name="Unfold everything").click()
        await page.locator(".row.callout").click()
        test = await _copied(page, "pytest")
    (tmp_path / "test_copied.py").write_text(test, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    out = await _run("pytest", "-q", *_plugin(), "test_copied.py", cwd=tmp_path)
    assert "1 passed" in out
    assert f"== {list(answers)}" in test


def _plugin() -> list[str]:
    """Where the distribution is not installed its fixtures are named on the command line."""
    known = [point.value for point in entry_points(group="pytest11")]
    return [] if "simulator.pytest_plugin" in known else ["-p", "simulator.pytest_plugin"]
