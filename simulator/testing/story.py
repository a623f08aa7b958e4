"""The message of a miss: every request, callout and attempt so far, the nearest candidates, and a hint.

It words what the records hold, and decides nothing. Secrets are masked in the records already.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from simulator.core.errors import near_match
from simulator.core.faults import folded
from simulator.records import AttemptRecord, CalloutRecord, RequestRecord
from simulator.testing.wanted import Wanted

MOST = 40


def missed(
    headline: str,
    wanted: Wanted | None,
    requests: Sequence[RequestRecord],
    callouts: tuple[CalloutRecord, ...],
    now: datetime,
    listening: Sequence[str] = (),
) -> str:
    """The whole message; ``listening`` names the events that some definition hears of."""
    parts = [headline]
    hint = hint_for(wanted, requests, callouts, listening)
    if hint:
        parts.append(f"hint: {hint}")
    if wanted is not None and callouts:
        parts.append("nearest:\n" + "\n".join(_candidate(*one) for one in wanted.nearest(callouts)))
    parts.append(
        f"what happened so far (it is {now:%Y-%m-%d %H:%M:%S} on the simulator's clock):\n{tell(requests, callouts)}"
    )
    return "\n\n".join(parts)


def tell(requests: Sequence[RequestRecord], callouts: Sequence[CalloutRecord]) -> str:
    """Every request with its callouts, and the callouts of fired events, a line each."""
    lines: list[str] = []
    for request in requests:
        ended = f" {request.complete_time:%H:%M:%S}" if request.complete_time else ""
        error = f": {request.error}" if request.error else ""
        lines.append(f"  request {request.id[:8]}… {request.method} {request.path} {request.state}{ended}{error}")
        own = [callout for callout in callouts if callout.request_id == request.id]
        lines += [line for callout in own for line in _callout(callout)]
        if not own and request.events:
            lines.append(f"    {request.events[0].name}: no definition hears of it")
    known = {request.id for request in requests}
    lines += [line for callout in callouts if callout.request_id not in known for line in _callout(callout)]
    if len(lines) > MOST:
        lines = [*lines[: MOST // 2], f"  … {len(lines) - MOST} lines left out …", *lines[-MOST // 2 :]]
    return "\n".join(lines) or "  nothing: no request was submitted and no event was fired"


def hint_for(
    wanted: Wanted | None,
    requests: Sequence[RequestRecord],
    callouts: Sequence[CalloutRecord],
    listening: Sequence[str],
) -> str | None:
    """What is most likely wrong, as advice; None where nothing stands out."""
    event = wanted.event if wanted is not None else None
    ours = [callout for callout in callouts if event is None or folded(callout.event) == folded(event)]
    trouble = next((hint for callout in reversed(ours) for hint in [_trouble(callout)] if hint), None)
    if trouble:
        return trouble
    if any(callout.due_at for callout in ours) and not any(callout.attempts for callout in ours):
        return "a callout waits to go out: nothing goes before time moves, by settle(), advance() or wait_for()"
    if not ours and event is not None:
        if folded(event) not in {folded(name) for name in listening}:
            heard = (
                f"definitions hear of {', '.join(sorted(set(listening)))}" if listening else "there is no definition"
            )
            return f"nobody listens for {event!r}{near_match(event, listening)} ({heard}): call notify({event!r}, url) first"
        if not requests:
            return "nothing was submitted: did the application send its request to the simulator's url?"
        failed = [request for request in requests if request.state == "failed"]
        if failed and "fail" not in event.lower():
            return f"the request failed instead: {failed[-1].error or 'without saying why'}"
        waiting = [request for request in requests if request.state in ("queued", "never")]
        if waiting:
            return (
                f"{len(waiting)} of {len(requests)} requests have not ended: move time, or look at their outcome rule"
            )
    return None


def _trouble(callout: CalloutRecord) -> str | None:
    if callout.outcome == "delivered" or not callout.attempts:
        return None
    attempt = callout.attempts[-1]
    target = urlsplit(callout.url)
    where = target.netloc.rpartition("@")[2]
    match attempt.error_class:
        case "refused":
            detail = attempt.exchanges[-1].detail if attempt.exchanges else ""
            hint = f"nothing listens on {where}; is the application started before notify()?"
            if target.hostname == "localhost" and "::1" in detail and "127.0.0.1" not in detail:
                hint = f"localhost resolved to ::1 and was refused there ({where}); write 127.0.0.1"
            elsewhere = " From inside a container: try host.docker.internal, or the service's name."
            return hint + (elsewhere if in_container() else "")
        case "not-allowed":
            return f"{where} is not allowed: route({target.hostname!r}, '127.0.0.1:PORT'), or the option allow_hosts"
        case "transfer-timeout" if attempt.patience:
            return f"{where} did not answer within the simulator's patience; a slow receiver needs the option patience"
        case "tls-certificate" if "not valid for" in attempt.why:
            return f"the receiver's certificate does not name {target.hostname}: have one made that does"
        case "tls-certificate":
            return "the receiver's certificate is not trusted: have it signed by ca_pem, or give the option ca"
    if attempt.response_code == 401:
        return "the receiver refused the credentials: compare username and password of notify() with the application's"
    return f"the receiver answered {attempt.response_code}: {attempt.why}" if attempt.response_code > 0 else None


def in_container() -> bool:
    """Whether this process runs inside a container."""
    return Path("/.dockerenv").exists() or Path("/run/.containerenv").exists()


def _candidate(callout: CalloutRecord, differences: list[str]) -> str:
    return f"  callout {callout.id[:8]}… of {callout.event} to {callout.url}\n    " + "\n    ".join(
        differences or ["nothing differs"]
    )


def _callout(callout: CalloutRecord) -> list[str]:
    due = f", next {callout.due_at:%Y-%m-%d %H:%M:%S}" if callout.due_at else ""
    head = f"    callout {callout.id[:8]}… {callout.event} → {callout.method} {callout.url} {callout.outcome}{due}"
    return [head, *(_attempt(attempt) for attempt in callout.attempts)]


def _attempt(attempt: AttemptRecord) -> str:
    error = f" {attempt.error_class}" if attempt.error_class else ""
    tried = f"attempt {attempt.number}/{attempt.limit} {attempt.sent_at:%H:%M:%S}"
    return f"      {tried} → {attempt.response_code}{error}: {attempt.why}"
