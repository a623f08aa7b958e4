"""The page's feed over a running instance: rows straight from its ledger, and word of each fact.

A row leaves out what only an open record shows, so that ten thousand of them stay cheap. It listens to the ledger only
while a page is open.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Any

import simulator
from simulator.console.feed import Listener, Row, Subject
from simulator.core.explain import why
from simulator.core.ledger import AttemptEnded, Cleared, DeliveryChanged, EventRaised, ExchangeStarted, Fact, JobChanged
from simulator.core.model import Attempt, Event, Exchange
from simulator.instance import Instance
from simulator.masking import mask_url
from simulator.records import NEVER, PENDING, Definition, Raised, label_of, resendable
from simulator.zuora.dialect import NAME as ZUORA


class LedgerFeed:
    """What the page is told of ``instance``; ``commands`` are what a newcomer may type next."""

    def __init__(self, instance: Instance, commands: Callable[[], Sequence[str]] = tuple) -> None:
        self._instance = instance
        self._ledger = instance.engine.ledger
        self._commands = commands
        self._boot = secrets.token_hex(8)
        self._listeners: list[Listener] = []
        self._raised: dict[str, list[Event]] = {}

    def overview(self) -> Row:
        instance, options = self._instance, self._instance.options
        providers = {name: name.replace("_", " ").title() for name in instance.engine.dialects}
        return {
            "boot": self._boot,
            "server": {"name": "zuora-simulator", "version": simulator.__version__, "seed": options.seed},
            "clock": {
                "now": instance.clock.now,
                "kind": options.clock,
                "rate": options.rate,
                "delivery": options.delivery,
            },
            "settings": instance.in_force(),
            "definitions": sum(len(tenant.definitions) for tenant in instance.tenants),
            "nextCommands": list(self._commands()),
            "providers": providers,
            "decidable": [ZUORA],
        }

    def request_ids(self) -> Sequence[str]:
        return list(self._ledger.jobs)

    def callout_ids(self) -> Sequence[str]:
        return list(self._ledger.deliveries)

    def request(self, identity: str) -> Row | None:
        job = self._ledger.jobs.get(identity)
        if job is None:
            return None
        submission = job.submission
        return {
            "id": job.id,
            "seq": job.number,
            "provider": submission.dialect,
            "clientId": submission.tenant,
            "method": submission.method,
            "path": mask_url(submission.target),
            "label": label_of(submission),
            "state": NEVER if job.due is None and job.completed is None else job.phase,
            "createTime": job.created,
            "completeTime": job.completed,
            "dueAt": job.due,
            "trackId": submission.track_id,
            "error": job.error,
            "events": [Raised(event.id, event.name, event.at) for event in self._raised.get(identity, ())],
        }

    def callout(self, identity: str) -> Row | None:
        delivery = self._ledger.deliveries.get(identity)
        if delivery is None:
            return None
        event, subscription, ids = delivery.event, delivery.subscription, self._instance.engine.ids
        attempts = self._ledger.attempts_of(identity)
        exchanges = attempts[-1].exchanges if attempts else ()
        sent = exchanges[-1].callout if exchanges else subscription
        return {
            "id": delivery.id,
            "seq": delivery.number,
            "provider": event.dialect,
            "clientId": event.tenant,
            "notificationId": delivery.id,
            "event": event.name,
            "eventId": event.id,
            "eventAt": event.at,
            "requestId": event.job,
            "definition": Definition(subscription.id, subscription.label),
            "method": sent.method,
            "url": mask_url(sent.url),
            "outcome": delivery.phase if delivery.finished else PENDING,
            "dueAt": delivery.due,
            "maxAttempts": self._instance.engine.dialects[event.dialect].policy(delivery).limit,
            "warnings": self._instance.addresses.warnings(subscription.url),
            "resend": resendable(delivery),
            "attempts": [_attempt(attempt, ids.history(delivery.id, attempt.number)) for attempt in attempts],
        }

    def listen(self, listener: Listener) -> Callable[[], None]:
        if not self._listeners:
            self._gather()
            self._ledger.listeners.append(self._hear)
        self._listeners.append(listener)

        def leave() -> None:
            self._listeners.remove(listener)
            if not self._listeners:
                self._ledger.listeners.remove(self._hear)

        return leave

    def _gather(self) -> None:
        self._raised.clear()
        for event in self._ledger.events.values():
            self._keep(event)

    def _keep(self, event: Event) -> None:
        if event.job is not None:
            self._raised.setdefault(event.job, []).append(event)

    def _hear(self, fact: Fact) -> None:
        match fact:
            case JobChanged(job):
                self._tell(Subject.REQUEST, job.id)
            case EventRaised(event):
                self._keep(event)
                if event.job is not None:
                    self._tell(Subject.REQUEST, event.job)
            case DeliveryChanged(delivery) | AttemptEnded(delivery) | ExchangeStarted(delivery):
                self._tell(Subject.CALLOUT, delivery.id)
            case Cleared():
                self._gather()
                self._tell(Subject.RESET, "")

    def _tell(self, subject: Subject, identity: str) -> None:
        for listener in tuple(self._listeners):
            listener(subject, identity)


def _attempt(attempt: Attempt, history_id: str) -> Row:
    verdict = attempt.verdict
    return {
        "number": attempt.number,
        "limit": attempt.limit,
        "responseCode": verdict.code,
        "errorClass": verdict.error,
        "decision": verdict.decision,
        "sentAt": attempt.sent_at,
        "endedAt": attempt.ended_at,
        "retryAt": attempt.retry_at,
        "why": why(attempt),
        "historyId": history_id,
        "resend": attempt.resend,
        "patience": any(exchange.outcome.patience for exchange in attempt.exchanges),
        "exchanges": [_exchange(exchange) for exchange in attempt.exchanges],
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    callout, outcome = exchange.callout, exchange.outcome
    return {
        "requestId": callout.request_id,
        "method": callout.method,
        "status": outcome.status,
        "errorClass": outcome.error,
        "sentAt": exchange.sent_at,
        "endedAt": exchange.ended_at,
        "purpose": callout.purpose,
        "duplicate": exchange.duplicate,
    }
