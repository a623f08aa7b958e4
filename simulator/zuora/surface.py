"""Zuora's paths as one surface: how a request is admitted, carried out and answered, in that order, for all operations.

Found, authenticated, counted, read, ruled upon (`outcomes`), looked up (`Idempotency-Key`), carried out, kept, answered.
What an operation does stands with the operation; how a family refuses stands in `replies`.
"""

import asyncio
import gzip
from collections.abc import Callable, Mapping

from aiohttp import web

from simulator.core.errors import ClientError
from simulator.zuora.edge import idempotency, limits, replies
from simulator.zuora.edge.admission import TRACK_ID, is_track_id, read_body, tenant_of, track_id_of
from simulator.zuora.edge.call import Call
from simulator.zuora.edge.operations import Table
from simulator.zuora.edge.reading import origin_form, segments_of, takes_gzip
from simulator.zuora.edge.replies import About, Family, Reply
from simulator.zuora.edge.routes import OPERATIONS, family_of
from simulator.zuora.requests.outcomes import Rule
from simulator.zuora.requests.plans import Plan, Result
from simulator.zuora.service import ZuoraService

CALL: web.RequestKey[Call] = web.RequestKey("zuora_call", Call)
COMPRESSED_FROM = 1000
"""Bytes; longer answers are compressed where the client takes that (documented: ND-C)."""
LOST_STATUS = 504
"""What a client sees of an answer that was lost: requests end at 120 s with a gateway timeout (documented)."""
COUNTED = frozenset({Family.V1, Family.CRUD, Family.ACTION})
"""Those that tell of the concurrency limit: what is under ``/v1`` (documented: RL)."""


Worded = Callable[[web.Request, int, Mapping[str, str], bytes], web.StreamResponse]


