"""Filter rules: the simple part of JEXL, read and asked of an event's fields.

``Account.Balance >= _LIMIT && (Account.Status == 'Active' || !Account.AutoPay)``: comparisons joined by && and ||
(``and``, ``or``, ``not`` too), parentheses, text, numbers, booleans and null. A field that the event has not makes the
rule never match (documented: "an invalid merge field"). What is not of this part is stored, and matches everything.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

Value = str | Decimal | bool | None
Test = Callable[[Mapping[str, str], Mapping[str, str]], Any]

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<number>-?\d{1,30}(?:\.\d{1,30})?)"""
    r"""|(?P<name>[A-Za-z_][\w.]*)|(?P<sign>&&|\|\||==|!=|>=|<=|>|<|!|\(|\)))"""
)
_WORDS = {"and": "&&", "or": "||", "not": "!", "eq": "==", "ne": "!=", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_CONSTANTS: Mapping[str, Value] = {"true": True, "false": False, "null": None}
DEEPEST = 50


class NotSimple(Exception):
    """The condition is more than the part of JEXL that is simulated."""


class _NoField(Exception):
    """The event has no such field."""


def matches(condition: str, params: Mapping[str, str], fields: Mapping[str, str]) -> bool:
    """Whether a rule lets an event pass; ``params`` are the values of its parameters."""
    test = compiled(condition)
    if test is None:
        return True
    try:
        return _true(test(fields, params))
    except _NoField:
        return False


@lru_cache(maxsize=1024)
def compiled(condition: str) -> Test | None:
    """The test that a condition is; None where it is not simple."""
    try:
        return _Parser(condition).whole()
    except NotSimple:
        return None


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None:
                raise NotSimple
            kind, word = match.lastgroup or "", match[match.lastgroup or 0]
            if kind == "name" and word.lower() in _WORDS:
                kind, word = "sign", _WORDS[word.lower()]
            self._tokens.append((kind, word))
            position = match.end()
        self._at = 0
        self._depth = 0

    def whole(self) -> Test:
        test = self._either()
        if self._at < len(self._tokens):
            raise NotSimple
        return test

    def _either(self) -> Test:
        self._depth += 1
        if self._depth > DEEPEST:
            raise NotSimple
        parts = [self._both()]
        while self._take("||"):
            parts.append(self._both())
        self._depth -= 1
        return (
            parts[0] if len(parts) == 1 else lambda fields, params: any(_true(part(fields, params)) for part in parts)
        )

    def _both(self) -> Test:
        parts = [self._compared()]
        while self._take("&&"):
            parts.append(self._compared())
        return (
            parts[0] if len(parts) == 1 else lambda fields, params: all(_true(part(fields, params)) for part in parts)
        )

    def _compared(self) -> Test:
        if self._take("!"):
            test = self._atom()
            return lambda fields, params: not _true(test(fields, params))
        left = self._atom()
        for sign, compare in _COMPARISONS.items():
            if self._take(sign):
                right = self._atom()
                return _compared(compare, left, right)
        return left

    def _atom(self) -> Test:
        if self._take("("):
            test = self._either()
            if not self._take(")"):
                raise NotSimple
            return test
        if self._at >= len(self._tokens):
            raise NotSimple
        kind, word = self._tokens[self._at]
        self._at += 1
        if kind == "text":
            text = re.sub(r"\\(.)", r"\1", word[1:-1])
            return lambda fields, params: text
        if kind == "number":
            number = Decimal(word)
            return lambda fields, params: number
        if kind == "name" and word in _CONSTANTS:
            constant = _CONSTANTS[word]
            return lambda fields, params: constant
        if kind == "name":
            return lambda fields, params: _found(word, fields, params)
        raise NotSimple

    def _take(self, sign: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == ("sign", sign):
            self._at += 1
            return True
        return False


def _compared(compare: Callable[[Any, Any], bool], left: Test, right: Test) -> Test:
    return lambda fields, params: compare(left(fields, params), right(fields, params))


def _found(name: str, fields: Mapping[str, str], params: Mapping[str, str]) -> str:
    for known in (params, fields):
        if name in known:
            return known[name]
    if name.startswith("DataSource.") and name.removeprefix("DataSource.") in fields:
        return fields[name.removeprefix("DataSource.")]
    raise _NoField


def _true(value: Value) -> bool:
    """Every field is text: ``false`` is one that says no."""
    return value.lower() == "true" if isinstance(value, str) else bool(value)


def _same(left: Value, right: Value) -> bool:
    numbers = _number(left), _number(right)
    if numbers[0] is not None and numbers[1] is not None:
        return numbers[0] == numbers[1]
    if isinstance(left, bool) or isinstance(right, bool):
        return _text(left).lower() == _text(right).lower()
    return _text(left) == _text(right)


def _less(left: Value, right: Value) -> bool:
    one, other = _number(left), _number(right)
    if one is not None and other is not None:
        return one < other
    return _text(left) < _text(right)  # ISO dates compare as text


def _number(value: Value) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": _same,
    "!=": lambda left, right: not _same(left, right),
    ">=": lambda left, right: not _less(left, right),
    "<=": lambda left, right: not _less(right, left),
    ">": lambda left, right: _less(right, left),
    "<": _less,
}
