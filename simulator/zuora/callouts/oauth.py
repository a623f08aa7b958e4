"""Tokens from an OAuth 2.0 provider for callouts: how they are asked for, read and kept.

Seed 002, "Provide OAuth 2.0 client credentials": client id and secret in the request body; if that fails, in the header
by HTTP Basic, as ``base64(client_id:client_secret)`` (documented). That a token is kept until it expires is inferred.
This module never decides whether to ask; `auth` does.
"""

import re
from base64 import b64encode
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from msgspec import Struct

from simulator.core.http import compose
from simulator.core.model import Callout, Outcome
from simulator.zuora.callouts.answers import json_body
from simulator.zuora.notifications.definitions import OAuthProvider

PURPOSE = "token"  # of a request to the provider, told apart from the callout's own in every record

_SENDABLE = re.compile(r"[\x21-\x7e]+")
LONGEST = 10 * 366 * 86_400  # seconds: a lifetime that is longer is as good as none


class TokenStyle(StrEnum):
    """Where the client's credentials stand in a token request."""

    BODY = "body"
    BASIC = "basic"


class Token(Struct, frozen=True):
    """A token and the instant after which it is no longer used; None where the provider named no lifetime."""

    value: str
    expires: datetime | None

    def usable(self, now: datetime) -> bool:
        return self.expires is None or now < self.expires

    def __repr__(self) -> str:
        return f"<Token, expires {self.expires}>"


def basic(user: str, password: str) -> str:
    """The value of an ``Authorization`` header for HTTP Basic, in UTF-8 (RFC 7617)."""
    return "Basic " + b64encode(f"{user}:{password}".encode("utf-8", "replace")).decode("ascii")


def token_request(provider: OAuthProvider, style: TokenStyle, request_id: str, user_agent: str) -> Callout:
    """A client credentials request (RFC 6749, 4.4). It is no callout, so it carries none of the ``Zuora-*`` headers."""
    form = {"grant_type": provider.grant_type}
    headers = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Accept", "application/json"),
        ("User-Agent", user_agent),
    ]
    if style is TokenStyle.BODY:
        form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
    else:
        headers.append(("Authorization", basic(provider.client_id, provider.client_secret)))
    if provider.scope:
        form["scope"] = provider.scope
    body = urlencode(form, errors="replace").encode("ascii")
    return compose("POST", provider.token_endpoint, headers, body, request_id, PURPOSE)


def style_of(request: Callout) -> TokenStyle:
    """How a token request carried the credentials."""
    sent = any(name == "Authorization" for name, _ in request.headers)
    return TokenStyle.BASIC if sent else TokenStyle.BODY


def read_token(outcome: Outcome, now: datetime) -> Token | str:
    """The token of a provider's answer, or a clause that says why there is none."""
    if outcome.error is not None:
        return outcome.detail or outcome.error.value
    if outcome.status != 200:
        return f"answered {outcome.status}"
    answer = json_body(outcome)
    value = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(value, str) or not _SENDABLE.fullmatch(value):
        return "answered 200 without a usable access_token"
    return Token(value, _expiry(answer.get("expires_in"), now))


def _expiry(lifetime: object, now: datetime) -> datetime | None:
    """``expires_in`` is in seconds; some providers write it as a string."""
    try:
        seconds = float(lifetime) if isinstance(lifetime, int | float | str) else None
    except (ValueError, OverflowError):
        return None
    if seconds is None or not seconds < LONGEST:
        return None
    return now + timedelta(seconds=max(seconds, 0))
