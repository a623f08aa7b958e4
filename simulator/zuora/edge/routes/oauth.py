"""``POST /oauth/token``: a client's id and secret for a token (documented: OA)."""

from simulator.core.errors import ClientError
from simulator.zuora.edge.admission import admit, oauth_pair
from simulator.zuora.edge.call import Call
from simulator.zuora.edge.operations import Body, Operation
from simulator.zuora.edge.replies import Family, Reply
from simulator.zuora.edge.shapes import SpringError, Token, TokenRequest
from simulator.zuora.tenant import TENANT_ID

EXPIRES_IN = 3599
"""What every token announces (documented). It goes on working unless a lifetime was asked for (decided)."""


def token(call: Call) -> Reply:
    """A token. The pair may also come as HTTP Basic, as some clients send it; an old Bearer is not looked at."""
    form, service = call.fields, call.service
    if form.get("grant_type", "") != "client_credentials":
        raise ClientError("Unsupported grant type")
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, word = call.headers.get("Authorization", "").partition(" ")
    if not client_id and scheme.lower() == "basic":
        client_id, secret = oauth_pair(service, word)
    admit(service, client_id, secret)
    access = service.tenants.grant(client_id, service.now())
    ids, lifetime = service.engine.ids, service.tenants.token_lifetime
    scope = (
        f"user.{ids.hex('user', client_id)} entity.{ids.uuid('entity', client_id)} service.echo.read tenant.{TENANT_ID}"
    )
    expires_in = int(lifetime.total_seconds()) if lifetime else EXPIRES_IN
    jti = ids.hex("jti", access)
    body = {"access_token": access, "expires_in": expires_in, "jti": jti, "scope": scope, "token_type": "bearer"}
    return Reply(body)


OPERATIONS = (
    Operation(
        "POST",
        "/oauth/token",
        "createToken",
        token,
        Family.TOKEN,
        Body.FORM,
        "A token for a client id of 36 characters and a secret of at most 42",
        takes=TokenRequest,
        answers={200: Token, 400: SpringError, 401: SpringError, 415: SpringError, 429: SpringError},
        open=True,
        limited=False,
    ),
)
