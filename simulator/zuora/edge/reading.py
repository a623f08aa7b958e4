"""What a path and a body say, before anybody asks what they are for.

A path is its segments, a body its JSON value. Nothing here knows an operation.
"""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import msgspec

from simulator.core.errors import ClientError
from simulator.zuora.edge.replies import BAD_JSON

PREFIXES = frozenset({"rest", "apps"})
"""What some clients write before `/v1`, as in Zuora's older base URLs; it means nothing here."""


_NOT_ACCEPTABLE = re.compile(r"q=0(\.0{0,3})?")


def origin_form(target: str) -> str:
    """Path and query of a request line; of ``http://host/v1/accounts``, as clients write it to a proxy, what follows the host.

    A server must take that form too (RFC 9112, 3.2.2).
    """
    if target.startswith("/"):
        return target
    path = target.partition("://")[2].partition("/")[2]
    return f"/{path}"


@lru_cache(maxsize=512)
def segments_of(path: str) -> tuple[str, ...]:
    """The segments of a path as received (without its query), each decoded."""
    parts = [part for part in path.split("/") if part]
    if parts and parts[0] in PREFIXES:
        parts = parts[1:]
    if "%" in path:
        parts = [unquote(part, errors="replace") for part in parts]
    return tuple(parts)


def takes_gzip(accepted: str) -> bool:
    """Whether an ``Accept-Encoding`` asks for gzip; ``q=0`` says that it is not acceptable (RFC 9110, 12.4.2)."""
    for part in accepted.lower().split(","):
        coding, *parameters = [word.strip() for word in part.split(";")]
        if coding == "gzip":
            return not any(_NOT_ACCEPTABLE.fullmatch(word) for word in parameters)
    return False


def read_json(raw: bytes) -> Any:
    """A request body as a value; of a key that comes twice the last counts. Raises a ClientError of category 90."""
    try:
        return msgspec.json.decode(raw)
    except RecursionError as error:
        raise ClientError("Malformed JSON: it is nested too deeply", code=BAD_JSON) from error
    except UnicodeDecodeError as error:
        raise ClientError("Malformed JSON: it is not UTF-8", code=BAD_JSON) from error
    except (ValueError, msgspec.MsgspecError) as error:
        raise ClientError(f"Malformed JSON: {error}", code=BAD_JSON) from error
