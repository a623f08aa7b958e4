"""Expected against actual: whether records meet what a story claims, and the words for where they do not.

It reads records and compares; it sends nothing, waits for nothing and knows no provider.
"""

import json
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from msgspec import Struct

from simulator.core.heads import CALLOUT
from simulator.core.units import format_duration, parse_duration
from simulator.records import AttemptRecord, CalloutRecord, ExchangeRecord
from simulator.replay.rules import event_key, pattern_of
from simulator.replay.story import Answered, Chosen, Expectation


class Finding(Struct, frozen=True, rename="camel"):
    """One expectation and what came of it. ``where`` is ``file:line``, ``callouts`` the ids of those it speaks of."""

    met: bool
    title: str
    expected: str
    actual: str
    where: str
    callouts: tuple[str, ...] = ()


def chosen(which: Chosen, callouts: Sequence[CalloutRecord]) -> list[CalloutRecord]:
    """The callouts that ``event`` and ``nth`` mean."""
    wanted = None if which.event is None else event_key(which.event.rpartition(":")[2])
    found = [callout for callout in callouts if wanted is None or event_key(callout.event) == wanted]
    return found if which.nth is None else found[which.nth - 1 : which.nth]


def judge(claim: Expectation, callouts: Sequence[CalloutRecord], where: str, tolerance: timedelta) -> Finding:
    """What came of one expectation. ``tolerance`` is how far times may be off: nothing on a virtual clock."""
    if claim.never is not False:
        return _never(claim, callouts, where)
    found = chosen(claim, callouts)
    expected: list[str] = []
    actual: list[str] = []
    if claim.count is not None:
        if len(found) != claim.count:
            expected.append(_callouts(claim.count))
            actual.append(_callouts(len(found)) + _told(found))
    elif not found:
        expected.append("a callout")
        actual.append("none" + _others(callouts))
    guilty: list[CalloutRecord] = []
    for callout in found:
        missed = list(_missed(claim, callout, tolerance))
        if missed:
            guilty.append(callout)
            expected += [wanted for wanted, _ in missed]
            actual += [f"{got} (callout {_number(callout, callouts)})" if len(found) > 1 else got for _, got in missed]
    if guilty and len(found) == 1:
        actual.append(_why(guilty[0]))
    title = _title(claim)
    if not expected:
        return Finding(True, title, title, "as expected", where, tuple(callout.id for callout in found))
    told = tuple(callout.id for callout in (guilty or found))
    return Finding(False, title, "; ".join(dict.fromkeys(expected)), "; ".join(actual), where, told)


def _never(claim: Expectation, callouts: Sequence[CalloutRecord], where: str) -> Finding:
    event = claim.never if isinstance(claim.never, str) else claim.event
    found = chosen(Chosen(event=event), callouts)
    title = f"never {event}"
    if not found:
        return Finding(True, title, title, "as expected", where)
    return Finding(
        False, title, "no callout", _callouts(len(found)) + _told(found), where, tuple(one.id for one in found)
    )


def _of(key: str) -> Callable[[CalloutRecord], Any]:
    return lambda callout: [getattr(attempt, key) for attempt in callout.attempts]


def _sent(callout: CalloutRecord) -> list[ExchangeRecord]:
    return [exchange for attempt in callout.attempts for exchange in attempt.exchanges]


# What each claim is compared with: the name of the claim, and its value in a record.
FACTS: dict[str, Callable[[CalloutRecord], Any]] = {
    "attempts": lambda callout: len(callout.attempts),
    "codes": _of("response_code"),
    "outcome": lambda callout: callout.outcome,
    "errors": lambda callout: [attempt.error_class for attempt in callout.attempts],
    "exchanges": lambda callout: [len(attempt.exchanges) for attempt in callout.attempts],
    "answers": lambda callout: [exchange.status for exchange in _sent(callout)],
    "copies": lambda callout: [one.status for one in _sent(callout) if one.duplicate and one.status != 401],
    "requests": lambda callout: len(_sent(callout)),
    "truncated": lambda callout: any(exchange.truncated for exchange in _sent(callout)),
}


def _missed(claim: Expectation, callout: CalloutRecord, tolerance: timedelta) -> Any:
    for key, fact in FACTS.items():
        wanted, got = getattr(claim, key), fact(callout)
        if wanted is not None and wanted != got:
            yield f"{key} {spell(wanted)}", f"{key} {spell(got)}"
    if claim.times is not None:
        yield from _missed_times(claim.times, callout.attempts, tolerance)
    if claim.why is not None and not _matches(
        claim.why, callout.attempts[-1].why if callout.attempts else "", within=True
    ):
        yield f"a reason with {claim.why!r}", "its reason" if callout.attempts else "no attempt yet"
    for exchange in _asked(claim, callout):
        yield from _missed_headers(claim.headers, exchange.headers)
        if claim.body is not None:
            fault = mismatch(claim.body, _decoded(exchange.body, claim.body))
            if fault:
                yield fault


def _asked(claim: Expectation, callout: CalloutRecord) -> list[ExchangeRecord]:
    """The requests that ``headers`` and ``body`` speak of."""
    return [
        exchange
        for attempt in callout.attempts
        if claim.attempt in (None, attempt.number)
        for place, exchange in enumerate((one for one in attempt.exchanges if one.purpose == CALLOUT), 1)
        if claim.exchange in (None, place)
    ]


