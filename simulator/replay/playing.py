"""One playing of one story as its steps see it: the stage, what is known so far, what was found, and how it ends early."""

from typing import Any

import msgspec

from simulator.core.ids import Ids
from simulator.records import CalloutRecord
from simulator.replay.asked import Answer
from simulator.replay.expecting import Finding, answered, chosen, spell
from simulator.replay.manner import Manner, seed_of
from simulator.replay.references import BadReference, filled
from simulator.replay.source import Story
from simulator.replay.stage import Stage
from simulator.replay.story import Answered, Receiver


class Stopped(Exception):
    """A step failed, and what follows would make no sense."""


class Playing:
    """``known`` is what `${name.field}` finds."""

    def __init__(self, story: Story, manner: Manner, stage: Stage, receiver: Receiver) -> None:
        self.story = story
        self.manner = manner
        self.stage = stage
        self.receiver = receiver
        self.findings: list[Finding] = []
        self.definitions: list[dict[str, Any]] = []
        self.started = stage.zuora.now
        seed = seed_of(story, manner)
        self.known: dict[str, Any] = {
            "story": {"id": Ids(seed).hex("story"), "seed": seed},
            "client": {"id": stage.zuora.client_id, "secret": stage.zuora.client_secret},
            "receiver": {"url": receiver.url, "username": receiver.username, "password": receiver.password},
        }

    def time(self) -> dict[str, Any]:
        """What a step that moves time leaves behind."""
        return {"now": self.stage.zuora.now.isoformat().replace("+00:00", "Z")}

    def chosen(self, which: Any, where: str) -> list[CalloutRecord]:
        """The callouts that a step is about; the story is over where there are none."""
        found = chosen(which, self.stage.callouts)
        if not found:
            self.fail("a step on callouts", f"a callout of {which.event or 'any event'}", "none yet", where)
            raise Stopped
        return found

    def check(self, title: str, expect: Answered | None, answer: Answer, where: str) -> None:
        """Without an expectation of its own a request must be answered below 400, or the story is over."""
        if expect is None:
            if answer.status >= 400:
                self.fail(title, "a status below 400", f"status {answer.status}: {spell(answer.body)}", where)
                raise Stopped
            return
        missed = answered(expect, answer.status, answer.headers, answer.body)
        wanted = "; ".join(one for one, _ in missed) or spell(msgspec.to_builtins(expect))
        got = "; ".join(one for _, one in missed) or "as expected"
        self.findings.append(Finding(not missed, title, wanted, got, where))

    def fail(self, title: str, expected: str, actual: str, where: str) -> None:
        """Note what was not as it should be."""
        self.findings.append(Finding(False, title, expected, actual, where))

    def filled(self, part: Any, where: str) -> Any:
        """A part of the file with its references replaced by what is known now."""
        if not self.story.refers:
            return part
        try:
            return filled(part, self.known)
        except (BadReference, msgspec.ValidationError) as error:
            self.fail("a reference", "a value that exists", str(error), where)
            raise Stopped from error
