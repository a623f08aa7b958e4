"""`Idempotency-Key`: one request for one key, for 24 hours of the simulator's clock.

Documented (IR): POST and PATCH only, at most 255 characters; the first answer is kept whether it was a success or not,
409 while the first is under way, 422 for another method or URL. PUT is refused with 400 (wild: ZR); DELETE likewise
(inferred), but for the one whose specification lists the header.
"""

from datetime import datetime, timedelta

from simulator.core.errors import ClientError
from simulator.zuora.edge.replies import BAD_VALUE, RULE, Reply
from simulator.zuora.notifications.registered import KeptAnswer
from simulator.zuora.quirks import IdempotencyReplay
from simulator.zuora.tenant import Tenant

HEADER = "Idempotency-Key"
LONGEST = 255
KEPT_FOR = timedelta(hours=24)
SWEPT_EVERY = timedelta(hours=1)
KEYED = frozenset({"POST", "PATCH"})
REFUSED = frozenset({"PUT", "DELETE"})
EXCEPT = "/v1/async/orders/"
"""The specification lists the header for the DELETE of an order, and clients made from it may send it (spec)."""


def check(key: str, method: str, path: str) -> bool:
    """Whether the key counts for this method; raises ClientError where it must not be sent."""
    if method in REFUSED and not (method == "DELETE" and path.startswith(EXCEPT)):
        raise ClientError(f"Request method '{method}' not supported with {HEADER} header", code=RULE)
    if method not in KEYED:
        return False
    if not 0 < len(key) <= LONGEST:
        raise ClientError(f"{HEADER} must have from 1 to {LONGEST} characters", code=BAD_VALUE)
    return True


def earlier(
    tenant: Tenant, key: str, method: str, target: str, now: datetime, replay: IdempotencyReplay
) -> Reply | None:
    """The answer that this key had before, None where it is new; raises ClientError for a conflict."""
    if key in tenant.traffic.under_way:
        raise ClientError(f"A request with this {HEADER} is in progress", status=409)
    kept = tenant.kept.get(key)
    if kept is None or kept.at + KEPT_FOR <= now:
        return None
    if (kept.method, kept.target) != (method, target):
        raise ClientError(f"This {HEADER} was used for {kept.method} of another URL or method", status=422)
    status = 409 if replay is IdempotencyReplay.CONFLICT else kept.status
    return Reply(kept.body or None, status, kept.headers, kept.content_type)


def keep(tenant: Tenant, key: str, method: str, target: str, now: datetime, reply: Reply) -> None:
    """Keep the first answer; what is too old goes."""
    swept = tenant.traffic.swept
    if swept is None or swept + SWEPT_EVERY <= now:
        tenant.traffic.swept = now
        for old, kept in tenant.kept.items():
            if kept.at + KEPT_FOR <= now:
                tenant.kept.remove(old)
    headers = dict(reply.headers)
    tenant.kept.put(key, KeptAnswer(method, target, now, reply.status, headers, reply.encoded, reply.content_type))
