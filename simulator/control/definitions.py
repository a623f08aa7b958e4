"""``/_simulator/definitions`` and ``/_simulator/preview``: who is told of what, and what they would be sent.

A preview renders as the real thing does, and nothing happens: no event is raised, nothing is sent, no id is used up.
"""

from collections.abc import Iterator
from typing import Any

from aiohttp import web

from simulator.control.json import answer, client_of, read_object
from simulator.core.dialect import Unsendable
from simulator.core.errors import ClientError, near_match
from simulator.core.http import shown
from simulator.core.model import Callout, Delivery, Event, Phase, Subscription, Verdict
from simulator.instance import Instance
from simulator.masking import mask_body, mask_headers, mask_url
from simulator.zuora.catalogue import canonical
from simulator.zuora.dialect import NAME
from simulator.zuora.notifications.definitions import CalloutTemplate, NotificationDefinition
from simulator.zuora.notifications.events import PAYLOAD_FIELDS, happening


def add_routes(app: web.Application, instance: Instance) -> None:
    async def definitions(request: web.Request) -> web.Response:
        return answer({"definitions": listed(instance, client_of(request))})

    async def preview(request: web.Request) -> web.Response:
        client_id = client_of(request)
        given = await read_object(request, ("definition", "event", "fields"))
        return answer({"callouts": previewed(instance, given, client_id)})

    app.router.add_get("/_simulator/definitions", definitions)
    app.router.add_post("/_simulator/preview", preview)


def listed(instance: Instance, client_id: str | None) -> list[dict[str, Any]]:
    """The definitions of a tenant, or of all, without their secrets."""
    return [_shown(client, definition) for client, definition in _definitions(instance, client_id)]


def previewed(instance: Instance, given: dict[str, Any], client_id: str | None) -> list[dict[str, Any]]:
    """What each party that hears of ``event`` would be sent, or just the one named ``definition`` (an id or a name).

    The two asynchronous events get samples where no ``fields`` are given. Raises ClientError for what does not exist.
    """
    fields = given.get("fields") or {}
    if not isinstance(fields, dict):
        raise ClientError("fields must be an object of names and values")
    client, wanted = _owner(instance, given.get("definition"), client_id)
    name = given.get("event") or (wanted.event_type_name if wanted else None)
    if not isinstance(name, str):
        raise ClientError('name the event or a definition: {"event": "...", "fields": {...}}')
    fields = fields or {field: f"({field})" for field in PAYLOAD_FIELDS.get(canonical(name), ())}
    tenant = instance.tenants[client]
    happens = happening(name, fields, tenant.own_events, allow_unknown=instance.options.allow_unknown)
    now, ids, dialect = instance.clock.now, instance.engine.ids, instance.engine.dialects[NAME]
    event = Event(
        ids.hex("preview", client),
        NAME,
        client,
        happens.name,
        now,
        happens.fields,
        happens.body,
        details=happens.details,
    )
    rendered = []
    for place, heard in enumerate(dialect.audience(event)):
        if wanted is None or heard.id == wanted.id:
            delivery = Delivery(ids.hex("preview", event.id, heard.id, place), event, heard, Phase.WAITING, due=now)
            rendered.append(_rendered(heard, dialect.render(delivery, ids.hex("preview", delivery.id, "request"), now)))
    return rendered


def _rendered(heard: Subscription, callout: Callout | Unsendable | Verdict) -> dict[str, Any]:
    about: dict[str, Any] = {"definition": {"id": heard.id, "name": heard.label}}
    if isinstance(callout, Verdict):
        return about | {"method": heard.method, "url": mask_url(heard.url), "detail": callout.reason}
    if isinstance(callout, Unsendable):
        about |= {"errorClass": callout.verdict.error, "responseCode": callout.verdict.code, "detail": callout.detail}
        callout = callout.callout
    return about | {
        "purpose": callout.purpose,
        "method": callout.method,
        "url": mask_url(callout.url),
        "headers": mask_headers(callout.headers),
        "body": mask_body(shown(callout.body)),
    }


def _definitions(instance: Instance, client_id: str | None) -> Iterator[tuple[str, NotificationDefinition]]:
    tenants = instance.tenants if client_id is None else [instance.tenants[client_id]]
    for tenant in tenants:
        for definition in tenant.definitions.values():
            yield tenant.id, definition


def _owner(instance: Instance, asked: Any, client_id: str | None) -> tuple[str, NotificationDefinition | None]:
    if asked is None:
        return client_id or instance.client_id, None
    known = list(_definitions(instance, client_id))
    for client, definition in known:
        if asked in (definition.id, definition.name):
            return client, definition
    names = [definition.name for _, definition in known]
    raise ClientError(f"there is no definition {asked!r}{near_match(str(asked), names)}", status=404)


def _shown(client_id: str, definition: NotificationDefinition) -> dict[str, Any]:
    template = definition.callout
    return {
        "id": definition.id,
        "name": definition.name,
        "provider": NAME,
        "clientId": client_id,
        "event": definition.event_type_name,
        "active": definition.active and definition.callout_active,
        "method": template.http_method if template else None,
        "url": mask_url(template.callout_baseurl) if template else None,
        "retry": template.callout_retry if template else None,
        "authentication": _authentication(template) if template else None,
        "params": dict(mask_headers(tuple((template.callout_params or {}).items()))) if template else {},
        "templates": definition.callout_template_ids,
    }


def _authentication(template: CalloutTemplate) -> str:
    if template.required_oauth2:
        return "OAuth 2.0"
    if template.credentials is None:
        return "none"
    if template.credentials.preemptive:
        return "Basic, preemptive"
    return "Basic or NTLM, when challenged" if template.credentials.domain else "Basic, when challenged"
