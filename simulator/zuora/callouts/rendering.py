"""From a template and an event to the bytes of a callout, or to the reason why it must not go out (-2000).

This module alone decides where parameters, bodies and headers stand. It asks `checks` what is invalid and `signing` for
the HMAC header; it knows no answer and no retry. The connection is kept for a challenge, so no ``Connection`` is sent.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache

import msgspec

from simulator.core.dialect import Unsendable
from simulator.core.gaps import Content
from simulator.core.heads import Form, opened
from simulator.core.http import compose
from simulator.core.model import Callout, Event
from simulator.zuora.callouts.checks import Fault, body_fault, header_fault, url_fault
from simulator.zuora.callouts.judging import unsendable
from simulator.zuora.callouts.merge_fields import DataSource, Tenant, named_in
from simulator.zuora.callouts.signing import signature_header
from simulator.zuora.catalogue import find_event
from simulator.zuora.notifications.definitions import CalloutTemplate, HttpMethod
from simulator.zuora.quirks import AsyncParams, ParamsPlace, StandardEmpty
from simulator.zuora.settings import Settings

Headers = list[tuple[str, str]]

CONTENT_TYPE = "application/json; charset=utf-8"  # a captured callout (observed)
WITH_BODY = frozenset({HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH})
OWN = frozenset({"Zuora-Request-Id", "X-Amzn-Trace-Id", "Zuora-Notification-Id"})
"""Made of ids, never of what anybody configured: nothing can be wrong with them."""
NO_REQUEST, NO_NOTIFICATION = "\x01" * 32, "\x02" * 32
"""In the place of ids that are still open: nothing that may stand in a header is like them."""
TRACED = frozenset({"zuora-request-id", "x-amzn-trace-id", "zuora-notification-id"})


def render(
    template: CalloutTemplate,
    event: Event,
    settings: Settings,
    tenant: Tenant,
    *,
    request_id: str,
    notification_id: str,
    authorization: str | None = None,
    now: datetime,
) -> Callout | Unsendable:
    """One request of a delivery, with ``authorization`` as its header of that name where it is not None.

    ``request_id`` and ``notification_id`` are 32 hex. A custom header takes the place of a default one of its name,
    but never of the three that trace a callout. Unsendable: -2000, with the text as it was rendered.
    """
    source = data_source(event, settings, tenant, now)
    params = {name: source.value(text) for name, text in (template.callout_params or {}).items()}
    in_query = _in_query(template.http_method, settings)
    url = source.fill(template.callout_baseurl)
    if params and in_query:
        url = _with_query(url, params)
    body, body_wrong = _body(template, event, settings, source, {} if in_query else params)
    own = [(source.fill(name), source.fill(text)) for name, text in (template.callout_headers or {}).items()]
    if authorization is not None:
        own.append(("Authorization", authorization))
    agent = settings.quirks.user_agent
    if template.hmac_key:
        headers = _headers(agent, own, request_id, notification_id, has_body=bool(body))
        signature = signature_header(template, headers, bytes(body), source)
        own += [signature] if signature is not None else []
    fault = url_fault(url) or body_wrong
    if fault is None:
        form = _form(template.http_method, url, agent, tuple(own), bool(body), template.certificate or "")
        if isinstance(form, Form):
            return Callout(form, body, request_id, notification_id)
        fault = form
    headers = _headers(agent, own, request_id, notification_id, has_body=bool(body))
    return _unsendable(template.http_method, url, headers, bytes(body), request_id, fault)


@lru_cache(maxsize=1024)
def _form(
    method: HttpMethod, url: str, agent: str, own: tuple[tuple[str, str], ...], has_body: bool, trusted: str
) -> Form | Fault:
    """The head of all callouts that are filled in alike, checked and written once; or what is wrong with it."""
    headers = _headers(agent, own, NO_REQUEST, NO_NOTIFICATION, has_body=has_body)
    faults = (header_fault(*header) for header in headers if header[0] not in OWN)
    if (fault := next(filter(None, faults), None)) is not None:
        return fault
    body = b"?" if has_body else b""
    return compose(method.value, url, headers, body, NO_REQUEST, notification_id=NO_NOTIFICATION, trusted=trusted).form


def data_source(event: Event, settings: Settings, tenant: Tenant, now: datetime) -> DataSource:
    """What merge fields are worth for this event. The setting for empty values counts for custom events, Zuora's among them."""
    known = find_event(event.name)
    custom = known is None or known.kind.is_custom
    null = settings.empty_as_null if custom else settings.quirks.standard_empty is StandardEmpty.NULL
    return DataSource(event, tenant, now, locale=settings.locale, empty="null" if null else "")


