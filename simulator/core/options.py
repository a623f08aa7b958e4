"""How a mapping that a person wrote becomes a record of options: unknown names and impossible values are told, not ignored.

It alone decides the wording of these errors. It knows no option.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeVar, get_type_hints

import msgspec

from simulator.core.errors import AuthorError, near_match

Options = TypeVar("Options", bound=msgspec.Struct)
Limit = tuple[Callable[[Any], bool], str]


def read_options(
    options: Options, given: Mapping[str, Any], *, what: str, limits: Mapping[str, Limit], text: bool = False
) -> Options:
    """``options`` with the values of ``given`` in place, names in snake_case or camelCase.

    ``text`` also reads numbers and booleans from strings. ``limits`` holds, by field, a test and the words for it.
    Raises AuthorError, whose message names the option, what was given and what may be given.
    """
    if not isinstance(given, Mapping):
        raise AuthorError(f"{what}s must be an object of names and values, not {given!r}")
    hints = get_type_hints(type(options))
    names = {camel_case(field): field for field in options.__struct_fields__}
    changes: dict[str, Any] = {}
    for name, value in given.items():
        field = names.get(name) or (name if name in hints else None)
        if field is None:
            raise AuthorError(f"unknown {what} {name!r}{near_match(str(name), names)}")
        changes[field] = _convert(name, value, hints[field], what, limits.get(field), text)
    return msgspec.structs.replace(options, **changes)


def _convert(name: str, value: Any, kind: Any, what: str, limit: Limit | None, text: bool) -> Any:
    try:
        converted = msgspec.convert(value, kind, strict=not (text and isinstance(value, str)))
    except msgspec.ValidationError:
        offer = near_match(value, [one.value for one in kind]) if isinstance(value, str) and _is_choice(kind) else ""
        raise AuthorError(f"{what} {name} must be {_allowed(kind, limit)}, not {spoken(value)!r}{offer}") from None
    if limit is not None and not limit[0](converted):
        raise AuthorError(f"{what} {name} must be {_allowed(kind, limit)}, not {spoken(value)!r}")
    return converted


def _is_choice(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _allowed(kind: Any, limit: Limit | None) -> str:
    if limit is not None:
        return limit[1]
    if _is_choice(kind):
        return " or ".join(repr(one.value) for one in kind)
    return {bool: "true or false", int: "a whole number", str: "a text"}.get(kind, "an object")


def camel_case(name: str) -> str:
    """``max_attempts`` as ``maxAttempts``."""
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def spoken(value: Any) -> Any:
    """The value as it stands in JSON: an enum member by its text."""
    return value.value if isinstance(value, Enum) else value
