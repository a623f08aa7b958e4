"""A tenant's notification definitions as a story lists them: one for each callout template that is used."""

from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import replace

from simulator.recording.discretion import Discretion, escaped
from simulator.recording.writing import Inline
from simulator.zuora.catalogue import find_category
from simulator.zuora.notifications.definitions import CalloutTemplate, NotificationDefinition
from simulator.zuora.tenant import Tenant


def definitions_of(tenant: Tenant, heard: Collection[str], discretion: Discretion) -> list[dict[str, Any]]:
    """The definitions in the order of their registration.

    Those in ``heard``, by their id, made a callout. One that is inactive by now, as after ``trigger --to``, was not then.
    """
    pairs = [(one, template) for one in tenant.definitions.values() for template in _templates(tenant, one)]
    plain = {template.callout_baseurl for _, template in pairs}
    one_place = len(plain) == 1 and not any(mark in next(iter(plain)) for mark in "<{?")
    return [
        _definition(tenant, replace(one, active=True) if one.id in heard else one, template, discretion, here=one_place)
        for one, template in pairs
    ]


def _templates(tenant: Tenant, definition: NotificationDefinition) -> Iterator[CalloutTemplate]:
    if not definition.callout_active:
        return
    if definition.callout is not None:
        yield definition.callout
    for template_id in definition.callout_template_ids:
        template = tenant.templates.get(template_id)
        if template is not None:
            yield template


def _definition(
    tenant: Tenant, definition: NotificationDefinition, template: CalloutTemplate, discretion: Discretion, *, here: bool
) -> dict[str, Any]:
    category = find_category(definition.event_category) if definition.event_category is not None else None
    event = definition.event_type_name or (category.name if category else "")
    told: dict[str, Any] = {"event": event}
    if not here:
        told["url"] = address(template.callout_baseurl, discretion)
    if template.http_method != "POST":
        told["method"] = template.http_method.value
    if not template.callout_retry:
        told["retry"] = False
    if not (definition.active and template.active):
        told["active"] = False
    told |= _credentials(tenant, template, discretion)
    if template.callout_params:
        told["params"] = {
            escaped(name): discretion.text(value, name) for name, value in template.callout_params.items()
        }
    if template.callout_headers:
        told["headers"] = {name: discretion.text(value, name) for name, value in template.callout_headers.items()}
    if template.custom_body is not None:
        told["body"] = discretion.body(template.custom_body)
    if template.confirm_success_from_response_content is not None:
        told["confirmSuccess"] = template.confirm_success_from_response_content
    return Inline(told)


def address(url: str, discretion: Discretion) -> str:
    """A URL on whichever receiver the story is played against; its path and query stay."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return discretion.url(url)
    if not parts.netloc or "<" in parts.netloc or "{" in parts.netloc:
        return discretion.url(url)
    rest = url.partition("://")[2].partition("/")[2]
    return "${receiver.url}" + discretion.url(rest)


def _credentials(tenant: Tenant, template: CalloutTemplate, discretion: Discretion) -> dict[str, Any]:
    told: dict[str, Any] = {}
    credentials = template.credentials
    if credentials is not None:
        told["username"] = discretion.secret(credentials.username, "USERNAME")
        told["password"] = discretion.secret(credentials.password, "PASSWORD")
        if credentials.domain:
            told["domain"] = escaped(credentials.domain)
        if credentials.preemptive:
            told["preemptive"] = True
    provider = tenant.providers.get(template.oauth2_provider_id) if template.oauth2_provider_id else None
    if template.required_oauth2 and provider is not None:
        told["oauth"] = Inline(
            {
                "tokenEndpoint": address(provider.token_endpoint, discretion),
                "clientId": discretion.secret(provider.client_id, "CLIENT_ID"),
                "clientSecret": discretion.secret(provider.client_secret, "CLIENT_SECRET"),
                **({"scope": escaped(provider.scope)} if provider.scope else {}),
            }
        )
    if template.hmac_key and template.hmac_value and template.hmac_data and template.hmac_secret:
        told["hmac"] = Inline(
            {
                "hmacKey": escaped(template.hmac_key),
                "hmacValue": escaped(template.hmac_value),
                "hmacData": escaped(template.hmac_data),
                "hmacSecret": discretion.secret(template.hmac_secret, "HMAC_SECRET"),
                **({"hmacAlgorithm": template.hmac_algorithm.value} if template.hmac_algorithm else {}),
                **({"hmacOutputFormat": template.hmac_output_format.value} if template.hmac_output_format else {}),
            }
        )
    return told
