"""How calls end by choice: rules by action, object type, path and n-th call, first match wins; or one call's own.

A rule is spelt as on the control plane. It alone decides which rule meets a call; what follows from it the dialect says.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Literal, get_args

from msgspec import Struct
from msgspec.structs import replace

from simulator.core.errors import AuthorError, near_match
from simulator.core.units import format_duration, parse_duration
from simulator.marketing_cloud.calls import Call

FAILED = 204
MESSAGE = "Async API Error"
"""What a call fails with where a rule says nothing else (documented: page "200-299 Asynchronous Operation")."""

Ending = Literal["succeed", "fail", "never"]
ENDINGS: tuple[str, ...] = get_args(Ending)
KEYS = ("result", "method", "path", "type", "nth", "code", "message", "after")


class Ruling(Struct, frozen=True):
    """How one call ends. ``error`` makes every object of it fail; ``never`` leaves it queued for ever."""

    error: int | None = None
    message: str = ""
    after: timedelta = timedelta(0)
    never: bool = False


class Rule(Struct, frozen=True, rename="camel"):
    """One rule: every field that is set must match. ``method`` is the action, or POST; ``seen`` counts what it matched."""

    result: Ending
    method: str | None = None
    path: str | None = None
    type: str | None = None
    nth: int | None = None
    code: int = FAILED
    message: str = MESSAGE
    after: timedelta = timedelta(0)
    seen: int = 0

    def meets(self, call: Call, target: str) -> bool:
        """Whether the rule is about such a call, whichever it is in number."""
        return (
            (self.method is None or self.method.lower() in ("post", call.action.lower()))
            and (self.path is None or self.path.lower() == target.partition("?")[0].lower())
            and (self.type is None or any(node.kind == self.type for node in call.objects))
        )

    @property
    def ruling(self) -> Ruling:
        error = self.code if self.result == "fail" else None
        return Ruling(error, self.message if error is not None else "", self.after, self.result == "never")


def read_rule(given: Mapping[str, Any]) -> Rule:
    """A rule as it is written. Raises AuthorError, with the nearest names."""
    for name in given:
        if name not in (*KEYS, "seen"):
            raise AuthorError(f"unknown key {name!r} of an outcome{near_match(name, KEYS)}")
    result = given.get("result")
    if result not in ENDINGS:
        known = " or ".join(ENDINGS)
        raise AuthorError(f"the result of an outcome is {known}, not {result!r}{near_match(str(result), ENDINGS)}")
    plain = {name: value for name, value in given.items() if value is not None and name != "seen"}
    for name in ("method", "path", "type", "message"):
        if not isinstance(plain.get(name, ""), str):
            raise AuthorError(f"{name} of an outcome is text, not {plain[name]!r}")
    if not plain.get("path", "/").startswith("/"):
        raise AuthorError(f"the path of an outcome begins with /, so {plain['path']!r} meets no call")
    if "after" in plain:
        plain["after"] = parse_duration(plain["after"])
    for name in ("code", "nth"):
        if name in plain and not str(plain[name]).isdecimal():
            raise AuthorError(f"{name} of an outcome is a whole number here, not {plain[name]!r}")
        if name in plain:
            plain[name] = int(plain[name])
    return Rule(**plain)


def written(rule: Rule) -> dict[str, Any]:
    """A rule as it may be read again, but for ``seen``."""
    plain = {name: getattr(rule, name) for name in KEYS}
    return plain | {"after": format_duration(rule.after) if rule.after else None, "seen": rule.seen}


def chosen(rules: Iterable[tuple[str, Rule]], call: Call, target: str) -> tuple[dict[str, Rule], Ruling | None]:
    """The ruling for a call, None where no rule meets it, and the rules that have now seen one more."""
    counted: dict[str, Rule] = {}
    for key, rule in rules:
        if not rule.meets(call, target):
            continue
        seen = counted[key] = replace(rule, seen=rule.seen + 1)
        if rule.nth in (None, seen.seen):
            return counted, seen.ruling
    return counted, None
