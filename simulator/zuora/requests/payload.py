"""The payloads of the two asynchronous events, in the guide's keys and order (documented: seed 000, "Results").

Times are UTC to the second; `reasons[].code` is text here although synchronous bodies carry a number. What a million
requests tell differs in their ids alone: it is worded once a second, with these left open.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from simulator.core.gaps import Content, Woven, filled, shared
from simulator.core.model import Job
from simulator.zuora.quirks import MissingTrackId, Quirks, RequestUrl
from simulator.zuora.requests.work import Reason

Asked = tuple[datetime, datetime, str, str, str | None, bool]
"""What the opening tells beside the id: accepted and ended at, method, URL, track id, whether that is told."""


def succeeded(job: Job, now: datetime, quirks: Quirks, resource_id: str) -> Content:
    """The body of *Async Request Succeeded*."""
    pattern = _succeeded(_asked(job, now, quirks))
    if resource_id in pattern:  # a URL that names what it changed
        pattern = shared(pattern.replace(resource_id, "%(result)s"))
    return Woven(pattern, job.id, resource_id)


def failed(job: Job, now: datetime, quirks: Quirks, reason: Reason, process_id: str) -> Content:
    """The body of *Async Request Failed*; ``process_id`` is 16 upper-case hex digits (wild: GU)."""
    reasons = [{"code": reason.code, "message": reason.message}]
    closing = msgspec.json.encode({"state": "failed", "reasons": reasons, "processId": process_id})
    return filled(_opening(_asked(job, now, quirks)), {"job": job.id}) + b"," + closing[1:]


def _asked(job: Job, now: datetime, quirks: Quirks) -> Asked:
    submission = job.submission
    # Told as ``2021-10-03T10:33:12Z``: so the encoder writes an instant in UTC, faster than anybody formats it.
    created, completed = job.created.replace(microsecond=0), now.replace(microsecond=0)
    tracked = submission.track_id is not None or quirks.missing_track_id is MissingTrackId.NULL
    return created, completed, submission.method, _url(submission.target, quirks), submission.track_id, tracked


@lru_cache(maxsize=1024)
def _succeeded(asked: Asked) -> str:
    return _opening(asked) + ',"state":"succeeded","data":{"id":"%(result)s"}}'


def _opening(asked: Asked) -> str:
    """The first half of the object, as a pattern with a gap for the id of the request."""
    created, completed, method, url, track_id, tracked = asked
    request = f'{{"id":"%(job)s","method":{_text(method)},"url":{_text(url)}'
    if tracked:
        request += f',"trackId":{_text(track_id)}'
    return f'{{"createTime":{_text(created)},"completeTime":{_text(completed)},"request":{request}}}'


def _text(value: Any) -> str:
    """JSON, as it stands in a pattern."""
    return msgspec.json.encode(value).decode().replace("%", "%%")


def _url(target: str, quirks: Quirks) -> str:
    match quirks.request_url:
        case RequestUrl.SYNC:
            return target.replace("/v1/async/", "/v1/", 1)
        case RequestUrl.ABSOLUTE:
            return f"https://rest.zuora.com{target}"
    return target
