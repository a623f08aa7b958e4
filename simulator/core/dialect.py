"""The five questions a provider answers, and nothing else that the core may know of it.

What did the request do · who hears of it · what do they hear · what does their answer mean · when is it tried again.
Answers are pure: they depend on the arguments and on the tenant's stored state, never on a clock or a socket.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from simulator.core.gaps import Content
from simulator.core.model import (
    Callout,
    Delivery,
    Event,
    Exchange,
    Job,
    JobPhase,
    Policy,
    Subscription,
    Verdict,
)


class Happening(Struct, frozen=True, gc=False):
    """An event before the engine has numbered it."""

    name: str
    fields: Mapping[str, str]
    body: Content | None = None
    details: Any = None


class Finished(Struct, frozen=True, gc=False):
    """The work is done: how it ended, what is to be told, in words why it failed, and the jobs that waited for it."""

    phase: JobPhase
    happenings: tuple[Happening, ...] = ()
    result: Any = None
    error: str | None = None
    awaited_by: tuple[str, ...] = ()


class Later(Struct, frozen=True, gc=False):
    """The work is not done: look again at ``at``, or never where it is None."""

    at: datetime | None


class Unsendable(Struct, frozen=True, gc=False):
    """A callout that could be rendered but must not go out: its text, and the verdict that stands in for an answer."""

    callout: Callout
    verdict: Verdict
    detail: str = ""


class Dialect(Protocol):
    """One provider. ``request_id`` is always the id of the request that would be sent next, made where it is asked for."""

    name: str

    def perform(self, job: Job, now: datetime) -> Finished | Later:
        """What did the request do?"""

    def audience(self, event: Event) -> Sequence[Subscription]:
        """Who hears of it?"""

    def render(self, delivery: Delivery, request_id: str, now: datetime) -> Callout | Unsendable | Verdict:
        """What do they hear? The first request of an attempt, or why there can be none."""

    def judge(
        self, delivery: Delivery, exchanges: Sequence[Exchange], request_id: Callable[[], str], now: datetime
    ) -> Verdict | Callout:
        """What does their answer mean? A callout asks for one more exchange of the same attempt.

        It may be asked twice about the same exchanges, the second time for a copy of the callout it answered with.
        """

    def policy(self, delivery: Delivery) -> Policy:
        """When is it tried again?"""
