"""Zuora's paths as one surface: which are its own, and in which envelope it refuses."""

from aiohttp import web

from simulator.core.errors import ClientError
from simulator.zuora import replies
from simulator.zuora.routes import add_routes
from simulator.zuora.service import NO_ENDPOINT, REQUEST_ID, ZuoraService


class ZuoraSurface:
    """Owns whatever no other surface owns."""

    def __init__(self, service: ZuoraService) -> None:
        self.service = service

    def owns(self, path: str) -> bool:
        return True

    def add_routes(self, app: web.Application) -> None:
        add_routes(app, self.service)

        async def headers(request: web.Request, response: web.StreamResponse) -> None:
            response.headers["Zuora-Request-Id"] = self.request_id(request)
            track_id = request.headers.get("Zuora-Track-Id")
            if track_id:
                response.headers["Zuora-Track-Id"] = track_id

        app.on_response_prepare.append(headers)

    def request_id(self, request: web.Request) -> str:
        """The id of this request: that of the job it made, or one of its own (spec: exactly 36 characters)."""
        known = request.get(REQUEST_ID)
        if known is None:
            known = request[REQUEST_ID] = self.service.own_request_id()
        return known

    def refuse(self, request: web.Request, error: ClientError) -> web.StreamResponse:
        """The envelope of the path's family (contract, section 4)."""
        path = request.path
        if path.startswith("/oauth/"):
            return replies.token_error(error, self.service.now().strftime("%Y-%m-%dT%H:%M:%S.000+0000"))
        if path.startswith(("/notifications/callout-templates", "/events/")):
            return replies.reasons_error(error)
        if path.startswith("/v1") or not path.startswith("/notif"):
            request_id = self.request_id(request)
            process_id = self.service.engine.ids.hex("process", request_id)[:16].upper()
            if error.status == 404 and not error.code:
                message = f"The endpoint {path} does not exist. Please check the URL or refer to the API documentation."
                error = ClientError(message, status=404, code=NO_ENDPOINT)
            return replies.v1_error(error, request_id, process_id)
        return replies.flat_error(error)
