"""What the dev server prints as things happen: a line each, for a person or as JSON.

It only words facts; it decides none of them, and shows no secret but the generated client's, once.
"""

import json
import os
import sys
from datetime import datetime
from typing import Any, Protocol, TextIO

from simulator.cli.serving import DEFAULT_PORT
from simulator.cli.speaking import Speaker
from simulator.cli.wording import asked, plain, tried
from simulator.core.explain import why
from simulator.core.ledger import AttemptEnded, Cleared, ExchangeStarted, Fact, JobChanged
from simulator.core.model import Attempt, Decision, Delivery, Job, JobPhase
from simulator.host import Simulator
from simulator.masking import mask_body, mask_url
from simulator.records import label_of


class Lines(Protocol):
    """Someone who is told, and who says it through ``speaker``."""

    speaker: Speaker

    def ready(self, simulator: Simulator) -> None:
        """It listens now."""

    def fact(self, fact: Fact) -> None:
        """Something happened."""

    def refused(self, method: str, path: str, status: int, words: str) -> None:
        """A request to the API was refused."""


class JsonLines:
    """One JSON object a line: ``{"event": "ready", ...}``, then ``request``, ``callout``, ``answer``, ``refused``.

    Each asynchronous request is one ``request`` line, and one ``result`` line when its work has ended. Instants are written
    as the control plane writes them.
    """

    def __init__(self, quiet: bool, out: TextIO | None = None) -> None:
        self._quiet = quiet
        self.speaker = Speaker(out)
        self._say = self.speaker.say
        self._accepted = 0

    def ready(self, simulator: Simulator) -> None:
        self._simulator = simulator
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
            case JobChanged(job=job) if job.phase is not JobPhase.QUEUED:
                self._print(event="result", **_request(job))
            case JobChanged(job=job) if job.number > self._accepted:  # else it is only due at another time
                self._accepted = job.number
                self._print(event="request", **_request(job))
            case Cleared(tenant=None):
                self._accepted = 0  # numbers begin again
            case ExchangeStarted(delivery=delivery, at=at) if delivery.exchange <= 1:
                self._print(event="callout", at=at, **_callout(delivery, self._limit(delivery)))
            case AttemptEnded(delivery=delivery, attempt=attempt):
                self._print(event="answer", at=attempt.ended_at, **_answer(delivery, attempt))

    def refused(self, method: str, path: str, status: int, words: str) -> None:
        if not self._quiet:
            self._print(event="refused", method=method, path=mask_url(path), status=status, error=_message(words))

    def _limit(self, delivery: Delivery) -> int:
        return limit_of(self._simulator, delivery)

    def _print(self, **line: Any) -> None:
        self._say(json.dumps(line, default=_instant))


