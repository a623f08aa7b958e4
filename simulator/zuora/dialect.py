"""Zuora's five answers, each a call into the room that decides it.

What did the request do: `work` · who hears: the tenant's definitions · what do they hear, and what does their answer
mean: `attempt` · when again: `settings`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from msgspec.structs import replace

from simulator.core.dialect import Finished, Happening, Later, Unsendable
from simulator.core.ids import Ids
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
from simulator.zuora.callouts import attempt, auth
from simulator.zuora.notifications.definitions import CalloutTemplate, NotificationDefinition, OAuthProvider, Terms
from simulator.zuora.notifications.events import fields_of
from simulator.zuora.notifications.filters import matches
from simulator.zuora.notifications.library import find_template
from simulator.zuora.notifications.profiles import muted
from simulator.zuora.quirks import RetryTemplate
from simulator.zuora.requests import ending, payload, work
from simulator.zuora.settings import Settings
from simulator.zuora.tenant import Tenant, Tenants

NAME = "zuora"
SUCCEEDED = "Async Request Succeeded"
FAILED = "Async Request Failed"


class ZuoraDialect:
    """Zuora, as the engine asks it."""

    name = NAME

    def __init__(self, tenants: Tenants, ids: Ids, *, strict_fields: bool = False) -> None:
        self.tenants = tenants
        self.strict_fields = strict_fields
        self.memory = auth.AuthMemory()
        self._ids = ids

    def perform(self, job: Job, now: datetime) -> Finished | Later:
        """Do the work and tell of it by one of the two events (documented: seed 000, "Results").

        An operation that is asynchronous on its own tells nobody.
        """
        tenant = self.tenants[job.tenant]
        plan = tenant.plans.get(job.id)
        if plan is not None:
            later = plan.delay(job, now)
            if later is not None:
                if later.at is not None and plan.due(job, now):
                    tenant.plans.put(job.id, replace(plan, tried=plan.tried + 1))
                return later
            tenant.plans.remove(job.id)
        outcome = ending.carry_out(tenant, self._ids, job, plan, now, strict_fields=self.strict_fields)
        if job.submission.details:
            return ending.silent(tenant, job, outcome)
        quirks = self.tenants.settings(tenant.id).quirks
        if isinstance(outcome, work.Reason):
            process_id = self._ids.hex("process", job.id)[:16].upper()
            body = payload.failed(job, now, quirks, outcome, process_id)
            return Finished(JobPhase.FAILED, (Happening(FAILED, {}, body),), error=outcome.words)
        body = payload.succeeded(job, now, quirks, outcome)
        return Finished(JobPhase.SUCCEEDED, (Happening(SUCCEEDED, {}, body),), result=outcome)

    def audience(self, event: Event) -> Sequence[Subscription]:
        """Every active definition of that event, once for each of its active templates (documented: CTO, fan-out)."""
        tenant = self.tenants[event.tenant]
        return [
            _subscription(tenant, definition, template)
            for definition in tenant.concerned_by(event.name)
            if definition.active and definition.callout_active and _lets_pass(tenant, definition, event)
            for template in _templates(tenant, definition)
            if template.active
        ]

    def render(self, delivery: Delivery, request_id: str, now: datetime) -> Callout | Unsendable | Verdict:
        """The first request of an attempt: the callout, or a token request that comes before it."""
        return attempt.open_attempt(delivery, self._circumstances(delivery), request_id, now)

    def judge(
        self, delivery: Delivery, exchanges: Sequence[Exchange], request_id: Callable[[], str], now: datetime
    ) -> Verdict | Callout:
        """The next request of an authentication dialogue, or the verdict on the last answer."""
        return attempt.go_on(delivery, self._circumstances(delivery), exchanges, request_id, now)

    def policy(self, delivery: Delivery) -> Policy:
        """The tenant's attempts and interval, and the template's retry flag, as they stand now."""
        settings = self.tenants.settings(delivery.tenant)
        stored = settings.quirks.retry_template is RetryTemplate.STORED
        tenant = self.tenants[delivery.tenant]
        terms: Terms = delivery.subscription.terms if stored else _terms(delivery, tenant, settings)
        return settings.policy(terms.template.callout_retry)

    def _circumstances(self, delivery: Delivery) -> attempt.Circumstances:
        tenant = self.tenants[delivery.tenant]
        settings = self.tenants.settings(tenant.id)
        return attempt.Circumstances(_terms(delivery, tenant, settings), settings, tenant.described, self.memory)


def _terms(delivery: Delivery, tenant: Tenant, settings: Settings) -> Terms:
    """What was agreed when the event happened, with the credentials as they are now (documented: RNH; Q26)."""
    stored: Terms = delivery.subscription.terms
    definition = tenant.definitions.get(stored.definition_id)
    if definition is None:
        return stored
    knob = settings.quirks.retry_template
    if knob is RetryTemplate.CURRENT and not delivery.resent and (now := current(stored, tenant, definition)):
        return Terms(definition.id, definition.name, now, _provider(tenant, now))
    return with_credentials(stored, tenant, definition)


def _lets_pass(tenant: Tenant, definition: NotificationDefinition, event: Event) -> bool:
    """Whether the profile is not muted, and the filter rule has nothing against it."""
    if tenant.profiles and muted(tenant, definition.communication_profile_ids):
        return False
    rule = definition.filter_rule
    if rule is None:
        return True
    return matches(rule.condition, definition.filter_rule_params or {}, fields_of(event))


def _templates(tenant: Tenant, definition: NotificationDefinition) -> list[CalloutTemplate]:
    linked = [find_template(tenant, template_id) for template_id in definition.callout_template_ids]
    own = [definition.callout] if definition.callout is not None else []
    return own + [template for template in linked if template is not None]


def with_credentials(stored: Terms, tenant: Tenant, definition: NotificationDefinition) -> Terms:
    """The stored terms with authentication taken from the template as it is now; the stored one where it is gone."""
    now = current(stored, tenant, definition)
    return stored if now is None else stored.with_credentials_of(now, _provider(tenant, now))


def current(stored: Terms, tenant: Tenant, definition: NotificationDefinition) -> CalloutTemplate | None:
    """What the template of stored terms is by now; None where it is gone."""
    own = definition.callout
    if own is not None and own.id == stored.template.id:
        return own
    templates = _templates(tenant, definition)
    same = next((one for one in templates if one.id == stored.template.id), None)
    if same is None and own is not None and len(templates) == 1:
        return own  # a PUT of `callout` makes a new template in the place of the old one
    return same


def _provider(tenant: Tenant, template: CalloutTemplate) -> OAuthProvider | None:
    return tenant.providers.get(template.oauth2_provider_id) if template.oauth2_provider_id else None


def _subscription(tenant: Tenant, definition: NotificationDefinition, template: CalloutTemplate) -> Subscription:
    return Subscription(
        id=definition.id,
        label=definition.name,
        lane=urlsplit(template.callout_baseurl).netloc,
        method=template.http_method.value,
        url=template.callout_baseurl,
        terms=Terms(definition.id, definition.name, template, _provider(tenant, template)),
    )
