"""The API edge: ``/v2/token``, ``/Service.asmx`` in any case, and the WSDL. It parses, asks the service, answers.

A request is read as it arrives and given up as soon as it breaks a bound.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from simulator.core.errors import ClientError, near_match
from simulator.marketing_cloud import controls, replies
from simulator.marketing_cloud.calls import Action, read_call
from simulator.marketing_cloud.description import description
from simulator.marketing_cloud.replies import Addressing
from simulator.marketing_cloud.service import CloudService
from simulator.marketing_cloud.soap import MAX_BYTES, PARTNER, Envelope, EnvelopeReader, FaultCode, fault, too_large
from simulator.marketing_cloud.tenant import Tenant

TOKEN_NAMESPACE = "http://exacttarget.com"
REQUESTS = {
    "Create": "CreateRequest",
    "Update": "UpdateRequest",
    "Delete": "DeleteRequest",
    "Perform": "PerformRequestMsg",
    "Execute": "ExecuteRequestMsg",
    "Retrieve": "RetrieveRequestMsg",
}
"""The actions that are served, each with the element that it takes (spec: WSDL)."""

NOT_SERVED = ("Configure", "Describe", "Extract", "GetSystemStatus", "Query", "Schedule", "VersionInfo")
NO_ACTION = "SOAP Action Could Not Be Determined From HTTP or SOAP Header"
"""Documented: page "SOAP Faults"."""

SCOPE = "data_extensions_read data_extensions_write list_and_subscribers_read list_and_subscribers_write"
TOKEN_PATH = "/v2/token"
SOAP_PATH = "/{service:(?i:service\\.asmx)}"
WSDL_PATH = "/{service:(?i:etframework\\.wsdl)}"
SOAP_WAY = "Send SOAP by POST, or ask for ?wsdl"


class CloudSurface:
    """Owns the paths of this provider, and refuses in its words."""

    def __init__(self, service: CloudService, default_client: str = "") -> None:
        self.service = service
        self.default_client = default_client
        self._served = 0

    def owns(self, path: str) -> bool:
        return path == TOKEN_PATH or path.lower() in ("/service.asmx", "/etframework.wsdl")

    def refuse(self, request: web.Request, error: ClientError) -> web.StreamResponse:
        """A SOAP fault, or the token endpoint's body."""
        if request.path == TOKEN_PATH:
            return replies.token_error(error)
        return replies.fault(error, str(request.url), self._addressing())

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post(TOKEN_PATH, self._token)
        app.router.add_post(SOAP_PATH, self._soap)
        app.router.add_get(SOAP_PATH, self._describe)
        app.router.add_get(WSDL_PATH, self._describe)
        app.router.add_route("*", TOKEN_PATH, _otherwise("Ask for a token by POST", "invalid_request"))
        app.router.add_route("*", SOAP_PATH, _otherwise(SOAP_WAY))
        app.router.add_route("*", WSDL_PATH, _otherwise("Read the WSDL by GET"))
        controls.add_routes(app, self.service, self.default_client)

    async def _token(self, request: web.Request) -> web.Response:
        given = _token_request(await request.read())
        if given.get("grant_type", "client_credentials") != "client_credentials":
            message = "grant_type must be client_credentials: this simulator serves server-to-server integrations"
            raise ClientError(message, status=400, code="unsupported_grant_type")
        client_id, secret = (_text(given, name) for name in ("client_id", "client_secret"))
        known = self.service.tenants.strict
        if not client_id or (known is not None and client_id not in known):
            message = "Invalid client ID. Use the client ID in Marketing Cloud Installed Packages."
            raise ClientError(message, status=401, code="invalid_client")
        if not secret or (known is not None and known[client_id] != secret):
            message = "Invalid client secret. Use the client secret in Marketing Cloud Installed Packages."
            raise ClientError(message, status=401, code="invalid_client")
        token = self.service.tenants.grant(client_id, self.service.now())
        lifetime = self.service.tenants.token_lifetime
        expires_in = int(lifetime.total_seconds()) if lifetime is not None else replies.EXPIRES_IN
        return replies.token(
            token, f"{request.url.origin()}/", str(given.get("scope") or "list_and_subscribers_write"), expires_in
        )

    async def _soap(self, request: web.Request) -> web.Response:
        envelope = await _read(request)
        addressing = self._addressing(envelope)
        try:
            action = _action(request, envelope)
            tenant = self.service.tenant_of(_token_of(request, envelope))
            body = self._answer(action, tenant, envelope, request.raw_path)
        except ClientError as error:
            return replies.fault(error, str(request.url), addressing)
        return replies.soap(body, f"{action}Response", addressing)

    def _answer(self, action: str, tenant: Tenant, envelope: Envelope, target: str) -> str:
        if action == "Retrieve":
            query = envelope.body.child("RetrieveRequest")
            if query is None:
                raise fault("RetrieveRequestMsg needs a RetrieveRequest")
            return self.service.retrieve(tenant, query)
        if action == "Execute":
            return self.service.execute(tenant, envelope.body.all("Requests"))
        return self.service.call(tenant, read_call(Action(action), envelope.body), envelope.raw, target).xml

    async def _describe(self, request: web.Request) -> web.Response:
        if request.path.lower() == "/service.asmx" and "wsdl" not in {name.lower() for name in request.query}:
            raise fault(SOAP_WAY, status=405)
        text = description(f"{request.url.origin()}/Service.asmx")
        return web.Response(body=text.encode("utf-8"), content_type="text/xml", charset="utf-8")

    def _addressing(self, envelope: Envelope | None = None) -> Addressing:
        self._served += 1
        header = envelope.header if envelope is not None else ()
        asked = next((node.text.strip() for node in header if node.name == "MessageID"), "")
        return Addressing(self.service.engine.ids.uuid("cloud-message", self._served), asked)


