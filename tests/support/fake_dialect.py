"""A provider small enough to be seen through: it does what the request and the subscription say.

An answer's status is its meaning: 200 delivers, 401 asks for one more exchange, 404 ends, 299 breaks the dialect, all
others are tried again. A receiver's terms may make its callouts unsendable, or break the dialect.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from simulator.core.dialect import Finished, Happening, Later, Unsendable
from simulator.core.http import compose
from simulator.core.model import (
    Callout,
    Decision,
    Delivery,
    ErrorClass,
    Event,
    Exchange,
    Job,
    JobPhase,
    Outcome,
    Policy,
    Submission,
    Subscription,
    Verdict,
)

NAME = "fake"
TENANT = "t"
PLAIN = "plain"
UNSENDABLE = "unsendable"
BREAKS_RENDER = "breaks render"
NEVER_CONTENT = "never content"

VERDICTS = {
    200: Verdict(Decision.DELIVERED, 200, "200 is success"),
    404: Verdict(Decision.FINAL, 404, "404 is not retried"),
    -1: Verdict(Decision.AGAIN, -1, "a transport failure is retried", ErrorClass.REFUSED),
}
UNSENT = Verdict(Decision.NOT_SENT, -2000, "it cannot be sent", ErrorClass.NOT_SENT)


class Broken(Exception):
    """What a dialect with a bug raises."""


class Work(Struct, frozen=True):
    """What a request does: it is put off ``later`` times, then tells ``events``; or it breaks the dialect."""

    events: tuple[str, ...] = ("Done",)
    later: int = 0
    breaks: bool = False
    stuck: bool = False


def answered(status: int, **more: Any) -> Outcome:
    """A complete answer."""
    return Outcome(status=status, head=b"HTTP/1.1 %d\r\n\r\n" % status, **more)


REFUSED = Outcome(error=ErrorClass.REFUSED, detail="connection refused")
HUNG = Outcome(error=ErrorClass.TRANSFER_TIMEOUT, nominal=timedelta(seconds=15), patience=True)


def submission(work: Work | None = None, tenant: str = TENANT) -> Submission:
    """A request that does ``work``."""
    return Submission(NAME, tenant, "POST", "/v1/async/things", details=work or Work())


def receiver(name: str, terms: str = PLAIN) -> Subscription:
    """A party that hears of every event; its lane is its own."""
    url = f"https://{name}.test/hook"
    return Subscription(id=name, label=name, lane=name, method="POST", url=url, terms=terms)


class FakeDialect:
    """See the module. ``asked`` counts the questions."""

    name = NAME

    def __init__(self, *receivers: Subscription, limit: int = 3, interval: timedelta = timedelta(minutes=30)) -> None:
        self.receivers = list(receivers or (receiver("a"),))
        self.terms = Policy(limit, interval)
        self.put_off = timedelta(minutes=1)

    def perform(self, job: Job, now: datetime) -> Finished | Later:
        work = job.submission.details
        if work.breaks:
            raise Broken("perform")
        if work.stuck:
            return Later(None)
        if job.tries < work.later:
            return Later(now + self.put_off)
        happenings = tuple(Happening(name, {"Id": job.id}) for name in work.events)
        return Finished(JobPhase.SUCCEEDED, happenings)

    def audience(self, event: Event) -> Sequence[Subscription]:
        if event.name == "Breaks":
            raise Broken("audience")
        return self.receivers

    def render(self, delivery: Delivery, request_id: str, now: datetime) -> Callout | Unsendable:
        if delivery.subscription.terms == BREAKS_RENDER:
            raise Broken("render")
        callout = self._callout(delivery, request_id)
        if delivery.subscription.terms == UNSENDABLE:
            return Unsendable(callout, UNSENT, "white space at 3")
        return callout

    def judge(
        self, delivery: Delivery, exchanges: Sequence[Exchange], request_id: Callable[[], str], now: datetime
    ) -> Verdict | Callout:
        last = exchanges[-1].outcome
        if last.status == 299:
            raise Broken("judge")
        if (last.status == 401 and last.error is None) or delivery.subscription.terms == NEVER_CONTENT:
            return self._callout(delivery, request_id(), ("Authorization", "Basic x"))
        if last.error is not None or last.status is None:
            return VERDICTS[-1]
        return VERDICTS.get(last.status) or Verdict(Decision.AGAIN, last.status, f"{last.status} is retried")

    def policy(self, delivery: Delivery) -> Policy:
        return self.terms

    def _callout(self, delivery: Delivery, request_id: str, *more: tuple[str, str]) -> Callout:
        headers = [("X-Notification-Id", delivery.id), ("X-Request-Id", request_id), *more]
        url, body = delivery.subscription.url, b'{"event":"Done"}'
        return compose("POST", url, headers, body, request_id, notification_id=delivery.id)
