"""The control plane, call by call, for its description: a table and no behaviour.

A test holds it against the routes that are served.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from simulator.records import CalloutRecord, RequestRecord

Count = Annotated[int, Meta(ge=0, le=1_000)]
Optional = UnsetType


class Refused(Struct):
    """What is wrong, and what to do."""

    error: str


class Health(Struct):
    """That it is there."""

    status: str
    version: str
    now: datetime
    clock: str
    seed: int


class ClockState(Struct, rename="camel"):
    """Where time stands; `attempts` ended meanwhile, `settled` says whether nothing due is left."""

    now: datetime
    attempts: int
    settled: bool
    next_due: datetime | None


class Span(Struct):
    """How far to move; parts add up. `by` is a duration such as `24h`."""

    days: Count | Optional = UNSET
    hours: Count | Optional = UNSET
    minutes: Count | Optional = UNSET
    seconds: Count | Optional = UNSET


class Nothing(Struct):
    """No keys."""


class FiredEvent(Struct):
    """An event to fire, with exactly these fields; the receiver at the URL ``to`` hears of it too."""

    event: str
    fields: dict[str, Any] | Optional = UNSET
    to: str | Optional = UNSET


class Fired(Struct):
    """An event that was fired, and the ids of its callouts."""

    id: str
    event: str
    callouts: list[str]


class Requests(Struct):
    """The asynchronous requests."""

    requests: list[RequestRecord]


class Callouts(Struct):
    """The callouts."""

    callouts: list[CalloutRecord]


class OutcomeWrite(Struct, rename="camel"):
    """One rule for how requests end; durations as `30m`."""

    result: Literal["succeed", "fail", "never", "lost-answer", "lock", "status"]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] | Optional = UNSET
    path: str | Optional = UNSET
    body: dict[str, Any] | Optional = UNSET
    nth: Annotated[int, Meta(ge=1)] | Optional = UNSET
    code: str | Optional = UNSET
    message: str | Optional = UNSET
    after: str | Optional = UNSET
    polls: Annotated[int, Meta(ge=0)] | Optional = UNSET
    retries: Annotated[int, Meta(ge=0, le=1000)] | Optional = UNSET
    status: Annotated[int, Meta(ge=200, le=599)] | Optional = UNSET
    latency: str | Optional = UNSET
    retry_after: Annotated[int, Meta(ge=0)] | Optional = UNSET
    seen: int | Optional = UNSET


class Outcomes(Struct):
    """The rules in force."""

    outcomes: list[OutcomeWrite]


class End(Struct):
    """How one request is to end."""

    result: Literal["succeed", "fail", "never", "lock"]
    code: str | Optional = UNSET
    message: str | Optional = UNSET
    after: str | Optional = UNSET


class FaultWrite(Struct, rename="camel"):
    """One fault of delivery."""

    kind: Literal["duplicate", "reorder", "delay", "drop", "lost-answer"]
    event: str | Optional = UNSET
    notification: str | Optional = UNSET
    attempt: Annotated[int, Meta(ge=1)] | Optional = UNSET
    probability: Annotated[float, Meta(ge=0, le=1)] | Optional = UNSET


class Faults(Struct):
    """The faults in force."""

    faults: list[FaultWrite]


class Copy(Struct, rename="camel"):
    """Whether the copy is in flight together with the first."""

    at_once: bool | Optional = UNSET


class Routes(Struct):
    """Where hosts lead: `{"www.example.com": "127.0.0.1:8443"}`."""

    routes: dict[str, str]


class ProviderWrite(Struct, rename="camel"):
    """An OAuth 2.0 provider for callouts."""

    name: Annotated[str, Meta(min_length=1)]
    token_endpoint: Annotated[str, Meta(pattern="^https://[a-z]{1,20}\\.example/token$")]
    client_id: Annotated[str, Meta(min_length=1)]
    client_secret: Annotated[str, Meta(min_length=1)]
    grant_type: Literal["client_credentials"] | Optional = UNSET
    scope: str | Optional | None = UNSET


class ProviderShape(Struct, rename="camel"):
    """An OAuth 2.0 provider without its secret."""

    id: str
    name: str
    token_endpoint: str
    client_id: str
    grant_type: str
    scope: str | None


class Providers(Struct):
    """The OAuth 2.0 providers."""

    providers: list[ProviderShape]


class Definitions(Struct):
    """The notification definitions, without their secrets."""

    definitions: list[dict[str, Any]]


class Preview(Struct):
    """What to preview: a definition by id or name, or an event."""

    definition: str | Optional = UNSET
    event: str | Optional = UNSET
    fields: dict[str, Any] | Optional = UNSET


class Previews(Struct):
    """What each would be sent."""

    callouts: list[dict[str, Any]]


class Now(Struct):
    """The simulator's present instant."""

    now: datetime


