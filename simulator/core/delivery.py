"""The retry machine: the only place that knows "again".

``step(policy, delivery, signal, now)`` answers with the delivery as it then stands and with at most one action. A pair
of phase and signal that the table lacks is illegal and always our bug. What an answer means was decided before
(`Verdict`), and how long to wait and how often is the dialect's `Policy`; here the two meet.

* attempts without a resend never exceed the limit, and can reach it;
* attempts stand an interval apart, start to start;
* there are never two requests in flight for one delivery;
* a finished delivery stays silent without a resend, and a resend is one attempt that is never retried;
* what was delivered stays delivered, whatever comes of a resend.
"""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from simulator.core.errors import IllegalStep
from simulator.core.model import Decision, Delivery, Phase, Policy, Verdict


class Due(Struct, frozen=True):
    """The instant it waited for has come."""


class Begun(Struct, frozen=True):
    """Somebody is free to carry it."""


class Asked(Struct, frozen=True):
    """The attempt needs one more exchange: an authentication dialogue."""


class Judged(Struct, frozen=True):
    """The attempt is over."""

    verdict: Verdict


class Deferred(Struct, frozen=True):
    """A fault holds it back."""

    until: datetime


class Dropped(Struct, frozen=True):
    """A fault swallows it: it is never sent."""


class Resent(Struct, frozen=True):
    """Somebody asks for one more attempt."""


class Withdrawn(Struct, frozen=True):
    """Its definition is gone: what is pending is dropped."""


Signal = Due | Begun | Asked | Judged | Deferred | Dropped | Resent | Withdrawn


class Offer(Struct, frozen=True):
    """Ready to go as soon as somebody is free."""


class Send(Struct, frozen=True):
    """Send the next request of the attempt under way."""


class Wake(Struct, frozen=True):
    """Look again at that instant."""

    at: datetime


Action = Offer | Send | Wake
Step = tuple[Delivery, Action | None]
Transition = Callable[[Policy, Delivery, Signal, datetime], Step]

EXCHANGES_PER_ATTEMPT = 5
"""The longest authentication dialogue: OAuth 2.0 with both spellings of a token request, twice, is cut here (inferred)."""

_ENDS = {
    Decision.DELIVERED: Phase.DELIVERED,
    Decision.AGAIN: Phase.FAILED,
    Decision.FINAL: Phase.FAILED,
    Decision.NOT_SENT: Phase.NOT_SENT,
}


def step(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    """The delivery after ``signal``, and what is to be done about it."""
    transition = TABLE.get((delivery.phase, type(signal)))
    if transition is None:
        raise IllegalStep(f"{delivery!r} cannot take {signal!r}")
    return transition(policy, delivery, signal, now)


def _offer(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    return replace(delivery, phase=Phase.READY, due=None), Offer()


def _begin(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    begun = replace(delivery, phase=Phase.SENDING, attempts=delivery.attempts + 1, exchange=1, started=now, held=False)
    return begun, Send()


def _ask(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    if delivery.exchange >= EXCHANGES_PER_ATTEMPT:
        raise IllegalStep(f"{delivery!r} asked for more than {EXCHANGES_PER_ATTEMPT} exchanges")
    return replace(delivery, exchange=delivery.exchange + 1), Send()


def _judge(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    assert isinstance(signal, Judged) and delivery.started is not None  # what the table and `_begin` promise
    again = signal.verdict.decision is Decision.AGAIN
    if again and policy.retry and not delivery.last and delivery.attempts < policy.limit:
        # documented: "minimum interval between delivery attempts"; counted from the start of the attempt (decided)
        return _wait(delivery, max(delivery.started + policy.interval, now))
    return _ended(delivery, _ENDS[signal.verdict.decision]), None


def _defer(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    assert isinstance(signal, Deferred)  # what the table promises
    return _wait(replace(delivery, held=True), signal.until)


def _drop(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    return _ended(delivery, Phase.NOT_SENT), None


def _ended(delivery: Delivery, phase: Phase) -> Delivery:
    """At its end: delivered where it ever was, since its receiver has it (decided)."""
    taken = delivery.taken or phase is Phase.DELIVERED
    phase = Phase.DELIVERED if taken else phase
    return replace(delivery, phase=phase, due=None, exchange=0, resent=False, taken=taken)


def _resend(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    return _wait(replace(delivery, last=True, resent=True), now)


def _resend_waiting(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    # observed: "a resend while a retry is pending doubles nothing", so it takes that retry's place; a first attempt that
    # is pending stays one, with all its retries (decided)
    return _resend(policy, delivery, signal, now) if delivery.attempts else (delivery, None)


def _resend_ready(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    return (replace(delivery, last=True, resent=True) if delivery.attempts else delivery), None


def _withdraw(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    phase = Phase.FAILED if delivery.attempts else Phase.NOT_SENT
    return _ended(delivery, phase), None


def _no_more(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    return replace(delivery, last=True), None


def _unmoved(policy: Policy, delivery: Delivery, signal: Signal, now: datetime) -> Step:
    return delivery, None


def _wait(delivery: Delivery, at: datetime) -> Step:
    return replace(delivery, phase=Phase.WAITING, due=at, exchange=0), Wake(at)


TABLE: dict[tuple[Phase, type[Signal]], Transition] = {
    (Phase.WAITING, Due): _offer,
    (Phase.WAITING, Resent): _resend_waiting,
    (Phase.WAITING, Withdrawn): _withdraw,
    (Phase.READY, Begun): _begin,
    (Phase.READY, Deferred): _defer,
    (Phase.READY, Dropped): _drop,
    (Phase.READY, Resent): _resend_ready,
    (Phase.READY, Withdrawn): _withdraw,
    (Phase.SENDING, Asked): _ask,
    (Phase.SENDING, Judged): _judge,
    (Phase.SENDING, Resent): _unmoved,  # the attempt under way answers for it
    (Phase.SENDING, Withdrawn): _no_more,
    (Phase.DELIVERED, Resent): _resend,
    (Phase.FAILED, Resent): _resend,
    (Phase.NOT_SENT, Resent): _resend,
    (Phase.DELIVERED, Withdrawn): _unmoved,
    (Phase.FAILED, Withdrawn): _unmoved,
    (Phase.NOT_SENT, Withdrawn): _unmoved,
}
