"""A journal's rows as plain values of JSON, and back: what `state export` writes and `state import` reads.

A record of a provider stands under the name of its type; bytes are text where they are UTF-8, else base64.
"""

from base64 import b64decode, b64encode
from typing import Any

import msgspec

from simulator.runtime.journal.rows import Row, Stand

TAG = "row"
STAND = "stand"
_KINDS: dict[str, Any] = {str(kind.__struct_config__.tag): kind for kind in Row.__args__}


def plain(row: Row) -> dict[str, Any]:
    """``{"row": "event", "id": ..., ...}``."""
    fields = {name: _plain(getattr(row, name)) for name in row.__struct_fields__}
    return {TAG: row.__struct_config__.tag, **fields}


def row_of(given: dict[str, Any]) -> Row:
    """Raises ValueError (msgspec.ValidationError among them) for what is no row."""
    kind = _KINDS.get(str(given.get(TAG)))
    if kind is None:
        raise ValueError(f"there is no row {given.get(TAG)!r}")
    values = [_back(given.get(name)) for name in kind.__struct_fields__]
    if kind.__struct_fields__[0] == STAND and isinstance(values[0], dict):
        values[0] = [values[0].get(name) for name in Stand.__struct_fields__]  # rows are arrays, and so is this part
    row: Row = msgspec.convert([given[TAG], *values], kind)
    return row


def _plain(value: Any) -> Any:
    match value:
        case bytes():
            return _text(value)
        case (str() as name, bytes() as raw):
            return {"$record": name, "value": msgspec.json.decode(raw)}
        case tuple() | list():
            return [_plain(one) for one in value]
        case msgspec.Struct():
            return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    return msgspec.to_builtins(value)


def _text(value: bytes) -> dict[str, str]:
    try:
        return {"$text": value.decode()}
    except UnicodeDecodeError:
        return {"$base64": b64encode(value).decode()}


def _back(value: Any) -> Any:
    match value:
        case {"$text": str(text), **rest} if not rest:
            return text.encode()
        case {"$base64": str(text), **rest} if not rest:
            return b64decode(text)
        case {"$record": str(name), "value": record, **rest} if not rest:
            return name, msgspec.json.encode(record)
        case dict():
            return {key: _back(one) for key, one in value.items()}
        case list():
            return [_back(one) for one in value]
    return value
