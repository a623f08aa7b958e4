"""All that an instance knows at one instant, as a journal that begins with it: what compaction writes.

It decides the order in which things are told, so that each stands before what refers to it. How a row looks it leaves to
the scribe.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from simulator.core.errors import OurFault
from simulator.core.model import Delivery, Event, Job, JobPhase
from simulator.instance import Instance
from simulator.options import Options
from simulator.runtime.journal.file import File
from simulator.runtime.journal.rows import LifeRow, Row, StartRow, StepRow, encode, joined
from simulator.runtime.journal.scribe import Scribe, stand
from simulator.state import COUNTS, FAULTS, ROUTES, SETTINGS, State

ROWS_AT_ONCE = 1_000


def compacted(path: str, retain: int | None = None) -> tuple[int, int]:
    """Write the file anew with what is known at its end, in the place of how it came to be; its size before and after.

    The new one is made beside it and moved into its place when it is whole. Raises AuthorError.
    """
    before = Path(path).stat().st_size
    instance = Instance(Options(state=path, retain=retain))
    state, made = instance.state, f"{path}.compact"
    if state is None:
        raise OurFault("a state file was named, and there is no state")
    state.recall().finish(instance.clock.now)
    try:
        Path(made).unlink(missing_ok=True)
        new = File(made, instance.options.seed)
        try:
            encoded = map(encode, rows(instance, state))
            while batch := list(islice(encoded, ROWS_AT_ONCE)):
                new.append(joined(batch), instance.clock.now)
        finally:
            new.close()
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise
    finally:
        state.release()
    Path(made).replace(path)
    return before, Path(path).stat().st_size


def rows(instance: Instance, state: State) -> Iterator[Row]:
    """The rows, each when it is asked for."""
    engine = instance.engine
    told: list[Row] = []
    scribe = Scribe(state.codec, told.append, engine.ids, 0)

    def so_far() -> list[Row]:
        rows = told.copy()
        told.clear()
        return rows

    for dialect in state.providers:
        for tenant, shelf in state.shelves(dialect):
            for key, record in shelf.items():
                scribe.shelf(dialect, tenant, shelf.name, key, record)
            yield from so_far()
    scribe.note(SETTINGS, state.changes)
    scribe.note(ROUTES, instance.addresses.routes)
    for job in engine.ledger.jobs.values():
        _job(scribe, job)
        yield from so_far()
    for event in _events(engine.ledger.events, engine.ledger.deliveries):
        scribe.event(event)
        yield from so_far()
    for delivery in engine.ledger.deliveries.values():
        scribe.opened(delivery)
        yield from so_far()
        for attempt in engine.ledger.attempts_of(delivery.id):
            scribe.attempt(delivery, attempt)
            yield from so_far()
        for _ in range(engine.sent_again.get(delivery.id, 0)):
            yield StartRow(stand(delivery), instance.clock.now, ())
        yield StepRow(stand(delivery))
    counts = [(kind, tenant, number) for (kind, tenant), number in engine.counts.items()]
    scribe.note(COUNTS, (counts, engine.accepted))
    scribe.note(FAULTS, engine.faults.current)
    yield from so_far()
    yield LifeRow(state.life - 1)  # nobody took it up: it was only tidied


def _job(scribe: Scribe, job: Job) -> None:
    scribe.accepted(job)
    if job.tries or job.phase is not JobPhase.QUEUED:
        scribe.job_step(job)


def _events(listed: dict[str, Event], deliveries: dict[str, Delivery]) -> Iterator[Event]:
    """Those that only a delivery still knows before those that are listed: they are older."""
    unlisted = {it.event.id: it.event for it in deliveries.values() if it.event.id not in listed}
    yield from unlisted.values()
    yield from listed.values()
