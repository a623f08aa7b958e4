"""What Zuora's operations work with: the tenants, the engine, and the present instant.

One object joins the API edge to the core. It opens no socket and reads no clock: `now` and `kick` are given to it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from sys import intern
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from simulator.core.engine import Engine
from simulator.core.errors import ClientError
from simulator.core.model import Job, JobPhase, Submission
from simulator.zuora.dialect import NAME, ZuoraDialect
from simulator.zuora.notifications.definitions import NotificationDefinition
from simulator.zuora.notifications.library import check_definition, leave
from simulator.zuora.notifications.registration import changed_definition, definition_of
from simulator.zuora.notifications.templates import Registry
from simulator.zuora.requests.outcomes import Rule, choose
from simulator.zuora.requests.plans import Plan
from simulator.zuora.settings import Settings
from simulator.zuora.tenant import Tenant, Tenants

if TYPE_CHECKING:
    from simulator.zuora.edge.call import Call


class ZuoraService:
    """The edge of the Zuora dialect.

    ``refusal`` says why a URL cannot be registered.
    """

    def __init__(
        self,
        engine: Engine,
        tenants: Tenants,
        dialect: ZuoraDialect,
        *,
        now: Callable[[], datetime],
        kick: Callable[[], None],
        refusal: Callable[[str], str | None],
        allow_unknown: bool = False,
        strict_fields: bool = False,
        rate_limits: bool = False,
    ) -> None:
        self.engine = engine
        self.tenants = tenants
        self.dialect = dialect
        self.now = now
        self.kick = kick
        self.refusal = refusal
        self.allow_unknown = allow_unknown
        self.strict_fields = strict_fields
        self.rate_limits = rate_limits
        self._requests = 0

    def settings(self, tenant: Tenant) -> Settings:
        """The settings in force for a tenant."""
        return self.tenants.settings(tenant.id)

    def registry(self, tenant: Tenant) -> Registry:
        """What reading a definition or a template of a tenant depends on."""
        return Registry(
            lambda what: self.next_id(tenant, what),
            self.refusal,
            tuple(tenant.own_events),
            self.allow_unknown,
            self.settings(tenant).quirks.strict_definitions,
        )

    def register(self, tenant: Tenant, given: Mapping[str, Any]) -> NotificationDefinition:
        """Store the definition that ``given`` describes; raises ClientError with what is wrong with it."""
        definition = definition_of(given, self.registry(tenant))
        event_id = self.engine.ids.hex("event-type", definition.event_category) if definition.event_category else None
        return self._store(tenant, replace(definition, **self.stamp(tenant, new=True), event_id=event_id), None)

    def change(
        self, tenant: Tenant, before: NotificationDefinition, given: Mapping[str, Any]
    ) -> NotificationDefinition:
        """Change what is given of a definition."""
        changed = changed_definition(before, given, self.registry(tenant))
        return self._store(tenant, replace(changed, **self.stamp(tenant, new=False)), before)

    def _store(
        self, tenant: Tenant, definition: NotificationDefinition, before: NotificationDefinition | None
    ) -> NotificationDefinition:
        rule, callout = definition.filter_rule, definition.callout
        if rule is not None and (before is None or rule is not before.filter_rule):
            rule = replace(rule, created_on=self.now(), created_by=self.user_of(tenant))
        if callout is not None and (before is None or callout is not before.callout):
            event = callout.event_type_name or definition.event_type_name
            callout = replace(callout, **self.stamp(tenant, new=True), event_type_name=event)
        profile = definition.communication_profile_id or self.default_profile(tenant)
        profiles = definition.communication_profile_ids or (profile,)
        definition = replace(
            definition,
            communication_profile_id=profiles[0],
            communication_profile_ids=profiles,
            filter_rule=rule,
            callout=callout,
        )
        check_definition(tenant, definition)
        if before is not None and before.callout is not None and callout is not before.callout:
            leave(tenant, before.callout)
        return tenant.definitions.put(definition.id, definition)

    def submit(self, call: "Call", details: str | None = None) -> Job:
        """Accept what a call asks for, to be done later; its plan, where it has one, says how it ends."""
        # One path for the many that ask for it: a million requests may be kept.
        method, target = intern(call.method), intern(call.target)
        submission = Submission(NAME, call.tenant.id, method, target, call.raw, call.track_id, details)
        job = self.engine.submit(submission, call.now)
        if call.plan is not None:
            call.tenant.plans.put(job.id, call.plan)
        self.kick()
        return job

    def polled(self, tenant: Tenant, job: Job) -> Job:
        """The job after its state was asked once more: one that was to end at that poll has ended."""
        plan = tenant.plans.get(job.id)
        if job.phase is not JobPhase.QUEUED or plan is None or plan.polled >= plan.polls:
            return job
        plan = tenant.plans.put(job.id, replace(plan, polled=plan.polled + 1))
        if plan.polled >= plan.polls:
            self.engine.look(job.id, self.now())
            self.kick()
        return self.engine.ledger.jobs.get(job.id, job)

    def decide(self, job_id: str, plan: Plan) -> Job:
        """Say by hand how a request ends; raises ClientError where there is none, or where it has ended."""
        job = self.engine.ledger.jobs.get(job_id)
        if job is None or job.submission.dialect != NAME:
            raise ClientError(f"there is no request {job_id!r} whose end could be chosen", status=404)
        if job.phase is not JobPhase.QUEUED:
            raise ClientError(f"request {job_id} has ended already: it {job.phase}", status=409)
        self.tenants[job.tenant].plans.put(job.id, plan)
        self.engine.reconsider(job.id, self.now())
        self.kick()
        return self.engine.ledger.jobs[job.id]

    def rule_for(self, call: "Call") -> Rule | None:
        """The outcome rule that applies to a request; each rule counts the calls that fit it.

        One that names no path is about what a tenant asks for, and not about how it gets a token.
        """
        chosen = None
        for shelf in (call.tenant.outcomes, self.tenants.outcomes):
            if not shelf:
                continue
            rules = {key: rule for key, rule in shelf.items() if rule.path is not None or not call.operation.open}
            rule, counted = choose(rules, call.method, call.path, call.body)
            for key, seen in counted.items():
                shelf.put(key, seen)
            chosen = chosen or rule
        return chosen

    def put_rules(self, client_id: str | None, rules: list[Rule]) -> None:
        """Let these be all the rules of a tenant, or of all tenants."""
        shelf = self.tenants.outcomes if client_id is None else self.tenants[client_id].outcomes
        shelf.clear()
        for number, rule in enumerate(rules):
            shelf.put(str(number), rule)

    def add_rule(self, client_id: str | None, rule: Rule) -> None:
        """One more rule beside those in force."""
        shelf = self.tenants.outcomes if client_id is None else self.tenants[client_id].outcomes
        self.put_rules(client_id, [*shelf.values(), rule])

    def rules(self, client_id: str | None) -> list[Rule]:
        """The rules in force for a tenant, or for all."""
        shared = self.tenants.outcomes.values()
        return shared if client_id is None else shared + self.tenants[client_id].outcomes.values()

    def next_id(self, tenant: Tenant, what: str) -> str:
        """A new 32-hex id for something of a tenant's."""
        return self.engine.ids.hex(what, tenant.id, tenant.number(what))

    def user_of(self, tenant: Tenant) -> str:
        """The id of the user in whose name a tenant's client acts."""
        return self.engine.ids.hex("user", tenant.id)

    def default_profile(self, tenant: Tenant) -> str:
        """The id of the tenant's default communication profile."""
        return self.engine.ids.hex("profile", tenant.id, "default")

    def number_from(self, number: int) -> None:
        """Number the requests that make no job from there on."""
        self._requests = number

    def own_request_id(self) -> str:
        """An id for an API request that made no job."""
        self._requests += 1
        return self.engine.ids.uuid("api-request", self._requests)

    def process_id(self, of: str) -> str:
        """16 upper-case hex digits (wild: GU)."""
        return self.engine.ids.hex("process", of)[:16].upper()

    def stamp(self, tenant: Tenant, *, new: bool) -> Mapping[str, Any]:
        """Who made or changed a record, and when."""
        now, user = self.now(), self.user_of(tenant)
        made = {"created_on": now, "created_by": user} if new else {}
        return {**made, "updated_on": now, "updated_by": user}
