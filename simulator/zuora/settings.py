"""The callout settings of a tenant: how often, how far apart, what counts as success, and how values are written.

It alone decides their names, defaults and ranges (seed 002, "Configure Callout Settings"; documented). It never
judges an answer and never renders a value. A changed setting applies to the next decision.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from simulator.core.errors import AuthorError, near_match
from simulator.core.model import Policy
from simulator.core.options import camel_case, read_options, spoken
from simulator.zuora.callouts.locales import ISO, LOCALES, normal_locale
from simulator.zuora.quirks import AttemptsMean, Quirks


class ConfirmSuccess(StrEnum):
    """Whether a 200 is also asked for ``success`` in its body.

    ``reject-false`` is the tenant's old switch: ``{"success": false}`` in a JSON answer is retried. ``require-true`` is
    the template's flag of 2026: only ``{"success": true}`` in a JSON answer is success.
    """

    OFF = "off"
    REJECT_FALSE = "reject-false"
    REQUIRE_TRUE = "require-true"


class Settings(Struct, frozen=True, rename="camel"):
    """A tenant's callout settings. Intervals are in minutes, as in Zuora's form."""

    max_attempts: int = 3
    interval_minutes: int = 30
    confirm_success: ConfirmSuccess = ConfirmSuccess.OFF
    empty_as_null: bool = False
    locale: str = ISO
    quirks: Quirks = Quirks()

    @classmethod
    def read(cls, given: Mapping[str, Any], *, text: bool = False) -> "Settings":
        """The settings given over the defaults; see `merged`."""
        return cls().merged(given, text=text)

    def merged(self, given: Mapping[str, Any], *, text: bool = False) -> "Settings":
        """These settings with those of ``given`` in their place; ``quirks`` are merged one by one.

        Names in camelCase or snake_case; ``text`` reads numbers and booleans from strings. Raises AuthorError for an
        unknown name (with the nearest ones) or a value out of range.
        """
        if not isinstance(given, Mapping):
            raise AuthorError(f"settings must be an object of names and values, not {given!r}")
        plain = dict(given)
        quirks = self.quirks.merged(plain.pop("quirks"), text=text) if "quirks" in plain else self.quirks
        for name in ("confirmSuccess", "confirm_success"):
            if plain.get(name) is False:
                plain[name] = ConfirmSuccess.OFF.value  # YAML 1.1 reads a bare `off` as false
        if isinstance(plain.get("locale"), str):
            plain["locale"] = normal_locale(plain["locale"])
            if plain["locale"] not in LOCALES:
                near = near_match(plain["locale"], LOCALES) or f"; known: {', '.join(LOCALES)}"
                raise AuthorError(f"unknown locale {given['locale']!r}{near}")
        changed = read_options(self, plain, what="setting", limits=LIMITS, text=text)
        return msgspec.structs.replace(changed, quirks=quirks)

    def as_dict(self) -> dict[str, Any]:
        """The settings by their camelCase names, values plain, ``quirks`` an object."""
        values = {camel_case(name): spoken(getattr(self, name)) for name in self.__struct_fields__}
        return values | {"quirks": self.quirks.as_dict()}

    def policy(self, retry: bool) -> Policy:
        """When a delivery is tried again; ``retry`` is the template's ``calloutRetry``."""
        more = 1 if self.quirks.attempts_mean is AttemptsMean.RETRIES else 0
        return _policy(self.max_attempts + more, self.interval_minutes, retry)


@lru_cache(maxsize=1024)  # asked with every attempt
def _policy(limit: int, minutes: int, retry: bool) -> Policy:
    return Policy(limit=limit, interval=timedelta(minutes=minutes), retry=retry)


LIMITS: Mapping[str, tuple[Any, str]] = {
    "max_attempts": (lambda value: 1 <= value <= 5, "a whole number from 1 to 5"),
    "interval_minutes": (lambda value: 1 <= value <= 1440, "a whole number from 1 to 1440 (minutes)"),
}
