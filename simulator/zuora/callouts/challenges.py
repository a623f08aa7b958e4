"""Reading ``WWW-Authenticate`` (RFC 9110, 11.6.1; spec): several challenges in one header, or in several.

It alone decides where one challenge ends and the next begins. It answers none. Scheme names are given in lower case.
"""

import re
from collections.abc import Mapping

from msgspec import Struct

from simulator.core.model import Outcome

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_ITEM = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*"?)+')
_PARAM = re.compile(rf"({_TOKEN})\s*=\s*(.*)", re.DOTALL)
_OPENING = re.compile(rf"({_TOKEN})(?:\s+(.*))?", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)')
_TOKEN68 = re.compile(r"[A-Za-z0-9\-._~+/]+=*")


class Challenge(Struct, frozen=True):
    """One scheme that the receiver offers; ``token`` is the data of NTLM and Negotiate, Base64 as received."""

    scheme: str
    params: Mapping[str, str]
    token: str | None = None


def challenges(outcome: Outcome) -> tuple[Challenge, ...]:
    """What an answer offers, in its order. What can't be read is left out; an unquoted value may hold spaces."""
    found: list[Challenge] = []
    for name, value in outcome.headers:
        if name.lower() == "www-authenticate":
            found += _read(value)
    return tuple(found)


def _read(header: str) -> list[Challenge]:
    found: list[Challenge] = []
    params: dict[str, str] = {}
    for item in map(str.strip, _ITEM.findall(header)):
        if (param := _PARAM.fullmatch(item)) is not None:
            params[param[1].lower()] = _unquoted(param[2])
        elif (opening := _OPENING.fullmatch(item)) is not None:
            params, rest = {}, opening[2] or ""
            token = rest if _TOKEN68.fullmatch(rest) else None
            if token is None and (param := _PARAM.fullmatch(rest)) is not None:
                params[param[1].lower()] = _unquoted(param[2])
            found.append(Challenge(opening[1].lower(), params, token))
    return found


def _unquoted(value: str) -> str:
    quoted = _QUOTED.match(value)
    return re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else value
