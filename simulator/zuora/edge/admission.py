"""Who asks, and what they sent: the part of a request that is settled before any operation is asked.

It alone decides who may speak for a tenant, what a track id may hold, and which bodies are read. It carries nothing out.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import unquote_plus

from aiohttp import web
from aiohttp.http_exceptions import ContentEncodingError
from aiohttp.web_exceptions import HTTPRequestEntityTooLarge

from simulator.core.errors import ClientError
from simulator.zuora.edge import replies
from simulator.zuora.edge.call import Call
from simulator.zuora.edge.operations import Body
from simulator.zuora.edge.reading import read_json
from simulator.zuora.service import ZuoraService
from simulator.zuora.tenant import CLIENT_ID_LENGTH, SECRET_LENGTH, Tenant

FORM = "application/x-www-form-urlencoded"
TRACK_ID = "Zuora-Track-Id"
TRACK_ID_LENGTH = 64
TRACK_ID_NEVER = frozenset(":;\"'")
LONGEST_CLIENT_ID = 254
_KINDS: dict[Body, tuple[type, str]] = {Body.OBJECT: (dict, "object"), Body.ARRAY: (list, "array")}


def tenant_of(service: ZuoraService, headers: Mapping[str, str], now: datetime) -> Tenant:
    """The tenant for which a request speaks; raises a 401 where it speaks for none.

    A token, or id and secret as HTTP Basic or in the two headers of older clients (documented: "apiAccessKeyId").
    """
    scheme, _, word = headers.get("Authorization", "").partition(" ")
    tenant: Tenant | None = None
    if scheme.lower() == "bearer":
        tenant = service.tenants.of_token(word.strip(), now)
    elif scheme.lower() == "basic":
        tenant = _of_pair(service, *basic_pair(word))
    elif "apiAccessKeyId" in headers:
        tenant = _of_pair(service, headers["apiAccessKeyId"], headers.get("apiSecretAccessKey", ""))
    if tenant is None:
        raise ClientError("Authentication error", status=401)
    return tenant


def _of_pair(service: ZuoraService, client_id: str, secret: str) -> Tenant | None:
    """The id alone is the tenant, unless only named clients are let in."""
    known = service.tenants.strict
    if not 0 < len(client_id) <= LONGEST_CLIENT_ID or not secret:
        return None
    return service.tenants[client_id] if known is None or known.get(client_id) == secret else None


def basic_pair(word: str) -> tuple[str, str]:
    """User and password of HTTP Basic; empty ones where it is none."""
    try:
        user, _, password = b64decode(word.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return user, password


def oauth_pair(service: ZuoraService, word: str) -> tuple[str, str]:
    """Id and secret of HTTP Basic at the token endpoint: as they are, or form-encoded, as RFC 6749 (2.3.1) asks."""
    client_id, secret = basic_pair(word)
    known = service.tenants.strict
    if known is not None and known.get(client_id) == secret:
        return client_id, secret
    return unquote_plus(client_id), unquote_plus(secret)


def admit(service: ZuoraService, client_id: str, secret: str) -> None:
    """Refuse an OAuth client that is not well formed, or, where only named ones are let in, not known."""
    known = service.tenants.strict
    if len(client_id) != CLIENT_ID_LENGTH or (known is not None and client_id not in known):
        raise ClientError("Invalid client id", status=400)
    if not 0 < len(secret) <= SECRET_LENGTH or (known is not None and known[client_id] != secret):
        raise ClientError("Bad client credentials", status=401)


def track_id_of(headers: Mapping[str, str]) -> str | None:
    """The track id that is echoed and told; raises a 400 for one that breaks its rules (documented: ND-C)."""
    text = headers.get(TRACK_ID)
    if text and not is_track_id(text):
        words = f"{TRACK_ID} must have at most {TRACK_ID_LENGTH} US-ASCII characters and none of : ; \" '"
        raise ClientError(words, code=replies.BAD_VALUE)
    return text or None


def is_track_id(text: str) -> bool:
    return len(text) <= TRACK_ID_LENGTH and text.isascii() and text.isprintable() and not TRACK_ID_NEVER & set(text)


async def read_body(request: web.Request, call: Call) -> None:
    """Read what the operation takes: 413 for too much, 415 for another type, category 90 for what is no JSON.

    The type is asked only where there is a body.
    """
    if not request.can_read_body:
        return
    kind, content, most = call.operation.body, request.content, request._client_max_size  # aiohttp has no other name
    length = request.content_length
    if length is not None and length >= most:
        raise HTTPRequestEntityTooLarge(max_size=most, actual_size=length)
    try:
        if content.is_eof() and kind is not Body.FORM:  # all of it came with the head
            call.raw = content.read_nowait()
            if len(call.raw) >= most:  # decompressed
                raise HTTPRequestEntityTooLarge(max_size=most, actual_size=len(call.raw))
        else:
            call.raw = await request.read()
            call.now = call.service.now()  # it took its time: what it asks for is asked now
    except (ContentEncodingError, web.RequestPayloadError) as error:
        raise ClientError("The body is not what its Content-Encoding says", code=replies.BAD_VALUE) from error
    if not call.raw or kind is Body.NONE:
        return
    if kind is Body.FORM:
        if request.content_type != FORM:
            raise ClientError(f"The body must be {FORM}", status=415)
        call.body = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        return
    if request.content_type != replies.JSON:
        raise ClientError("HTTP 415 Unsupported Media Type", status=415)
    call.body = read_json(call.raw)
    expected, words = _KINDS.get(kind, (object, ""))
    if not isinstance(call.body, expected):
        raise ClientError(f"The request body must be a JSON {words}", code=replies.BAD_JSON)
