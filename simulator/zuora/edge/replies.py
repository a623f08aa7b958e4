"""Zuora's answers: every spelling of its envelopes and error bodies lives here.

Contract, section 4: v1 envelopes carry `success`, `processId` and `reasons`; notifications answer flat, or inside
`reasons`; the token endpoint speaks Spring. Nothing here decides whether something is an error.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from simulator.core.errors import ClientError

JSON = "application/json"
TEXT = "text/plain"
encode = msgspec.json.encode

# 8-digit codes: 500000 where no resource is known, then the category (documented: EC).
BAD_VALUE = "50000020"
UNKNOWN_FIELD = "50000021"
MISSING_FIELD = "50000022"
BAD_QUERY = "50000027"
RULE = "50000030"
NOT_FOUND = "50000040"
NO_METHOD = "50000045"
LOCKED = "50000050"
INTERNAL = "50000060"
TEMPORARY = "50000061"
LIMIT = "50000070"
BAD_JSON = "50000090"

# What the notification service calls an error (documented: ND).
VIOLATED = "ConstraintViolated"
NO_OBJECT = "ObjectNotFound"

WWW_AUTHENTICATE = "Basic realm=Zuora API, ZSession realm=Zuora API, Bearer realm=Zuora API"
LOCK_WORDS = "Operation failed due to a lock competition, please retry later."


class Family(StrEnum):
    """Which of Zuora's services answers, and so in which words it refuses."""

    V1 = "v1"
    CRUD = "crud"
    ACTION = "action"
    FLAT = "flat"
    REASONS = "reasons"
    TOKEN = "token"


class Reply(Struct, frozen=True):
    """An answer before it is sent: ``body`` is any JSON value, bytes as they are, or None for a blank one."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = {}
    content_type: str = JSON

    @property
    def encoded(self) -> bytes:
        """The bytes of the body."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else encode(self.body)


class About(Struct, frozen=True):
    """What an envelope says of the request that it answers."""

    path: str
    request_id: str
    process_id: str
    now: datetime


def no_endpoint(path: str, status: int = 404) -> ClientError:
    """Zuora's words for a path that it does not serve (wild: ZR with 404, GU with 200; Q28)."""
    message = f"The endpoint {path} does not exist. Please check the URL or refer to the API documentation."
    return ClientError(message, status=status, code=NOT_FOUND)


def no_entity(key: str) -> ClientError:
    """A logical failure, which comes with HTTP 200 (wild: GU)."""
    return ClientError(no_entity_words(key), status=200, code=NOT_FOUND)


def no_entity_words(key: str) -> str:
    return f"Cannot find entity by key: '{key}'."


def failure(family: Family, error: ClientError, about: About) -> Reply:
    """The envelope of the family for a request that is refused."""
    return _ENVELOPES[family](error, about)


def _v1(error: ClientError, about: About) -> Reply:
    """The v1 envelope (wild: GU; documented: EC): reasons with a code, the process id, the request id."""
    if error.status == 401:
        # wild (GU, live): a string code, and no process id
        return Reply({"success": False, "reasons": [{"code": "90000011", "message": error.message}]}, 401)
    code = error.code or _V1_CODES.get(error.status, INTERNAL if error.status >= 500 else BAD_VALUE)
    reason = {"code": int(code) if _is_number(code) else code, "message": error.message}
    body = {"success": False, "processId": about.process_id, "reasons": [reason], "requestId": about.request_id}
    return Reply(body, error.status)


def _crud(error: ClientError, about: About) -> Reply:
    """The CRUD pair of logical failures (contract, section 4.3); whatever is no logical failure is a v1 envelope.

    A missing token is told with ``WWW-Authenticate`` there (spec: 401 of the CRUD operations).
    """
    if error.status != 200:
        refused = _v1(error, about)
        return replace(refused, headers={"WWW-Authenticate": WWW_AUTHENTICATE}) if error.status == 401 else refused
    code = _CRUD_CODES.get(error.code[-2:], "INVALID_VALUE")
    return Reply({"Success": False, "Errors": [{"Code": code, "Message": error.message}]}, 200)


def _action(error: ClientError, about: About) -> Reply:
    """Actions: a client error, or a fault of the query (contract, section 4.3)."""
    if error.code == "ClientError":
        return Reply({"code": error.code, "message": error.message}, error.status)
    if error.code and not _is_number(error.code):
        return Reply({"FaultCode": error.code, "FaultMessage": error.message}, error.status)
    return _v1(error, about)


def _flat(error: ClientError, about: About) -> Reply:
    """The flat pair of notification definitions (documented: ND)."""
    return _proxy(error) if error.status == 401 else Reply(_pair(error), error.status)


def _reasons(error: ClientError, about: About) -> Reply:
    """The pair inside `reasons`, as callout templates and event triggers answer (documented: TPL)."""
    return _proxy(error) if error.status == 401 else Reply({"reasons": [_pair(error)]}, error.status)


def _pair(error: ClientError) -> dict[str, str]:
    code = error.code
    if not code or _is_number(code):
        code = _PAIR_CODES.get(code, str(error.status))
    return {"code": code, "message": error.message}


def _proxy(error: ClientError) -> Reply:
    """What stands before the notification service says of a missing token (spec: ProxyUnauthorizedResponse)."""
    return Reply({"message": error.message}, error.status, {"WWW-Authenticate": WWW_AUTHENTICATE})


def _token(error: ClientError, about: About) -> Reply:
    """The Spring-style body of the token endpoint (inferred from the Zuora-maintained gem)."""
    body = {
        "timestamp": about.now.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "status": error.status,
        "error": _TITLES.get(error.status, "Error"),
        "message": error.message,
        "path": about.path,
    }
    return Reply(body, error.status)


def _is_number(code: str) -> bool:
    return code.isascii() and code.isdigit()


_PAIR_CODES = {BAD_QUERY: VIOLATED, RULE: VIOLATED}
"""What breaks a rule is no 8-digit code in the notification service (contract, section 2.5; of `limit` ours)."""
_V1_CODES = {403: "90000010", 404: NOT_FOUND, 405: NO_METHOD, 409: LOCKED, 415: NO_METHOD, 429: LIMIT}
_CRUD_CODES = {"40": "INVALID_ID", "22": "MISSING_REQUIRED_VALUE", "50": "LOCK_COMPETITION", "30": "INVALID_VALUE"}
_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Payload Too Large",
    415: "Unsupported Media Type",
    409: "Conflict",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
_ENVELOPES: dict[Family, Callable[[ClientError, About], Reply]] = {
    Family.V1: _v1,
    Family.CRUD: _crud,
    Family.ACTION: _action,
    Family.FLAT: _flat,
    Family.REASONS: _reasons,
    Family.TOKEN: _token,
}
