"""``/_simulator/clock``: advance, settle, drain. Each answers when everything that is due has been delivered."""

from datetime import timedelta
from typing import Any

from aiohttp import web

from simulator.control.json import answer, only, read_object
from simulator.core.errors import ClientError, StillBusy
from simulator.core.units import parse_duration
from simulator.instance import Instance

SPANS = ("weeks", "days", "hours", "minutes", "seconds")
LONGEST = timedelta(days=3660)


def add_routes(app: web.Application, instance: Instance) -> None:
    dispatcher = instance.dispatcher

    async def advance(request: web.Request) -> web.Response:
        _no_tenant(request)
        span = span_of(await read_object(request, (*SPANS, "by")))
        return await moved(dispatcher.advance(span))

    async def settle(request: web.Request) -> web.Response:
        _no_tenant(request)
        await read_object(request, ())
        return await moved(dispatcher.settle())

    async def drain(request: web.Request) -> web.Response:
        _no_tenant(request)
        await read_object(request, ())
        return await moved(dispatcher.drain())

    async def now(request: web.Request) -> web.Response:
        _no_tenant(request)
        return answer(state(0))

    async def moved(moving: Any) -> web.Response:
        before = instance.engine.attempts_ended
        try:
            await moving
        except StillBusy as error:
            raise ClientError(str(error), status=503) from error
        return answer(state(instance.engine.attempts_ended - before))

    def state(attempts: int) -> dict[str, Any]:
        """``attempts`` is how many ended meanwhile, ``settled`` whether nothing due is left."""
        return {
            "now": instance.clock.now,
            "attempts": attempts,
            "settled": instance.settled,
            "nextDue": instance.engine.next_due,
        }

    app.router.add_get("/_simulator/clock", now)
    app.router.add_post("/_simulator/clock/advance", advance)
    app.router.add_post("/_simulator/clock/settle", settle)
    app.router.add_post("/_simulator/clock/drain", drain)


def span_of(given: dict[str, Any]) -> timedelta:
    """``{"minutes": 30}``, parts that add up, or ``{"by": "30m"}``."""
    if not given:
        raise ClientError('say how far: {"minutes": 30}, or {"by": "24h"}')
    span = timedelta(0)
    for name, value in given.items():
        if name == "by":
            span += parse_duration(str(value))
        elif isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise ClientError(f"{name} must be a number of 0 or more, not {value!r}")
        else:
            try:
                span += timedelta(**{name: value})
            except (OverflowError, ValueError) as error:
                raise ClientError(f"{name} is out of range: {value!r}") from error
    if span > LONGEST:
        raise ClientError(f"at most {LONGEST.days} days at once")
    return span


def _no_tenant(request: web.Request) -> None:
    if "clientId" in request.query:
        raise ClientError("the clock is the server's: a suite that moves time starts a server of its own")
    only(dict(request.query), (), "parameter")
