"""`kill -9` at random points of a running load, again and again on one state file; judged from the receiver's side."""

from pathlib import Path

import pytest

from simulator.runtime.lanes import PER_RECEIVER
from tests.kill.conftest import KILLS
from tests.support.killing import WINDOW, begin, killed
from tests.support.served import Caller, Listener

pytestmark = [pytest.mark.kill, pytest.mark.real]

KILLS_PER_FILE = 10


@pytest.mark.parametrize("seed", range(-(-KILLS // KILLS_PER_FILE)))
async def test_nothing_accepted_is_lost(seed: int, tmp_path: Path, caller: Caller, listener: Listener) -> None:
    """Every request that got a 202 ends delivered or finally failed; what was sent twice has two start rows."""
    kills = min(KILLS - seed * KILLS_PER_FILE, KILLS_PER_FILE)
    toll = await killed(str(tmp_path / "state.db"), kills, seed, caller, listener)
    assert toll.accepted > 0
    assert toll.held, toll
    assert WINDOW >= PER_RECEIVER


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
