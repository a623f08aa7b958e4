"""What the routes work with: the tenants, the engine, and the present instant.

One object joins the API edge to the core. It opens no socket and reads no clock: `now` and `kick` are given to it.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from simulator.core.engine import Engine
from simulator.core.errors import ClientError
from simulator.core.ledger import AttemptEnded, Fact
from simulator.core.model import Decision, Job, Submission
from simulator.marketing_cloud import conversations, replies, retrieval
from simulator.marketing_cloud.calls import SCHEDULED_AHEAD, Action, Call, ResponseType
from simulator.marketing_cloud.dialect import NAME, MarketingCloud
from simulator.marketing_cloud.outcomes import Rule, Ruling, chosen
from simulator.marketing_cloud.plain import plain_call
from simulator.marketing_cloud.quirks import Quirks
from simulator.marketing_cloud.results import ERROR, OK, overall
from simulator.marketing_cloud.soap import FaultCode, Node, fault
from simulator.marketing_cloud.tenant import Tenant, Tenants
from simulator.marketing_cloud.work import Work, execute

log = logging.getLogger(__name__)

TARGET = "/Service.asmx"
CONTINUATIONS = 100
"""Retrievals that may be continued at the same time; the oldest is forgotten first."""


class Answered(Struct, frozen=True):
    """What a call is answered: its request id, the overall status, and a result for each object."""

    action: Action
    request_id: str
    status: str
    results: tuple[Node, ...]

    @property
    def xml(self) -> str:
        return replies.operation(self.action, self.results, self.request_id, self.status)


class CloudService:
    """The edge of this dialect, which it brings into the engine.

    ``kick`` is called after something was submitted; ``refusal`` says why an address cannot be called, None where it can;
    ``strict`` maps the only clients that are let in to their secrets.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        now: Callable[[], datetime],
        kick: Callable[[], None],
        refusal: Callable[[str], str | None] = lambda url: None,
        strict: Mapping[str, str] | None = None,
        quirks: Quirks | None = None,
    ) -> None:
        self.engine = engine
        self.tenants = Tenants(engine.ids, quirks, strict=strict)
        self.dialect = MarketingCloud(self.tenants, engine.ids)
        self.now = now
        self.kick = kick
        self.refusal = refusal
        self._more: OrderedDict[str, tuple[retrieval.Query, int]] = OrderedDict()
        engine.dialects[NAME] = self.dialect
        engine.ledger.listeners.append(_log_failures)

    def tenant_of(self, token: str) -> Tenant:
        """The tenant that a token speaks for. Raises a security fault, in the words that clients know (observed)."""
        grant = self.tenants.of_token(token)
        if grant is None:
            raise fault("Login Failed", FaultCode.SECURITY)
        if grant.expires is not None and grant.expires <= self.now():
            raise fault("Token Expired", FaultCode.SECURITY)
        return self.tenants[grant.client_id]

    def call(self, tenant: Tenant, call: Call, raw: bytes, target: str) -> Answered:
        """Accept a call, or carry it out at once. ``raw`` is what the record shows of it. Raises ClientError."""
        for asked in call.options.send_response_to:
            objection = self.refusal(asked.address) if asked.type is ResponseType.HTTP_POST else None
            if objection is not None:
                raise fault(f"ResponseAddress cannot be called: {objection}")
        if call.options.asynchronous:
            return self._accept(tenant, call, raw, target)
        request_id = self.next_id(tenant)
        results = Work(tenant, self.engine.ids, self.tenants.quirks_of(tenant.id), call, self.now()).results()
        return Answered(call.action, request_id, overall(results), tuple(replies.performed(call.action, results)))

    def plain(self, given: Mapping[str, Any], client_id: str) -> Answered:
        """A call as plain data. Raises ClientError, with status 400."""
        call, raw = plain_call(given)
        try:
            return self.call(self.tenants[client_id], call, raw, TARGET)
        except ClientError as error:
            raise ClientError(error.message) from error

    def retrieve(self, tenant: Tenant, request: Node) -> str:
        """Answer a retrieve request, batch by batch."""
        request_id = self.next_id(tenant)
        query, start = self._query(request)
        problem = retrieval.trouble(query, tenant)
        if problem:
            return replies.message("RetrieveResponseMsg", problem, request_id, ())
        quirks = self.tenants.quirks_of(tenant.id)
        found = retrieval.results(query, tenant, self.engine, quirks, self.now())
        end = start + query.batch
        if end < len(found):
            self._more[request_id] = (query, end)
            while len(self._more) > CONTINUATIONS:
                self._more.popitem(last=False)
        status = "MoreDataAvailable" if end < len(found) else OK
        return replies.message("RetrieveResponseMsg", status, request_id, found[start:end])

    def execute(self, tenant: Tenant, requests: tuple[Node, ...]) -> str:
        """Run Execute requests, always at once: their options have no RequestType (spec: WSDL)."""
        if not requests:
            raise fault("Execute needs at least one request")
        results, failed = [], 0
        for ordinal, request in enumerate(requests):
            parameters = {pair.value("Name"): pair.value("Value") for pair in request.all("Parameters")}
            code, words = execute(tenant, request.value("Name"), parameters, self.now())
            failed += code is not None
            results.append(replies.executed(code, words, ordinal))
        status = ERROR if failed else OK
        return replies.message("ExecuteResponseMsg", status, self.next_id(tenant), results)

    def next_id(self, tenant: Tenant) -> str:
        """The id of a request that is no job."""
        return self.engine.ids.uuid("cloud-request", tenant.id, tenant.number("request"))

    def rule(self, rules: Iterable[Rule], client_id: str) -> None:
        """Put these rules in the place of the tenant's; what was accepted before keeps its ruling."""
        shelf = self.tenants[client_id].rules
        shelf.clear()
        for place, rule in enumerate(rules):
            shelf.put(str(place), rule)

    def decide(self, job_id: str, ruling: Ruling) -> None:
        """Choose how one call ends that is still queued, and look at it now, and at those that wait for it."""
        job = self.engine.ledger.jobs[job_id]
        tenant = self.tenants[job.tenant]
        tenant.rulings.put(job_id, ruling)
        waiting = conversations.following(tenant, job.submission.details.options)
        self._look_at([job_id, *waiting], self.now())

    def _accept(self, tenant: Tenant, call: Call, raw: bytes, target: str) -> Answered:
        now, options = self.now(), call.options
        kinds = [node.kind for node in call.objects]
        if options.scheduled is not None and options.scheduled > now + SCHEDULED_AHEAD:
            raise fault(
                f"ScheduledTime may be up to {SCHEDULED_AHEAD.days} days ahead, not {options.scheduled.isoformat()}"
            )
        trouble = conversations.trouble(tenant, options)
        if trouble is not None:
            if trouble[0] == conversations.CALLS_DIFFER:
                self._look_at(conversations.spoil(tenant, options.conversation), now)
            refused = replies.refused(call.action, kinds, *trouble)
            return Answered(call.action, self.next_id(tenant), ERROR, tuple(refused))
        submission = Submission(NAME, tenant.id, "POST", target, raw, options.conversation or None, call)
        job = self.engine.submit(submission, now)
        counted, ruling = chosen(tenant.rules.items(), call, target)
        for key, rule in counted.items():
            tenant.rules.put(key, rule)
        if ruling is not None:
            tenant.rulings.put(job.id, ruling)
        if options.conversation:
            due = job.due or now
            self._look_at(conversations.join(tenant, call, job.id, due), due)
        self.kick()
        accepted = replies.accepted(call.action, kinds, job.id, options.conversation)
        return Answered(call.action, job.id, OK, tuple(accepted))

    def _look_at(self, jobs: list[str], at: datetime) -> None:
        """Let calls that waited for others have their turn, in order."""
        for job in jobs:
            self.engine.reconsider(job, at)
        if jobs:
            self.kick()

    def _query(self, request: Node) -> tuple[retrieval.Query, int]:
        continued = request.value("ContinueRequest")
        if not continued:
            return retrieval.read_query(request), 0
        if continued not in self._more:
            raise fault(f"There is no retrieve {continued!r} to continue")
        return self._more.pop(continued)

    def jobs(self, tenant: str | None = None) -> list[Job]:
        """The asynchronous calls of a tenant, or of all."""
        return [job for job in self.engine.ledger.jobs_of(tenant) if job.submission.dialect == NAME]


def _log_failures(fact: Fact) -> None:
    """ "If an HTTPPost throws an exception, the system logs an error" (documented: seed 001)."""
    if isinstance(fact, AttemptEnded) and fact.delivery.event.dialect == NAME:
        verdict = fact.attempt.verdict
        if verdict.decision is not Decision.DELIVERED:
            outcome = fact.delivery.event.details.outcome
            log.error("the callback of request %s was not taken: %s", outcome.request_id, verdict.reason)
