"""What the two asynchronous events tell, byte by byte, whatever was asked for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from simulator.core import job as jobs
from simulator.core.gaps import Woven
from simulator.core.model import Submission
from simulator.zuora.quirks import MissingTrackId, Quirks, RequestUrl
from simulator.zuora.requests import payload
from simulator.zuora.requests.work import Reason

CREATED = datetime(2021, 10, 3, 10, 33, 12, 999_999, tzinfo=UTC)
ENDED = CREATED + timedelta(seconds=3)
JOB, RESULT = "b3c6a1f0-8a7d-4c55-9d25-2f7b3a4d1e60", "8ad09bce8292e5e701829308a1f25e5a"
# Pieces that could be taken for a gap, an escape or an id.
PIECES = st.lists(st.sampled_from(["/a", "%", "%%", "%(job)s", "%(result)s", "%20", JOB, RESULT, '"', "\\", "é", "\0"]))
QUIRKS = st.builds(Quirks, request_url=st.sampled_from(RequestUrl), missing_track_id=st.sampled_from(MissingTrackId))


def opening(target: str, track_id: str | None, quirks: Quirks) -> dict[str, Any]:
    """The keys in the guide's order, by the knobs."""
    url = {
        RequestUrl.PATH: target,
        RequestUrl.SYNC: target.replace("/v1/async/", "/v1/", 1),
        RequestUrl.ABSOLUTE: f"https://rest.zuora.com{target}",
    }[quirks.request_url]
    request: dict[str, Any] = {"id": JOB, "method": "PUT", "url": url}
    if track_id is not None or quirks.missing_track_id is MissingTrackId.NULL:
        request["trackId"] = track_id
    return {"createTime": "2021-10-03T10:33:12Z", "completeTime": "2021-10-03T10:33:15Z", "request": request}


@given(PIECES, st.none() | PIECES.map("".join), QUIRKS)
def test_a_payload_is_the_json_of_what_it_tells(pieces: list[str], track_id: str | None, quirks: Quirks) -> None:
    """With an id in the URL, in the track id, and whatever else stands there."""
    target = "/v1/async/accounts" + "".join(pieces)
    job = jobs.queued(JOB, Submission("zuora", "t", "PUT", target, track_id=track_id), CREATED, None, 1)
    expected = opening(target, track_id, quirks)
    told = bytes(payload.succeeded(job, ENDED, quirks, RESULT))
    assert told == msgspec.json.encode(expected | {"state": "succeeded", "data": {"id": RESULT}})
    reason = Reason("50000040", "Cannot find 'x' at 100%.")
    reasons = [{"code": reason.code, "message": reason.message}]
    closing = {"state": "failed", "reasons": reasons, "processId": "A1B2C3D4E5F60718"}
    told = bytes(payload.failed(job, ENDED, quirks, reason, "A1B2C3D4E5F60718"))
    assert told == msgspec.json.encode(expected | closing)


def test_requests_that_differ_in_their_ids_share_a_pattern() -> None:
    """Of a million that were made in one second, and of those whose URLs name what they changed, too."""

    def told(job_id: str, target: str, result: str) -> Woven:
        job = jobs.queued(job_id, Submission("zuora", "t", "PUT", target), CREATED, None, 1)
        made = payload.succeeded(job, ENDED, Quirks(), result)
        assert isinstance(made, Woven)
        return made

    other = "6" * 32
    assert told(JOB, "/v1/async/a", RESULT).pattern is told(other, "/v1/async/a", other).pattern
    one, two = told(JOB, f"/v1/async/a/{RESULT}", RESULT), told(other, f"/v1/async/a/{other}", other)
    assert one.pattern is two.pattern
