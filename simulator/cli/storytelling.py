"""What is printed while stories are played: a line for each attempt, expected against actual, a closing verdict.

It only words what happened. Colour and the progress bar are for terminals.
"""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import click

from simulator.core.units import format_duration
from simulator.records import AttemptRecord, CalloutRecord
from simulator.replay.run import Played, Verdict
from simulator.replay.session import Audience
from simulator.replay.source import Story

SECOND = timedelta(seconds=1)

MANY = 10
"""From so many stories on a terminal shows a bar, and only stories that are not met in full."""


def audience(style: str, total: int) -> Audience:
    """Whoever prints in that style."""
    if style == "json":
        return JsonAudience()
    return Bar() if total >= MANY and sys.stderr.isatty() else TextAudience()


class TextAudience:
    """Lines for a person."""

    def __init__(self) -> None:
        self._colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self._failed: list[str] = []
        self._expectations = 0
        self._met = 0

    def begins(self, story: Story, number: int, total: int) -> None:
        place = f"  ({number} of {total})" if total > 1 else ""
        self.line(f"{self._paint(_shown(story.scenario.title), 1)}  {story.path}, seed {story.scenario.seed}{place}")

    def attempt(self, callout: CalloutRecord, attempt: AttemptRecord, started: datetime) -> None:
        span = attempt.sent_at - started
        after = "+" + format_duration(SECOND * round(span / SECOND) if span > SECOND else span)
        colour = 32 if callout.outcome == "delivered" else 33 if callout.outcome == "pending" else 31
        code = self._paint(f"{attempt.response_code:>5}", colour)
        self.line(
            f"  {after:>8}  {_shown(callout.event)}  attempt {attempt.number}/{attempt.limit} {code}  {_shown(attempt.why)}"
        )

    def ends(self, played: Played) -> None:
        for finding in played.findings:
            self._expectations += 1
            self._met += finding.met
            if finding.met:
                self.line(f"  {self._paint('ok', 32)}    {_shown(finding.title)}")
            else:
                self.line(f"  {self._paint('FAIL', 31)}  {_shown(finding.title)}  ({finding.where})")
                self.line(f"        expected {_shown(finding.expected)}")
                self.line(f"        actual   {_shown(finding.actual)}")
        if played.verdict is Verdict.UNREACHABLE:
            self.line(f"  {self._paint('UNREACHABLE', 31)}  {_shown(played.detail)}")
        if played.verdict is Verdict.SKIPPED:
            self.line(f"  {self._paint('not played', 33)}  {_shown(played.detail)}")
        elif played.verdict is not Verdict.MET:
            self._failed.append(f"{played.story.path}: {_shown(played.story.scenario.title)}")
        self.line("")

    def closes(self, played: int, total: int, verdicts: Sequence[Verdict]) -> None:
        for name in self._failed[:20]:
            self.line(f"{self._paint('not met', 31)}  {name}")
        bad = len(self._failed)
        told = f"{_count(played, 'story', 'stories')}, {_count(self._expectations, 'expectation', 'expectations')}"
        verdict = (
            "all met" if not bad else f"{_count(bad, 'story', 'stories')} not met ({self._met} of the expectations are)"
        )
        colour = 32 if not bad else 31
        self.line(f"{told}: {self._paint(verdict, colour)}")
        if played < total:
            self.line(f"{_count(total - played, 'story', 'stories')} not played; --keep-going plays them too")

    def line(self, text: str) -> None:
        click.echo(text)

    def _paint(self, text: str, code: int) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text


class Bar(TextAudience):
    """Many stories on a terminal: a bar, and in full only the stories that are not met."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[str] = []
        self._closing = False

    def begins(self, story: Story, number: int, total: int) -> None:
        self._held = []
        width = max(10, shutil.get_terminal_size().columns - 40)
        done = width * number // total
        print(
            f"\r[{'#' * done}{'.' * (width - done)}] {number}/{total} {len(self._failed)} not met",
            end="",
            file=sys.stderr,
            flush=True,
        )
        super().begins(story, number, total)

    def ends(self, played: Played) -> None:
        super().ends(played)
        if played.verdict is not Verdict.MET:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
            for text in self._held:
                click.echo(text)

    def closes(self, played: int, total: int, verdicts: Sequence[Verdict]) -> None:
        print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
        self._closing = True
        super().closes(played, total, verdicts)

    def line(self, text: str) -> None:
        if self._closing:
            click.echo(text)
        else:
            self._held.append(text)


class JsonAudience:
    """One JSON object a line."""

    def begins(self, story: Story, number: int, total: int) -> None:
        self._print(
            event="story",
            file=story.path,
            title=story.scenario.title,
            seed=story.scenario.seed,
            number=number,
            of=total,
        )

    def attempt(self, callout: CalloutRecord, attempt: AttemptRecord, started: datetime) -> None:
        self._print(
            event="attempt",
            calloutId=callout.id,
            name=callout.event,
            attempt=attempt.number,
            limit=attempt.limit,
            responseCode=attempt.response_code,
            errorClass=attempt.error_class,
            afterSeconds=(attempt.sent_at - started).total_seconds(),
            outcome=callout.outcome,
            why=attempt.why,
        )

    def ends(self, played: Played) -> None:
        for finding in played.findings:
            self._print(
                event="expectation",
                met=finding.met,
                title=finding.title,
                expected=finding.expected,
                actual=finding.actual,
                where=finding.where,
            )
        self._print(event="verdict", file=played.story.path, verdict=played.verdict, detail=played.detail)

    def closes(self, played: int, total: int, verdicts: Sequence[Verdict]) -> None:
        met = sum(verdict is Verdict.MET for verdict in verdicts)
        self._print(event="end", stories=total, played=played, met=met)

    def _print(self, **line: Any) -> None:
        print(json.dumps(line, default=str), flush=True)


def _shown(text: str) -> str:
    """A text that a receiver or a file chose, without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
