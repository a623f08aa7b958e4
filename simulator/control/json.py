"""How the control plane reads and writes JSON: unknown keys are refused with the nearest known one."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from aiohttp import web

from simulator.core.errors import ClientError, near_match


def answer(body: Any, status: int = 200) -> web.Response:
    """A JSON answer; instants in UTC, records by their camelCase names."""
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")


async def read_object(request: web.Request, known: Iterable[str] | None = None) -> dict[str, Any]:
    """The request's body as an object, empty where there is none; ``known`` are the only keys that are taken."""
    raw = await request.read()
    try:
        given = msgspec.json.decode(raw) if raw.strip() else {}
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ClientError(f"the body is no JSON: {error}") from error
    if not isinstance(given, dict):
        raise ClientError("the body must be a JSON object")
    if known is not None:
        only(given, known)
    return given


def only(given: Mapping[str, Any], known: Iterable[str], what: str = "key") -> None:
    """Refuse any name that is not known."""
    names = tuple(known)
    for name in given:
        if name not in names:
            expected = ", ".join(names) or "none"
            raise ClientError(f"unknown {what} {name!r}{near_match(name, names) or f'; known: {expected}'}")


def client_of(request: web.Request, *others: str) -> str | None:
    """The tenant that ``?clientId=`` names, None for all; ``others`` are further parameters that are taken."""
    only(dict(request.query), ("clientId", *others), "parameter")
    return request.query.get("clientId")
