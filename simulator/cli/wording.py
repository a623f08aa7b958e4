"""How records of a running server are worded on a terminal. It decides nothing; what others chose is printed as text only."""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click

Row = dict[str, Any]
COLOURS = {
    "delivered": 32,
    "succeeded": 32,
    "pending": 33,
    "queued": 33,
    "failed": 31,
    "not-sent": 31,
    "never": 31,
}


def plain(text: Any) -> str:
    """A text that somebody else chose, without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in str(text))


def tinted(state: str) -> str:
    """A state in its colour, on a terminal that wants colours."""
    colour = COLOURS.get(state)
    if colour is None or not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return state
    return f"\x1b[{colour}m{state}\x1b[0m"


def clock_time(instant: str | None) -> str:
    """``2026-01-01T00:30:00Z`` as ``00:30:00``."""
    return instant[11:19] if instant else ""


def day_and_time(instant: str) -> str:
    """``2026-01-01T00:30:00Z`` as ``2026-01-01 00:30:00``."""
    return f"{instant[:10]} {instant[11:19]}"


def table(rows: Iterable[Sequence[str]]) -> None:
    """Rows, aligned; the last column is as long as it likes."""
    kept = [[plain(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*kept, strict=True)]
    for row in kept:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        click.echo("  ".join([*cells, row[-1]]).rstrip())


UNTRIED = {"pending": "no attempt yet", "not-sent": "dropped by a fault, or its definition was deleted"}
"""What is said of a callout without an attempt."""


def callout_line(callout: Row) -> str:
    """One callout: when, which, where to, and how it stands."""
    codes = ", ".join(str(attempt["responseCode"]) for attempt in callout["attempts"]) or UNTRIED[callout["outcome"]]
    due = f", next {_spoken(callout)}" if callout["outcome"] == "pending" and callout["dueAt"] else ""
    where = f"{callout['event']} → {callout['method']} {callout['url']}"
    head = f"{clock_time(callout['eventAt'])}  {callout['id'][:8]}  {plain(where)}"
    return f"{head}  {tinted(callout['outcome'])}: {codes}{due}"


def _spoken(callout: Row) -> str:
    """When it is due, with the date where that is another day than that of its last attempt, or of its event."""
    due, seen_from = callout["dueAt"], callout["attempts"][-1]["sentAt"] if callout["attempts"] else callout["eventAt"]
    return f"at {clock_time(due)}" if due[:10] == seen_from[:10] else f"on {due[:10]} at {clock_time(due)}"


def attempt_line(attempt: Row) -> str:
    """One attempt: which, what came of it, and why it is or is not tried again."""
    code = attempt["responseCode"]
    error = f" {attempt['errorClass']}" if attempt["errorClass"] else ""
    return f"{clock_time(attempt['sentAt'])}  {tried_in(attempt)}  {code}{error}: {plain(attempt['why'])}"


def tried(number: int, limit: int, resend: bool) -> str:
    """``attempt 1/3``; a resend stands outside of the limit."""
    return f"attempt {number}" + (", a resend" if resend else f"/{limit}")


def tried_in(attempt: Row) -> str:
    """The same of an attempt's record."""
    return tried(attempt["number"], attempt["limit"], attempt["resend"])


def request_line(request: Row) -> str:
    """One asynchronous request."""
    head = f"{clock_time(request['createTime'])}  {request['id'][:8]}  {asked(request)}"
    return f"{head}  {tinted(request['state'])}{failure(request)}"


def asked(request: Row) -> str:
    """What was asked for: the method and the path, and in brackets what the path does not say."""
    label = f" ({plain(request['label'])})" if request.get("label") else ""
    return f"{request['method']} {plain(request['path'])}{label}"


def failure(request: Row) -> str:
    """Why a request failed, after a colon; nothing for one that did not."""
    return f": {plain(request['error'])}" if request["error"] else ""


def whole_callout(callout: Row) -> None:
    """A callout with its attempts and their exchanges."""
    click.echo(callout_line(callout))
    click.echo(f"  id            {callout['id']}")
    click.echo(f"  definition    {plain(callout['definition']['name'])}")
    for name, value in callout["fields"].items():
        click.echo(f"  field         {plain(name)} = {plain(value)}")
    for warning in callout["warnings"]:
        click.echo(f"  warning       {plain(warning)}")
    for attempt in callout["attempts"]:
        click.echo(f"\n  {attempt_line(attempt)}")
        click.echo(f"    history id  {attempt['historyId']}")
        for exchange in attempt["exchanges"]:
            _whole_exchange(exchange)


def _whole_exchange(exchange: Row) -> None:
    click.echo(f"    > {exchange['method']} {plain(exchange['url'])}")
    for name, value in exchange["headers"]:
        click.echo(f"    > {plain(name)}: {plain(value)}")
    if exchange["body"]:
        click.echo(f"    > {plain(exchange['body'])}")
    click.echo(f"    < {exchange['status'] or exchange['errorClass']} {plain(exchange['detail'])}".rstrip())
    for name, value in exchange["responseHeaders"]:
        click.echo(f"    < {plain(name)}: {plain(value)}")
    if exchange["responseBody"]:
        click.echo(f"    < {plain(exchange['responseBody'])}{' …' if exchange['truncated'] else ''}")
    for note in exchange["notes"]:
        click.echo(f"      {plain(note)}")
