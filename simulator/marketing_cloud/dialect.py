"""Marketing Cloud's five answers, each a call into the room that decides it.

What did the request do: `work`, in its turn (`conversations`) · who hears: whoever its SendResponseTo names · what do they
hear: `results` · what does their answer mean: 2xx took it, all else makes the HTTPPost throw · when again: never.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from simulator.core.dialect import Finished, Happening, Later, Unsendable
from simulator.core.http import compose
from simulator.core.ids import Ids
from simulator.core.model import (
    Callout,
    Decision,
    Delivery,
    ErrorClass,
    Event,
    Exchange,
    Job,
    JobPhase,
    Policy,
    Subscription,
    Verdict,
)
from simulator.marketing_cloud import conversations
from simulator.marketing_cloud.calls import Action, Call, RespondWhen, ResponseType, SendResponseTo
from simulator.marketing_cloud.outcomes import Ruling
from simulator.marketing_cloud.results import Outcome, Result, callback_fields
from simulator.marketing_cloud.tenant import Email, Part, Tenant, Tenants
from simulator.marketing_cloud.work import Work

NAME = "marketing_cloud"
CONVERSATION = "Asynchronous Conversation"
EVENTS = (*(f"Asynchronous {action}" for action in Action), CONVERSATION)
"""What there is to hear of, by name."""

FORM = "application/x-www-form-urlencoded"
AS_WRITTEN = "%/:=&?~#+!$,;'@()*[]"
"""What stays as it is in an address; all else that no URL can hold is percent-encoded, as any client library does."""

NOT_ALLOWED = -2100
NO_ANSWER = -1


class Told(Struct, frozen=True):
    """What an event tells, and to whom: ``asked`` are those of the call, or of all calls of a conversation."""

    outcome: Outcome
    asked: tuple[SendResponseTo, ...]


CALL_ENDS = {RespondWhen.ALWAYS: False, RespondWhen.ON_CALL_COMPLETE: False, RespondWhen.ON_ERROR: True}
CONVERSATION_ENDS = {RespondWhen.ON_CONVERSATION_COMPLETE: False, RespondWhen.ON_CONVERSATION_ERROR: True}
"""Which event concerns whom, and whether only where it failed (documented: page "Response Options"); Never is in neither."""


class MarketingCloud:
    """Marketing Cloud, as the engine asks it."""

    name = NAME
    label = "Marketing Cloud"

    def __init__(self, tenants: Tenants, ids: Ids) -> None:
        self.tenants = tenants
        self._ids = ids

    def perform(self, job: Job, now: datetime) -> Finished | Later:
        """Do the work, once it is its turn, and tell of it."""
        call: Call = job.submission.details
        tenant = self.tenants[job.tenant]
        ruling = tenant.rulings.get(job.id) or Ruling()
        later = self._later(tenant, call, ruling, job, now)
        if later is not None:
            return conversations.wait(tenant, call.options, later) if call.options.conversation else later
        outcome = self._outcome(tenant, call, ruling, job, now)
        told = [(f"Asynchronous {call.action}", Told(outcome, call.options.send_response_to))]
        told += [(CONVERSATION, each) for each in self._conversation(tenant, call, outcome)]
        quirks = self.tenants.quirks_of(tenant.id)
        for name, each in told:
            self._send_emails(tenant, name, each, now)
        fields = [callback_fields(each.outcome, SendResponseTo(ResponseType.NONE), quirks) for _, each in told]
        happenings = tuple(Happening(name, given, None, each) for (name, each), given in zip(told, fields, strict=True))
        failure = outcome.first_error
        waiting = tuple(conversations.following(tenant, call.options))
        if failure is None:
            return Finished(JobPhase.SUCCEEDED, happenings, outcome, awaited_by=waiting)
        return Finished(JobPhase.FAILED, happenings, outcome, f"{failure.error}: {failure.message}", waiting)

    def audience(self, event: Event) -> Sequence[Subscription]:
        """Everyone of the call whose ResponseType is HTTPPost and whose RespondWhen this event meets."""
        if not isinstance(event.details, Told):
            return []
        return [
            Subscription(
                id=self._ids.hex("cloud-response", event.id, place),
                label=f"{asked.type} {asked.when}",
                lane=urlsplit(asked.address).netloc,
                method="POST",
                url=asked.address,
                terms=asked,
            )
            for place, asked in enumerate(event.details.asked)
            if asked.type is ResponseType.HTTP_POST and concerns(asked, event.name, event.details.outcome)
        ]

    def render(self, delivery: Delivery, request_id: str, now: datetime) -> Callout | Unsendable:
        """A standard form post of the documented fields (seed 001)."""
        asked: SendResponseTo = delivery.subscription.terms
        quirks = self.tenants.quirks_of(delivery.tenant)
        fields = callback_fields(delivery.event.details.outcome, asked, quirks)
        headers = [("User-Agent", quirks.callback_user_agent), ("Content-Type", FORM)]
        return compose(
            "POST", quote(asked.address, safe=AS_WRITTEN), headers, urlencode(fields).encode("ascii"), request_id
        )

    def judge(
        self, delivery: Delivery, exchanges: Sequence[Exchange], request_id: Callable[[], str], now: datetime
    ) -> Verdict | Callout:
        """ "If an HTTPPost throws an exception, the system logs an error and stops the process. The system does not retry
        the call" (documented: seed 001). That all but a complete 2xx makes it throw is inferred."""
        outcome = exchanges[-1].outcome
        if outcome.error is ErrorClass.NOT_ALLOWED:
            reason = f"the target is not allowed, so it was never contacted ({outcome.detail})"
            return Verdict(Decision.NOT_SENT, NOT_ALLOWED, reason, outcome.error)
        if outcome.error is not None or outcome.status is None:
            what = outcome.detail or outcome.error or "no answer"
            return Verdict(
                Decision.FINAL, NO_ANSWER, f"the HTTPPost threw an exception ({what}); {STOPS}", outcome.error
            )
        if 200 <= outcome.status < 300:
            return Verdict(Decision.DELIVERED, outcome.status, f"the receiver took the HTTPPost with {outcome.status}")
        return Verdict(
            Decision.FINAL, outcome.status, f"{outcome.status} makes the HTTPPost throw an exception; {STOPS}"
        )

    def policy(self, delivery: Delivery) -> Policy:
        """One attempt (documented: seed 001)."""
        return Policy(limit=1, interval=timedelta(0), retry=False)

    def _later(self, tenant: Tenant, call: Call, ruling: Ruling, job: Job, now: datetime) -> Later | None:
        if ruling.never:
            return Later(None)
        scheduled = call.options.scheduled
        if scheduled is not None and scheduled > now:
            return Later(scheduled)
        if ruling.after and now < job.created + ruling.after:
            return Later(job.created + ruling.after)
        return conversations.turn(tenant, call.options, now) if call.options.conversation else None

    def _outcome(self, tenant: Tenant, call: Call, ruling: Ruling, job: Job, now: datetime) -> Outcome:
        options = call.options
        conversation = tenant.conversations.get(options.conversation) if options.conversation else None
        if conversation is not None and conversation.spoiled:
            ruling = Ruling(conversations.CALLS_DIFFER, conversation.spoiled)
        if ruling.error is not None:
            results = tuple(
                Result(ordinal, node.kind, ruling.message, ruling.error, object=node)
                for ordinal, node in enumerate(call.objects)
            )
        else:
            results = Work(tenant, self._ids, self.tenants.quirks_of(tenant.id), call, now).results()
        sequence, calls = conversations.place_of(options) if conversation is not None else (None, None)
        return Outcome(job.id, call.action, results, now, options.conversation, sequence, calls, options.correlation)

    def _conversation(self, tenant: Tenant, call: Call, outcome: Outcome) -> list[Told]:
        """What there is to tell of the whole conversation, where this call ends it: to each address once (inferred).

        A call by itself is taken as a conversation of one (inferred).
        """
        parts = [Part("", None, outcome, call.options.send_response_to)]
        if call.options.conversation:
            parts = conversations.finish(tenant, call.options, outcome)
        asked = dict.fromkeys(each for part in parts for each in part.asked if each.when in CONVERSATION_ENDS)
        if not asked:
            return []
        results = [result for part in parts if part.outcome is not None for result in part.outcome.results]
        numbered = tuple(replace(result, ordinal=place) for place, result in enumerate(results))
        return [Told(replace(outcome, results=numbered), tuple(asked))]

    def _send_emails(self, tenant: Tenant, event: str, told: Told, now: datetime) -> None:
        quirks = self.tenants.quirks_of(tenant.id)
        for asked in told.asked:
            if asked.type is not ResponseType.EMAIL or not concerns(asked, event, told.outcome):
                continue
            fields = callback_fields(told.outcome, asked, quirks)
            attachment = fields.pop("ResultDetailXML", "")
            body = "".join(f"{name}: {value}\n" for name, value in fields.items())
            number = tenant.number("email")
            email = Email(
                id=self._ids.uuid("cloud-email", tenant.id, number),
                to=asked.address,
                at=now,
                subject=f"{event}: {told.outcome.overall()}",
                body=body,
                request_id=told.outcome.request_id,
                conversation_id=told.outcome.conversation,
                attachment=attachment,
            )
            tenant.outbox.put(email.id, email)


STOPS = "an error is logged, the process stops, and the call is never retried"


def concerns(asked: SendResponseTo, event: str, outcome: Outcome) -> bool:
    """Whether one asked to hear of an event that ended so."""
    only_failed = (CONVERSATION_ENDS if event == CONVERSATION else CALL_ENDS).get(asked.when)
    return only_failed is not None and (outcome.failed or not only_failed)
