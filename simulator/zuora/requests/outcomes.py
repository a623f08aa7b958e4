"""Misfortune by choice on the API's side: rules that decide how a request ends, or what its client is told.

It alone decides which rule applies: the one that says most about the request (nth, body, literal path, pattern, method),
of two that say the same the later. Rules of a tenant go before those for all. It performs nothing.
"""

from collections.abc import Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from simulator.core.errors import AuthorError, ClientError, near_match
from simulator.core.units import format_duration, parse_duration
from simulator.zuora.requests.plans import ENDS, Plan, Result

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ANSWERS = (Result.STATUS, Result.LOST_ANSWER)
MOST_LATENCY = timedelta(minutes=10)
MOST_AFTER = timedelta(days=3650)


class Rule(Struct, frozen=True, rename="camel", omit_defaults=True):
    """One rule. ``nth`` is the call it is for, None for each; ``seen`` counts the calls that fitted it so far.

    ``path`` is literal or a pattern with ``*``; ``body`` holds dotted names of fields and the values they must have.
    ``latency`` is real time: it is the client who waits.
    """

    result: Result
    method: str | None = None
    path: str | None = None
    body: Mapping[str, Any] | None = None
    nth: int | None = None
    code: str | None = None
    message: str | None = None
    after: timedelta | None = None
    polls: int = 0
    retries: int = 0
    status: int | None = None
    latency: timedelta | None = None
    retry_after: int | None = None
    seen: int = 0

    def fits(self, method: str, path: str, body: Any) -> bool:
        """Whether a request is one of those that the rule is about."""
        if self.method is not None and self.method != method:
            return False
        if self.path is not None and not (self.path == path or fnmatchcase(path, self.path)):
            return False
        return self.body is None or all(_field(body, name) == value for name, value in self.body.items())

    @property
    def weight(self) -> tuple[int, ...]:
        """How much it says of a request."""
        literal = self.path is not None and "*" not in self.path
        fields = (self.nth is not None, len(self.body or ()), literal, self.path is not None, self.method is not None)
        return tuple(int(said) for said in fields)

    @property
    def plan(self) -> Plan | None:
        """How a job that came of the request ends; None where that is as ever."""
        result = Result.SUCCEED if self.result in ANSWERS else self.result
        plan = Plan(result, self.code, self.message, self.after, self.polls, self.retries)
        return None if plan == Plan() else plan


def choose(rules: Mapping[str, Rule], method: str, path: str, body: Any) -> tuple[Rule | None, dict[str, Rule]]:
    """The rule that applies to a request, and the rules that have now seen one more call."""
    counted = {key: replace(rule, seen=rule.seen + 1) for key, rule in rules.items() if rule.fits(method, path, body)}
    now = [rule for rule in counted.values() if rule.nth is None or rule.nth == rule.seen]
    best = max(enumerate(now), key=lambda one: (one[1].weight, one[0]), default=None)
    return (best[1] if best else None), counted


def read_rule(given: Any) -> Rule:
    """One rule as it is written; raises ClientError for an unknown key (with the nearest) and an impossible value."""
    if not isinstance(given, Mapping):
        raise ClientError(f"an outcome is an object with a result, not {given!r}")
    known = [name for name in Rule.__struct_encode_fields__ if name != "seen"]
    plain = {name: value for name, value in given.items() if name != "seen" and value is not None}
    for name in plain:
        if name not in known:
            near = near_match(str(name), known) or f"; known: {', '.join(known)}"
            raise ClientError(f"unknown key {name!r} of an outcome{near}")
    plain["result"] = read_result(plain.get("result", Result.SUCCEED.value))
    for name, most in (("after", MOST_AFTER), ("latency", MOST_LATENCY)):
        if name in plain:
            plain[name] = _span(plain[name], name, most)
    if "code" in plain:
        plain["code"] = str(plain["code"])
    if "method" in plain:
        plain["method"] = str(plain["method"]).upper()
        if plain["method"] not in METHODS:
            raise ClientError(f"method must be one of {', '.join(METHODS)}, not {given['method']!r}")
    try:
        rule = msgspec.convert(plain, Rule)
    except msgspec.ValidationError as error:
        raise ClientError(f"outcome: {error}") from error
    _check(rule)
    return rule


def read_result(given: Any, known: tuple[Result, ...] = tuple(Result)) -> Result:
    """A result by its name."""
    names = [result.value for result in known]
    if given not in names:
        raise ClientError(f"unknown result {given!r}{near_match(str(given), names) or '; known: ' + ', '.join(names)}")
    return Result(given)


def read_plan(given: Mapping[str, Any]) -> Plan:
    """The end of one request, given by hand: a result, and a code and a message for one that fails."""
    keys = ("result", "code", "message", "after")
    for name in given:
        if name not in keys:
            raise ClientError(f"unknown key {name!r}{near_match(str(name), keys) or '; known: ' + ', '.join(keys)}")
    if "result" not in given:
        raise ClientError('say how it ends: {"result": "fail", "code": "50000040", "message": "..."}')
    read_result(given["result"], ENDS)
    return read_rule(given).plan or Plan()


def write_rule(rule: Rule) -> dict[str, Any]:
    """A rule as `read_rule` reads it, with how many calls it has ``seen``."""
    written: dict[str, Any] = msgspec.to_builtins(rule)
    for name, span in (("after", rule.after), ("latency", rule.latency)):
        if span is not None:
            written[name] = format_duration(span)
    return written | {"seen": rule.seen}


def _check(rule: Rule) -> None:
    for name, value, least, most in (
        ("nth", rule.nth, 1, None),
        ("polls", rule.polls, 0, None),
        ("retries", rule.retries, 0, 1000),
        ("retryAfter", rule.retry_after, 0, 86_400),
        ("status", rule.status, 200, 599),
    ):
        if value is not None and (value < least or (most is not None and value > most)):
            bound = f"from {least} to {most}" if most else f"{least} or more"
            raise ClientError(f"{name} must be {bound}, not {value}")
    if rule.path is not None and not rule.path.startswith(("/", "*")):
        raise ClientError(f"a path begins with / or *, so {rule.path!r} meets no request")
    if rule.result is Result.STATUS and rule.status is None:
        raise ClientError("the result 'status' needs a status, such as 429")
    if rule.status is not None and rule.result not in ANSWERS:
        raise ClientError(f"status goes with the results 'status' and 'lost-answer', not with {rule.result.value!r}")


def _span(given: Any, name: str, most: timedelta) -> timedelta:
    """A duration: ``"30m"``, or a number of seconds."""
    try:
        if isinstance(given, int | float) and not isinstance(given, bool):
            span = timedelta(seconds=given)
        else:
            span = parse_duration(given)
    except (AuthorError, OverflowError, ValueError) as error:
        raise ClientError(f"{name}: {error}") from error
    if not timedelta(0) <= span <= most:
        raise ClientError(f"{name} must be from 0s to {format_duration(most)}, not {given!r}")
    return span


def _field(body: Any, name: str) -> Any:
    for part in name.split("."):
        if isinstance(body, list) and part.isdigit() and int(part) < len(body):
            body = body[int(part)]
        elif isinstance(body, dict) and part in body:
            body = body[part]
        else:
            return None
    return body
