"""What a page is told, and when."""

from typing import Any

import msgspec

from simulator.console.feed import Subject
from simulator.console.stream import FRAME_ROWS, Reader
from tests.browser.support.mock import World


def _read(frame: bytes) -> tuple[str, dict[str, Any]]:
    event, data, *rest = frame.decode().split("\n")
    assert rest == ["", ""]
    return event.removeprefix("event: "), msgspec.json.decode(data.removeprefix("data: "))


def _read_all(reader: Reader) -> list[tuple[str, dict[str, Any]]]:
    frames = []
    while reader.behind:
        frames.append(_read(reader.frame()))
    return frames


def test_a_page_gets_every_record_once_the_newest_first() -> None:
    """The first frame is a snapshot with the newest rows; the older ones follow, each once."""
    world = World(3 * FRAME_ROWS)
    frames = _read_all(Reader(world))
    assert [name for name, _ in frames] == ["snapshot", "records", "records"]
    assert frames[0][1]["calloutCount"] == len(world.callouts)
    told = [row["id"] for _, message in frames for row in message["callouts"]]
    assert told == list(reversed(world.callout_ids()))
    assert {row["id"] for _, message in frames for row in message["requests"]} == set(world.request_ids())


def test_what_changes_goes_out_before_what_is_old() -> None:
    """Somebody who looks at a page that is still loading sees a new callout in the very next frame."""
    world = World(3 * FRAME_ROWS)
    reader = Reader(world)
    reader.frame()
    new = world.add(90_000)
    world.tell(Subject.CALLOUT, new["id"])
    _, message = _read(reader.frame())
    assert message["callouts"][0]["id"] == new["id"]


def test_a_record_that_changes_often_is_told_once_in_its_last_state() -> None:
    """A slow page owes no queue: a thousand changes of one record are one row."""
    world = World(1)
    reader = Reader(world)
    reader.frame()
    [row] = world.callouts.values()
    for number in range(1000):
        row["outcome"] = f"state {number}"
        world.tell(Subject.CALLOUT, row["id"])
    [(_, message)] = _read_all(reader)
    assert [told["outcome"] for told in message["callouts"]] == ["state 999"]


def test_a_record_that_is_gone_is_left_out() -> None:
    """What was forgotten between its change and its frame is no row."""
    world = World(1)
    reader = Reader(world)
    reader.frame()
    [identity] = world.callout_ids()
    world.tell(Subject.CALLOUT, identity)
    world.callouts.clear()
    [(_, message)] = _read_all(reader)
    assert message["callouts"] == []


def test_a_reset_begins_anew() -> None:
    """After a reset the next frame is a snapshot, and nothing of before is told."""
    world = World(3 * FRAME_ROWS)
    reader = Reader(world)
    reader.frame()
    world.callouts.clear()
    world.requests.clear()
    world.tell(Subject.RESET)
    [(name, message)] = _read_all(reader)
    assert (name, message["callouts"], message["calloutCount"]) == ("snapshot", [], 0)


def test_time_that_moves_without_a_fact_is_news() -> None:
    """A virtual clock that was moved is told though nothing happened; a running one is no news by itself."""
    for kind, news in (("virtual", True), ("real", False)):
        world = World()
        world.kind = kind
        reader = Reader(world)
        reader.frame()
        assert not reader.behind
        world.now = world.now.replace(hour=12)
        assert reader.behind is news
        _, message = _read(reader.frame())
        assert message["clock"]["now"] == "2026-01-01T12:35:00Z"
        assert "overview" not in message


def test_a_reader_that_leaves_hears_no_more() -> None:
    """Nothing stays behind in the feed."""
    world = World()
    Reader(world).close()
    assert world.listeners == []
