"""The search finds what a receiver does not stand, as the smallest schedule, and writes it down."""

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.cli import main
from simulator.core.errors import AuthorError
from simulator.receiver import Received, Receiver
from simulator.replay.explore import Invariant, Tried, explore, failing_story
from simulator.replay.manner import Manner
from simulator.replay.run import Verdict, play
from simulator.replay.source import Story, read_story

STORY = """\
title: A subscription grows
definitions: [Subscription Created, Upcoming Renewal, Payment Processed]
steps:
  - fire: {event: Subscription Created, fields: {Id: "${story.id}", Version: "1"}}
  - fire: {event: Upcoming Renewal, fields: {Id: "${story.id}", Version: "2"}}
  - fire: {event: Payment Processed, fields: {Id: "${story.id}", Amount: "10"}}
  - settle
  - probe: {expect: {body: {version: "2", paid: 10}}}
"""


class Application:
    """An application with a choice of mistakes, and a probe that tells its state of the latest story."""

    def __init__(self, *, keyed_on: str, ordered: bool = False) -> None:
        self.keyed_on, self.ordered = keyed_on, ordered
        self.seen: set[str | None] = set()
        self.state: dict[str, dict[str, Any]] = {}
        self.latest = ""

    def callout(self, request: Received) -> int:
        body = json.loads(request.body)
        key = request.header(self.keyed_on)
        state = self.state.setdefault(body["Id"], {"version": "0", "paid": 0})
        self.latest = body["Id"]
        if key not in self.seen:
            self.seen.add(key)
            state["paid"] += int(body.get("Amount", 0))
            if self.ordered or body.get("Version", "0") > state["version"]:
                state["version"] = body.get("Version", state["version"])
        return 200

    def probe(self, request: Received) -> Any:
        return {"body": self.state.get(self.latest, {})}


def story() -> Story:
    return read_story(STORY, "grows.yaml", environment={})


async def tries(
    application: Application, invariants: tuple[Invariant, ...] = (Invariant.PROBE,), bound: int = 200
) -> list[Tried]:
    async with Receiver({"/probe": application.probe, "*": application.callout}) as receiver:
        manner = Manner(target=receiver.url, probe=receiver.url_for("/probe"))
        return [tried async for tried in explore(story(), manner, invariants, bound=bound)]


async def test_good_application() -> None:
    """One that is keyed on the notification id and looks at versions stands everything, within the bound."""
    found = await tries(Application(keyed_on="Zuora-Notification-Id"), bound=40)
    assert not any(tried.broken for tried in found)
    assert len(found) == 41  # the story undisturbed, then the schedules


@pytest.mark.parametrize(
    ("application", "kinds"),
    [
        (Application(keyed_on="Zuora-Request-Id"), {"duplicate", "lost-answer"}),
        (Application(keyed_on="Zuora-Notification-Id", ordered=True), {"delay"}),
    ],
    ids=["keyed on request id", "last one wins"],
)
async def test_bad_application(application: Application, kinds: set[str]) -> None:
    """The mistake is found as one misfortune, and the file that is written shows it again on a fresh start."""
    found = await tries(application)
    worst = [tried for tried in found if tried.broken][-1]
    assert len(worst.schedule) == 1
    assert {one.kind for one in worst.schedule} <= kinds
    text = failing_story(story(), worst, (Invariant.PROBE,))
    fresh = Application(keyed_on=application.keyed_on, ordered=application.ordered)
    async with Receiver({"/probe": fresh.probe, "*": fresh.callout}) as receiver:
        again = read_story(text, "grows.failing.yaml", environment={})
        played = await play(again, Manner(target=receiver.url, probe=receiver.url_for("/probe")))
    assert played.verdict is Verdict.FAILED


async def test_same_seed_same_search() -> None:
    """The search repeats."""
    first = await tries(Application(keyed_on="Zuora-Notification-Id"), bound=30)
    second = await tries(Application(keyed_on="Zuora-Notification-Id"), bound=30)
    assert [tried.schedule for tried in first] == [tried.schedule for tried in second]


async def test_delivered_as_invariant() -> None:
    """A receiver that refuses the second delivery is found without a probe."""
    seen: set[str | None] = set()

    def once(request: Received) -> int:
        key = request.header("Zuora-Notification-Id")
        if key in seen:
            return 409
        seen.add(key)
        return 200

    text = "title: t\ndefinitions: [Payment Processed]\nsteps:\n  - fire: {event: Payment Processed}\n"
    async with Receiver(once) as receiver:
        plain = read_story(text, "t.yaml", environment={})
        search = explore(plain, Manner(target=receiver.url), (Invariant.DELIVERED,))
        found = [tried async for tried in search]
    assert [one.kind for one in found[-1].schedule] == ["lost-answer"]


async def test_nothing_to_break() -> None:
    """A story whose probes expect nothing is refused in a sentence."""
    plain = read_story("title: t\nsteps: [settle]\n", "t.yaml", environment={})
    with pytest.raises(AuthorError, match="no probe of this story expects anything"):
        [tried async for tried in explore(plain, Manner())]


def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`explore` prints each schedule, writes the failing one beside the story, and answers 1; 0 where nothing is found."""
    monkeypatch.chdir(tmp_path)
    Path("grows.yaml").write_text(STORY)
    bad = Application(keyed_on="Zuora-Request-Id")
    with Receiver.threaded({"/probe": bad.probe, "*": bad.callout}) as receiver:
        options = ["--target", receiver.url, "--probe", receiver.url_for("/probe")]
        assert main(["explore", "grows.yaml", "--invariant", "probe", *options]) == 1
    assert "BROKEN" in capsys.readouterr().out
    assert Path("grows.failing.yaml").read_text().startswith("# Found by zuora-simulator explore")
    good = Application(keyed_on="Zuora-Notification-Id")
    with Receiver.threaded({"/probe": good.probe, "*": good.callout}) as receiver:
        options = ["--target", receiver.url, "--probe", receiver.url_for("/probe"), "--schedules", "5"]
        assert main(["explore", "grows.yaml", *options]) == 0
    assert "Nothing found" in capsys.readouterr().out
