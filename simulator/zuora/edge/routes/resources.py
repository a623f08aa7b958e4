"""The synchronous twins: ``/v1/<name>...`` and ``/v1/object/<name>...``, answered with 200 in Zuora's envelopes.

A store by path: accounts and the other kinds that Zuora numbers, and any other name generically.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from simulator.core.errors import ClientError
from simulator.zuora.edge.call import Call
from simulator.zuora.edge.operations import Body, Operation, Parameter
from simulator.zuora.edge.replies import Family, Reply, no_endpoint, no_entity
from simulator.zuora.edge.shapes import (
    V1_FAILURES,
    AnyObject,
    CrudDone,
    CrudFailure,
    Failure,
    NoRecords,
    Page,
    Succeeded,
)
from simulator.zuora.requests.resources import KINDS, Resource, described
from simulator.zuora.requests.work import EMPTY_PREVIEW, PREVIEW, Done, Reason, Target, apply, crud_form, target_of

PAGE_SIZE = 20
LARGEST_PAGE = 40
"""Documented (PG): a larger one is treated as this."""
BILLING = ("currency", "billCycleDay", "paymentTerm", "autoPay", "defaultPaymentMethodId", "paymentGateway")
CONTACTS = ("billToContact", "soldToContact")


def change(call: Call) -> Reply:
    """Create, merge or delete."""
    target = target_of(call.segments[1:])
    resource = None
    if call.method != "POST" and target.key is not None:
        resource = call.tenant.resources.find(target.collection, target.key)
    done = apply(
        call.tenant,
        call.method,
        target,
        call.body,
        lambda what: call.service.next_id(call.tenant, what),
        call.now,
        strict_fields=call.service.strict_fields,
    )
    if isinstance(done, Reason):
        raise ClientError(done.message, status=200, code=done.code)
    if target.crud:
        return Reply({"Success": True, "Id": done.resource_id})
    if call.method == "POST" and target.key == PREVIEW:
        return Reply({"success": True, **({"previewResult": EMPTY_PREVIEW} if target.collection == "order" else {})})
    return Reply(_changed(call, done, resource))


def show(call: Call) -> Reply:
    """One resource by id or number, the children of one, or a page of all of a kind."""
    target = target_of(call.segments[1:])
    if target.key is None:
        return _page(call, target, None)
    found = call.tenant.resources.find(target.collection, target.key)
    if found is None:
        if target.crud:
            return Reply({"done": True, "records": [], "size": 0}, 404)  # spec: ProxyNoDataResponse
        if target.collection not in KINDS and not call.tenant.resources.knows(target.collection):
            raise no_endpoint(call.target.partition("?")[0])
        raise no_entity(target.key)
    if target.below is not None:
        child = call.tenant.resources.find(*target.below)
        if child is None:
            raise no_entity(target.below[1])
        return Reply(shape(child))
    if target.rest:
        return _page(call, target_of(target.rest), found.id)
    return Reply(crud_shape(found) if target.crud else shape(found))


def shape(resource: Resource) -> dict[str, Any]:
    """A resource as `GET` of its REST path answers it."""
    kind = described(resource.collection)
    numbered = {kind.number: resource.number} if resource.number is not None else {}
    if resource.collection == "account":
        return _account(resource, numbered)
    if resource.collection == "order":
        return {"success": True, "order": {**resource.fields, **numbered}}
    return {**resource.fields, "id": resource.id, **numbered, "success": True}


def crud_shape(resource: Resource) -> dict[str, Any]:
    """A resource as `GET` of its CRUD path answers it."""
    kind = described(resource.collection)
    numbered = {kind.number: resource.number} if resource.number is not None else {}
    return {"Id": resource.id, **crud_form({**resource.fields, **numbered})}


def _account(resource: Resource, numbered: Mapping[str, Any]) -> dict[str, Any]:
    """The sections of an account (spec: GETAccountType); fields of the caller's own stand in the first."""
    fields = resource.fields
    apart = (*BILLING, *CONTACTS)
    body: dict[str, Any] = {
        "basicInfo": {
            "id": resource.id,
            **{name: value for name, value in fields.items() if name not in apart},
            **numbered,
        },
        "billingAndPayment": {name: fields[name] for name in BILLING if name in fields},
        "metrics": {"balance": 0.0, "totalInvoiceBalance": 0.0, "creditBalance": 0.0},
    }
    body |= {name: fields[name] for name in CONTACTS if name in fields}
    return body | {"success": True}


