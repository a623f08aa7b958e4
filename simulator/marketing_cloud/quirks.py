"""Where Marketing Cloud's documents are silent or at odds: one field for each choice, and its default.

This module alone decides the names, values and defaults of the knobs. It never acts on one: whoever does reads the field.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from simulator.core.options import Limit, camel_case, read_options, spoken


class EmptyFields(StrEnum):
    """Callback fields without a value: left out (seed 001), or present and blank (the page "Response Options")."""

    ABSENT = "absent"
    BLANK = "blank"


class FailedStatus(StrEnum):
    """What the callback of a call that failed says; seed 001 can be read so that it says OK and nothing of the failure."""

    ERROR = "Error"
    OK = "OK"


class PartlyFailed(StrEnum):
    """The overall status of an asynchronous call of which some objects failed."""

    ERROR = "Error"
    HAS_ERRORS = "Has Errors"


class CreateExisting(StrEnum):
    """Create of an object that is there, without SaveOptions: it is updated, or an error as the service answers it."""

    UPDATE = "update"
    ERROR = "error"


class Quirks(Struct, frozen=True, rename="camel"):
    """The knobs of this dialect."""

    empty_fields: EmptyFields = EmptyFields.ABSENT
    failed_status: FailedStatus = FailedStatus.ERROR
    partly_failed: PartlyFailed = PartlyFailed.ERROR
    create_existing: CreateExisting = CreateExisting.UPDATE
    result_days: int = 30
    callback_user_agent: str = "Marketing-Cloud-Callback-Simulator"

    def merged(self, given: Mapping[str, Any], *, text: bool = False) -> "Quirks":
        """These knobs with those of ``given`` in their place; raises AuthorError for an unknown name or value."""
        return read_options(self, given, what="quirk", limits=LIMITS, text=text)

    def as_dict(self) -> dict[str, Any]:
        """The knobs by their camelCase names, values plain."""
        return {camel_case(name): spoken(getattr(self, name)) for name in self.__struct_fields__}


LIMITS: Mapping[str, Limit] = {
    "result_days": (lambda value: 1 <= value <= 365, "from 1 to 365 (days)"),
    "callback_user_agent": (lambda value: value.isascii() and value.isprintable(), "printable ASCII on one line"),
}


def names() -> frozenset[str]:
    """How these knobs may be written, in camelCase or snake_case."""
    fields = Quirks.__struct_fields__
    return frozenset((*fields, *map(camel_case, fields)))


def split(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The knobs of this dialect, and those of others."""
    known = names()
    mine = {name: value for name, value in given.items() if name in known}
    return mine, {name: value for name, value in given.items() if name not in known}
