"""`kill -9` at random points of a running load, again and again on one state file; judged from the receiver's side."""

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random

import pytest

from simulator.runtime.journal.file import File
from simulator.runtime.journal.rows import StartRow
from simulator.runtime.lanes import PER_RECEIVER
from tests.kill.conftest import KILLS
from tests.support.served import Caller, Life, Listener

pytestmark = [pytest.mark.kill, pytest.mark.real]

KILLS_PER_FILE = 10
WINDOW = 40
"""Callouts that may be sent again after a kill: those in flight, and as many that ended within the last commit."""


@pytest.mark.parametrize("seed", range(-(-KILLS // KILLS_PER_FILE)))
async def test_nothing_accepted_is_lost(seed: int, tmp_path: Path, caller: Caller, listener: Listener) -> None:
    """Every request that got a 202 ends delivered or finally failed; what was sent twice has two start rows."""
    path = str(tmp_path / "state.db")
    kills = min(KILLS - seed * KILLS_PER_FILE, KILLS_PER_FILE)
    chance = Random(seed)
    life = await begin(path)
    await caller.log_in(life)
    await caller.listen(life, listener.url)
    for _ in range(kills):
        after = len(caller.accepted) + chance.randrange(150), len(listener.arrived) + chance.randrange(150)
        await caller.load(life, partial(enough, caller, listener, after), life.process.kill)
        await life.kill()
        life = await begin(path)
    await caller.drain(life)
    requests = {it["id"]: it for it in (await caller.get(life, "requests"))["requests"]}
    callouts = (await caller.get(life, "callouts"))["callouts"]
    await life.stop()

    assert set(caller.accepted) <= set(requests)
    assert all(requests[one]["state"] == "succeeded" for one in caller.accepted)
    outcomes = {it["requestId"]: it["outcome"] for it in callouts}
    assert all(outcomes[one] in {"delivered", "failed"} for one in caller.accepted)
    heard = {body["request"]["id"] for _, _, body in listener.arrived}
    assert set(caller.accepted) <= heard, "the receiver has heard of each"

    arrived = [request_id for _, request_id, _ in listener.arrived]
    assert len(set(arrived)) == len(arrived), "no request id is used twice"
    recorded = [
        exchange["requestId"] for it in callouts for attempt in it["attempts"] for exchange in attempt["exchanges"]
    ]
    assert set(recorded) <= set(arrived), "no attempt is recorded that did not happen"
    started = started_in(path)
    assert set(arrived) <= started, "nothing is sent without a start row"
    again = set(arrived) - set(recorded)
    assert len(again) <= WINDOW * kills
    for it in callouts:
        numbers = [attempt["number"] for attempt in it["attempts"]]
        assert numbers == list(range(1, len(numbers) + 1))
        extra = [one for one in listener.by_notification[it["id"]] if one in again]
        assert len(extra) <= kills
    assert WINDOW >= PER_RECEIVER
    assert sound(path)


async def begin(path: str) -> Life:
    """A server on that file, on which a minute between attempts takes a tenth of a second."""
    return await Life.begin("--state", path, "--rate", "600", "--interval", "1m")


def enough(caller: Caller, listener: Listener, after: tuple[int, int]) -> bool:
    """Whether as many were accepted, or arrived, as the kill was to wait for."""
    return len(caller.accepted) >= after[0] or len(listener.arrived) >= after[1]


async def test_killed_at_rest_nothing_is_sent(tmp_path: Path, caller: Caller, listener: Listener) -> None:
    """What has ended has ended: after the restart only what is new goes out."""
    path = str(tmp_path / "state.db")
    life = await begin(path)
    await caller.log_in(life)
    await caller.listen(life, listener.url)
    await caller.load(life, lambda: len(caller.accepted) >= 50)
    await caller.drain(life)
    async with caller.http.post(f"{life.url}/_simulator/clock/settle") as answer:  # it answers when all is on disk
        assert answer.status == 200
    before = len(listener.arrived)
    await life.kill()
    life = await begin(path)
    await caller.submit(life)
    await caller.drain(life)
    new = {body["request"]["id"] for _, _, body in listener.arrived[before:]}
    assert new == {caller.accepted[-1]}
    await life.stop()


def started_in(path: str) -> set[str]:
    """The ids of all requests that the journal says were about to go out."""
    with closing(File(path, 0)) as file:
        rows = [row for batch in file.batches() for row in batch.rows]
    return {request_id for row in rows if isinstance(row, StartRow) for request_id in row.request_ids}


def sound(path: str) -> bool:
    """What SQLite itself says of the file."""
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")
