"""How one asynchronous request is to end, where somebody has said so: decided when it is accepted, or by hand.

A plan is asked each time its job is looked at. It knows no rule that made it and no resource.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from simulator.core.dialect import Later
from simulator.core.model import Job


class Result(StrEnum):
    """How a request ends; ``status`` and ``lost-answer`` are about the answer to the client."""

    SUCCEED = "succeed"
    FAIL = "fail"
    NEVER = "never"
    LOST_ANSWER = "lost-answer"
    LOCK = "lock"
    STATUS = "status"


ENDS = (Result.SUCCEED, Result.FAIL, Result.NEVER, Result.LOCK)
"""The results that can be given to a request that was accepted already."""

BETWEEN_RETRIES = timedelta(seconds=1)
"""Between two tries of Zuora's own: it tells of "built-in retry semantics" and of no number (Q22, inferred)."""


class Plan(Struct, frozen=True, rename="camel"):
    """The end of one job. ``polls`` is how often its status is asked before it ends, ``polled`` how often it was."""

    result: Result = Result.SUCCEED
    code: str | None = None
    message: str | None = None
    after: timedelta | None = None
    polls: int = 0
    retries: int = 0
    polled: int = 0

    tried: int = 0

    def delay(self, job: Job, now: datetime) -> Later | None:
        """When to look again at a job that is not to end yet; None where its time has come."""
        if self.result is Result.NEVER or self.polled < self.polls:
            return Later(None)
        if self.after is not None and now < job.created + self.after:
            return Later(job.created + self.after)
        return Later(now + BETWEEN_RETRIES) if self.tried < self.retries else None

    def due(self, job: Job, now: datetime) -> bool:
        """Whether its time has come but for Zuora's own retries."""
        return self.after is None or now >= job.created + self.after
