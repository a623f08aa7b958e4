"""``/v1/async/...``: every POST, PUT and DELETE but Actions answers 202 with a request id (documented: AR)."""

from aiohttp import web

from simulator.core.errors import ClientError
from simulator.core.model import Submission
from simulator.zuora.dialect import NAME
from simulator.zuora.replies import answer
from simulator.zuora.service import NO_ENDPOINT, REQUEST_ID, ZuoraService

ACTIONS = "action"


def add_routes(app: web.Application, service: ZuoraService) -> None:
    async def accept(request: web.Request) -> web.Response:
        tenant = service.tenant_of(request)
        resource = request.match_info["resource"].strip("/")
        if not resource or resource.split("/")[0] == ACTIONS:
            raise no_endpoint(request)
        body = await service.body_of(request)
        track_id = request.headers.get("Zuora-Track-Id")
        job = service.submit(Submission(NAME, tenant.id, request.method, request.raw_path, body, track_id))
        request[REQUEST_ID] = job.id
        return answer({"requestId": job.id}, status=202)

    for method in ("POST", "PUT", "DELETE"):
        app.router.add_route(method, "/v1/async/{resource:.*}", accept)


def no_endpoint(request: web.Request) -> ClientError:
    """Zuora's words for a path that it does not serve (wild: ZR)."""
    message = f"The endpoint {request.path} does not exist. Please check the URL or refer to the API documentation."
    return ClientError(message, status=404, code=NO_ENDPOINT)
