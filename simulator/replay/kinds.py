"""How a value of the file is named in a message, and which texts have a grammar of their own.

Tables only: a unit of text and how it is checked, a type and what it is called. Nothing here walks a tree.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import Struct, inspect

from simulator.core.errors import AuthorError
from simulator.core.units import parse_duration, parse_rate, parse_size
from simulator.replay.tree import Kind, Node, Trap, bare_value


class Unit(Struct, frozen=True):
    what: str
    check: Callable[[str], object]


def _anything(text: str) -> None:
    """Every text will do."""


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise AuthorError(f"{text[:60]!r} is not an instant: write it like 2026-01-01T00:00:00Z") from None


def _name(text: str) -> None:
    if not text.replace("-", "_").isidentifier() or not text.isascii():
        raise AuthorError(f"{text[:60]!r} is not a name: letters, digits, '-' and '_', and no digit first")


def _span(text: str) -> object:
    return parse_duration(text.removeprefix("+"))


UNITS = {
    None: Unit("text", _anything),
    "event": Unit("the name of an event", _anything),
    "name": Unit("a name", _name),
    "duration": Unit("a duration like 30m", _span),
    "size": Unit("a size like 200KB", parse_size),
    "rate": Unit("a rate like 1B/s", parse_rate),
    "instant": Unit("an instant like 2026-01-01T00:00:00Z", _instant),
}


def _bare(kind: Any) -> Any:
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    return kind


_WORDS: dict[type, str] = {
    inspect.StrType: "text",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.BoolType: "true or false",
    inspect.ListType: "a list",
    inspect.DictType: "a mapping",
    inspect.StructType: "a mapping",
}


def named(kind: Any) -> str:
    kind = _bare(kind)
    if isinstance(kind, inspect.LiteralType):
        return " or ".join(repr(value) for value in kind.values)
    return _WORDS[type(kind)]


def fits(node: Node, kind: Any) -> bool:
    """Whether a node has the outer form of ``kind``: enough to choose among a union's types."""
    kind = _bare(kind)
    if node.kind is Kind.MAPPING:
        return isinstance(kind, inspect.StructType | inspect.DictType)
    if node.kind is Kind.SEQUENCE:
        return isinstance(kind, inspect.ListType)
    try:
        value = bare_value(node.text) if node.plain else node.text
    except Trap:
        # Whoever reads it tells of the trap.
        return isinstance(kind, inspect.BoolType | inspect.IntType | inspect.StrType)
    if isinstance(value, bool):
        return isinstance(kind, inspect.BoolType)
    if isinstance(value, int):
        return isinstance(kind, inspect.IntType)
    return isinstance(kind, inspect.StrType | inspect.LiteralType) and value is not None


def is_null(node: Node) -> bool:
    return node.kind is Kind.SCALAR and node.plain and node.text in ("", "~", "null", "Null", "NULL")


def shown(node: Node) -> str:
    return repr(node.text if len(node.text) <= 60 else node.text[:57] + "...")


def bare(choices: list[inspect.Type]) -> Any:
    """What a key without a value means: the thing itself where it takes nothing (`settle:`), else that it is not given."""
    only = choices[0] if len(choices) == 1 else None
    return only.cls() if isinstance(only, inspect.StructType) and not only.fields else None
