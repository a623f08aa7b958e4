"""Where Zuora's documents are silent or at odds: one field for each choice, its default, and the question it answers.

This module alone decides the names, values and defaults of the knobs. It never acts on one: whoever does reads the field.
Question numbers are those of the contract, section 7; `claims.py` gives each its source and standing.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from simulator._version import __version__
from simulator.core.options import camel_case, read_options, spoken


class AcceptedBody(StrEnum):
    """Q1: what the 202 body of an asynchronous request calls the request id."""

    REQUEST_ID = "requestId"
    ID = "id"
    BOTH = "both"


class Retry401(StrEnum):
    """Q9: when a 401 is tried again."""

    WHERE_CONFIGURED = "where-configured"
    NEVER = "never"
    ALWAYS = "always"


class AttemptsMean(StrEnum):
    """Q10: whether "3 attempts" counts every send, or the retries after the first."""

    SENDS = "sends"
    RETRIES = "retries"


class AsyncParams(StrEnum):
    """Q12: what the body of an asynchronous event holds where the template has ``calloutParams``."""

    PAYLOAD_AND_PARAMS = "payload-and-params"
    PAYLOAD_ONLY = "payload-only"
    PARAMS_ONLY = "params-only"


class ParamsPlace(StrEnum):
    """Q12: where ``calloutParams`` travel."""

    BY_METHOD = "by-method"
    BODY = "body"
    QUERY = "query"


class AfterDelete(StrEnum):
    """Q13: what becomes of retries still waiting when their definition is deleted."""

    DROP = "drop"
    KEEP = "keep"


class ShownPassword(StrEnum):
    """Q14: how a stored password is answered by GET."""

    MASKED = "masked"
    RAW = "raw"
    OMITTED = "omitted"


class HistoryValues(StrEnum):
    """Q15: the types in a callout history row: those of the documented example, or strings as in the schema."""

    TYPED = "typed"
    STRINGS = "strings"


class IdempotencyReplay(StrEnum):
    """Q18: how a repeated ``Idempotency-Key`` is answered once the first request has finished."""

    SAME = "same"
    CONFLICT = "409"


class RequestUrl(StrEnum):
    """Q21: the form of ``request.url`` in the payload of the asynchronous events."""

    PATH = "path"
    ABSOLUTE = "absolute"
    SYNC = "sync"


class MissingTrackId(StrEnum):
    """Q21: ``request.trackId`` where the client sent none."""

    NULL = "null"
    OMIT = "omit"


class RetryTemplate(StrEnum):
    """Q26: which template a retry is rendered from; credentials are always the current ones."""

    STORED = "stored"
    CURRENT = "current"


class ResendBody(StrEnum):
    """Q29: the body of a resend's 202 where everything was accepted."""

    BLANK = "blank"
    OBJECT = "{}"


class ChallengeRealm(StrEnum):
    """Whether a Basic challenge without ``realm`` is answered; the guide says that it "must contain" one."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class StandardEmpty(StrEnum):
    """What an empty value of a standard event is sent as.

    An empty string was seen in production (observed); "for consistency with standard callout notifications" (seed 002, of the
    setting for custom events) lets expect "null".
    """

    EMPTY = "empty"
    NULL = "null"


class Quirks(Struct, frozen=True, rename="camel"):
    """The knobs, each at the default that the contract recommends."""

    accepted_body: AcceptedBody = AcceptedBody.REQUEST_ID
    accepted_success: bool = False
    async_orders_status: int = 202
    strict_definitions: bool = False
    retry_401: Retry401 = Retry401.WHERE_CONFIGURED
    attempts_mean: AttemptsMean = AttemptsMean.SENDS
    transport_code: int = -1
    async_params: AsyncParams = AsyncParams.PAYLOAD_AND_PARAMS
    params_place: ParamsPlace = ParamsPlace.BY_METHOD
    after_delete: AfterDelete = AfterDelete.DROP
    shown_password: ShownPassword = ShownPassword.MASKED
    history_values: HistoryValues = HistoryValues.TYPED
    history_window_days: int = 0
    idempotency_replay: IdempotencyReplay = IdempotencyReplay.SAME
    request_url: RequestUrl = RequestUrl.PATH
    missing_track_id: MissingTrackId = MissingTrackId.NULL
    user_agent: str = f"Zuora-Callout-Simulator/{__version__}"
    retry_template: RetryTemplate = RetryTemplate.STORED
    unknown_endpoint_status: int = 404
    resend_body: ResendBody = ResendBody.BLANK
    challenge_realm: ChallengeRealm = ChallengeRealm.REQUIRED
    standard_empty: StandardEmpty = StandardEmpty.EMPTY

    @classmethod
    def read(cls, given: Mapping[str, Any], *, text: bool = False) -> "Quirks":
        """The knobs given over the defaults; see `merged`."""
        return cls().merged(given, text=text)

    def merged(self, given: Mapping[str, Any], *, text: bool = False) -> "Quirks":
        """These knobs with those of ``given`` in their place, names in snake_case or camelCase.

        ``text`` reads values that a command line wrote as strings. Raises AuthorError for an unknown name (with the
        nearest ones) and for a value that is not one of the choices.
        """
        return read_options(self, given, what="quirk", limits=LIMITS, text=text)

    def as_dict(self) -> dict[str, Any]:
        """The knobs by their camelCase names, values plain."""
        return {camel_case(name): spoken(getattr(self, name)) for name in self.__struct_fields__}


# What a number or a text may be, beyond its type: the values, and how to say them.
LIMITS: Mapping[str, tuple[Any, str]] = {
    "async_orders_status": (lambda value: value in (200, 202), "200 or 202"),
    "unknown_endpoint_status": (lambda value: value in (200, 404), "404 or 200"),
    "transport_code": (
        lambda value: -1999 <= value < 0,
        "from -1 to -1999 (-2000 and -2100 have a meaning of their own)",
    ),
    "history_window_days": (lambda value: 0 <= value <= 365, "from 0 (no limit) to 365"),
    "user_agent": (lambda value: value.isascii() and value.isprintable(), "printable ASCII on one line"),
}
