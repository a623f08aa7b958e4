"""The types of a scenario file: what may stand in it, in which shape, and what it means.

They alone define the format and its JSON Schema. They hold values as written (a duration stays ``30m``) and know
neither YAML nor how a story is run. Names are those of the control plane, in camel case on file.
"""

from typing import Annotated, Literal

from msgspec import Meta, field

from simulator.replay.scene import (
    Answer,
    Code,
    Definition,
    Duration,
    EventName,
    Json,
    Method,
    Name,
    Part,
    Positive,
    Receiver,
    Settings,
    Text,
)

__all__ = [
    "VERBS",
    "Answer",
    "Answered",
    "Chosen",
    "Definition",
    "Duplicate",
    "Expectation",
    "FaultRule",
    "Fire",
    "Nothing",
    "OutcomeRule",
    "Probe",
    "Receiver",
    "Reorder",
    "Resend",
    "Scenario",
    "Settings",
    "Step",
    "Submit",
]


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
    retry_after: Annotated[int, Meta(ge=0)] | None = None
    body: Annotated[dict[str, Json] | None, Meta(description="Dotted names of fields and the values they have.")] = None


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
    copies: Annotated[list[int | None] | None, Meta(description="The answers to copies, challenges aside.")] = None
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
    needs: Annotated[
        list[Literal["basic", "probe"]], Meta(description="What must be given for a receiver of the user's own.")
    ] = []
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
