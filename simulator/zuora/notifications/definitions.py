"""What a tenant has registered: notification definitions, callout templates, credentials, OAuth 2.0 providers.

It alone decides what is stored of them (contract 2.2, 2.3, 2.6). It parses no request, refuses nothing, sends nothing.
Wire names are the camelCase of the fields. No repr shows a password, a secret, a header or a body.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, structs


class HttpMethod(StrEnum):
    """The methods of a callout; PATCH since May 2024 (documented)."""

    POST = "POST"
    GET = "GET"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


class Namespace(StrEnum):
    """Where an event type comes from: made by a user, or by Zuora."""

    USER = "user.notification"
    ZUORA = "com.zuora.notification"


class HmacAlgorithm(StrEnum):
    MD5 = "MD5"
    SHA_1 = "SHA-1"
    SHA_224 = "SHA-224"
    SHA_256 = "SHA-256"
    SHA_384 = "SHA-384"
    SHA_512 = "SHA-512"


class HmacOutputFormat(StrEnum):
    BASE64 = "BASE64"
    HEX = "HEX"


class CalloutAuth(Struct, frozen=True, rename="camel"):
    """User name and password of a callout; ``domain`` is for NTLM, ``preemptive`` sends Basic with the first request."""

    username: str
    password: str
    domain: str | None = None
    preemptive: bool = False

    def __repr__(self) -> str:
        domain = f", domain {self.domain!r}" if self.domain else ""
        return f"<CalloutAuth {self.username!r}{domain}{', preemptive' if self.preemptive else ''}>"


class OAuthProvider(Struct, frozen=True, rename="camel"):
    """An OAuth 2.0 provider that hands out tokens for callouts."""

    id: str
    name: str
    token_endpoint: str
    client_id: str
    client_secret: str
    grant_type: str = "client_credentials"
    scope: str | None = None

    def __repr__(self) -> str:
        return f"<OAuthProvider {self.id[:8]}… {self.name!r}>"


class CalloutTemplate(Struct, frozen=True, rename="camel", kw_only=True):
    """How a callout is made. The ``callout`` object of a definition is one too, with an id of its own.

    ``confirm_success_from_response_content`` is None where the template says nothing and the tenant's setting counts.
    """

    id: str
    name: str
    callout_baseurl: str
    http_method: HttpMethod = HttpMethod.POST
    description: str | None = None
    active: bool = True
    event_type_name: str | None = None
    event_type_namespace: Namespace = Namespace.USER
    event_category: int | None = None
    callout_params: Mapping[str, str] | None = None
    callout_headers: Mapping[str, str] | None = None
    callout_retry: bool = True
    required_auth: bool = False
    callout_auth: CalloutAuth | None = None
    required_oauth2: bool = False
    oauth2_provider_id: str | None = None
    content_type: str = "APPLICATION_JSON"
    use_custom_request_body: bool = False
    custom_request_body: str | None = None
    confirm_success_from_response_content: bool | None = None
    certificate: str | None = None
    hmac_key: str | None = None
    hmac_value: str | None = None
    hmac_data: str | None = None
    hmac_algorithm: HmacAlgorithm | None = None
    hmac_secret: str | None = None
    hmac_output_format: HmacOutputFormat | None = None
    created_by: str | None = None
    created_on: datetime | None = None
    updated_by: str | None = None
    updated_on: datetime | None = None

    @property
    def credentials(self) -> CalloutAuth | None:
        """User name and password where they are to be used."""
        return self.callout_auth if self.required_auth else None

    @property
    def authenticates(self) -> bool:
        """Whether credentials of any kind are configured: then a 401 is an authentication that failed."""
        return self.credentials is not None or (self.required_oauth2 and self.oauth2_provider_id is not None)

    @property
    def custom_body(self) -> str | None:
        """The custom request body where it is to be used."""
        return self.custom_request_body if self.use_custom_request_body else None

    def __repr__(self) -> str:
        return f"<CalloutTemplate {self.id[:8]}… {self.name!r} {self.http_method}{'' if self.active else ' inactive'}>"


class FilterParameter(Struct, frozen=True, rename="camel"):
    display_name: str | None = None
    description: str | None = None
    options: tuple[Any, ...] | None = None
    value_type: str = "STRING"


class FilterRule(Struct, frozen=True, rename="camel", kw_only=True):
    """When a definition applies: a JEXL condition over named parameters."""

    id: str
    condition: str
    parameters: Mapping[str, FilterParameter] = {}
    description: str | None = None
    scheduled: bool = False
    created_by: str | None = None
    created_on: datetime | None = None
    updated_by: str | None = None
    updated_on: datetime | None = None


class NotificationDefinition(Struct, frozen=True, rename="camel", kw_only=True):
    """Who is told of which event, and how: by the ``callout`` that came with it, or by the templates it links."""

    id: str
    name: str
    event_type_name: str | None = None
    event_type_namespace: Namespace = Namespace.USER
    event_category: int | None = None
    event_id: str | None = None
    description: str | None = None
    active: bool = True
    callout_active: bool = False
    email_active: bool = False
    email_template_id: str | None = None
    communication_profile_id: str | None = None
    communication_profile_ids: tuple[str, ...] = ()
    callout: CalloutTemplate | None = None
    callout_template_ids: tuple[str, ...] = ()
    filter_rule: FilterRule | None = None
    filter_rule_params: Mapping[str, str] | None = None
    associated_account: str | None = None
    created_by: str | None = None
    created_on: datetime | None = None
    updated_by: str | None = None
    updated_on: datetime | None = None

    def __repr__(self) -> str:
        event = self.event_type_name or self.event_category
        return f"<NotificationDefinition {self.id[:8]}… {self.name!r} on {event}{'' if self.active else ' inactive'}>"


class Terms(Struct, frozen=True):
    """What a delivery was agreed on: the definition's name, the template, and the provider where it asks for OAuth 2.0."""

    definition_id: str
    definition_name: str
    template: CalloutTemplate
    provider: OAuthProvider | None = None

    def with_credentials_of(self, current: CalloutTemplate, provider: OAuthProvider | None) -> "Terms":
        """These terms with the credentials that the template, and the provider that it names, have now.

        Of a resend the history pages say that authentication is the current template's and all the rest the stored one's
        (documented); that it is so of a retry too is inferred (Q26).
        """
        if current is self.template and provider is self.provider:
            return self
        template = structs.replace(
            self.template,
            required_auth=current.required_auth,
            callout_auth=current.callout_auth,
            required_oauth2=current.required_oauth2,
            oauth2_provider_id=current.oauth2_provider_id,
        )
        return structs.replace(self, template=template, provider=provider)
