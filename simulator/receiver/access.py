"""Who may speak to the receiver: Basic credentials, a bearer token, and where that token is to be had.

This module alone decides whether a request's credentials will do. It is pure; what it asks for is RFC 7617 (Basic),
RFC 6750 (bearer) and RFC 6749, sections 2.3.1, 4.4 and 5 (client credentials, and how a token server answers).
"""

from base64 import b64encode
from enum import StrEnum
from typing import Final

from msgspec import Struct, json

from simulator.core.errors import AuthorError
from simulator.receiver.answer import Answer
from simulator.receiver.received import Received

REALM: Final = "receiver"
DEFAULT_TOKEN: Final = "receiver-token"


class TokenCredentials(StrEnum):
    """Where the token endpoint looks for the client's id and secret."""

    EITHER = "either"
    FORM = "form"
    BASIC = "basic"


class Access(Struct, frozen=True):
    """What is asked of a request before the script is asked. With both kinds set, either will do."""

    basic: tuple[str, str] | None = None
    token: str | None = None
    token_endpoint: str | None = None
    client: tuple[str, str] | None = None
    credentials: TokenCredentials = TokenCredentials.EITHER

    def __repr__(self) -> str:
        kinds = [kind for kind in ("basic", "token", "token_endpoint") if getattr(self, kind) is not None]
        return f"<Access {', '.join(kinds) or 'open'}>"

    @property
    def open(self) -> bool:
        """Nothing is asked of anybody."""
        return self.basic is None and self.token is None and self.token_endpoint is None

    def issues(self, received: Received) -> bool:
        """Whether the request is one for a token."""
        return self.token_endpoint is not None and received.path == self.token_endpoint

    def admits(self, received: Received) -> bool:
        """Whether the request may pass on to the script."""
        if self.basic is None and self.token is None:
            return True
        scheme, _, rest = (received.header("Authorization") or "").partition(" ")
        match scheme.lower():
            case "basic":
                return self.basic is not None and rest.strip() == basic_credentials(*self.basic)
            case "bearer":
                return self.token is not None and rest.strip() == self.token
            case _:
                return False

    def challenge(self, received: Received) -> Answer:
        """The 401 that tells which credentials would do."""
        schemes = [f'Basic realm="{REALM}"'] if self.basic is not None else []
        if self.token is not None:
            told = (received.header("Authorization") or "").lower().startswith("bearer ")
            schemes.append(f'Bearer realm="{REALM}"' + (', error="invalid_token"' if told else ""))
        return Answer(status=401, headers=tuple(("WWW-Authenticate", scheme) for scheme in schemes))

    def token_answer(self, received: Received) -> Answer:
        """What the token endpoint says."""
        form = dict(received.form) if received.body else {}
        authorization = received.header("Authorization") or ""
        if received.method != "POST" or form.get("grant_type") != "client_credentials":
            wrong = "invalid_request" if "grant_type" not in form else "unsupported_grant_type"
            return _token_reply(400, {"error": wrong})
        if self.client is None:
            named = True
        elif authorization:
            header = f"basic {basic_credentials(*self.client)}"
            scheme, _, rest = authorization.partition(" ")
            named = self.credentials is not TokenCredentials.FORM and f"{scheme.lower()} {rest.strip()}" == header
        else:
            told = (form.get("client_id"), form.get("client_secret"))
            named = self.credentials is not TokenCredentials.BASIC and told == self.client
        if not named:
            return _token_reply(401, {"error": "invalid_client"}, ("WWW-Authenticate", f'Basic realm="{REALM}"'))
        return _token_reply(200, {"access_token": self.token, "token_type": "bearer", "expires_in": 3600})


def basic_credentials(user: str, password: str) -> str:
    """The word that follows ``Basic``."""
    return b64encode(f"{user}:{password}".encode()).decode("ascii")


def pair(option: str, value: object) -> tuple[str, str] | None:
    """Two texts that belong together, None where there are none; raises AuthorError for anything else, one text among them."""
    if value is None:
        return None
    match value:
        case [str(name), str(secret)]:
            return name, secret
    raise AuthorError(f'{option} must be a pair of texts, such as ("user", "pass")')  # what it is holds a secret


def _token_reply(status: int, reply: dict[str, object], *more: tuple[str, str]) -> Answer:
    headers = (("Content-Type", "application/json"), ("Cache-Control", "no-store"), *more)
    return Answer(status=status, headers=headers, body=json.encode(reply))
