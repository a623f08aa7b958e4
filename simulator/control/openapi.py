"""``/_simulator/openapi.json``: what is served, described; Zuora's surface and the control plane in one document.

Generated from the table of operations and from the typed records, so that it cannot say what is not so. It decides
nothing but the form (OpenAPI 3.1).
"""

from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from types import NoneType, UnionType
from typing import Any, get_args

import msgspec

import simulator
from simulator.control.described import CONTROL, ControlOperation
from simulator.zuora.edge.operations import Body, Operation
from simulator.zuora.edge.replies import JSON, TEXT
from simulator.zuora.edge.routes import OPERATIONS

REF = "#/components/schemas/{name}"
KEYED = ("POST", "PATCH")
_MEDIA = {Body.FORM: "application/x-www-form-urlencoded"}
HEADERS: Mapping[str, Mapping[str, Any]] = {
    "TrackId": {
        "name": "Zuora-Track-Id",
        "in": "header",
        "description": "Echoed, and told in the payload of the asynchronous events.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._ -]{0,64}$"},
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "One request for one key, for 24 hours of the simulator's clock.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,255}$"},
    },
    "ClientId": {
        "name": "clientId",
        "in": "query",
        "description": "The tenant; all, or the default one, where it is not named.",
        "schema": {"type": "string"},
    },
}
SECURITY: Mapping[str, Mapping[str, str]] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token of POST /oauth/token."},
    "apiAccessKeyId": {"type": "apiKey", "in": "header", "name": "apiAccessKeyId"},
    "apiSecretAccessKey": {"type": "apiKey", "in": "header", "name": "apiSecretAccessKey"},
}


@cache
def document() -> dict[str, Any]:
    """The whole description, as plain values."""
    shown = [operation for operation in OPERATIONS if not operation.hidden]
    everything: tuple[Operation | ControlOperation, ...] = (*shown, *CONTROL)
    taken = [operation.takes for operation in everything]
    answered = [shape for operation in everything for shape in operation.answers.values()]
    kinds = list(dict.fromkeys(part for kind in (*taken, *answered) for part in _parts(kind)))
    schemas, components = msgspec.json.schema_components(kinds, ref_template=REF)
    known = dict(zip(kinds, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in shown:
        paths.setdefault(_path(operation.path), {})[operation.method.lower()] = _zuora(operation, known)
    for control in CONTROL:
        paths.setdefault(control.path, {})[control.method.lower()] = _control(control, known)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Zuora simulator",
            "version": simulator.__version__,
            "description": "Unofficial, not affiliated with Zuora or Salesforce. Paths under /_simulator are the "
            "simulator's own; all others imitate Zuora's. A name after /v1 or /v1/async stands for any resource; what "
            "comes after it may hold slashes.",
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"apiAccessKeyId": [], "apiSecretAccessKey": []}],
        "paths": paths,
        "components": {"schemas": components, "parameters": HEADERS, "securitySchemes": SECURITY},
    }


def _zuora(operation: Operation, known: Mapping[Any, Any]) -> dict[str, Any]:
    parameters = _path_parameters(operation.path)
    parameters += [
        {"name": one.name, "in": "query", "required": one.required, "schema": dict(one.kind) or {"type": "string"}}
        for one in operation.query
    ]
    if not operation.open:
        parameters.append(_named("TrackId"))
        if operation.method in KEYED:
            parameters.append(_named("IdempotencyKey"))
    written = _common(operation.name, operation.summary, "Zuora", parameters, operation.answers, known)
    if operation.takes is not None:
        media = _MEDIA.get(operation.body, JSON)
        written["requestBody"] = {"required": True, "content": {media: {"schema": _schema(operation.takes, known)}}}
    if operation.open:
        written["security"] = []
    return written


def _control(operation: ControlOperation, known: Mapping[Any, Any]) -> dict[str, Any]:
    parameters = _path_parameters(operation.path)
    if operation.per_client:
        parameters.append(_named("ClientId"))
    written = _common(operation.name, operation.summary, "Simulator", parameters, operation.answers, known)
    if operation.takes is not None:
        content = {JSON: {"schema": _schema(operation.takes, known)}}
        written["requestBody"] = {"required": operation.needs_body, "content": content}
    written["security"] = []
    return written


def _common(
    name: str, summary: str, tag: str, parameters: list[Any], answers: Mapping[int, Any], known: Mapping[Any, Any]
) -> dict[str, Any]:
    responses = {}
    for status in sorted(answers):
        responses[str(status)] = written = {"description": HTTPStatus(status).phrase}
        content = _content(answers[status], known)
        if content:
            written["content"] = content  # type: ignore[assignment]  # a description beside a mapping: both are JSON
    return {"operationId": name, "summary": summary, "tags": [tag], "parameters": parameters, "responses": responses}


def _content(kind: Any, known: Mapping[Any, Any]) -> dict[str, Any]:
    """The media types of an answer; one that may be plain text has ``str`` among its kinds."""
    text = kind is str or (isinstance(kind, UnionType) and str in get_args(kind))
    content: dict[str, Any] = {TEXT: {"schema": {"type": "string"}}} if text else {}
    return content | ({JSON: {"schema": _schema(kind, known)}} if _parts(kind) else {})


def _schema(kind: Any, known: Mapping[Any, Any]) -> Any:
    found = [known[part] for part in _parts(kind)]
    return found[0] if len(found) == 1 else {"anyOf": found}


def _parts(kind: Any) -> Sequence[Any]:
    """The records that an answer may be; a union of them is told apart by nobody but its reader."""
    if kind is None or kind is str:
        return ()
    if isinstance(kind, UnionType):
        return tuple(part for part in get_args(kind) if part not in (NoneType, str))
    return (kind,)


def _path(template: str) -> str:
    return template.replace("...}", "}")


def _path_parameters(template: str) -> list[dict[str, Any]]:
    names = [part.strip("{}").removesuffix("...") for part in template.split("/") if part.startswith("{")]
    schema = {"type": "string", "minLength": 1}
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]


def _named(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{name}"}
