"""``POST /oauth/token``: a client's id and secret for a token (documented: OA)."""

from aiohttp import web

from simulator.core.errors import ClientError
from simulator.zuora.replies import answer
from simulator.zuora.service import ZuoraService
from simulator.zuora.tenant import CLIENT_ID_LENGTH, SECRET_LENGTH

EXPIRES_IN = 3599
"""What every token announces (documented). It goes on working unless a lifetime was asked for (decided)."""


def add_routes(app: web.Application, service: ZuoraService) -> None:
    async def token(request: web.Request) -> web.Response:
        form = await request.post()
        if form.get("grant_type") != "client_credentials":
            raise ClientError("Unsupported grant type", status=400)
        client_id, secret = str(form.get("client_id", "")), str(form.get("client_secret", ""))
        admit(service, client_id, secret)
        access = service.tenants.grant(client_id, service.now())
        ids = service.engine.ids
        scope = f"user.{ids.hex('user', client_id)} entity.{ids.uuid('entity', client_id)} service.echo.read tenant.19"
        lifetime = service.tenants.token_lifetime
        return answer(
            {
                "access_token": access,
                "expires_in": int(lifetime.total_seconds()) if lifetime else EXPIRES_IN,
                "jti": ids.hex("jti", access),
                "scope": scope,
                "token_type": "bearer",
            }
        )

    app.router.add_post("/oauth/token", token)


def admit(service: ZuoraService, client_id: str, secret: str) -> None:
    """Refuse a client that is not well formed, or, in strict mode, not known."""
    known = service.tenants.strict
    if len(client_id) != CLIENT_ID_LENGTH or (known is not None and client_id not in known):
        raise ClientError("Invalid client id", status=400)
    if not 0 < len(secret) <= SECRET_LENGTH or (known is not None and known[client_id] != secret):
        raise ClientError("Bad client credentials", status=401)
