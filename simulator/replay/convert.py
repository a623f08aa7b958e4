"""Nodes into typed values, by the types alone: every fault is noted where it stands, and reading goes on.

It knows no key of the format by name but those in one table, the words that people write for another. What types cannot
say is asked of `rules`.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from msgspec import inspect

from simulator.core.errors import AuthorError, near_match
from simulator.replay.kinds import UNITS, bare, fits, is_null, named, shown
from simulator.replay.references import BadReference, Reference, references, with_environment
from simulator.replay.tree import Fault, Kind, Node, Trap, bare_value


class _Missing:
    """What a faulty node converts to."""


MISSING = _Missing()

Path = tuple[str | int, ...]
Rule = Callable[[Any, Mapping[str, Node], Node, "Converter"], None]

# Words that other formats use, and that are too far from ours to be near matches.
SYNONYMS = {
    "id": "as",
    "label": "as",
    "code": "status",
    "responses": "answers",
    "respond": "answers",
    "wait": "advance",
    "sleep": "advance",
    "assert": "expect",
    "retries": "maxAttempts",
    "interval": "intervalMinutes",
    "target": "url",
    "user": "username",
    "notifications": "definitions",
}


class Converter:
    """One file on its way to a `Scenario`. Read ``faults``, ``found`` and ``secrets`` when it is through."""

    def __init__(
        self, path: str, environment: Mapping[str, str], faults: list[Fault], rules: Mapping[type, Rule]
    ) -> None:
        self.faults = faults
        self.found: list[Reference] = []
        self.secrets: dict[str, str] = {}
        self.events: list[tuple[Node, str]] = []
        self._path = path
        self._environment = environment
        self._rules = rules

    def say(self, node: Node, message: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(self._path, node.line, node.column, message))

    def convert(self, node: Node, kind: Any, path: Path) -> Any:
        """The value of ``node`` read as ``kind`` (a type of `msgspec.inspect`), or `MISSING`."""
        unit = None
        while isinstance(kind, inspect.Metadata):
            unit = unit or (kind.extra or {}).get("unit")
            kind = kind.type
        return _READERS[type(kind)](self, node, kind, path, unit)

    # -- scalars

    def text(self, node: Node, path: Path) -> str | _Missing:
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
        if isinstance(text, _Missing) or not node.plain or text != node.text:
            return text
        try:
            return bare_value(text)
        except Trap as trap:
            self.say(node, str(trap))
            return MISSING

    def number(self, node: Node, path: Path) -> Any:
        """As `scalar`; the environment may supply the number."""
        text = self.text(node, path)
        if isinstance(text, _Missing) or not node.plain:
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
        if isinstance(value, _Missing):
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
        if isinstance(value, _Missing):
            return MISSING
        if isinstance(value, bool) or not isinstance(value, int):
            return self._wrong(node, "a whole number")
        return self._within(node, value, kind)

    def _float(self, node: Node, kind: inspect.FloatType, path: Path, unit: str | None) -> Any:
        value = self.number(node, path) if node.kind is Kind.SCALAR else None
        if isinstance(value, _Missing):
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
        if isinstance(value, _Missing):
            return MISSING
        return value if isinstance(value, bool) else self._wrong(node, "true or false")

    def _literal(self, node: Node, kind: inspect.LiteralType, path: Path, unit: str | None) -> Any:
        known = [str(value) for value in kind.values]
        # 'off' is a word of ours where it is one of the choices, whatever YAML makes of it.
        if node.kind is Kind.SCALAR and node.text in known:
            return node.text
        value = self.text(node, path) if node.kind is Kind.SCALAR else None
        if isinstance(value, _Missing):
            return MISSING
        if value in known:
            return value
        if node.kind is not Kind.SCALAR:
            return self._wrong(node, "one of " + ", ".join(known))
        self.say(node, f"{shown(node)} is none of {', '.join(known)}{near_match(node.text, known)}")
        return MISSING

    def _null(self, node: Node, kind: inspect.NoneType, path: Path, unit: str | None) -> Any:
        return None if is_null(node) else self._wrong(node, "nothing")

    # -- collections

    def _any(self, node: Node, kind: Any, path: Path, unit: str | None) -> Any:
        if node.kind is Kind.SCALAR:
            return self.scalar(node, path)
        if node.kind is Kind.SEQUENCE:
            return self._sound([self._any(item, None, (*path, index), None) for index, item in enumerate(node.items)])
        values = {}
        for key, value in node.pairs:
            name = self._key(key, path)
            converted = self._any(value, None, (*path, key.text), None)
            if not isinstance(name, _Missing):
                values[name] = converted
        return self._sound(values)

    def _list(self, node: Node, kind: inspect.ListType, path: Path, unit: str | None) -> Any:
        if is_null(node):
            return []
        if node.kind is not Kind.SEQUENCE:
            return self._wrong(node, "a list")
        return self._sound(
            [self.convert(item, kind.item_type, (*path, index)) for index, item in enumerate(node.items)]
        )

    def _dict(self, node: Node, kind: inspect.DictType, path: Path, unit: str | None) -> Any:
        if is_null(node):
            return {}
        if node.kind is not Kind.MAPPING:
            return self._wrong(node, "a mapping")
        values = {}
        for key, value in node.pairs:
            name = self._key(key, path)
            converted = self.convert(value, kind.value_type, (*path, key.text))
            if not isinstance(name, _Missing):
                values[name] = converted
        return self._sound(values)

    def _key(self, node: Node, path: Path) -> str | _Missing:
        value = self.scalar(node, path)
        if isinstance(value, str | _Missing):
            return value
        self.say(node, f"a key is text: put {shown(node)} in quotes")
        return MISSING

    @staticmethod
    def _sound(value: Any) -> Any:
        parts = value.values() if isinstance(value, dict) else value
        return MISSING if any(part is MISSING for part in parts) else value

    # -- structs and unions

    def _struct(self, node: Node, kind: inspect.StructType, path: Path, unit: str | None) -> Any:
        if is_null(node) and not any(field.required for field in kind.fields):
            return kind.cls()
        if node.kind is not Kind.MAPPING:
            return self._wrong(node, "a mapping")
        return self._built(node, kind, {key.text: (key, value) for key, value in node.pairs}, path)

    def _built(self, node: Node, kind: inspect.StructType, pairs: Mapping[str, tuple[Node, Node]], path: Path) -> Any:
        fields = {field.encode_name: field for field in kind.fields}
        before = len(self.faults)
        values = {}
        for name, (key, value) in pairs.items():
            known = fields.get(name)
            if known is None:
                self.say(key, f"unknown key {name[:60]!r}{self._meant(name, fields)}")
                continue
            values[known.name] = self.convert(value, known.type, (*path, name))
        for name, field in fields.items():
            if field.required and name not in pairs:
                self.say(node, f"the key {name!r} is missing")
        if len(self.faults) > before or any(value is MISSING for value in values.values()):
            return MISSING
        made = kind.cls(**values)
        rule = self._rules.get(kind.cls)
        if rule is not None:
            rule(made, {name: value for name, (_, value) in pairs.items()}, node, self)
        return made

    @staticmethod
    def _meant(name: str, fields: Mapping[str, Any]) -> str:
        meant = SYNONYMS.get(name.lower())
        if meant in fields:
            return f", did you mean {meant!r}?"
        # Only the nearest: keys that differ in one letter would each be offered.
        nearest = get_close_matches(name.lower(), [known.lower() for known in fields], n=1, cutoff=0.6)
        return (
            near_match(name, [known for known in fields if known.lower() in nearest])
            or f"; there are {', '.join(fields)}"
        )

    def _union(self, node: Node, kind: inspect.UnionType, path: Path, unit: str | None) -> Any:
        choices = [choice for choice in kind.types if not isinstance(choice, inspect.NoneType)]
        if kind.includes_none and is_null(node):
            return bare(choices)
        if len(choices) == 1:
            return self.convert(node, choices[0], path)
        for choice in choices:
            if fits(node, choice):
                return self.convert(node, choice, path)
        return self._wrong(node, " or ".join(named(choice) for choice in choices))

    def _wrong(self, node: Node, what: str) -> _Missing:
        got = node.kind.value if node.kind is not Kind.SCALAR else "nothing" if is_null(node) else shown(node)
        self.say(node, f"expected {what}, got {got}")
        return MISSING


_READERS: dict[type, Callable[..., Any]] = {
    inspect.StrType: Converter._str,
    inspect.IntType: Converter._int,
    inspect.FloatType: Converter._float,
    inspect.BoolType: Converter._bool,
    inspect.NoneType: Converter._null,
    inspect.LiteralType: Converter._literal,
    inspect.AnyType: Converter._any,
    inspect.ListType: Converter._list,
    inspect.DictType: Converter._dict,
    inspect.StructType: Converter._struct,
    inspect.UnionType: Converter._union,
}
