"""The payloads of the two asynchronous events, in the guide's keys and order (documented: seed 000, "Results").

Times are UTC to the second; `reasons[].code` is text here although synchronous bodies carry a number.
"""

from datetime import datetime
from typing import Any

import msgspec

from simulator.core.model import Job
from simulator.zuora.quirks import MissingTrackId, Quirks, RequestUrl
from simulator.zuora.requests.work import Reason


def succeeded(job: Job, now: datetime, quirks: Quirks, resource_id: str) -> bytes:
    """The body of *Async Request Succeeded*."""
    return msgspec.json.encode(_opening(job, now, quirks) | {"state": "succeeded", "data": {"id": resource_id}})


def failed(job: Job, now: datetime, quirks: Quirks, reason: Reason, process_id: str) -> bytes:
    """The body of *Async Request Failed*; ``process_id`` is 16 upper-case hex digits (wild: GU)."""
    reasons = [{"code": reason.code, "message": reason.message}]
    closing = {"state": "failed", "reasons": reasons, "processId": process_id}
    return msgspec.json.encode(_opening(job, now, quirks) | closing)


def _opening(job: Job, now: datetime, quirks: Quirks) -> dict[str, Any]:
    submission = job.submission
    request: dict[str, Any] = {"id": job.id, "method": submission.method, "url": _url(submission.target, quirks)}
    if submission.track_id is not None or quirks.missing_track_id is MissingTrackId.NULL:
        request["trackId"] = submission.track_id
    # Told as ``2021-10-03T10:33:12Z``: so the encoder writes an instant in UTC, faster than anybody formats it.
    created, completed = job.created.replace(microsecond=0), now.replace(microsecond=0)
    return {"createTime": created, "completeTime": completed, "request": request}


def _url(target: str, quirks: Quirks) -> str:
    match quirks.request_url:
        case RequestUrl.SYNC:
            return target.replace("/v1/async/", "/v1/", 1)
        case RequestUrl.ABSOLUTE:
            return f"https://rest.zuora.com{target}"
    return target
