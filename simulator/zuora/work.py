"""What an asynchronous request does: the effect on the tenant's resources, and the id or the reasons that come of it.

"A resource store by path": POST creates, PUT merges, DELETE removes; acting on what does not exist fails in Zuora's
words. It decides nothing of who hears of it.
"""

from typing import Any

import msgspec
from msgspec import Struct

from simulator.core.ids import Ids
from simulator.core.model import Job
from simulator.zuora.resources import Resource
from simulator.zuora.tenant import Tenant

NOT_FOUND = "50000040"


class Reason(Struct, frozen=True):
    """Why a request failed: Zuora's 8-digit code and its words."""

    code: str
    message: str


class Done(Struct, frozen=True):
    """The request did its work on the resource with that id."""

    resource_id: str


def perform(tenant: Tenant, ids: Ids, job: Job) -> Done | Reason:
    """Carry out a request that was accepted."""
    submission = job.submission
    path = submission.target.partition("?")[0].strip("/")
    segments = [segment for segment in path.split("/") if segment][2:]
    body = msgspec.json.decode(submission.body) if submission.body else {}
    fields: dict[str, Any] = body if isinstance(body, dict) else {"items": body}
    if submission.method == "POST":
        resource = Resource(id=ids.hex("resource", tenant.id, job.id), collection="/".join(segments), fields=fields)
        return Done(tenant.resources.put(resource.id, resource).id)
    key = segments[-1]
    found = next((resource for resource in tenant.resources.values() if key in (resource.id, resource.number)), None)
    if found is None:
        return Reason(NOT_FOUND, f"Cannot find entity by key: '{key}'.")
    if submission.method == "DELETE":
        tenant.resources.remove(found.id)
    else:
        tenant.resources.put(found.id, msgspec.structs.replace(found, fields=found.fields | fields))
    return Done(found.id)