def add_routes(app: web.Application, service: CloudService) -> CloudSurface:
    """Mount the whole surface."""
    surface = CloudSurface(service)
    surface.add_routes(app)
    return surface


def _otherwise(way: str, code: str = FaultCode.CLIENT) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """What answers a method that its path does not take, in this provider's words."""

    async def refuse(_request: web.Request) -> web.StreamResponse:
        raise ClientError(way, status=405, code=code)

    return refuse


async def _read(request: web.Request) -> Envelope:
    """The envelope, read piece by piece."""
    if request.content_length is not None and request.content_length > MAX_BYTES:
        raise too_large()
    reader = EnvelopeReader()
    try:
        async for piece in request.content.iter_chunked(1 << 16):
            reader.feed(piece)
        return reader.close()
    finally:
        reader.release()


def _action(request: web.Request, envelope: Envelope) -> str:
    """What is asked for: the HTTP header, with or without quotes, else WS-Addressing's (documented: page "SOAP Faults")."""
    action = request.headers.get("SOAPAction", "").strip().strip("\"'").strip()
    if not action:
        action = next((node.text.strip() for node in envelope.header if node.name == "Action"), "")
    if not action:
        raise fault(NO_ACTION)
    name = action.rpartition("/")[2]
    if name in NOT_SERVED:
        raise fault(f"The SOAP action {name!r} is not served by this simulator; it serves {', '.join(REQUESTS)}")
    if name not in REQUESTS:
        raise fault(f"Unknown SOAP action {action!r}{near_match(name, REQUESTS)}")
    body = envelope.body
    if body.space != PARTNER:
        raise fault(
            f"The namespace of {body.name} must be {PARTNER!r}, not {body.space!r}{near_match(body.space, [PARTNER])}"
        )
    if body.name != REQUESTS[name]:
        raise fault(f"The SOAP action {name!r} takes a {REQUESTS[name]}, not a {body.name}")
    return name


def _token_of(request: web.Request, envelope: Envelope) -> str:
    """The token of the ``fueloauth`` header; a bearer token is taken as well (ours, for plain HTTP clients)."""
    for node in envelope.header:
        if node.space == TOKEN_NAMESPACE and node.name == "fueloauth":
            return node.text.strip()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name) or ""
    if not isinstance(value, str):
        raise ClientError(f"{name} must be text", status=400, code="invalid_request")
    return value


def _token_request(raw: bytes) -> dict[str, Any]:
    try:
        given = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ClientError(f"The body is no JSON: {error}", status=400, code="invalid_request") from error
    if not isinstance(given, dict):
        raise ClientError("The body must be a JSON object", status=400, code="invalid_request")
    return given
