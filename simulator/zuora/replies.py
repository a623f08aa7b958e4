"""Zuora's answers: every spelling of its envelopes and error bodies lives here.

Contract, section 4: v1 envelopes carry `success`, `processId` and `reasons`; notifications answer flat; the token
endpoint speaks Spring. Nothing here decides whether something is an error.
"""

from typing import Any

import msgspec
from aiohttp import web

from simulator.core.errors import ClientError

JSON = "application/json"
encode = msgspec.json.encode


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer; an empty one where ``body`` is None."""
    if body is None:
        return web.Response(status=status, headers=headers)
    return web.Response(body=encode(body), status=status, content_type=JSON, headers=headers)


def v1_error(error: ClientError, request_id: str, process_id: str) -> web.Response:
    """The v1 envelope (wild: GU; documented: EC): reasons with a code, the process id, the request id."""
    if error.status == 401:
        # wild (GU, live): a string code, and no process id
        return answer({"success": False, "reasons": [{"code": "90000011", "message": error.message}]}, 401)
    reason = {"code": int(error.code) if error.code.isdigit() else error.code, "message": error.message}
    body = {"success": False, "processId": process_id, "reasons": [reason], "requestId": request_id}
    return answer(body, error.status)


def flat_error(error: ClientError) -> web.Response:
    """The flat pair of notification definitions (documented: ND)."""
    if error.status == 401:
        return proxy_error(error)
    return answer({"code": error.code or str(error.status), "message": error.message}, error.status)


def reasons_error(error: ClientError) -> web.Response:
    """The pair inside `reasons`, as callout templates and event triggers answer (documented: TPL)."""
    if error.status == 401:
        return proxy_error(error)
    body = {"reasons": [{"code": error.code or str(error.status), "message": error.message}]}
    return answer(body, error.status)


def proxy_error(error: ClientError) -> web.Response:
    """What stands before the notification service says of a missing token (spec: ProxyUnauthorizedResponse)."""
    realms = "Basic realm=Zuora API, ZSession realm=Zuora API, Bearer realm=Zuora API"
    return answer({"message": error.message}, error.status, {"WWW-Authenticate": realms})


def token_error(error: ClientError, timestamp: str) -> web.Response:
    """The Spring-style body of the token endpoint (inferred from the Zuora-maintained gem)."""
    titles = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 415: "Unsupported Media Type"}
    title = titles.get(error.status, "Error")
    body = {"timestamp": timestamp, "status": error.status, "error": title, "message": error.message}
    return answer(body | {"path": "/oauth/token"}, error.status)
