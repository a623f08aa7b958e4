"""How values are written on the command line: durations, instants, ``NAME=VALUE`` pairs."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from simulator.core.errors import AuthorError
from simulator.core.units import parse_duration


class _Duration(click.ParamType[timedelta]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        try:
            return (
                timedelta(minutes=float(value)) if str(value).replace(".", "", 1).isdigit() else parse_duration(value)
            )
        except AuthorError as error:
            self.fail(str(error), param, ctx)


class _Instant(click.ParamType[datetime]):
    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no instant: write it as 2026-01-01T00:00:00Z", param, ctx)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


DURATION = _Duration()
INSTANT = _Instant()


def pairs(given: Sequence[str], flag: str) -> dict[str, str]:
    """``NAME=VALUE`` words as a mapping."""
    found = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise AuthorError(f"{flag} {word!r} is not of the form NAME=VALUE")
        found[name] = value
    return found
