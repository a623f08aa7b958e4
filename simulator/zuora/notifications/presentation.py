"""Definitions, templates and registered events as Zuora answers them: keys in the documented order, passwords masked.

Dates have a literal ` UTC` (documented examples). It decides nothing but the form.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from simulator.zuora.notifications.definitions import CalloutAuth, CalloutTemplate, FilterRule, NotificationDefinition
from simulator.zuora.notifications.registered import Registered
from simulator.zuora.notifications.templates import MASKED
from simulator.zuora.quirks import ShownPassword


def stamp(at: datetime | None) -> str | None:
    """``2024-11-11T03:00:03.000 UTC``."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d} UTC" if at else None


def definition_shape(definition: NotificationDefinition, passwords: ShownPassword) -> dict[str, Any]:
    """A notification definition (documented: ND-C); category and event id only where the event has a category."""
    body: dict[str, Any] = {
        "id": definition.id,
        "createdBy": definition.created_by,
        "createdOn": stamp(definition.created_on),
        "updatedBy": definition.updated_by,
        "updatedOn": stamp(definition.updated_on),
        "eventTypeNamespace": definition.event_type_namespace,
        "eventTypeName": definition.event_type_name,
        "name": definition.name,
        "description": definition.description,
        "communicationProfileId": definition.communication_profile_id,
        "communicationProfileIds": definition.communication_profile_ids,
        "active": definition.active,
        "emailTemplateId": definition.email_template_id,
        "callout": callout_shape(definition.callout, passwords) if definition.callout else None,
        "calloutTemplateIds": definition.callout_template_ids,
        "filterRule": _filter_shape(definition.filter_rule) if definition.filter_rule else None,
        "filterRuleParams": definition.filter_rule_params,
        "emailActive": definition.email_active,
        "calloutActive": definition.callout_active,
        "associatedAccount": definition.associated_account,
    }
    if definition.event_category is not None:
        body |= {"eventCategory": definition.event_category, "eventId": definition.event_id}
    return body


def callout_shape(template: CalloutTemplate, passwords: ShownPassword) -> dict[str, Any]:
    """The `callout` object of a definition: the fields of a request, and its id (spec)."""
    shown = template_shape(template, passwords)
    for name in ("createdBy", "createdOn", "updatedBy", "updatedOn", "eventTypeNamespace"):
        del shown[name]
    for name in [name for name in (*_ONLY_TEMPLATES, "contentType") if shown.get(name) in (None, False)]:
        del shown[name]
    return shown


def template_shape(template: CalloutTemplate, passwords: ShownPassword) -> dict[str, Any]:
    """A callout template (documented: TPL)."""
    body: dict[str, Any] = {
        "id": template.id,
        "createdBy": template.created_by,
        "createdOn": stamp(template.created_on),
        "updatedBy": template.updated_by,
        "updatedOn": stamp(template.updated_on),
        "eventTypeName": template.event_type_name,
        "eventTypeNamespace": template.event_type_namespace,
        "name": template.name,
        "description": template.description,
        "active": template.active,
        "calloutBaseurl": template.callout_baseurl,
        "calloutParams": template.callout_params,
        "calloutHeaders": template.callout_headers,
        "httpMethod": template.http_method,
        "requiredAuth": template.required_auth,
        "calloutAuth": _auth_shape(template.callout_auth, passwords) if template.callout_auth else None,
        "requiredOauth2": template.required_oauth2,
        "oauth2ProviderId": template.oauth2_provider_id,
        "calloutRetry": template.callout_retry,
        "contentType": template.content_type,
        "useCustomRequestBody": template.use_custom_request_body,
        "customRequestBody": template.custom_request_body,
        "certificate": template.certificate,
        "hmacKey": template.hmac_key,
        "hmacValue": template.hmac_value,
        "hmacData": template.hmac_data,
        "hmacAlgorithm": template.hmac_algorithm,
        "hmacSecret": _secret(template.hmac_secret, passwords) if template.hmac_secret else None,
        "hmacOutputFormat": template.hmac_output_format,
    }
    if template.confirm_success_from_response_content is not None:
        body["confirmSuccessFromResponseContent"] = template.confirm_success_from_response_content
    if template.event_category is not None:
        body["eventCategory"] = template.event_category
    return body


_ONLY_TEMPLATES = (
    "calloutHeaders",
    "useCustomRequestBody",
    "customRequestBody",
    "certificate",
    "hmacKey",
    "hmacValue",
    "hmacData",
    "hmacAlgorithm",
    "hmacSecret",
    "hmacOutputFormat",
)


def registered_shape(record: Registered) -> dict[str, Any]:
    """An event trigger or a scheduled event: what was given, behind its id (documented example)."""
    return {"id": record.id, **record.fields}


def _auth_shape(auth: CalloutAuth, passwords: ShownPassword) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(auth)
    password = _secret(auth.password, passwords)
    if password is None:
        del shown["password"]
    else:
        shown["password"] = password
    return shown


def _secret(text: str, passwords: ShownPassword) -> str | None:
    return {ShownPassword.RAW: text, ShownPassword.MASKED: MASKED, ShownPassword.OMITTED: None}[passwords]


def _filter_shape(rule: FilterRule) -> Mapping[str, Any]:
    return {
        "id": rule.id,
        "createdBy": rule.created_by,
        "createdOn": stamp(rule.created_on),
        "updatedBy": rule.updated_by,
        "updatedOn": stamp(rule.updated_on),
        "description": rule.description,
        "condition": rule.condition,
        "parameters": rule.parameters,
        "scheduled": rule.scheduled,
    }
