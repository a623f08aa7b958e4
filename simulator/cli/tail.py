"""``zuora-simulator tail``: what happens on a running server, as it happens, in lines such as those of `serve`."""

import json
from collections.abc import Iterator
from typing import Any

import click

from simulator.cli.calling import Caller, NobodyThere, remote
from simulator.cli.wording import asked, clock_time, failure, plain, tinted, tried_in

Row = dict[str, Any]


@click.command(epilog="Example: zuora-simulator tail --format json | jq .why")
@click.option("--all", "everything", is_flag=True, help="Begin with what has happened so far.")
@remote
def tail(caller: Caller, style: str, everything: bool) -> int:
    """Follow requests, callouts and answers until Ctrl-C; exit code 3 when the server stops."""
    news = News(everything)
    for place, frame in enumerate(_frames(caller.lines("/stream"))):
        if place == 0:
            click.echo(f"following {caller.url}; Ctrl-C ends it", err=True)
        for kind, row, attempt in news.of(frame):
            click.echo(_json(kind, row, attempt) if style == "json" else worded(row, attempt))
    raise NobodyThere(f"the server at {caller.url} has stopped")


class News:
    """What a frame of the page's stream tells that was not told before."""

    def __init__(self, everything: bool) -> None:
        self._everything = everything
        self._since = ""
        self._latest = {"requests": 0, "callouts": 0}
        self._seen: set[str] = set()
        self._told: set[tuple[str, ...]] = set()

    def of(self, frame: Row) -> Iterator[tuple[str, Row, Row | None]]:
        """``("request", row, None)`` for each new state, ``("answer", row, attempt)`` for each new attempt, oldest first."""
        if "calloutCount" in frame:  # the beginning, or a reset: what is there is old
            self._seen.clear()
            self._told.clear()
            self._since = frame["clock"]["now"]
            for kind in self._latest:
                self._latest[kind] = 0 if self._everything else max((row["seq"] for row in frame[kind]), default=0)
        found: list[tuple[str, str, Row, Row | None]] = []
        for row in frame["requests"]:
            at = row["completeTime"] or row["createTime"]
            if self._is_new(at, self._is_fresh("requests", row), ("request", row["id"], row["state"])):
                found.append((at, "request", row, None))
        for row in frame["callouts"]:
            fresh = self._is_fresh("callouts", row)
            found += [
                (attempt["endedAt"], "answer", row, attempt)
                for attempt in row["attempts"]
                if self._is_new(attempt["endedAt"], fresh, ("answer", row["id"], attempt["historyId"]))
            ]
        for _, kind, row, attempt in sorted(found, key=lambda one: one[0]):
            yield kind, row, attempt

    def _is_fresh(self, kind: str, row: Row) -> bool:
        """Whether what is untold of a record came after the beginning: it began later, or its past has been seen."""
        seen = row["id"] in self._seen
        self._seen.add(row["id"])
        return seen or row["seq"] > self._latest[kind]

    def _is_new(self, at: str, fresh: bool, key: tuple[str, ...]) -> bool:
        """Of a record that isn't ``fresh``, a standing clock tells nothing of what came at its instant."""
        if key in self._told:
            return False
        self._told.add(key)
        return fresh or at > self._since


def _frames(lines: Iterator[str]) -> Iterator[Row]:
    for line in lines:
        if line.startswith("data:"):
            frame: Row = json.loads(line.removeprefix("data:"))
            yield frame


def worded(row: Row, attempt: Row | None) -> str:
    """One piece of news as a line for a person."""
    if attempt is None:
        at = clock_time(row["completeTime"] or row["createTime"])
        return f"{at}  request  {row['id'][:8]}  {asked(row)} {tinted(row['state'])}{failure(row)}"
    said = f"{attempt['responseCode']}  {tried_in(attempt)}: {plain(attempt['why'])}"
    where = plain(f"{row['event']} → {row['method']} {row['url']}")
    return f"{clock_time(attempt['endedAt'])}  answer   {row['id'][:8]}  {said}  ({where})"


def _json(kind: str, row: Row, attempt: Row | None) -> str:
    about = {"event": kind}
    if attempt is None:
        about |= {name: row[name] for name in ("id", "method", "path", "state", "createTime", "completeTime", "error")}
    else:
        about |= {"calloutId": row["id"], "name": row["event"], "url": row["url"], "outcome": row["outcome"]}
        about |= {"attempt": attempt["number"]}
        about |= {name: attempt[name] for name in ("limit", "responseCode", "errorClass", "retryAt", "why")}
    return json.dumps(about, ensure_ascii=False)