def _in_query(method: HttpMethod, settings: Settings) -> bool:
    place = settings.quirks.params_place
    return place is ParamsPlace.QUERY or (place is ParamsPlace.BY_METHOD and method not in WITH_BODY)


def _with_query(url: str, params: Mapping[str, str]) -> str:
    """The URL with its parameters, as they are: what isn't URL-safe in one is the author's to encode (seed 002)."""
    address, hash_mark, fragment = url.partition("#")
    joint = "" if address.endswith(("?", "&")) else "&" if "?" in address else "?"
    query = "&".join(f"{name}={value}" for name, value in params.items())
    return f"{address}{joint}{query}{hash_mark}{fragment}"


def _body(
    template: CalloutTemplate, event: Event, settings: Settings, source: DataSource, params: Mapping[str, str]
) -> tuple[Content, Fault | None]:
    """The body, and what is wrong with it. GET and DELETE have none, unless a quirk puts their parameters there."""
    has_body = template.http_method in WITH_BODY
    if has_body and template.custom_body is not None:
        text = source.fill(template.custom_body)
        return text.encode("utf-8", "replace"), body_fault(text)
    if not has_body and not params:
        return b"", None
    if event.content is None:
        own = {name: source.look_up(name) or source.empty for name in _told(template, event)}
        return _compact({**own, **params}), None
    mixing = settings.quirks.async_params
    if params and mixing is AsyncParams.PARAMS_ONLY:
        return _compact(params), None
    if not params or mixing is AsyncParams.PAYLOAD_ONLY:
        return event.content, None
    return _compact(msgspec.json.decode(bytes(event.content)) | params), None


def _told(template: CalloutTemplate, event: Event) -> list[str]:
    """The fields that a fired event tells besides what its definition adds (decided).

    Where there are parameters, those that one of them refers to arrive under its name alone, and a path such as
    ``Account.Id`` is a data source and no field of the body (documented: the body is what was chosen).
    """
    if not template.callout_params:
        return list(event.fields)
    chosen = named_in(template.callout_params.values())
    return [name for name in event.fields if "." not in name and name.lower() not in chosen]


def _compact(value: Mapping[str, object]) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:  # half a surrogate pair: Java writes a question mark, and so does this
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _headers(
    agent: str, own: Iterable[tuple[str, str]], request_id: str, notification_id: str, *, has_body: bool
) -> Headers:
    """The default headers, each of its ``own`` in the place of the one of its name, or at the end; the traced ones stay."""
    headers = [("Content-Type", CONTENT_TYPE)] if has_body else []
    headers += [
        ("Zuora-Request-Id", request_id),
        ("X-Amzn-Trace-Id", f"Root=1-{request_id[:8]}-{request_id[8:]}"),
        ("Zuora-Notification-Id", notification_id),
        ("User-Agent", agent),
        ("Accept", "*/*"),
    ]
    for name, value in own:
        folded = name.lower()
        if folded in TRACED:
            continue
        place = next((index for index, (known, _) in enumerate(headers) if known.lower() == folded), len(headers))
        headers[place : place + 1] = [(name, value.strip(" \t"))]
    return headers


def _unsendable(
    method: HttpMethod, url: str, headers: Headers, body: bytes, request_id: str, fault: Fault
) -> Unsendable:
    """The rendered text, on one line per header whatever is in it, and the verdict that stands in for an answer."""
    lines = [f"{method} {url} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    shown = "\r\n".join(line.translate(CONTROLS) for line in lines) + "\r\n\r\n"
    plain, head = (
        text.encode("utf-8", "replace").decode() for text in (url, shown)
    )  # half a surrogate pair is no text
    callout = Callout(opened(method.value, plain, head, len(body), request_id), body, request_id)
    return Unsendable(callout, unsendable(str(fault)), str(fault))


# Control characters of a faulty text, made visible: a record never holds a header line that nobody configured.
CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), 127)}
