"""One attempt, from the first request to the verdict: what is sent next, as the dialogue, the template and the answers say.

It alone joins them, and decides nothing of its own: `rendering` writes, `auth` authenticates, `judging` reads. What can't
be rendered is found before anything is sent, so that -2000 leaves nothing on the wire, no token request either.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct

from simulator.core.dialect import Unsendable
from simulator.core.errors import OurFault
from simulator.core.model import Callout, Delivery, Exchange, Verdict
from simulator.zuora.callouts.auth import AuthMemory, Authorize, FetchToken, first_step, next_step
from simulator.zuora.callouts.judging import judge
from simulator.zuora.callouts.merge_fields import Tenant
from simulator.zuora.callouts.oauth import token_request
from simulator.zuora.callouts.rendering import render
from simulator.zuora.notifications.definitions import Terms
from simulator.zuora.settings import Settings


class Circumstances(Struct, frozen=True):
    """What an attempt depends on besides the delivery: the agreed terms, and the tenant's settings of this moment."""

    terms: Terms
    settings: Settings
    tenant: Tenant
    memory: AuthMemory


def open_attempt(
    delivery: Delivery, given: Circumstances, request_id: str, now: datetime
) -> Callout | Unsendable | Verdict:
    """The first request of an attempt; for OAuth 2.0 without a token at hand, a request for one.

    A verdict where none can be asked for.
    """
    step = first_step(given.terms, given.settings, given.memory, now)
    header = step.header if isinstance(step, Authorize) else None
    callout = _render(delivery, given, header, request_id, now)
    if isinstance(callout, Unsendable) or isinstance(step, Authorize):
        return callout
    return _token_request(given, step, request_id) if isinstance(step, FetchToken) else step


def go_on(
    delivery: Delivery,
    given: Circumstances,
    exchanges: Sequence[Exchange],
    request_id: Callable[[], str],
    now: datetime,
) -> Verdict | Callout:
    """The next request of the same attempt, or what its last answer means."""
    if not exchanges:
        raise OurFault(f"{delivery!r}: an attempt without an exchange can't be judged")
    step = next_step(delivery, given.terms, given.settings, given.memory, exchanges, now)
    if step is None:
        return judge(exchanges[-1].outcome, given.settings, given.terms.template)
    if isinstance(step, Verdict):
        return step
    if isinstance(step, FetchToken):
        return _token_request(given, step, request_id())
    callout = _render(delivery, given, step.header, request_id(), now)
    return callout.verdict if isinstance(callout, Unsendable) else callout


def _render(
    delivery: Delivery, given: Circumstances, authorization: str | None, request_id: str, now: datetime
) -> Callout | Unsendable:
    return render(
        given.terms.template,
        delivery.event,
        given.settings,
        given.tenant,
        request_id=request_id,
        notification_id=delivery.id,
        authorization=authorization,
        now=now,
    )


def _token_request(given: Circumstances, step: FetchToken, request_id: str) -> Callout:
    if given.terms.provider is None:
        raise OurFault("a token was to be fetched without a provider")
    return token_request(given.terms.provider, step.style, request_id, given.settings.quirks.user_agent)
