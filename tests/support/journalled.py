"""The world with a journal, and the power to end it at any instant: what goes on is what was written, and nothing else.

A crash is one more operation. What was under way is then sent again; the receivers know of it, and the world takes it out
of its own book only after it has proved that nothing else was lost.
"""

from collections import defaultdict
from typing import Any

import msgspec

from simulator.core.engine import Engine
from simulator.core.faults import Fault
from simulator.core.ledger import Fact
from simulator.core.model import FINISHED, Phase
from simulator.core.recovery import Recovery
from simulator.runtime.journal.codec import Codec
from simulator.runtime.journal.reading import Reader
from simulator.runtime.journal.rows import Row, decode, encode, joined
from simulator.runtime.journal.scribe import Scribe
from tests.support.fake_dialect import NAME, Work
from tests.support.world import Operation, World


class JournalledWorld(World):
    """See the module. ``written`` are the bytes of the journal so far, row by row."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.codec = Codec([Work])
        self.written: list[bytes] = []
        self.lost: defaultdict[str, set[str]] = defaultdict(set)
        self._keep(0)

    def do(self, operation: Operation) -> None:
        if operation.name == "crash":
            self.crash()
        else:
            super().do(operation)
            for gone in [key for key in self.lost if key not in self.engine.ledger.deliveries]:
                self.seen -= self.lost.pop(gone)  # its ids may come again

    def crash(self) -> None:
        """End the process, and begin again with what the journal holds."""
        before = self.engine
        self.written_as_facts(engine := Engine({NAME: self.dialect}, seed=before.ids.seed, retain=before.ledger.retain))
        self._compare(before, engine)
        for dispatch, _ in self.open:
            attempt = dispatch.attempt
            lost = {exchange.callout.request_id for exchange in attempt.exchanges}
            lost |= {callout.request_id for callout in dispatch.callouts}
            self.lost[dispatch.delivery.id] |= lost
            its = self.sent[dispatch.delivery.id]
            its[:] = [request_id for request_id in its if request_id not in lost]
        self.engine = engine
        engine.on_broken = self.errors.append
        self.open, self.ghosts, self.ready = [], [], []
        self.ended = {key: engine.ledger.deliveries[key] for key in self.ended if key in engine.ledger.deliveries}

    def written_as_facts(self, engine: Engine) -> None:
        """Fill ``engine`` from the journal, and let it go on."""
        facts: list[Fact] = []
        engine.ledger.listeners.append(facts.append)
        recovery = Recovery(engine)

        def noted(name: str, value: Any) -> None:
            engine.faults.replace(msgspec.convert(value, tuple[Fault, ...]))

        reader = Reader(self.codec, recovery.told, _no_shelf, noted)
        reader.read(decode(joined(self.written)))
        engine.ledger.listeners[:] = [self._hear]
        self.facts = facts
        self._keep(reader.subscriptions, engine)
        recovery.finish(self.now)

    def check_replay(self) -> None:
        """What was written is what there is."""
        super().check_replay()
        facts, self.facts = self.facts, []
        again = Engine({NAME: self.dialect}, seed=self.engine.ids.seed, retain=self.engine.ledger.retain)
        written = list(self.written)
        self.written_as_facts(again)
        self.written = written
        self._compare(self.engine, again)
        assert again.next_due == self.engine.next_due
        self.facts = facts

    @property
    def history(self) -> bytes:
        return super().history + b"".join(self.written)

    def _keep(self, subscriptions: int, engine: Engine | None = None) -> None:
        def write(row: Row) -> None:
            self.written.append(encode(row))

        engine = engine or self.engine
        scribe = Scribe(self.codec, write, engine.ids, subscriptions)
        engine.ledger.listeners.append(scribe.hear)
        engine.faults.told = lambda faults: scribe.note("faults", faults)

    def _compare(self, before: Engine, after: Engine) -> None:
        was, now = before.ledger, after.ledger
        assert list(now.jobs.items()) == list(was.jobs.items())
        assert list(now.events.items()) == list(was.events.items())
        assert list(now.attempts.items()) == list(was.attempts.items())
        assert list(now.deliveries) == list(was.deliveries)
        for key, delivery in was.deliveries.items():
            if delivery.phase in FINISHED or delivery.phase is Phase.WAITING:
                assert now.deliveries[key] == delivery
            else:
                assert now.deliveries[key].phase is Phase.WAITING
                assert now.deliveries[key].attempts == len(was.attempts_of(key))
        assert after.faults.current == before.faults.current
        assert after.counts == before.counts
        assert after.accepted == before.accepted


def _no_shelf(*record: object) -> None:
    raise AssertionError(f"a world keeps no shelves: {record}")
