"""The types of a scenario file: what may stand in it, in which shape, and what it means.

They alone define the format and its JSON Schema. They hold values as written (a duration stays ``30m``) and know
neither YAML nor how a story is run. Names are those of the control plane, in camel case on file.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

Text = Annotated[str, Meta(description="Text; ${name.field} and ${env:NAME} are filled in.")]
Duration = Annotated[
    str,
    Meta(
        pattern=r"^(\d+(\.\d+)?(ms|s|m|h|d))+$",
        description="A span of time with its unit: 15s, 30m, 24h, 1h30m.",
        extra={"unit": "duration"},
    ),
]
Size = Annotated[
    str,
    Meta(
        pattern=r"^\d+(\.\d+)?(B|KB|KiB|MB|MiB|GB|GiB)$",
        description="A size with its unit: 200KB.",
        extra={"unit": "size"},
    ),
]
Rate = Annotated[
    str,
    Meta(
        pattern=r"^\d+(\.\d+)?(B|KB|KiB|MB|MiB|GB|GiB)/s$",
        description="A rate with its unit: 1B/s.",
        extra={"unit": "rate"},
    ),
]
Name = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$", description="A name for ${name.field}.", extra={"unit": "name"}),
]
EventName = Annotated[
    str, Meta(min_length=1, description="An event of the catalogue, or one of customEvents.", extra={"unit": "event"})
]
Method = Literal["POST", "GET", "PUT", "PATCH", "DELETE"]
Code = Annotated[int, Meta(ge=-9999, le=999)]
Positive = Annotated[int, Meta(ge=1)]
Json = Any


class Part(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """A mapping of the file. A key that is not declared is a fault."""


class Settings(Part, frozen=True):
    """What `PUT /_simulator/settings` takes, and what a simulator is started with."""

    max_attempts: Annotated[int, Meta(ge=1, le=5)] | None = None
    interval_minutes: Annotated[int, Meta(ge=1, le=1440)] | None = None
    confirm_success: Literal["off", "reject-false", "require-true"] | None = None
    empty_as_null: bool | None = None
    locale: str | None = None
    latency: Duration | None = None
    patience: Duration | None = None
    concurrency: Annotated[int, Meta(ge=1, le=1000)] | None = None
    strict_urls: bool | None = None
    strict_fields: bool | None = None
    allow_unknown: bool | None = None
    rate_limits: bool | None = None
    routes: dict[str, Text] | None = None
    quirks: dict[str, Json] | None = None


Point = Literal["accept", "request", "headers", "body", "answer"]


class Answer(Part, frozen=True):
    """One answer of the built-in receiver, in its own words. A bare number in its place is a status."""

    status: Annotated[int, Meta(ge=100, le=999)] | None = None
    headers: dict[str, Text] = {}
    body: Json = None
    delay: Annotated[Duration, Meta(description="Answer only after this time.")] | None = None
    interim: Annotated[list[int], Meta(description="1xx answers before the last one.")] | None = None
    hang: Annotated[bool | Point, Meta(description="Take the request and never answer, or stop at this point.")] = False
    reset: Annotated[bool | Point, Meta(description="Reset the connection.")] = False
    close: Annotated[bool | Point, Meta(description="Close the connection.")] = False
    drip: Annotated[Rate, Meta(description="Send the answer at this rate.")] | None = None
    big: Annotated[Size, Meta(description="A body of this size.")] | None = None
    endless: Annotated[bool, Meta(description="A body without end.")] = False
    redirect: Annotated[Text, Meta(description="A redirection to this URL.")] | None = None
    raw: Annotated[Text, Meta(description="Written as it is in place of an answer.")] | None = None


class Receiver(Part, frozen=True):
    """Who is called: an address of the author's (`url`), or the built-in receiver with scripted `answers`.

    The last answer is given again when the list has run out. `username` and `password` are what the built-in receiver demands and
    what definitions send unless they name their own.
    """

    url: Text | None = None
    answers: list[Annotated[int, Meta(ge=100, le=999)] | Answer] = []
    username: Text | None = None
    password: Text | None = None
    domain: Text | None = None
    preemptive: bool | None = None
    tls: Annotated[bool, Meta(description="The built-in receiver speaks HTTPS.")] = False


class Hmac(Part, frozen=True):
    """The signature header of a callout template, in Zuora's names."""

    hmac_key: Text
    hmac_value: Text
    hmac_data: Text
    hmac_secret: Text
    hmac_algorithm: Literal["MD5", "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"] = "SHA-256"
    hmac_output_format: Literal["BASE64", "HEX"] = "BASE64"