class TextLines:
    """Aligned lines for a person, in colour on a terminal."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self.speaker = Speaker()
        self._say = self.speaker.say
        self._colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def ready(self, simulator: Simulator) -> None:
        self._simulator = simulator
        options = simulator.options
        for name, value in (
            ("Base URL", simulator.url),
            ("Page", f"{simulator.url}/_simulator/"),
            ("API docs", f"{simulator.url}/_simulator/docs"),
            ("Client id", simulator.client_id),
            ("Client secret", simulator.client_secret),
            *([("Authority", authority_words(simulator))] if options.tls else []),
            ("State", simulator.options.state or "in memory, gone when it stops"),
            ("Clock", clock_words(simulator)),
            ("Seed", options.seed),
        ):
            self._say(f"  {name:<14} {value}")
        self._say()

    def fact(self, fact: Fact) -> None:
        if self._quiet:
            return
        match fact:
            case JobChanged(job=job):
                at = job.completed or job.created
                reason = f": {plain(job.error)}" if job.error else ""
                submission = job.submission
                what = asked(
                    {"method": submission.method, "path": mask_url(submission.target), "label": label_of(submission)}
                )
                self._line(at, "request", job.id, f"{what} {self._tint(job.phase)}{reason}")
            case ExchangeStarted(delivery=delivery, at=at) if delivery.exchange <= 1:
                where = f"{delivery.event.name} → {delivery.subscription.method} {mask_url(delivery.subscription.url)}"
                limit = limit_of(self._simulator, delivery)
                self._line(
                    at, "callout", delivery.id, f"{plain(where)}  {tried(delivery.attempts, limit, delivery.resent)}"
                )
            case AttemptEnded(delivery=delivery, attempt=attempt):
                code = self._tint(attempt.verdict.decision, str(attempt.response_code))
                said = f"{code}  {tried(attempt.number, attempt.limit, attempt.resend)}: {plain(why(attempt))}{_advice(attempt)}"
                self._line(attempt.ended_at, "answer", delivery.id, said)

    def refused(self, method: str, path: str, status: int, words: str) -> None:
        if not self._quiet:
            at = self._simulator.now
            refusal = f"{method} {mask_url(path)} {self._paint(31, str(status))}: {plain(_message(words))}{_remedy(path, status)}"
            self._line(at, "refused", "", refusal)

    def _line(self, at: datetime, what: str, identity: str, text: str) -> None:
        self._say(f"{at:%H:%M:%S}  {what:<7}  {identity[:8]:<8}  {text}")

    def _tint(self, state: str, text: str | None = None) -> str:
        good = state in (JobPhase.SUCCEEDED, Decision.DELIVERED)
        return self._paint(32 if good else 33 if state in (JobPhase.QUEUED, Decision.AGAIN) else 31, text or str(state))

    def _paint(self, colour: int, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colour else text


def json_lines(quiet: bool, out: TextIO | None = None) -> Lines:
    return JsonLines(quiet, out)


def text_lines(quiet: bool) -> Lines:
    return TextLines(quiet)


def clock_words(simulator: Simulator) -> str:
    """Which clock it is, and how it moves."""
    options = simulator.options
    if options.clock == "virtual":
        elsewhere = "" if simulator.url == f"http://127.0.0.1:{DEFAULT_PORT}" else f" --server {simulator.url}"
        return f"virtual, at {simulator.now:%Y-%m-%d %H:%M:%S}; move it: zuora-simulator advance 30m{elsewhere}"
    return "real" if options.rate == 1 else f"real, {options.rate:g} times as fast"


def authority_words(simulator: Simulator) -> str:
    """What a client of the HTTPS server must trust, and where it is."""
    kept = simulator.options.certs
    if kept is not None:
        return f"{kept}/ca.pem, to be trusted by clients"
    return f"{simulator.url}/_simulator/ca.pem, another at each start: zuora-simulator certs init keeps one"


def limit_of(simulator: Simulator, delivery: Delivery) -> int:
    """The attempt limit now in force for a delivery."""
    return simulator.instance.engine.dialects[delivery.event.dialect].policy(delivery).limit


def _advice(attempt: Attempt) -> str:
    """What to do about a receiver that nobody started: the one failure that is never the receiver's own code."""
    if attempt.verdict.error == "refused":
        return " Is the receiver running, and on this port?"
    return ""


def _message(words: str) -> str:
    """The message within an answer's JSON, whatever its envelope; else the words as they are."""
    try:
        return mask_body(_messages(json.loads(words))[0])
    except (ValueError, IndexError):
        return mask_body(words[:400])


def _messages(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part[name] for name in ("message", "error") if isinstance(part.get(name), str)]
        return own + [found for inner in part.values() for found in _messages(inner)]
    return [found for inner in part for found in _messages(inner)] if isinstance(part, list) else []


def _remedy(path: str, status: int) -> str:
    """What a client with wrong credentials does."""
    if path.startswith("/oauth/token"):
        return ": use the client id and secret of the first lines"
    if status == 401 and not path.startswith("/_simulator"):
        return ": get a token at POST /oauth/token with the client id and secret of the first lines"
    return ""


def _instant(at: datetime) -> str:
    return at.isoformat().removesuffix("+00:00") + "Z"


def _request(job: Job) -> dict[str, Any]:
    submission = job.submission
    return {
        "id": job.id,
        "method": submission.method,
        "path": mask_url(submission.target),
        "state": job.phase.value,
        "createTime": job.created,
        "completeTime": job.completed,
        "error": job.error,
    }


def _callout(delivery: Delivery, limit: int) -> dict[str, Any]:
    return {
        "calloutId": delivery.id,
        "name": delivery.event.name,
        "method": delivery.subscription.method,
        "url": mask_url(delivery.subscription.url),
        "attempt": delivery.attempts,
        "limit": limit,
    }


def _answer(delivery: Delivery, attempt: Attempt) -> dict[str, Any]:
    return _callout(delivery, attempt.limit) | {
        "attempt": attempt.number,
        "responseCode": attempt.response_code,
        "errorClass": attempt.verdict.error,
        "retryAt": attempt.retry_at,
        "outcome": delivery.phase.value if delivery.finished else "pending",
        "why": why(attempt),
    }
