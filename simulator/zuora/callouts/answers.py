"""What can be read in the body of an answer: JSON, decompressed where need be, within bounds.

It alone decides what counts as readable; it knows no rule that asks.
"""

import json
import zlib
from typing import Any

from simulator.core.model import Outcome

BOUND = 61_440  # bytes: Zuora keeps 60 KB of an answer (documented), and so it can read no more


def json_answer(outcome: Outcome) -> Any:
    """The JSON value of an answer that says it is ``application/json``; None where there is none to be read."""
    media_type = (outcome.header("Content-Type") or "").partition(";")[0].strip().lower()
    return json_body(outcome) if media_type == "application/json" else None


def json_body(outcome: Outcome) -> Any:
    """The JSON value of a body whatever its type; None where it is cut off, too large or not JSON."""
    plain = _plain_body(outcome)
    if plain is None:
        return None
    try:
        return json.loads(plain)
    except (ValueError, RecursionError):
        return None


def _plain_body(outcome: Outcome) -> bytes | None:
    if outcome.truncated:
        return None
    coding = (outcome.header("Content-Encoding") or "identity").strip().lower()
    if coding == "identity":
        return outcome.body
    if coding not in {"gzip", "x-gzip", "deflate"}:
        return None
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # either header, as the data says
    try:
        plain = inflater.decompress(outcome.body, BOUND)
    except zlib.error:
        return None
    return plain if inflater.eof else None