def _missed_times(wanted: Sequence[str], attempts: Sequence[AttemptRecord], tolerance: timedelta) -> Any:
    spans = [parse_duration(text.removeprefix("+")) for text in wanted]
    got = [attempt.sent_at - attempts[0].sent_at for attempt in attempts]
    near = len(spans) == len(got) and all(abs(a - b) <= tolerance for a, b in zip(spans, got, strict=True))
    if not near:
        yield "attempts at " + _times(spans), "attempts at " + _times(got)


def _times(spans: Sequence[timedelta]) -> str:
    return ", ".join("+" + format_duration(span) for span in spans) or "no time"


def answered(wanted: Answered, status: int, headers: Sequence[tuple[str, str]], body: Any) -> list[tuple[str, str]]:
    """Where an answer to a request of the story's own is not what it must be: pairs of expected and actual."""
    missed: list[tuple[str, str]] = []
    if wanted.status is not None and wanted.status != status:
        missed.append((f"status {wanted.status}", f"status {status}: {spell(body)}"))
    missed += _missed_headers(wanted.headers, headers)
    if wanted.body is not None:
        fault = mismatch(wanted.body, body)
        if fault:
            missed.append(fault)
    return missed


def _missed_headers(wanted: Any, headers: Sequence[tuple[str, str]]) -> Any:
    for name, value in wanted.items():
        got = next((text for key, text in headers if key.lower() == name.lower()), None)
        if value is None and got is not None:
            yield f"no header {name}", f"{name}: {got}"
        elif value is not None and (got is None or not _matches(value, got)):
            yield f"{name}: {value}", f"{name}: {got}" if got is not None else f"no header {name}"


def mismatch(wanted: Any, got: Any, path: str = "body") -> tuple[str, str] | None:
    """Where ``got`` does not meet ``wanted``: a mapping is met by more keys, ``/text/`` is a regular expression."""
    if isinstance(wanted, dict):
        if not isinstance(got, dict):
            return f"{path} with {', '.join(wanted)}", f"{path} {spell(got)}"
        for key, value in wanted.items():
            if key not in got:
                return f"{path}.{key} {spell(value)}", f"{path} without {key!r}: {spell(got)}"
            fault = mismatch(value, got[key], f"{path}.{key}")
            if fault:
                return fault
        return None
    if isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        faults = (mismatch(*pair, f"{path}[{place}]") for place, pair in enumerate(zip(wanted, got, strict=True)))
        return next((fault for fault in faults if fault), None)
    if isinstance(wanted, str) and isinstance(got, str) and _matches(wanted, got):
        return None
    # `true` is not 1 here, though Python says so.
    if wanted == got and isinstance(wanted, bool) == isinstance(got, bool):
        return None
    return f"{path} {spell(wanted)}", f"{path} {spell(got)}"


def _matches(wanted: str, got: str, *, within: bool = False) -> bool:
    pattern = pattern_of(wanted)
    if pattern is not None:
        return re.search(pattern, got) is not None
    return wanted in got if within else wanted == got


def _decoded(text: str, wanted: Any) -> Any:
    """A body as what it is compared with: its text where a text is expected, else its JSON."""
    if isinstance(wanted, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


# ── words ──


def spell(value: Any) -> str:
    """A value as it stands in a message, cut where it is long."""
    if isinstance(value, str) and value.replace("-", "").isalnum():
        return value
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 300 else text[:297] + "..."


def _title(claim: Expectation) -> str:
    which = claim.event or "every callout"
    if claim.nth is not None:
        which += f" ({claim.nth})"
    claims = [f"{key} {spell(getattr(claim, key))}" for key in FACTS if getattr(claim, key) is not None]
    if claim.count is not None:
        claims.insert(0, _callouts(claim.count))
    if claim.times is not None:
        claims.append("at " + ", ".join(claim.times))
    claims += [f"{name}: {value}" if value is not None else f"no {name}" for name, value in claim.headers.items()]
    if claim.body is not None:
        claims.append(f"body {spell(claim.body)}")
    if claim.why is not None:
        claims.append(f"because {claim.why}")
    return f"{which}: {', '.join(claims)}"


def _callouts(count: int) -> str:
    return "no callout" if not count else "1 callout" if count == 1 else f"{count} callouts"


def _told(callouts: Sequence[CalloutRecord]) -> str:
    return ": " + ", ".join(map(_short, callouts[:5])) + (" ..." if len(callouts) > 5 else "") if callouts else ""


def _others(callouts: Sequence[CalloutRecord]) -> str:
    return "; these there were" + _told(callouts) if callouts else ": there was no callout at all"


def _short(callout: CalloutRecord) -> str:
    codes = ", ".join(str(attempt.response_code) for attempt in callout.attempts) or "no attempt"
    return f"{callout.event} ({callout.outcome}: {codes})"


def _number(callout: CalloutRecord, callouts: Sequence[CalloutRecord]) -> int:
    return callouts.index(callout) + 1


def _why(callout: CalloutRecord) -> str:
    return f"why: {callout.attempts[-1].why}" if callout.attempts else "no attempt was made"
