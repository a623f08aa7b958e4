"""``${name.field}`` and ``${env:NAME}``: how a value of the file points to another. Only this module reads the spelling.

The environment is filled in while a file is read; fields of steps while it runs. ``$${`` stands for the two characters.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from simulator.core.errors import AuthorError, near_match
from simulator.replay.tree import Node

_MARK = re.compile(r"\$\$\{|\$\{([^{}]*)(\}?)")
_FIELD = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)((?:\.[A-Za-z0-9_-]+)+)")
_ENVIRONMENT = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")

RECEIVER = "receiver"
WORLD = "world"
STORY = "story"
CLIENT = "client"
ROOTS = (RECEIVER, WORLD, STORY, CLIENT)
"""Names that every story knows: whom it calls, what exists at the start, an id and a seed of its own, an API client."""

JSON_KEY = "body"
"""The one key of the format whose value is JSON rather than text."""

Part = TypeVar("Part", bound=Struct)


class Reference(Struct, frozen=True):
    """``${name.field}`` at a place of the file; ``path`` is where it stands, as keys and indexes."""

    path: tuple[str | int, ...]
    node: Node
    name: str
    field: str


class BadReference(AuthorError):
    """A ``${...}`` that cannot be read or filled in."""


def with_environment(text: str, environment: Mapping[str, str], secrets: dict[str, str]) -> str:
    """``text`` with its ``${env:NAME}`` filled in; the values are noted in ``secrets`` under their reference."""

    def fill(match: re.Match[str]) -> str:
        if match[0] == "$${":
            return match[0]
        inside = _inside(match)
        variable = _ENVIRONMENT.fullmatch(inside)
        if variable is None:
            if inside.startswith("env:"):
                raise BadReference(f"{match[0]} does not name an environment variable: write ${{env:NAME}}")
            return match[0]
        name = variable[1]
        if name not in environment:
            raise BadReference(f"the environment variable {name} is not set{near_match(name, environment)}")
        value = environment[name]
        if value:
            secrets[value] = f"${{env:{name}}}"
        return value.replace("${", "$${")

    return _MARK.sub(fill, text)


def references(text: str) -> Iterator[tuple[str, str]]:
    """Each ``${name.field}`` of ``text`` as (name, field); raises `BadReference`."""
    for match in _MARK.finditer(text):
        if match[0] == "$${":
            continue
        found = _FIELD.fullmatch(_inside(match))
        if found is None:
            raise BadReference(f"{_clip(match[0])} is not a reference: write ${{step.field}} or ${{env:NAME}}")
        yield found[1], found[2][1:]


def fill(value: Any, known: Mapping[str, Any], *, typed: bool = True) -> Any:
    """``value`` with every reference in its texts filled in from ``known``; raises `BadReference` for a missing field.

    A text that is nothing but one reference takes the referred value with its type if ``typed``, else it is written out.
    """
    if isinstance(value, str):
        filled = _filled_text(value, known)
        return filled if typed else _written(filled)
    if isinstance(value, dict):
        return {
            _written(_filled_text(key, known)): fill(item, known, typed=typed or key == JSON_KEY)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [fill(item, known, typed=typed) for item in value]
    return value


def filled(part: Part, known: Mapping[str, Any]) -> Part:
    """A part of a story with its references filled in: its ``body`` keeps types, everything else is text."""
    return msgspec.convert(fill(msgspec.to_builtins(part), known, typed=False), type(part), strict=False)


def _filled_text(text: str, known: Mapping[str, Any]) -> Any:
    if "${" not in text:
        return text
    whole = _MARK.fullmatch(text)
    if whole is not None and whole[0] != "$${":
        return _looked_up(_inside(whole), known)
    return _MARK.sub(
        lambda match: "${" if match[0] == "$${" else _written(_looked_up(_inside(match), known)),
        text,
    )


def _looked_up(inside: str, known: Mapping[str, Any]) -> Any:
    name, *fields = inside.split(".")
    if name not in known:
        raise BadReference(f"${{{inside}}}: nothing is called {name!r} yet{near_match(name, known)}")
    value: Any = known[name]
    for field in fields:
        value = _step_into(value, field, inside)
    return value


def _step_into(value: Any, field: str, inside: str) -> Any:
    if isinstance(value, Mapping):
        if field in value:
            return value[field]
        there = ", ".join(map(str, value)) or "no fields"
        raise BadReference(
            f"${{{inside}}}: there is no {field!r}; there are {there}{near_match(field, map(str, value))}"
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        if field.isdigit() and int(field) < len(value):
            return value[int(field)]
        raise BadReference(f"${{{inside}}}: a list of {len(value)} has no {field!r}; items count from 0")
    raise BadReference(f"${{{inside}}}: {value!r} has no fields")


def _written(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value)


def _inside(match: re.Match[str]) -> str:
    if not match[2]:
        raise BadReference(
            f"{_clip(match[0])} is not closed: write ${{step.field}}, or $${{ for the two characters themselves"
        )
    return match[1]


def _clip(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


Say = Callable[[Node, str], None]


def check_order(found: Iterable[Reference], definitions: Sequence[str], steps: Sequence[str], say: Say) -> None:
    """Tell of each reference that points to nothing, to itself, forward, or in a ring.

    ``definitions`` and ``steps`` are the names in order; several steps may share the name of their verb, and the last one before
    the reference is meant.
    """
    order = {name: index for index, name in enumerate(definitions)}
    after = len(definitions)
    first: dict[str, int] = dict(order)
    for index, name in enumerate(steps):
        first.setdefault(name, after + index)
    links: dict[str, set[str]] = {}
    known = [*first, *ROOTS]
    late: list[tuple[Reference, str]] = []
    for reference in found:
        place, holder = _holder(reference.path, definitions, steps)
        if place is None:
            say(reference.node, f"${{{reference.name}.{reference.field}}} cannot stand here: nothing has happened yet")
        elif reference.name in ROOTS:
            continue
        elif reference.name not in first:
            near = near_match(reference.name, known)
            say(
                reference.node,
                f"${{{reference.name}.{reference.field}}}: no step or definition is called {reference.name!r}{near}",
            )
        elif first[reference.name] >= place:
            late.append((reference, holder))
            links.setdefault(holder, set()).add(reference.name)
        else:
            links.setdefault(holder, set()).add(reference.name)
    for reference, holder in late:
        ring = _ring(reference.name, holder, links)
        if ring:
            told = " -> ".join([holder, *ring])
            say(reference.node, f"${{{reference.name}.{reference.field}}} is a reference in a ring: {told}")
        else:
            say(
                reference.node,
                f"${{{reference.name}.{reference.field}}} refers to {reference.name!r}, which comes later",
            )


def _holder(path: tuple[str | int, ...], definitions: Sequence[str], steps: Sequence[str]) -> tuple[int | None, str]:
    match path:
        case ("definitions", int(index), *_) if index < len(definitions):
            return index, definitions[index]
        case ("steps", int(index), *_) if index < len(steps):
            return len(definitions) + index, steps[index]
        case ("expect", *_):
            return len(definitions) + len(steps), "expect"
    return None, ""


def _ring(start: str, target: str, links: Mapping[str, set[str]]) -> list[str]:
    """The way from ``start`` back to ``target``, or nothing."""
    ways = [[start]]
    seen = {start}
    while ways:
        way = ways.pop(0)
        if way[-1] == target:
            return way
        for following in sorted(links.get(way[-1], ())):
            if following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return []
