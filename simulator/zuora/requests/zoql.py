"""The part of ZOQL that clients of this API need: ``select A, B from Object where C = 'x' and D = 1``.

It alone decides what such a query means over plain rows; anything more is refused as malformed. Names know no case.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from simulator.core.errors import ClientError

_QUERY = re.compile(
    r"\s*select\s+(?P<fields>[\w.]+(?:\s*,\s*[\w.]+)*)\s+from\s+(?P<object>\w+)(?:\s+where\s+(?P<where>.+?))?\s*;?\s*",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"\s*(?P<field>[\w.]+)\s*(?P<sign>=|!=)\s*(?P<value>'(?:[^'\\]|\\.)*'|[\w.+-]+)\s*", re.DOTALL)
_AND = re.compile(r"and\b", re.IGNORECASE)
LONGEST = 10_000


class Query(Struct, frozen=True):
    """What is selected, and which rows. ``conditions`` are (field, whether equal, value)."""

    fields: tuple[str, ...]
    object: str
    conditions: tuple[tuple[str, bool, str], ...] = ()

    def run(self, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The selected fields of the rows that fit; a field without a value is left out, as ZOQL does."""
        found = []
        for row in rows:
            folded = {name.lower(): (name, value) for name, value in row.items()}
            if all((_text(folded.get(f.lower(), ("", None))[1]) == v) is equal for f, equal, v in self.conditions):
                named = {field: folded[field.lower()][1] for field in self.fields if field.lower() in folded}
                found.append({name: value for name, value in named.items() if value is not None})
        return found


def read(text: str) -> Query:
    """The query of that text; raises a ClientError with Zuora's fault code where it is none."""
    match = _QUERY.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        raise _malformed("write: select Field, Field from Object where Field = 'value'")
    fields = tuple(field.strip() for field in match["fields"].split(","))
    return Query(fields, match["object"], tuple(_conditions(match["where"])) if match["where"] else ())


def _conditions(text: str) -> Iterator[tuple[str, bool, str]]:
    at = 0
    while True:
        condition = _CONDITION.match(text, at)
        joined = _AND.match(text, condition.end()) if condition is not None else None
        if condition is None or (joined is None and condition.end() < len(text)):
            raise _malformed("only comparisons with = and !=, joined by and, are simulated")
        value = condition["value"]
        plain = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith("'") else value
        yield condition["field"], condition["sign"] == "=", plain
        if joined is None:
            return
        at = joined.end()


def _malformed(why: str) -> ClientError:
    return ClientError(f"There is a malformed query: {why}", code="MALFORMED_QUERY")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