class ControlOperation(Struct, frozen=True):
    """One call. ``per_client`` marks one that ``?clientId=`` narrows to a tenant."""

    method: str
    path: str
    name: str
    summary: str
    answers: Mapping[int, Any]
    takes: Any = None
    needs_body: bool = True
    per_client: bool = False


def _call(
    method: str,
    path: str,
    name: str,
    summary: str,
    shape: Any,
    takes: Any = None,
    *,
    status: int = 200,
    needs_body: bool = True,
    per_client: bool = False,
) -> ControlOperation:
    answers = {status: shape, **dict.fromkeys((400, 403, 404, 405, 409, 413, 503), Refused)}
    return ControlOperation(method, f"/_simulator{path}", name, summary, answers, takes, needs_body, per_client)


_AnyObject = dict[str, Any]
_BARE = {"needs_body": False}
CONTROL: tuple[ControlOperation, ...] = (
    _call("GET", "/health", "health", "Whether it is there", Health),
    _call("GET", "/clock", "clock", "Where time stands", ClockState),
    _call("POST", "/clock/advance", "advance", "Move time; all that falls due is delivered", ClockState, Span),
    _call("POST", "/clock/settle", "settle", "Deliver what is due now", ClockState, Nothing, needs_body=False),
    _call("POST", "/clock/drain", "drain", "Move time until nothing is due", ClockState, Nothing, needs_body=False),
    _call("POST", "/events", "fire", "Fire an event", Fired, FiredEvent, status=202, per_client=True),
    _call("GET", "/requests", "requests", "The asynchronous requests", Requests, per_client=True),
    _call("GET", "/requests/{id}", "request", "One asynchronous request", RequestRecord),
    _call("POST", "/requests/{id}/outcome", "decide", "Choose how one request ends", RequestRecord, End, status=202),
    _call("GET", "/callouts", "callouts", "The callouts, with their attempts", Callouts, per_client=True),
    _call("GET", "/callouts/{id}", "callout", "One callout, by its id or a history id", CalloutRecord),
    _call("POST", "/callouts/{id}/resend", "resend", "Send a callout once more", CalloutRecord, status=202),
    _call(
        "POST", "/callouts/{id}/duplicate", "duplicate", "Send one more copy", CalloutRecord, Copy, status=202, **_BARE
    ),
    _call("GET", "/outcomes", "outcomes", "The rules for how requests end", Outcomes, per_client=True),
    _call("PUT", "/outcomes", "putOutcomes", "Let these be all the rules", Outcomes, Outcomes, per_client=True),
    _call("GET", "/faults", "faults", "The faults of delivery", Faults, per_client=True),
    _call("PUT", "/faults", "putFaults", "Let these be all the faults", Faults, Faults, per_client=True),
    _call(
        "GET", "/settings", "settings", "The settings in force, and where each came from", _AnyObject, per_client=True
    ),
    _call("PUT", "/settings", "putSettings", "Change settings", _AnyObject, _AnyObject, per_client=True, **_BARE),
    _call("GET", "/routes", "routes", "Where hosts lead", Routes),
    _call("PUT", "/routes", "putRoutes", "Let these be all the routes", Routes, Routes),
    _call("GET", "/oauth-providers", "providers", "OAuth 2.0 providers for callouts", Providers, per_client=True),
    _call("POST", "/oauth-providers", "addProvider", "Add a provider", ProviderShape, ProviderWrite, per_client=True),
    _call("DELETE", "/oauth-providers/{id}", "removeProvider", "Remove a provider", None, status=204, per_client=True),
    _call("GET", "/definitions", "definitions", "Who is told of what", Definitions, per_client=True),
    _call("POST", "/preview", "preview", "What would be sent, without sending it", Previews, Preview, per_client=True),
    _call("GET", "/scenario", "scenario", "What happened, as a scenario file (YAML)", None, per_client=True),
    _call("POST", "/reset", "reset", "Forget what happened and what was registered", Now, per_client=True),
    _call("GET", "/ca.pem", "authority", "The development authority's certificate (PEM)", None),
    _call("GET", "/openapi.json", "openapi", "This description", _AnyObject),
    _call("GET", "/docs", "docs", "This description as a page (HTML)", None),
)
