"""What one may ask of a simulator: every option once, with its default, for Python, the command line and files alike.

It decides names, defaults and ranges. It opens nothing and starts nothing.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from simulator.core.errors import AuthorError, near_match
from simulator.core.options import camel_case
from simulator.core.units import format_duration
from simulator.marketing_cloud import quirks as cloud
from simulator.zuora.settings import Settings

ELSEWHERE = ("settings", "cloud_quirks", "origins", "answers")
"""Fields that are shown elsewhere: the settings may change while the simulator runs."""

FASTEST = 1_000_000
"""Times that a real clock may run faster: a day in less than a tenth of a second, and centuries before dates run out."""

LONGEST = timedelta(days=3650)
"""Longer than any story: what lies further ahead may be an instant that no calendar has."""

SETTINGS = ("max_attempts", "interval", "confirm_success", "empty_as_null", "locale", "quirks")

_SPAN = "a timedelta, such as timedelta(seconds=5)"
_HOSTS = "a list of host names"
KINDS: Mapping[str, tuple[Any, str]] = {
    "start": (datetime | None, "a datetime with a time zone"),
    "tls": (bool, "True or False"),
    "strict_urls": (bool, "True or False"),
    "strict_fields": (bool, "True or False"),
    "rate_limits": (bool, "True or False"),
    "host": (str, "a text"),
    "retain": (int | None, "a whole number"),
    "answers": (tuple | list, "a list of answers"),
    "rate": (int | float, "a number"),
    "seed": (int, "a whole number"),
    "concurrency": (int, "a whole number"),
    "port": (int, "a whole number"),
    "latency": (timedelta, _SPAN),
    "patience": (timedelta, _SPAN),
    "token_lifetime": (timedelta | None, _SPAN),
    "allow_hosts": (tuple | list | set | frozenset, _HOSTS),
    "insecure_receivers": (tuple | list | set | frozenset, _HOSTS),
    "server_names": (tuple | list | set | frozenset, _HOSTS),
    "routes": (Mapping, 'a mapping such as {"www.example.com": "127.0.0.1:8443"}'),
}
"""What a value has to be where Python hands it over; the command line and files read theirs by themselves."""


class Options(Struct, frozen=True, kw_only=True):
    """Everything that a simulator is built from.

    ``clock`` is ``virtual`` or ``real``; ``start`` the first instant; ``rate`` how many times faster a real clock runs;
    ``delivery`` when first attempts go out: ``immediate``, ``on-advance``, or ``collect`` (no socket is ever opened, and
    ``answers`` are taken for the receiver's); ``patience`` how long a hung receiver is waited for on a virtual clock;
    ``state`` the file that keeps all that was accepted.
    """

    clock: Literal["virtual", "real"] = "virtual"
    start: datetime | None = None
    rate: float = 1.0
    seed: int = 0
    latency: timedelta = timedelta(0)
    delivery: Literal["immediate", "on-advance", "collect"] = "on-advance"
    concurrency: int = 1
    patience: timedelta = timedelta(seconds=2)
    host: str = "127.0.0.1"
    port: int = 0
    tls: bool = False
    certs: str | None = None
    ca: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    routes: Mapping[str, str] = {}
    allow_hosts: tuple[str, ...] = ()
    insecure_receivers: tuple[str, ...] = ()
    strict_urls: bool = False
    strict_auth: Mapping[str, str] | None = None
    strict_fields: bool = False
    allow_unknown: bool = False
    rate_limits: bool = False
    token_lifetime: timedelta | None = None
    reuse_connections: bool = False
    retain: int | None = None
    state: str | None = None
    answers: tuple[Any, ...] = ()
    server_names: tuple[str, ...] = ()
    settings: Settings = Settings()
    cloud_quirks: cloud.Quirks = cloud.Quirks()
    origins: Mapping[str, str] = {}

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Options":
        """Options by keyword; the callout settings (``max_attempts``, ``interval``, ...) stand among them.

        Raises AuthorError for an unknown name, with the nearest ones.
        """
        return cls().merged(given, "argument")

    def merged(self, given: Mapping[str, Any], origin: str) -> "Options":
        """These options with ``given`` in their place, each noted as coming from ``origin``."""
        known = (*self.__struct_fields__, *SETTINGS)
        for name in given:
            if name not in known:
                raise AuthorError(f"unknown option {name!r}{near_match(name, known)}")
        plain = {name: value for name, value in given.items() if name not in SETTINGS}
        if isinstance(start := plain.get("start"), datetime) and start.tzinfo is not None:
            plain["start"] = start.astimezone(UTC)
        settings = {name: value for name, value in given.items() if name in SETTINGS}
        settings = in_minutes(settings)
        if isinstance(quirks := settings.get("quirks"), Mapping):
            own, settings["quirks"] = cloud.split(quirks)
            plain["cloud_quirks"] = self.cloud_quirks.merged(own, text=True)
        if settings:
            plain["settings"] = self.settings.merged(settings, text="quirks" in settings)
        origins = {**self.origins, **dict.fromkeys(given, origin)}
        options = replace(self, **plain, origins=origins)
        options._check()
        return options

    @property
    def setting_origins(self) -> dict[str, str]:
        """Where each of the callout settings came from, by its name on the wire."""
        wire = {"max_attempts": "maxAttempts", "interval": "intervalMinutes", "confirm_success": "confirmSuccess"}
        wire |= {"empty_as_null": "emptyAsNull", "locale": "locale", "quirks": "quirks"}
        return {wire[name]: origin for name, origin in self.origins.items() if name in wire}

    @property
    def fixed(self) -> dict[str, Any]:
        """What cannot be changed while a server runs, by its name on the wire, as plain values; no secret is among them."""
        shown = {field: getattr(self, field) for field in self.__struct_fields__ if field not in ELSEWHERE}
        shown["strict_auth"] = sorted(self.strict_auth) if self.strict_auth is not None else None
        return {camel_case(name): _plain(value) for name, value in shown.items()}

    @property
    def fixed_origins(self) -> dict[str, str]:
        """Where each of `fixed` came from."""
        fields = (field for field in self.__struct_fields__ if field not in ELSEWHERE)
        return {camel_case(name): self.origins.get(name, "default") for name in fields}

    def _check(self) -> None:
        for name, (kind, asked) in KINDS.items():
            if not isinstance(getattr(self, name), kind):
                raise AuthorError(f"{name} must be {asked}, not {getattr(self, name)!r}")
        lifetime, start = self.token_lifetime, self.start
        for name, fits, asked in (
            ("rate", 0 < self.rate <= FASTEST, f"greater than 0 and at most {FASTEST:,}"),
            ("start", start is None or start.tzinfo is not None, "an instant with a time zone, such as datetime.UTC"),
            ("start", start is None or start.year < 9000, "before the year 9000"),
            ("concurrency", self.concurrency >= 1, "at least 1"),
            ("latency", timedelta(0) <= self.latency <= LONGEST, f"from 0s to {format_duration(LONGEST)}"),
            (
                "token_lifetime",
                lifetime is None or timedelta(0) < lifetime <= LONGEST,
                f"longer than 0 and at most {format_duration(LONGEST)}",
            ),
            ("patience", self.patience > timedelta(0), "longer than 0"),
            ("port", 0 <= self.port <= 65535, "from 0 to 65535"),
            ("clock", self.clock in ("virtual", "real"), "virtual or real"),
            ("delivery", self.delivery in ("immediate", "on-advance", "collect"), "immediate, on-advance or collect"),
            ("retain", self.retain is None or self.retain >= 0, "0 or more"),
            ("answers", not self.answers or self.delivery == "collect", "left out without delivery='collect'"),
        ):
            if not fits:
                raise AuthorError(f"{name} must be {asked}, not {_said(getattr(self, name))}")


def _said(value: Any) -> str:
    if isinstance(value, timedelta):
        return format_duration(value)
    return str(value) if isinstance(value, datetime) else repr(value)


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return format_duration(value)
    return dict(value) if isinstance(value, Mapping) else value


def in_minutes(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Callout settings with ``interval``, a timedelta or a number of minutes, under the name that Zuora's form gives it."""
    named = dict(settings)
    interval = named.pop("interval", None)
    if isinstance(interval, timedelta):
        interval /= timedelta(minutes=1)
    if interval is not None:
        whole = isinstance(interval, float) and interval.is_integer()
        named["interval_minutes"] = int(interval) if whole else interval
    return named
