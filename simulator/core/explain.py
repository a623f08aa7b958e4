"""The "why" of an attempt: one sentence that names the rule and the next step.

The dialect gave the clause that names the rule; this module alone says what follows from it.
"""

from datetime import datetime

from simulator.core.model import Attempt, Decision


def why(attempt: Attempt) -> str:
    """Why ``attempt`` is followed by what follows it."""
    return f"{attempt.verdict.reason}{_consequence(attempt)}.{_patience(attempt)}"


def _consequence(attempt: Attempt) -> str:
    match attempt.verdict.decision:
        case Decision.DELIVERED:
            return ": this callout is delivered"
        case Decision.NOT_SENT:
            return ": nothing was sent, and it is not tried again"
        case Decision.FINAL:
            return ": this callout is finished"
    if attempt.retry_at is not None:
        due = spoken(attempt.retry_at, attempt.sent_at)
        return f"; attempt {attempt.number + 1} of {attempt.limit} is due {due}"
    if attempt.resend:
        return ", but a resend is not retried: this callout is finished"
    if not attempt.retry:
        return ", but retry is off: this callout is finished"
    if attempt.number > attempt.limit:
        return f", but by now the limit is {attempt.limit}: this callout is finished"
    if attempt.number == attempt.limit:
        return f", and attempt {attempt.number} of {attempt.limit} was the last: this callout is finished"
    return ", but its definition was withdrawn: this callout is finished"


def _patience(attempt: Attempt) -> str:
    if not any(exchange.outcome.patience for exchange in attempt.exchanges):
        return ""
    return " The simulator's patience cut the wait short: a receiver that is merely slow needs a longer `patience`."


def spoken(at: datetime, seen_from: datetime) -> str:
    """An instant as a person says it: ``at 10:30:00``, with the date where it is another day."""
    return f"at {at:%H:%M:%S}" if at.date() == seen_from.date() else f"on {at:%Y-%m-%d} at {at:%H:%M:%S}"
