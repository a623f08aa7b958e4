"""The scene of a story: the words of the format, the settings, the receiver and the definitions, before any step.

They are part of the format that `simulator.replay.story` completes, and know no step.
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
