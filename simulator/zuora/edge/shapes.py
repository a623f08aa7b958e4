"""The typed records of Zuora's requests and answers, but for notifications: the API's description is made from them.

Names on the wire are the camelCase of the fields unless renamed. They describe; the operations build and read.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

AnyObject = dict[str, Any]
Short = Annotated[str, Meta(max_length=255)]
Name = Annotated[str, Meta(min_length=1, max_length=255)]
Hex = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
Optional = UnsetType
Yes = Annotated[bool, Meta(extra_json_schema={"const": True})]
No = Annotated[bool, Meta(extra_json_schema={"const": False})]


class Token(Struct):
    """A token."""

    access_token: Hex
    expires_in: int
    jti: Hex
    scope: str
    token_type: Literal["bearer"]


class TokenRequest(Struct):
    """The form of a token request."""

    client_id: Annotated[str, Meta(min_length=36, max_length=36)]
    client_secret: Annotated[str, Meta(min_length=1, max_length=42)]
    grant_type: Literal["client_credentials"]


class SpringError(Struct):
    """A refusal of the token endpoint."""

    timestamp: str
    status: int
    error: str
    message: str
    path: str


class Reason(Struct):
    """A code, as a number or as text, and words."""

    code: int | str
    message: str


class Failure(Struct, rename="camel"):
    """The v1 envelope of a refusal; process and request id are missing in a 401 only."""

    success: No
    reasons: Annotated[list[Reason], Meta(min_length=1)]
    process_id: Annotated[str, Meta(pattern="^[0-9A-F]{16}$")] | Optional = UNSET
    request_id: str | Optional = UNSET


class Succeeded(Struct):
    """Success, and whatever else the resource has."""

    success: Yes


class FlatFailure(Struct):
    """A refusal of the notification service; that of a missing token has a message only."""

    message: str
    code: str | Optional = UNSET


class Pair(Struct):
    """A code and words."""

    code: str
    message: str


class Reasons(Struct):
    """Refusals of the notification service, inside `reasons`."""

    reasons: list[Pair]


class NoToken(Struct):
    """What stands before the notification service says of a missing token."""

    message: str


class ActionFailure(Struct, rename={"fault_code": "FaultCode", "fault_message": "FaultMessage"}):
    """A refusal of an action: a client error, a fault of the query, or a v1 envelope."""

    code: str | Optional = UNSET
    message: str | Optional = UNSET
    fault_code: str | Optional = UNSET
    fault_message: str | Optional = UNSET
    success: bool | Optional = UNSET
    reasons: list[Reason] | Optional = UNSET


class Accepted(Struct, rename={"request_id": "requestId"}):
    """A request was accepted."""

    request_id: str | Optional = UNSET
    id: str | Optional = UNSET
    success: bool | Optional = UNSET


class JobAccepted(Struct, rename="camel"):
    """An order job was accepted."""

    job_id: Hex
    success: Yes


class PreviewAccepted(Struct, rename="camel"):
    """A preview job was accepted."""

    job_id: Hex


class AsyncJob(Struct):
    """How an order job stands: exactly these four."""

    status: Literal["Processing", "Failed", "Completed"]
    errors: str | None
    result: AnyObject | None
    success: Yes


class JournalRunRequest(Struct, rename="camel"):
    """A journal run to begin."""

    journal_entry_date: Annotated[str, Meta(min_length=1)]
    transaction_types: Annotated[list[AnyObject], Meta(min_length=1)]
    accounting_period_name: str | Optional = UNSET
    target_start_date: str | Optional = UNSET
    target_end_date: str | Optional = UNSET


class JournalRunMade(Struct, rename="camel"):
    """A journal run was begun."""

    journal_run_number: str
    success: Yes


class JournalRun(Struct):
    """A journal run."""

    id: str
    number: str
    status: str
    success: Yes


class FilesDeletionRequest(Struct, rename="camel"):
    """Whose files are to be deleted."""

    account_ids: Annotated[list[str], Meta(min_length=1)] | Optional = UNSET
    account_keys: Annotated[list[str], Meta(min_length=1)] | Optional = UNSET


class FilesDeletion(Struct):
    """A job that deletes files."""

    id: Hex
    status: Literal["Pending", "Processing", "Completed", "Error"]
    success: Yes


class CrudDone(Struct, rename="pascal"):
    """A CRUD call did its work."""

    success: Yes
    id: str


class CrudError(Struct, rename="pascal"):
    code: str
    message: str


class CrudFailure(Struct, rename="pascal"):
    """A CRUD call failed."""

    success: No
    errors: list[CrudError]


class NoRecords(Struct):
    """A CRUD call found nothing."""

    done: bool
    records: list[Any]
    size: int


class Page(Struct, rename="camel"):
    """A page of resources, under the name of their kind."""

    success: Yes
    next_page: str | Optional = UNSET


class QueryRequest(Struct, rename="camel"):
    """A ZOQL query."""

    query_string: str


class QueryMoreRequest(Struct, rename="camel"):
    """Where a query goes on."""

    query_locator: str


class QueryResult(Struct, rename="camel"):
    """What a query found; with a locator where there is more of it."""

    size: int
    records: list[AnyObject]
    done: bool
    query_locator: str | Optional = UNSET


_REFUSED = (401, 404, 405, 409, 413, 415, 422, 429)
V1_FAILURES: dict[int, Any] = {400: Failure, **dict.fromkeys(_REFUSED, Failure)}
FLAT_FAILURES: dict[int, Any] = {400: FlatFailure, **dict.fromkeys(_REFUSED, FlatFailure)}
REASONS_FAILURES: dict[int, Any] = {400: Reasons, **dict.fromkeys(_REFUSED, Reasons), 401: NoToken}