class ZuoraSurface:
    """Owns whatever no other surface owns. ``worded`` makes an answer that goes out of a status, headers and a body."""

    def __init__(self, service: ZuoraService, worded: Worded) -> None:
        self.service = service
        self._worded = worded
        self.table = Table(OPERATIONS)

    def owns(self, path: str) -> bool:
        return True

    def add_routes(self, app: web.Application) -> None:
        # One route for all: the table knows doubled slashes, and which of two templates comes first.
        app.router.add_route("*", "/{path:(?!_simulator(?:/|$)).+}", self.serve)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; raises ClientError for one that is refused."""
        service = self.service
        call = request[CALL] = self._call(request)
        operation = call.operation
        if operation.open:
            windows = limits.TOKENS
        else:
            windows = limits.API
            call.tenant = tenant_of(service, request.headers, call.now)
        traffic = call.tenant.traffic
        remaining, reset, wait = limits.count(traffic, call.now, windows)
        call.counted = remaining, reset
        if service.rate_limits:
            limits.enforce(traffic, wait, concurrent=operation.limited)
        call.track_id = track_id_of(request.headers)
        await read_body(request, call)
        rule = service.rule_for(call)
        key = request.headers.get(idempotency.HEADER)
        if key is not None and not operation.open and idempotency.check(key, call.method, call.path):
            reply = await self._once(call, rule, key)
        elif rule is None:
            reply = self._answer(call, None)
        else:
            reply = await self._carry_out(call, rule)
        return self._response(request, reply, call)

    def _call(self, request: web.Request) -> Call:
        """What is asked for, by nobody yet; raises ClientError where there is no such operation."""
        service, target, method = self.service, origin_form(request.raw_path), request.method
        path, _, query = target.partition("?")
        segments = segments_of(path)
        operation, values = self.table.find(method, path, segments)
        return Call(
            service,
            service.tenants.nobody,
            service.now(),
            operation,
            method,
            target,
            segments,
            values,
            request.query if query else {},
            request.headers,
            request.scheme,
        )

    def refuse(self, request: web.Request, error: ClientError) -> web.StreamResponse:
        """The envelope of the operation's family (contract, section 4)."""
        call = request.get(CALL)
        segments = segments_of(origin_form(request.raw_path).partition("?")[0])
        family = call.operation.family if call is not None else family_of(segments)
        if error.status == 404 and error.code in ("", replies.NOT_FOUND):
            error = self._nowhere(request, family)
        request_id = self._request_id(call) if call is not None else self.service.own_request_id()
        reply = self._failure(request.path, request_id, family, error)
        headers = dict(reply.headers)
        if isinstance(error, limits.Limited):
            headers["Retry-After"] = str(error.retry_after)
        if error.status == 405:
            headers["Allow"] = self.table.methods(segments)
        if call is None:
            headers["Zuora-Request-Id"] = request_id
        return self._response(request, Reply(reply.body, reply.status, headers, reply.content_type), call)

    def _nowhere(self, request: web.Request, family: Family) -> ClientError:
        """An endpoint that does not exist, in the family's words; v1 may say so with HTTP 200 (knob; Q28)."""
        if family not in (Family.V1, Family.CRUD):
            return ClientError("HTTP 404 Not Found", status=404)
        tenants = self.service.tenants
        try:
            quirks = tenants.settings(tenant_of(self.service, request.headers, self.service.now()).id).quirks
        except ClientError:
            quirks = tenants.defaults.quirks
        return replies.no_endpoint(request.path, quirks.unknown_endpoint_status)

    # ── carrying out ──

    async def _once(self, call: Call, rule: Rule | None, key: str) -> Reply:
        """Carry out what was not carried out for this key before."""
        tenant, method = call.tenant, call.method
        target = f"{call.path}?{call.target.partition('?')[2]}"
        replay = self.service.settings(tenant).quirks.idempotency_replay
        earlier = idempotency.earlier(tenant, key, method, target, call.now, replay)
        if earlier is not None:
            return earlier

        def keep(reply: Reply) -> None:
            headers = {**reply.headers, "Zuora-Request-Id": self._request_id(call)}
            kept = Reply(reply.encoded, reply.status, headers, reply.content_type)
            idempotency.keep(tenant, key, method, target, self.service.now(), kept)

        tenant.traffic.under_way.add(key)
        try:
            return await self._carry_out(call, rule, keep)
        finally:
            tenant.traffic.under_way.discard(key)

    async def _carry_out(self, call: Call, rule: Rule | None, keep: Callable[[Reply], None] | None = None) -> Reply:
        """Do what was asked, or what a rule says instead. ``keep`` takes the answer, whether or not the client gets it."""
        traffic, limited = call.tenant.traffic, call.operation.limited
        traffic.in_flight += limited
        try:
            if rule is not None and rule.result is Result.STATUS:
                await _wait(rule)
                raise _ruled(rule, rule.status or 500)
            reply = self._answer(call, rule.plan if rule is not None else None)
            if keep is not None:
                keep(reply)
            if rule is not None:
                await _wait(rule)
                if rule.result is Result.LOST_ANSWER:
                    raise _ruled(rule, rule.status or LOST_STATUS)
            return reply
        finally:
            traffic.in_flight -= limited

    def _answer(self, call: Call, plan: Plan | None) -> Reply:
        operation = call.operation
        try:
            if plan is not None and not operation.plans:
                _end_at_once(plan, operation.family)
            call.plan = plan
            return operation.answer(call)
        except ClientError as error:
            if error.code == replies.NOT_FOUND and error.status == 404:
                raise
            # What an operation refuses is its answer, and is kept for its key like any other.
            return self._failure(call.decoded, self._request_id(call), operation.family, error)

    # ── answering ──

    def _failure(self, path: str, request_id: str, family: Family, error: ClientError) -> Reply:
        about = About(path, request_id, self.service.process_id(request_id), self.service.now())
        return replies.failure(family, error, about)

    def _request_id(self, call: Call) -> str:
        """The id of this request: that of the job it made, or one of its own (spec: exactly 36 characters)."""
        if not call.request_id:
            call.request_id = self.service.own_request_id()
        return call.request_id

    def _response(self, request: web.Request, reply: Reply, call: Call | None) -> web.StreamResponse:
        """The answer as it is sent; ``call`` is None where it was no call at all."""
        body, asked = reply.encoded, request.headers
        headers: dict[str, str] = {}
        if call is not None:
            if call.counted is not None:
                family, traffic = call.operation.family, call.tenant.traffic
                if family is Family.TOKEN:
                    headers = limits.said_of_tokens(*call.counted)
                else:
                    headers = limits.said(traffic, *call.counted, concurrent=family in COUNTED)
            headers["Zuora-Request-Id"] = self._request_id(call)
        headers |= reply.headers
        track_id = asked.get(TRACK_ID)
        if track_id and is_track_id(track_id):
            headers[TRACK_ID] = track_id
        if len(body) > COMPRESSED_FROM and takes_gzip(asked.get("Accept-Encoding", "")):
            body = gzip.compress(body, 1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        if body:
            headers["Content-Type"] = reply.content_type
        return self._worded(request, reply.status, headers, body)


async def _wait(rule: Rule) -> None:
    if rule.latency:
        await asyncio.sleep(rule.latency.total_seconds())


def _ruled(rule: Rule, status: int) -> ClientError:
    """The refusal that a rule asks for."""
    words = rule.message or _WORDS.get(status, "A temporary problem in the service occurred, you can retry later.")
    if status in (429, 503) or rule.retry_after is not None:
        wait = rule.retry_after if rule.retry_after is not None else 60
        return limits.Limited(words, wait, status=status, code=rule.code or "")
    return ClientError(words, status=status, code=rule.code or "")


_WORDS = {429: limits.WORDS, 504: "Gateway Timeout", 401: "Authentication error"}


def _end_at_once(plan: Plan, family: Family) -> None:
    """What a plan means for an operation that has no job: it fails now, or never answers in time."""
    status = 200 if family in (Family.V1, Family.CRUD) else 400
    if plan.result is Result.FAIL:
        raise ClientError(plan.message or "Operation failed.", status=status, code=plan.code or replies.RULE)
    if plan.result is Result.LOCK:
        raise ClientError(plan.message or replies.LOCK_WORDS, status=status, code=plan.code or replies.LOCKED)
    if plan.result is Result.NEVER:
        raise ClientError(_WORDS[504], status=504)
