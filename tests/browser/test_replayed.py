"""The report of a real run, opened from disk: what was not met is seen at once, by whoever it was sent to."""

from pathlib import Path

from simulator.replay.manner import Manner
from simulator.replay.report import Report
from simulator.replay.run import play
from simulator.replay.source import read_story
from tests.browser.conftest import OpenPage
from tests.browser.support.chromium import expect

GREEN = "rgb(22, 121, 76)"
MET = """\
title: A story that is met
definitions: [Payment Declined]
steps:
  - fire: {event: Payment Declined}
expect:
  - {event: Payment Declined, outcome: delivered}
"""
MISSED = """\
title: A story that is missed
receiver: {answers: [503, {status: 404, body: "<img src=x onerror=alert(1)></script>"}]}
definitions: [Payment Declined]
steps:
  - fire: {event: Payment Declined}
  - advance: 30m
expect:
  - {event: Payment Declined, codes: [503, 200], outcome: delivered}
"""


async def test_a_missed_expectation_is_seen_at_once(open_page: OpenPage, tmp_path: Path) -> None:
    """Among many stories that are met, expected against actual stands in view without a click, a scroll or a request."""
    report = Report("zuora-simulator replay stories/")
    for number in range(12):
        text = MISSED if number == 7 else MET
        report.add(await play(read_story(text, f"stories/{number}.yaml", environment={}), Manner()), 0)
    report.write(str(tmp_path))
    report.close()
    file = tmp_path / "report.html"
    page = await open_page(file.as_uri())
    for words in (
        "1 expectation of 12 not met",
        "codes [503, 200]; outcome delivered",
        "codes [503, 404]; outcome failed",
    ):
        place = page.get_by_text(words).first
        await place.wait_for()
        box = await place.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 820
    await page.get_by_label("Story").select_option(index=0)
    await page.get_by_text("How it was made").click()
    await expect(page.locator(".met .tick-mark").first).to_have_css("color", GREEN)
    (tmp_path / "screenshot.png").write_bytes(await page.screenshot())
    assert set(open_page.asked) == {file.as_uri()}
    assert open_page.unforgiven == []
