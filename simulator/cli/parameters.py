"""How values are written on the command line: durations, instants, words, ``NAME=VALUE`` pairs, clients."""

import re
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
            bare = re.fullmatch(r"\d+(\.\d+)?", str(value), re.ASCII)
            return timedelta(minutes=float(value)) if bare else parse_duration(value)
        except AuthorError as error:
            self.fail(str(error), param, ctx)
        except OverflowError:
            self.fail(f"{value!r} is longer than any duration that can be kept", param, ctx)


class _Instant(click.ParamType[datetime]):
    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no instant: write it as 2026-01-01T00:00:00Z", param, ctx)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


class _Word(click.ParamType[str]):
    """A text; in the environment several stand in one variable, apart by commas or white space."""

    name = "word"

    def split_envvar_value(self, rv: str) -> list[str]:
        return [word for word in re.split(r"[,\s]+", rv) if word]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value


class _Pair(_Word):
    """Two texts with a sign between them; only the first sign counts."""

    name = "pair"

    def __init__(self, sign: str, form: str) -> None:
        self._sign = sign
        self._form = form

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, tuple):
            return value
        name, sign, rest = str(value).partition(self._sign)
        if not sign or not name.strip():
            self.fail(f"{value!r} is not of the form {self._form}", param, ctx)
        return name.strip(), rest


class _Client(_Pair):
    """A client and its secret; the secret is in no message."""

    name = "client"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, tuple) and ":" not in str(value):
            self.fail(f"a client is written as {self._form}", param, ctx)
        return super().convert(value, param, ctx)


DURATION = _Duration()
INSTANT = _Instant()
WORD = _Word()
FIELD = _Pair("=", "NAME=VALUE")
CLIENT = _Client(":", "CLIENT:SECRET")
