"""Nodes into typed values, by the types alone: every fault is noted where it stands, and reading goes on.

It knows no key of the format by name but those in one table, the words that people write for another. What a single value
says is read by `scalars`, what types cannot say is asked of `rules`.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from msgspec import inspect

from simulator.core.errors import near_match
from simulator.replay.kinds import bare, fits, is_null, named, shown
from simulator.replay.scalars import MISSING, Missing, Path, Scalars
from simulator.replay.tree import Fault, Kind, Node

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


class Converter(Scalars):
    """One file on its way to a `Scenario`. Read ``faults``, ``found`` and ``secrets`` when it is through."""

    def __init__(
        self, path: str, environment: Mapping[str, str], faults: list[Fault], rules: Mapping[type, Rule]
    ) -> None:
        super().__init__(path, environment, faults)
        self._rules = rules

    def convert(self, node: Node, kind: Any, path: Path) -> Any:
        """The value of ``node`` read as ``kind`` (a type of `msgspec.inspect`), or `MISSING`."""
        unit = None
        while isinstance(kind, inspect.Metadata):
            unit = unit or (kind.extra or {}).get("unit")
            kind = kind.type
        return _READERS[type(kind)](self, node, kind, path, unit)

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
            if not isinstance(name, Missing):
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
            if not isinstance(name, Missing):
                values[name] = converted
        return self._sound(values)

    def _key(self, node: Node, path: Path) -> str | Missing:
        value = self.scalar(node, path)
        if isinstance(value, str | Missing):
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
