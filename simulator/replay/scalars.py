"""What one scalar of a file says, by the type that is asked for: text, numbers, choices, and YAML's traps told by name.

It knows no collection and no key. Every fault is noted where it stands, and reading goes on.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import inspect

from simulator.core.errors import AuthorError, near_match
from simulator.replay.kinds import UNITS, is_null, shown
from simulator.replay.references import BadReference, Reference, references, with_environment
from simulator.replay.tree import Fault, Kind, Node, Trap, bare_value


class Missing:
    """What a faulty node converts to."""


MISSING = Missing()

Path = tuple[str | int, ...]


class Scalars:
    """The scalars of one file. ``faults``, ``found`` (references), ``secrets`` and ``events`` fill as they are read."""

    def __init__(self, path: str, environment: Mapping[str, str], faults: list[Fault]) -> None:
        self.faults = faults
        self.found: list[Reference] = []
        self.secrets: dict[str, str] = {}
        self.events: list[tuple[Node, str]] = []
        self._path = path
        self._environment = environment

    def say(self, node: Node, message: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(self._path, node.line, node.column, message))

    def text(self, node: Node, path: Path) -> str | Missing:
        """A scalar's text with the environment filled in, its references noted."""
        try:
            text = with_environment(node.text, self._environment, self.secrets)
            for name, field in references(text):
                self.found.append(Reference(path, node, name, field))
        except BadReference as error:
            self.say(node, str(error))
            return MISSING
        return text

    def scalar(self, node: Node, path: Path) -> Any:
        """What a scalar says by YAML's rules, traps refused."""
        text = self.text(node, path)
        if isinstance(text, Missing) or not node.plain or text != node.text:
            return text
        try:
            return bare_value(text)
        except Trap as trap:
            self.say(node, str(trap))
            return MISSING

    def number(self, node: Node, path: Path) -> Any:
        """As `scalar`; the environment may supply the number."""
        text = self.text(node, path)
        if isinstance(text, Missing) or not node.plain:
            return text
        try:
            return bare_value(text)
        except Trap as trap:
            self.say(node, str(trap))
            return MISSING

    def _str(self, node: Node, kind: inspect.StrType, path: Path, unit: str | None) -> Any:
        if node.kind is not Kind.SCALAR:
            return self._wrong(node, UNITS[unit].what)
        value = self.scalar(node, path)
        if isinstance(value, Missing):
            return MISSING
        if not isinstance(value, str):
            if unit == "duration" and isinstance(value, int | float) and not isinstance(value, bool):
                self.say(
                    node, f"{node.text} needs a unit: a duration is written {node.text}s, {node.text}m or {node.text}h"
                )
            elif unit is not None or value is None:
                return self._wrong(node, UNITS[unit].what)
            else:
                said = "a number" if not isinstance(value, bool) else "true or false"
                self.say(
                    node, f"expected text, but YAML reads a bare {node.text} as {said}: put it in quotes, '{node.text}'"
                )
            return MISSING
        if kind.min_length and len(value) < kind.min_length:
            return self._wrong(node, "some text")
        if "${" not in value:
            try:
                UNITS[unit].check(value)
            except AuthorError as error:
                self.say(node, str(error))
                return MISSING
        if unit == "event":
            self.events.append((node, value))
        return value

    def _int(self, node: Node, kind: inspect.IntType, path: Path, unit: str | None) -> Any:
        value = self.number(node, path) if node.kind is Kind.SCALAR else None
        if isinstance(value, Missing):
            return MISSING
        if isinstance(value, bool) or not isinstance(value, int):
            return self._wrong(node, "a whole number")
        return self._within(node, value, kind)

    def _float(self, node: Node, kind: inspect.FloatType, path: Path, unit: str | None) -> Any:
        value = self.number(node, path) if node.kind is Kind.SCALAR else None
        if isinstance(value, Missing):
            return MISSING
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self._wrong(node, "a number")
        return self._within(node, float(value), kind)

    def _within(self, node: Node, value: Any, kind: inspect.IntType | inspect.FloatType) -> Any:
        low, high = kind.ge, kind.le
        if (low is not None and value < low) or (high is not None and value > high):
            bounds = (
                f"from {low} to {high}"
                if low is not None and high is not None
                else f"at least {low}"
                if high is None
                else f"at most {high}"
            )
            self.say(node, f"{node.text} is out of range: {bounds}")
            return MISSING
        return value

    def _bool(self, node: Node, kind: inspect.BoolType, path: Path, unit: str | None) -> Any:
        value = self.number(node, path) if node.kind is Kind.SCALAR else None
        if isinstance(value, Missing):
            return MISSING
        return value if isinstance(value, bool) else self._wrong(node, "true or false")

    def _literal(self, node: Node, kind: inspect.LiteralType, path: Path, unit: str | None) -> Any:
        known = [str(value) for value in kind.values]
        # 'off' is a word of ours where it is one of the choices, whatever YAML makes of it.
        if node.kind is Kind.SCALAR and node.text in known:
            return node.text
        value = self.text(node, path) if node.kind is Kind.SCALAR else None
        if isinstance(value, Missing):
            return MISSING
        if value in known:
            return value
        if node.kind is not Kind.SCALAR:
            return self._wrong(node, "one of " + ", ".join(known))
        self.say(node, f"{shown(node)} is none of {', '.join(known)}{near_match(node.text, known)}")
        return MISSING

    def _null(self, node: Node, kind: inspect.NoneType, path: Path, unit: str | None) -> Any:
        return None if is_null(node) else self._wrong(node, "nothing")

    def _wrong(self, node: Node, what: str) -> Missing:
        got = node.kind.value if node.kind is not Kind.SCALAR else "nothing" if is_null(node) else shown(node)
        self.say(node, f"expected {what}, got {got}")
        return MISSING
