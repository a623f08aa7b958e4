"""`kill -9` at random points of a running load, again and again on one state file; what came of it by the receiver's side."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from random import Random

from msgspec import Struct

from simulator.runtime.journal.file import File
from simulator.runtime.journal.rows import StartRow
from tests.support.served import Caller, Life, Listener

WINDOW = 40
"""Callouts that may be sent again after a kill: those in flight, and as many that ended within the last commit."""


def refusing(request_id: str, number: int) -> int:
    """Every fifth request is refused once, every eleventh always."""
    chance = int(request_id[:8], 16)
    return 500 if chance % 11 == 0 or (chance % 5 == 0 and number == 1) else 200


Begin = Callable[[str], Awaitable[Life]]


class Toll(Struct, frozen=True):
    """What so many kills did. Every number but ``accepted``, ``arrived`` and ``again`` is of broken promises."""

    kills: int
    accepted: int
    arrived: int
    again: int
    """Requests that went out and whose outcome was not on disk: each of them went out once more."""
    lost: int
    """Requests that got a 202 and are not there, have no callout, or were never heard of by the receiver."""
    unfinished: int
    repeated: int
    """Request ids that arrived twice."""
    invented: int
    """Requests in the history that the receiver has not heard of."""
    unannounced: int
    """Requests that went out without a start row."""
    misnumbered: int
    too_often: int
    """Callouts of which more went out again than there were kills."""
    sound: bool

    @property
    def held(self) -> bool:
        broken = self.lost + self.unfinished + self.repeated + self.invented + self.unannounced + self.misnumbered
        return not broken and not self.too_often and self.again <= WINDOW * self.kills and self.sound


async def begin(path: str) -> Life:
    """A server on that file, on which a minute between attempts takes a tenth of a second."""
    return await Life.begin("--state", path, "--rate", "600", "--interval", "1m")


async def killed(path: str, kills: int, seed: int, caller: Caller, listener: Listener, begin: Begin = begin) -> Toll:
    """Kill a server on ``path`` so often, let the last one come to its end, and count."""
    chance = Random(seed)
    life = await begin(path)
    await caller.log_in(life)
    await caller.listen(life, listener.url)
    for _ in range(kills):
        after = len(caller.accepted) + chance.randrange(150), len(listener.arrived) + chance.randrange(150)
        await caller.load(life, partial(_enough, caller, listener, after), life.process.kill)
        await life.kill()
        life = await begin(path)
    await caller.drain(life)
    requests = {it["id"]: it for it in (await caller.get(life, "requests"))["requests"]}
    callouts = (await caller.get(life, "callouts"))["callouts"]
    await life.stop()

    outcomes = {it["requestId"]: it["outcome"] for it in callouts}
    heard = {body["request"]["id"] for _, _, body in listener.arrived}
    arrived = [request_id for _, request_id, _ in listener.arrived]
    recorded = {
        exchange["requestId"] for it in callouts for attempt in it["attempts"] for exchange in attempt["exchanges"]
    }
    again = set(arrived) - recorded
    numbers = [[attempt["number"] for attempt in it["attempts"]] for it in callouts]
    extra = [sum(one in again for one in listener.by_notification.get(it["id"], ())) for it in callouts]
    return Toll(
        kills=kills,
        accepted=len(caller.accepted),
        arrived=len(arrived),
        again=len(again),
        lost=sum(not (one in requests and one in outcomes and one in heard) for one in caller.accepted),
        unfinished=sum(
            requests.get(one, {}).get("state") != "succeeded" or outcomes.get(one) not in {"delivered", "failed"}
            for one in caller.accepted
        ),
        repeated=len(arrived) - len(set(arrived)),
        invented=len(recorded - set(arrived)),
        unannounced=len(set(arrived) - _started_in(path)),
        misnumbered=sum(its != list(range(1, len(its) + 1)) for its in numbers),
        too_often=sum(one > kills for one in extra),
        sound=_sound(path),
    )


def _enough(caller: Caller, listener: Listener, after: tuple[int, int]) -> bool:
    """Whether as many were accepted, or arrived, as the kill was to wait for."""
    return len(caller.accepted) >= after[0] or len(listener.arrived) >= after[1]


def _started_in(path: str) -> set[str]:
    """The ids of all requests that the journal says were about to go out."""
    with closing(File(path, 0)) as file:
        rows = [row for batch in file.batches() for row in batch.rows]
    return {request_id for row in rows if isinstance(row, StartRow) for request_id in row.request_ids}


def _sound(path: str) -> bool:
    """What SQLite itself says of the file."""
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")
