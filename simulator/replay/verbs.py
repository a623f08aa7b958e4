"""What each verb of a story does: a function of the playing, what the step says, and where it stands.

It answers with the fields that later steps may refer to. A step that fails says so, and ends the story.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from simulator.core.errors import AuthorError
from simulator.core.units import parse_duration
from simulator.replay.playing import Playing, Stopped
from simulator.replay.reach import is_local
from simulator.replay.story import (
    Duplicate,
    FaultRule,
    Fire,
    OutcomeRule,
    Probe,
    Reorder,
    Resend,
    Settings,
    Submit,
)


async def _submit(play: Playing, submit: Submit, where: str) -> dict[str, Any]:
    answer = await play.stage.submit(submit.method, submit.path, submit.headers, submit.body)
    for _ in range(submit.times - 1):
        answer = await play.stage.submit(submit.method, submit.path, submit.headers, submit.body)
    play.check(f"submit {submit.method} {submit.path}", submit.expect, answer, where)
    return answer.fields


async def _fire(play: Playing, fire: Fire, where: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for _ in range(fire.times):
        told = play.stage.fire(fire.event, fire.fields)
    return told


async def _advance(play: Playing, span: str, where: str) -> dict[str, Any]:
    await play.stage.advance(parse_duration(span.removeprefix("+")))
    return play.time()


async def _settle(play: Playing, nothing: Any, where: str) -> dict[str, Any]:
    await play.stage.settle()
    return play.time()


async def _drain(play: Playing, nothing: Any, where: str) -> dict[str, Any]:
    await play.stage.drain()
    return play.time()


async def _resend(play: Playing, resend: Resend, where: str) -> dict[str, Any]:
    callouts = [one for one in play.chosen(resend, where) if one.attempts]
    if resend.failed:
        callouts = [one for one in callouts if one.outcome != "delivered"]
    ids = [
        attempt.history_id
        for one in callouts
        for attempt in (one.attempts if resend.attempt else one.attempts[-1:])
        if resend.attempt in (None, attempt.number)
    ]
    if not ids:
        play.fail("resend", "a callout that was attempted", "none", where)
        raise Stopped
    answer = await play.stage.resend(ids)
    play.check("resend", None, answer, where)
    return answer.fields


async def _duplicate(play: Playing, duplicate: Duplicate, where: str) -> dict[str, Any]:
    instance = play.stage.zuora.instance
    for callout in play.chosen(duplicate, where):
        instance.duplicate(callout.id, at_once=duplicate.at_once)
    return {}


async def _reorder(play: Playing, reorder: Reorder, where: str) -> dict[str, Any]:
    await play.stage.add_fault(FaultRule(kind="reorder", window=reorder.window, event=reorder.event))
    return {}


async def _fault(play: Playing, rule: FaultRule, where: str) -> dict[str, Any]:
    await play.stage.add_fault(rule)
    return {}


async def _outcome(play: Playing, rule: OutcomeRule, where: str) -> dict[str, Any]:
    await play.stage.add_outcome(rule)
    return {}


async def _set(play: Playing, settings: Settings, where: str) -> dict[str, Any]:
    await play.stage.set(msgspec.to_builtins(settings))
    return {}


async def _probe(play: Playing, probe: Probe, where: str) -> dict[str, Any]:
    url = probe.url or play.manner.probe
    if url is None:
        raise AuthorError(f"{where}: this probe has no url: name the application's address with --probe URL")
    host = urlsplit(url).hostname or ""
    if url != play.manner.probe and not is_local(url) and host not in play.manner.allow_hosts:
        raise AuthorError(f"{where}: {host!r} is neither loopback nor allowed: add --allow-host {host}")
    if play.manner.probe_wait:
        await asyncio.sleep(play.manner.probe_wait.total_seconds())
    answer = await play.stage.request(probe.method, url, probe.headers, probe.body)
    play.check(f"probe {probe.method} {url}", probe.expect, answer, where)
    return answer.fields


VERBS: Mapping[str, Callable[[Playing, Any, str], Awaitable[dict[str, Any]]]] = {
    "submit": _submit,
    "fire": _fire,
    "advance": _advance,
    "settle": _settle,
    "drain": _drain,
    "resend": _resend,
    "duplicate": _duplicate,
    "reorder": _reorder,
    "fault": _fault,
    "outcome": _outcome,
    "set": _set,
    "probe": _probe,
}
