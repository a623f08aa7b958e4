"""What a path and a body say, before anybody asks what they are for.

A path is its segments, a body its JSON value. Nothing here knows an operation.
"""

from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import msgspec

from simulator.core.errors import ClientError
from simulator.zuora.edge.replies import BAD_JSON

PREFIXES = frozenset({"rest", "apps"})
"""What some clients write before `/v1`, as in Zuora's older base URLs; it means nothing here."""


@lru_cache(maxsize=512)
def segments_of(path: str) -> tuple[str, ...]:
    """The segments of a path as received (without its query), each decoded."""
    parts = [part for part in path.split("/") if part]
    if parts and parts[0] in PREFIXES:
        parts = parts[1:]
    if "%" in path:
        parts = [unquote(part, errors="replace") for part in parts]
    return tuple(parts)


def read_json(raw: bytes) -> Any:
    """A request body as a value; of a key that comes twice the last counts. Raises a ClientError of category 90."""
    try:
        return msgspec.json.decode(raw)
    except RecursionError as error:
        raise ClientError("Malformed JSON: it is nested too deeply", code=BAD_JSON) from error
    except (ValueError, msgspec.MsgspecError) as error:
        raise ClientError(f"Malformed JSON: {error}", code=BAD_JSON) from error