class OAuthProvider(Part, frozen=True):
    """An OAuth 2.0 provider, in the names of `/_simulator/oauth-providers`."""

    token_endpoint: Text
    client_id: Text
    client_secret: Text
    scope: Text = ""


class Definition(Part, frozen=True):
    """A notification definition with a callout. A bare event name in its place takes every default."""

    event: EventName
    named: Name | None = field(default=None, name="as")
    name: Text | None = None
    url: Annotated[Text, Meta(description="The receiver's own address unless given.")] | None = None
    method: Method = "POST"
    retry: bool = True
    active: bool = True
    username: Text | None = None
    password: Text | None = None
    domain: Text | None = None
    preemptive: bool | None = None
    oauth: OAuthProvider | None = None
    hmac: Hmac | None = None
    params: dict[str, Text] = {}
    headers: dict[str, Text] = {}
    body: Annotated[Text, Meta(description="A request body of the author's own, with merge fields.")] | None = None
    confirm_success: bool | None = None


class Answered(Part, frozen=True):
    """What an answer must be. A text between slashes is a regular expression; a mapping is met by more keys."""

    status: Annotated[int, Meta(ge=100, le=999)] | None = None
    headers: dict[str, Text | None] = {}
    body: Json = None


class Submit(Part, frozen=True):
    """A request to the simulated API. Fields for later: `status`, `headers`, and those of the answer's body."""

    path: Text
    method: Method = "POST"
    headers: dict[str, Text] = {}
    body: Json = None
    times: Annotated[int, Meta(ge=1, le=10_000, description="Send it so many times.")] = 1
    expect: Answered | None = None


class Fire(Part, frozen=True):
    """Any event, with values of the author's own."""

    event: EventName
    fields: dict[str, Text] = {}
    times: Annotated[int, Meta(ge=1, le=10_000)] = 1


class Chosen(Part, frozen=True):
    """Which callouts are meant: those of `event`, or the `nth` of them, counted from 1. All of them where neither stands."""

    event: EventName | None = None
    nth: Positive | None = None


class Resend(Chosen, frozen=True):
    """Resend callouts through Zuora's own endpoint: their last history row, or that of `attempt`."""

    attempt: Positive | None = None
    failed: Annotated[bool, Meta(description="Only those that failed.")] = False


class Duplicate(Chosen, frozen=True):
    """One more copy of a callout; both are in flight before either is answered where `atOnce`."""

    at_once: bool = False


class Reorder(Part, frozen=True):
    """From here on what is due at one instant leaves in a seeded order; with a `window`, within so many minutes."""

    window: Annotated[float, Meta(ge=0)] = 0
    event: EventName | None = None


class FaultRule(Part, frozen=True):
    """A rule of `PUT /_simulator/faults`."""

    kind: Literal["duplicate", "reorder", "delay", "drop", "lost-answer"]
    event: EventName | None = None
    notification: Text | None = None
    attempt: Positive | None = None
    probability: Annotated[float, Meta(ge=0, le=1)] | None = None
    ttl_minutes: Annotated[float, Meta(ge=0)] | None = None
    at_once: bool | None = None
    window: Annotated[float, Meta(ge=0, description="Minutes.")] | None = None
    minutes: Annotated[float, Meta(ge=0)] | None = None


