"""``/_simulator/routes`` and ``oauth-providers``: where callouts really go, and who hands out their tokens."""

from typing import Any

from aiohttp import web

from simulator.control.json import answer, client_of, only, read_object
from simulator.core.errors import ClientError
from simulator.instance import Instance
from simulator.runtime.hosts import Refusal, parse
from simulator.zuora.notifications.definitions import OAuthProvider

PROVIDER = ("name", "tokenEndpoint", "clientId", "clientSecret", "grantType", "scope")
REQUIRED = ("name", "tokenEndpoint", "clientId", "clientSecret")
GRANTS = ("client_credentials",)


def add_routes(app: web.Application, instance: Instance) -> None:
    async def routes(request: web.Request) -> web.Response:
        only(dict(request.query), (), "parameter")
        return answer({"routes": instance.addresses.routes})

    async def reroute(request: web.Request) -> web.Response:
        only(dict(request.query), (), "parameter")
        given = (await read_object(request, ("routes",))).get("routes")
        if not isinstance(given, dict) or not all(isinstance(target, str) for target in given.values()):
            raise ClientError('give the whole table: {"routes": {"www.example.com": "127.0.0.1:8443"}}')
        instance.addresses.routes = given
        return answer({"routes": instance.addresses.routes})

    async def providers(request: web.Request) -> web.Response:
        tenant = instance.tenants[client_of(request) or instance.client_id]
        return answer({"providers": [_shown(provider) for provider in tenant.providers.values()]})

    async def add_provider(request: web.Request) -> web.Response:
        tenant = instance.tenants[client_of(request) or instance.client_id]
        provider = provider_of(await read_object(request, PROVIDER), instance.service.next_id(tenant, "provider"))
        tenant.providers.put(provider.id, provider)
        return answer(_shown(provider))

    async def remove_provider(request: web.Request) -> web.Response:
        tenant = instance.tenants[client_of(request) or instance.client_id]
        if tenant.providers.remove(request.match_info["id"]) is None:
            raise ClientError(f"there is no OAuth 2.0 provider {request.match_info['id']!r}", status=404)
        return web.Response(status=204)

    app.router.add_get("/_simulator/routes", routes)
    app.router.add_put("/_simulator/routes", reroute)
    app.router.add_get("/_simulator/oauth-providers", providers)
    app.router.add_post("/_simulator/oauth-providers", add_provider)
    app.router.add_delete("/_simulator/oauth-providers/{id}", remove_provider)


def provider_of(given: dict[str, Any], new_id: str) -> OAuthProvider:
    """An OAuth 2.0 provider as it is written; raises ClientError for what is missing or is no URL."""
    for key in PROVIDER:
        if key in given and not (isinstance(given[key], str) or (key == "scope" and given[key] is None)):
            raise ClientError(f"{key} must be text")
    missing = [key for key in REQUIRED if not given.get(key)]
    if missing:
        raise ClientError(f"an OAuth 2.0 provider needs {', '.join(missing)}")
    if isinstance(spot := parse(given["tokenEndpoint"]), Refusal):
        raise ClientError(f"tokenEndpoint must be an http or https URL: {spot.detail}")
    grant = given.get("grantType", GRANTS[0])
    if grant.lower().replace(" ", "_") not in GRANTS:
        raise ClientError(f"grantType {grant!r} is not simulated; known: {', '.join(GRANTS)}")
    return OAuthProvider(
        id=new_id,
        name=given["name"],
        token_endpoint=given["tokenEndpoint"],
        client_id=given["clientId"],
        client_secret=given["clientSecret"],
        grant_type=GRANTS[0],
        scope=given.get("scope"),
    )


def _shown(provider: OAuthProvider) -> dict[str, Any]:
    """Without the secret."""
    shown = {"id": provider.id, "name": provider.name, "tokenEndpoint": provider.token_endpoint}
    return shown | {"clientId": provider.client_id, "grantType": provider.grant_type, "scope": provider.scope}
