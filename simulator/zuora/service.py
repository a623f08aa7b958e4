"""What Zuora's routes work with: the tenants, the engine, and the present instant.

One object joins the API edge to the core. It opens no socket and reads no clock: `now` and `kick` are given to it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web
from msgspec.structs import replace

from simulator.core.engine import Engine
from simulator.core.errors import ClientError
from simulator.core.model import Job, Submission
from simulator.zuora.definitions import NotificationDefinition
from simulator.zuora.dialect import ZuoraDialect
from simulator.zuora.registration import definition_of
from simulator.zuora.tenant import Tenant, Tenants

REQUEST_ID: web.RequestKey[str] = web.RequestKey("zuora_request_id", str)
BAD_JSON = "50000090"  # documented (EC): category 90 is malformed JSON; 500000 where no resource is known
NO_ENDPOINT = "50000040"


class ZuoraService:
    """The edge of the Zuora dialect."""

    def __init__(
        self,
        engine: Engine,
        tenants: Tenants,
        dialect: ZuoraDialect,
        *,
        now: Callable[[], datetime],
        kick: Callable[[], None],
        refusal: Callable[[str], str | None],
    ) -> None:
        self.engine = engine
        self.tenants = tenants
        self.dialect = dialect
        self.now = now
        self.kick = kick
        self.refusal = refusal
        self._requests = 0

    def tenant_of(self, request: web.Request) -> Tenant:
        """The tenant for which a request speaks; raises a 401 where it speaks for none."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        tenant = self.tenants.of_token(token.strip(), self.now()) if scheme.lower() == "bearer" else None
        if tenant is None:
            raise ClientError("Authentication error", status=401)
        return tenant

    async def body_of(self, request: web.Request) -> bytes:
        """The JSON body as received; raises 415 for another content type, 400 (category 90) for what is no JSON."""
        raw = await request.read()
        if not raw:
            return raw
        if request.content_type != "application/json":
            raise ClientError("Unsupported Media Type", status=415, code="50000045")
        try:
            msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ClientError(f"Malformed JSON: {error}", status=400, code=BAD_JSON) from error
        return raw

    async def json_of(self, request: web.Request) -> dict[str, Any]:
        """The body as an object; an empty one where there is no body."""
        raw = await self.body_of(request)
        value = msgspec.json.decode(raw) if raw else {}
        if not isinstance(value, dict):
            raise ClientError("The request body must be a JSON object", status=400, code=BAD_JSON)
        return value

    def submit(self, submission: Submission) -> Job:
        """Accept an asynchronous request."""
        job = self.engine.submit(submission, self.now())
        self.kick()
        return job

    def register(self, tenant: Tenant, given: dict[str, Any]) -> NotificationDefinition:
        """Store the definition that ``given`` describes; raises ClientError with what is wrong with it."""
        definition = definition_of(given, lambda: self.next_id(tenant, "definition"), self.refusal)
        now, author = self.now(), self.engine.ids.hex("user", tenant.id)
        definition = replace(definition, created_on=now, created_by=author, updated_on=now, updated_by=author)
        return tenant.definitions.put(definition.id, definition)

    def next_id(self, tenant: Tenant, what: str) -> str:
        """A new 32-hex id for something of a tenant's."""
        return self.engine.ids.hex(what, tenant.id, tenant.number(what))

    def own_request_id(self) -> str:
        """An id for an API request that made no job."""
        self._requests += 1
        return self.engine.ids.uuid("api-request", self._requests)