class OutcomeRule(Part, frozen=True):
    """A rule of `PUT /_simulator/outcomes`: how a submitted request ends."""

    result: Literal["succeed", "fail", "never", "lost-answer", "lock", "status"]
    method: Method | None = None
    path: Text | None = None
    nth: Positive | None = None
    code: Text | None = None
    message: Text | None = None
    after: Duration | None = None
    polls: Annotated[int, Meta(ge=0)] | None = None
    retries: Annotated[int, Meta(ge=0)] | None = None
    status: Annotated[int, Meta(ge=100, le=599)] | None = None
    latency: Duration | None = None


class Probe(Part, frozen=True):
    """A request to the application under test, and what it must answer. Without `url` it goes to the address of `--probe`."""

    url: Text | None = None
    method: Method = "GET"
    headers: dict[str, Text] = {}
    body: Json = None
    expect: Answered | None = None


class Nothing(Part, frozen=True):
    """A step that takes nothing."""


class Step(Part, frozen=True):
    """One step, told by its single key. `as` names it for ${name.field}; without it the verb is its name."""

    submit: Submit | None = None
    fire: Fire | None = None
    advance: Duration | None = None
    settle: Nothing | None = None
    drain: Nothing | None = None
    resend: Resend | None = None
    duplicate: Duplicate | None = None
    reorder: Reorder | None = None
    fault: FaultRule | None = None
    outcome: OutcomeRule | None = None
    set: Settings | None = None
    probe: Probe | None = None
    named: Name | None = field(default=None, name="as")

    @property
    def verb(self) -> str:
        """Its single key."""
        return next(verb for verb in VERBS if getattr(self, verb) is not None)

    @property
    def handle(self) -> str:
        """The name under which later steps find its fields."""
        return self.named or self.verb


VERBS = (
    "submit",
    "fire",
    "advance",
    "settle",
    "drain",
    "resend",
    "duplicate",
    "reorder",
    "fault",
    "outcome",
    "set",
    "probe",
)


class Expectation(Chosen, frozen=True):
    """What must have come of it: every callout that `event` and `nth` choose meets every claim.

    `times` count from the callout's first attempt. `answers` are the statuses of all its requests in order, copies and challenges
    included. `headers` and `body` are those of each request to the receiver, or of those that `attempt` and `exchange` choose.
    """

    attempt: Positive | None = None
    exchange: Positive | None = None
    count: Annotated[int, Meta(ge=0, description="So many callouts are chosen.")] | None = None
    attempts: Annotated[int, Meta(ge=0)] | None = None
    codes: list[Code] | None = None
    outcome: Literal["pending", "delivered", "failed", "not-sent"] | None = None
    times: list[Duration] | None = None
    errors: Annotated[list[str | None], Meta(description="The error class of each attempt, null for none.")] | None = (
        None
    )
    exchanges: Annotated[list[int], Meta(description="How many requests each attempt took.")] | None = None
    answers: list[Annotated[int, Meta(ge=100, le=999)] | None] | None = None
    requests: Annotated[int, Meta(ge=0, description="How many requests went out in all.")] | None = None
    headers: dict[str, Text | None] = {}
    body: Json = None
    truncated: bool | None = None
    why: Annotated[Text, Meta(description="Stands in the reason of the last attempt.")] | None = None
    never: Annotated[EventName | bool, Meta(description="No callout: of this event, or of the one that is chosen.")] = (
        False
    )


class Scenario(Part, frozen=True):
    """A story: what exists, what happens, and what must come of it."""

    title: Annotated[str, Meta(min_length=1, description="One line that says what the story shows.")]
    description: str = ""
    meaning: Annotated[str, Meta(description="What a failure of this story would mean in production.")] = ""
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    start: (
        Annotated[str, Meta(description="The instant at which the story begins.", extra={"unit": "instant"})] | None
    ) = None
    settings: Settings = Settings()
    receiver: Receiver = Receiver()
    custom_events: Annotated[list[str], Meta(description="Events that the tenant has registered.")] = []
    world: Annotated[
        dict[str, list[dict[str, Json]]],
        Meta(description="Resources that exist at the start, by the name of their collection: accounts: [{...}]."),
    ] = {}
    definitions: list[EventName | Definition] = []
    steps: list[Literal["settle", "drain"] | Step] = []
    expect: list[Expectation] = []
