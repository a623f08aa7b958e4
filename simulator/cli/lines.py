"""What the dev server prints as things happen: a line each, for a person or as JSON.

It only words facts; it decides none of them, and shows no secret but the generated client's, once.
"""

import json
import os
import sys
from typing import Any, Protocol

from simulator.core.explain import spoken, why
from simulator.core.ledger import AttemptEnded, Fact, JobChanged
from simulator.core.model import Attempt, Decision, Delivery, Job, JobPhase
from simulator.host import Simulator
from simulator.masking import mask_url


class Lines(Protocol):
    """Someone who is told."""

    def ready(self, simulator: Simulator) -> None: ...

    def fact(self, fact: Fact) -> None: ...


class JsonLines:
    """One JSON object a line; the first is ``{"event": "ready", ...}``."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet

    def ready(self, simulator: Simulator) -> None:
        control = f"{simulator.url}/_simulator"
        self._print(
            event="ready",
            url=simulator.url,
            clientId=simulator.client_id,
            clientSecret=simulator.client_secret,
            control=control,
            ca=f"{control}/ca.pem",
            seed=simulator.options.seed,
        )

    def fact(self, fact: Fact) -> None:
        if self._quiet:
            return
        match fact:
            case JobChanged(job=job):
                self._print(event="request", **_request(job))
            case AttemptEnded(delivery=delivery, attempt=attempt):
                self._print(event="attempt", **_attempt(delivery, attempt))

    def _print(self, **line: Any) -> None:
        print(json.dumps(line, default=str), flush=True)


class TextLines:
    """Aligned lines for a person, in colour on a terminal."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def ready(self, simulator: Simulator) -> None:
        options = simulator.options
        for name, value in (
            ("Base URL", simulator.url),
            ("Page", f"{simulator.url}/_simulator/"),
            ("API docs", f"{simulator.url}/_simulator/docs"),
            ("Client id", simulator.client_id),
            ("Client secret", simulator.client_secret),
            ("State", "in memory"),
            ("Clock", options.clock if options.rate == 1 else f"{options.clock}, {options.rate:g} times as fast"),
            ("Seed", options.seed),
        ):
            print(f"  {name:<14} {value}")
        print(flush=True)

    def fact(self, fact: Fact) -> None:
        if self._quiet:
            return
        match fact:
            case JobChanged(job=job):
                at = job.completed or job.created
                line = f"{job.submission.method} {mask_url(job.submission.target)} {self._tint(job.phase)}"
                print(
                    f"{at:%H:%M:%S}  request  {job.id[:8]}  {line}{': ' + job.error if job.error else ''}", flush=True
                )
            case AttemptEnded(delivery=delivery, attempt=attempt):
                where = f"{delivery.event.name} → {mask_url(delivery.subscription.url)}"
                begun = f"{attempt.sent_at:%H:%M:%S}  callout  {delivery.id[:8]}"
                print(f"{begun}  {where}  attempt {attempt.number}/{attempt.limit}", flush=True)
                next_try = f", next {spoken(attempt.retry_at, attempt.sent_at)}" if attempt.retry_at else ""
                code = self._tint(attempt.verdict.decision, str(attempt.response_code))
                print(
                    f"{attempt.ended_at:%H:%M:%S}  answer   {delivery.id[:8]}  {code}{next_try}: {why(attempt)}",
                    flush=True,
                )

    def _tint(self, state: str, text: str | None = None) -> str:
        good = state in (JobPhase.SUCCEEDED, Decision.DELIVERED)
        colour = 32 if good else 33 if state in (JobPhase.QUEUED, Decision.AGAIN) else 31
        word = text or str(state)
        return f"\x1b[{colour}m{word}\x1b[0m" if self._colour else word


def json_lines(quiet: bool) -> Lines:
    return JsonLines(quiet)


def text_lines(quiet: bool) -> Lines:
    return TextLines(quiet)


def _request(job: Job) -> dict[str, Any]:
    submission = job.submission
    return {
        "id": job.id,
        "method": submission.method,
        "path": mask_url(submission.target),
        "state": job.phase.value,
        "createTime": job.created.isoformat(),
        "completeTime": job.completed.isoformat() if job.completed else None,
    }


def _attempt(delivery: Delivery, attempt: Attempt) -> dict[str, Any]:
    return {
        "calloutId": delivery.id,
        "name": delivery.event.name,
        "url": mask_url(delivery.subscription.url),
        "attempt": attempt.number,
        "limit": attempt.limit,
        "responseCode": attempt.response_code,
        "errorClass": attempt.verdict.error,
        "retryAt": attempt.retry_at.isoformat() if attempt.retry_at else None,
        "outcome": delivery.phase.value if delivery.finished else "pending",
        "why": why(attempt),
    }