def _changed(call: Call, done: Done, before: Resource | None) -> dict[str, Any]:
    if call.method == "DELETE":
        return {"success": True, "id": done.resource_id}
    after = call.tenant.resources.get(done.resource_id) or before
    if after is None:
        return {"success": True}
    kind = described(after.collection)
    if call.method == "POST" and kind.briefly:
        body = {"success": True, kind.id: after.id, kind.number: after.number}
        if after.collection == "order":
            body["accountNumber"] = after.fields.get("existingAccountNumber")
            body["status"] = after.fields.get("status")
            body["subscriptionNumbers"] = [one.number for one in done.also if one.collection == "subscription"]
        return body
    if call.method == "PUT" and kind.briefly:
        return {"success": True, kind.id: after.id}
    return shape(after)


def _page(call: Call, target: Target, parent: str | None) -> Reply:
    kind = described(target.collection)
    known = call.tenant.resources.knows(target.collection)
    if target.collection not in KINDS and not known and parent is None:
        raise no_endpoint(call.target.partition("?")[0])
    size = min(call.number("pageSize", PAGE_SIZE, least=1), LARGEST_PAGE)
    number = call.number("page", 1, least=1)
    rows = [one for one in call.tenant.resources.of(target.collection) if parent is None or one.parent == parent]
    start = _start(rows, call.query, (number - 1) * size)
    shown = rows[start : start + size]
    body: dict[str, Any] = {kind.plural or target.name: [_row(one, target) for one in shown]}
    if start + size < len(rows):
        asked = {
            **call.query,
            "page": number + 1,
            "pageSize": size,
            "after": shown[-1].id,
            "from": rows[start + size].id,
        }
        body["nextPage"] = f"{call.host}{call.target.partition('?')[0]}?{urlencode(asked)}"
    return Reply(body | {"success": True})


def _start(rows: Sequence[Resource], query: Mapping[str, str], offset: int) -> int:
    """Where a page begins: with the first one that was not shown, or behind the last one that was.

    So what is deleted meanwhile skips nothing, be it the whole page before.
    """
    places = {one.id: place for place, one in enumerate(rows)} if "after" in query else {}
    if query.get("from") in places:
        return places[query["from"]]
    return places[query["after"]] + 1 if query.get("after") in places else offset


def _row(resource: Resource, target: Target) -> dict[str, Any]:
    if target.crud:
        return crud_shape(resource)
    kind = described(resource.collection)
    numbered = {kind.number: resource.number} if resource.number is not None else {}
    return {**resource.fields, "id": resource.id, **numbered}


NAMES = {"POST": "create", "PUT": "update", "DELETE": "delete", "GET": "retrieve"}
WORDS = {"POST": "Create", "PUT": "Change", "DELETE": "Delete", "GET": "Retrieve"}
_CRUD_ANSWERS: dict[int, Any] = {200: CrudDone | CrudFailure, **V1_FAILURES}
_CRUD_READ: dict[int, Any] = {**V1_FAILURES, 200: AnyObject, 404: NoRecords | Failure}
_ANSWERS: dict[int, Any] = {200: Succeeded | Failure, **V1_FAILURES}
_PAGED = (
    Parameter("page", {"type": "integer", "minimum": 1}),
    Parameter("pageSize", {"type": "integer", "minimum": 1}),
)


def _operation(method: str, path: str, what: str) -> Operation:
    crud = "/object/" in path
    reads = method == "GET"
    return Operation(
        method,
        path,
        NAMES[method] + what,
        show if reads else change,
        Family.CRUD if crud else Family.V1,
        Body.JSON if method in ("POST", "PUT") else Body.NONE,
        f"{WORDS[method]} {'by the CRUD calls' if crud else 'by the REST calls'}",
        takes=AnyObject if method in ("POST", "PUT") else None,
        answers=(_CRUD_READ if reads else _CRUD_ANSWERS)
        if crud
        else ({**_ANSWERS, 200: Page | Failure} if reads else _ANSWERS),
        query=_PAGED if reads and "{key}" not in path and "..." not in path else (),
    )


OPERATIONS = (
    _operation("POST", "/v1/object/{name}", "Object"),
    _operation("GET", "/v1/object/{name}/{key}", "Object"),
    _operation("PUT", "/v1/object/{name}/{key}", "Object"),
    _operation("DELETE", "/v1/object/{name}/{key}", "Object"),
    _operation("GET", "/v1/{name}", "Resources"),
    _operation("POST", "/v1/{name}", "Resource"),
    _operation("GET", "/v1/{name}/{key}", "Resource"),
    _operation("PUT", "/v1/{name}/{key}", "Resource"),
    _operation("DELETE", "/v1/{name}/{key}", "Resource"),
    *(_operation(method, "/v1/{name}/{key}/{below...}", "Below") for method in ("GET", "POST", "PUT", "DELETE")),
    _operation("POST", "/v1/{name}/{key}", "ResourceBelow"),
)
