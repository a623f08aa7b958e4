"""The typed records of what the notification service takes and answers: what the API's description is generated from.

Names on the wire are the camelCase of the fields. They describe; the operations build and read.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct

from simulator.zuora.edge.shapes import AnyObject, Hex, Name, Optional, Pair, Short, Yes


class CalloutAuthWrite(Struct, rename="camel"):
    """Credentials of a callout."""

    username: Name
    password: Annotated[str, Meta(min_length=1)]
    domain: str | Optional | None = UNSET
    preemptive: bool | Optional = UNSET


class CalloutWrite(Struct, rename="camel"):
    """How a callout is made."""

    name: Name
    callout_baseurl: Annotated[
        str,
        Meta(
            min_length=10,
            max_length=1000,
            pattern=r"^https://[a-z][a-z0-9]{0,20}\.example(/[A-Za-z0-9._-]{0,100})?$|^http://127\.0\.0\.1:[1-9][0-9]{3}/[a-z]{0,20}$",
            extra_json_schema={"examples": ["https://www.example.com/callout/123456"]},
        ),
    ]
    http_method: Literal["POST", "GET", "PUT", "PATCH", "DELETE"]
    event_type_name: str | Optional = UNSET
    active: bool | Optional = UNSET
    callout_retry: bool | Optional = UNSET
    callout_params: dict[str, str] | Optional | None = UNSET
    description: Short | Optional | None = UNSET
    required_auth: bool | Optional = UNSET
    callout_auth: CalloutAuthWrite | Optional | None = UNSET
    required_oauth2: bool | Optional = UNSET
    oauth2_provider_id: str | Optional | None = UNSET


class TemplateWrite(CalloutWrite, rename="camel"):
    """A callout template."""

    event_category: int | Optional = UNSET
    callout_headers: dict[str, str] | Optional | None = UNSET
    use_custom_request_body: bool | Optional = UNSET
    custom_request_body: str | Optional | None = UNSET
    confirm_success_from_response_content: bool | Optional | None = UNSET
    certificate: str | Optional | None = UNSET
    hmac_key: str | Optional | None = UNSET
    hmac_value: str | Optional | None = UNSET
    hmac_data: str | Optional | None = UNSET
    hmac_secret: str | Optional | None = UNSET
    hmac_algorithm: Literal["MD5", "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"] | Optional | None = UNSET
    hmac_output_format: Literal["BASE64", "HEX"] | Optional | None = UNSET


class ImportRequest(Struct, rename="camel"):
    """Templates to create or update."""

    callout_templates: Annotated[list[TemplateWrite], Meta(max_length=1000)]
    allow_partial_success: bool | Optional = UNSET


class FilterWrite(Struct, rename="camel"):
    """When a definition applies."""

    condition: Annotated[str, Meta(min_length=1)]
    parameters: dict[str, AnyObject]
    description: Short | Optional | None = UNSET


class DefinitionChange(Struct, rename="camel"):
    """What is to be different of a notification definition."""

    name: Name | Optional = UNSET
    active: bool | Optional = UNSET
    callout_active: bool | Optional = UNSET
    email_active: bool | Optional = UNSET
    email_template_id: str | Optional | None = UNSET
    callout: CalloutWrite | Optional | None = UNSET
    callout_template_ids: list[str] | Optional = UNSET
    communication_profile_id: str | Optional | None = UNSET
    communication_profile_ids: list[str] | Optional = UNSET
    description: Short | Optional | None = UNSET
    associated_account: Literal["Account.Id", "ParentAccount.Id", "SubscriptionOwnerAccount.Id"] | Optional | None = (
        UNSET
    )
    filter_rule: FilterWrite | Optional | None = UNSET
    filter_rule_params: dict[str, Any] | Optional | None = UNSET


class DefinitionWrite(DefinitionChange, rename="camel", kw_only=True):
    """A notification definition: exactly one of `eventTypeName` and `eventCategory`."""

    name: Name
    event_type_name: Annotated[str, Meta(min_length=1)] | Optional = UNSET
    event_category: int | Optional = UNSET
    event_type_namespace: Literal["user.notification", "com.zuora.notification"] | Optional = UNSET


class TemplateShape(Struct, rename="camel"):
    """A callout template as it is answered."""

    id: Hex
    name: str
    callout_baseurl: str
    http_method: str
    active: bool
    callout_retry: bool
    required_auth: bool
    required_oauth2: bool
    created_on: str | None
    updated_on: str | None
    event_type_name: str | None


class TemplatePage(Struct):
    """A page of callout templates."""

    data: list[TemplateShape]
    next: str | None


class DefinitionShape(Struct, rename="camel"):
    """A notification definition as it is answered."""

    id: Hex
    created_by: str | None
    created_on: str | None
    updated_by: str | None
    updated_on: str | None
    event_type_namespace: str
    event_type_name: str | None
    name: str
    description: str | None
    communication_profile_id: str | None
    communication_profile_ids: list[str]
    active: bool
    email_template_id: str | None
    callout: AnyObject | None
    callout_template_ids: list[str]
    filter_rule: AnyObject | None
    filter_rule_params: dict[str, str] | None
    email_active: bool
    callout_active: bool
    associated_account: str | None


class DefinitionPage(Struct):
    """A page of notification definitions."""

    data: list[DefinitionShape]
    next: str | None


class EventTypeWrite(Struct, rename="camel"):
    """The event that a trigger makes."""

    name: Annotated[str, Meta(max_length=200, pattern=r"^[A-Za-z]{1,}[\w\-]*$")]
    display_name: Annotated[str, Meta(min_length=1, max_length=500)]
    description: Annotated[str, Meta(max_length=1000)] | Optional = UNSET
    namespace: str | Optional = UNSET


class TriggerWrite(Struct, rename="camel"):
    """An event trigger."""

    base_object: Annotated[str, Meta(min_length=1, max_length=100)]
    condition: Annotated[str, Meta(min_length=1, max_length=5000)]
    event_type: EventTypeWrite
    active: bool | Optional = UNSET
    description: Annotated[str, Meta(max_length=1000)] | Optional = UNSET


class RegisteredShape(Struct):
    """Something that was stored, behind its id."""

    id: Hex
    active: bool


class RegisteredPage(Struct):
    """A page of stored things."""

    data: list[RegisteredShape]
    next: str | None


class ProfileWrite(Struct, rename="camel"):
    """A communication profile."""

    profile_name: Name
    description: str | Optional | None = UNSET
    active: bool | Optional = UNSET


class HistoryRow(Struct, rename="camel"):
    """One attempt, with the types of the documented example or all as text."""

    attempted_num: int | str
    create_time: str
    event_category: int | str
    event_context: AnyObject | str
    notification: str
    request_method: str
    request_url: str
    response_code: int | str
    response_content: str | Optional = UNSET


class HistoryPage(Struct, rename="camel"):
    """A page of callout history."""

    callout_histories: list[HistoryRow]
    success: Yes
    next_page: str | Optional = UNSET


class EmailHistories(Struct, rename="camel"):
    """A page of email history."""

    email_histories: list[AnyObject]
    success: Yes


class DeletionTask(Struct, rename="camel"):
    """A deletion of history."""

    id: Hex
    account_id: str
    created_by: str
    created_on: int
    status: Literal["RUNNING", "FINISHED", "FAILED"]
    tenant_id: str


ResendFailures = dict[str, Pair]
"""The ids that could not be sent again, and why."""
