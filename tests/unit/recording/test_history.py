"""Zuora's callout history, as a user saves it, becomes a story that plays to the codes it tells."""

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.cli import main
from simulator.core.errors import AuthorError
from simulator.recording.history import import_history
from simulator.replay.known import event_names
from simulator.replay.manner import Manner
from simulator.replay.run import Played, Verdict, play
from simulator.replay.source import read_story


def row(number: int, at: str, code: Any, event: str = "e1", **more: Any) -> dict[str, Any]:
    """One row as the API documents it."""
    return {
        "attemptedNum": number,
        "createTime": at,
        "eventCategory": 2110,
        "eventContext": {
            "<Account.ID>": "8a80",
            "<Event.ID>": event,
            "<Event.Category>": "PaymentDeclined",
            "<Notification>": {"Event": "Payment Declined"},
        },
        "notification": "Payment Declined",
        "requestMethod": "POST",
        "requestUrl": "https://shop.example/hook?apiToken=real-token",
        "responseCode": code,
    } | more


async def played(rows: list[dict[str, Any]]) -> Played:
    text = import_history(json.dumps({"calloutHistories": rows, "success": True}))
    assert "real-token" not in text
    environment = {"CALLOUT_SECRET": "any"}
    catalogue = event_names()
    return await play(read_story(text, "imported.yaml", environment=environment, catalogue=catalogue), Manner())


def codes(story: Played) -> list[list[int]]:
    return [[attempt.response_code for attempt in callout.attempts] for callout in story.callouts]


async def test_rows_become_attempts() -> None:
    """Two events, interleaved attempts an hour apart, one delivered in the end."""
    story = await played(
        [
            row(1, "2026-02-01T10:00:00", 503),
            row(1, "2026-02-01T10:10:00", 500, "e2"),
            row(2, "2026-02-01T11:00:02", 200),
            row(2, "2026-02-01T11:10:01", 404, "e2"),
        ]
    )
    assert story.verdict is Verdict.MET, story.findings
    assert codes(story) == [[503, 200], [500, 404]]
    assert story.settings["intervalMinutes"] == 60
    assert str(story.started) == "2026-02-01 10:00:00+00:00"


async def test_what_is_missing_is_filled_in() -> None:
    """The documented sample tells of a third attempt alone; failures alone leave the last one open."""
    assert codes(await played([row(3, "2015-01-13T03:33:51", 405)])) == [[503, 503, 405]]
    assert codes(await played([row(1, "2026-02-01T10:00:00Z", "503")])) == [[503, 200]]
    assert codes(await played([row(1, "2026-02-01T10:00:00Z", -1)])) == [[-1, 200]]
    assert codes(await played([row(1, "2026-02-01T10:00:00Z", -2000)])) == [[-2000]]
    assert codes(await played([row(1, "2026-02-01T10:00:00Z", 495)])) == [[495]]


async def test_two_notifications_on_one_event() -> None:
    """Where two notifications hear of an event, each has its own attempts; one without a row was delivered."""
    story = await played(
        [
            row(1, "2026-02-01T10:00:00", 503, notification="Ledger"),
            row(1, "2026-02-01T10:00:00", 400, notification="Support"),
            row(1, "2026-02-01T12:00:00", 404, "e2", notification="Ledger"),
        ]
    )
    assert story.verdict is Verdict.MET, story.findings
    assert codes(story) == [[503, 200], [400], [404], [200]]


def test_documented_example() -> None:
    """Strings where the schema says so, an event of the tenant's own, several pages in one file."""
    text = import_history(
        json.dumps(
            [
                {
                    "calloutHistories": [
                        row(1, "2026-02-01T10:00:00", "404", eventCategory="user.notification:OrderExploded")
                    ]
                },
                {"calloutHistories": [row(1, "2026-02-01T10:05:00", "404", eventContext='{"<Event.ID>": "e9"}')]},
            ]
        )
    )
    assert "customEvents: [OrderExploded]" in text
    assert "event: Payment Declined" in text


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"calloutHistories": [{}]}', '{"calloutHistories": []}', "[" * 100_000]
)
def test_no_history(text: str) -> None:
    """What is no history is the author's fault, in a sentence."""
    with pytest.raises(AuthorError):
        import_history(text)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`record --history` writes the file; without a server `record` answers 3, with a wrong file 2."""
    saved = tmp_path / "history.json"
    saved.write_text(json.dumps({"calloutHistories": [row(1, "2026-02-01T10:00:00", 404)]}))
    target = tmp_path / "stories" / "imported.yaml"
    assert main(["record", "--history", str(saved), "--to", str(target)]) == 0
    assert "title: Imported from history.json" in target.read_text()
    assert main(["record", "--history", str(tmp_path), "--to", str(target)]) == 2
    assert main(["record", "--server", "http://127.0.0.1:1", "--to", str(target)]) == 3
    assert "no server at http://127.0.0.1:1" in capsys.readouterr().err
