"""The parts of the journal: what is written once, what comes back, and who waits for what."""

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from simulator.core import job as jobs
from simulator.core.errors import NotKept, OurFault
from simulator.core.ids import Ids
from simulator.core.ledger import Cleared, DeliveryChanged, EventRaised, Fact, JobChanged
from simulator.core.model import Delivery, Phase, Submission
from simulator.runtime.journal.codec import Codec
from simulator.runtime.journal.file import File
from simulator.runtime.journal.reading import Reader
from simulator.runtime.journal.rows import DeliveryRow, LifeRow, Row, StepRow, SubscriptionRow, decode, encode, joined
from simulator.runtime.journal.scribe import REMEMBERED, Scribe
from simulator.runtime.journal.text import plain, row_of
from simulator.runtime.journal.writer import Writer
from tests.support.fake_dialect import receiver
from tests.support.machine import T0, fresh


class Thing(Struct, frozen=True):
    """A record of some provider."""

    name: str
    span: timedelta = timedelta(0)


def test_a_record_comes_back_as_what_it_was() -> None:
    """By the name of its type; what is no record needs none, and a whole number may be of any size."""
    codec = Codec([Thing])
    for value in (Thing("a", timedelta(minutes=7)), "text", 10**30, [1, None], {"a": {"b": True}}, None):
        assert codec.decode(codec.encode(value)) == value
    assert codec.encode(None) is None, "nothing takes no room"


def test_only_types_that_were_named_are_made() -> None:
    """A file cannot have anything else made of it."""
    encoded = Codec([Thing]).encode(Thing("a"))
    with pytest.raises(ValueError, match="Thing"):
        Codec([]).decode(encoded)
    with pytest.raises(OurFault, match="Thing"):
        Codec([]).encode(Thing("a"))


def heard(*facts: Any) -> list[Row]:
    rows: list[Row] = []
    scribe = Scribe(Codec([]), rows.append, Ids(0), 7)
    for fact in facts:
        scribe.hear(fact)
    return rows


def reader_to(facts: list[Fact]) -> Reader:
    return Reader(Codec([]), facts.append, lambda *record: None, lambda *note: None)


def opened(number: int, name: str = "s") -> Delivery:
    return replace(fresh(), id=str(number), subscription=receiver(name))


def test_a_subscription_is_written_once() -> None:
    """However many deliveries go to it; numbers go on from those given before."""
    first = opened(1)
    rows = heard(DeliveryChanged(first), DeliveryChanged(replace(first, id="2")))
    assert [type(row) for row in rows] == [SubscriptionRow, DeliveryRow, DeliveryRow]
    assert isinstance(rows[0], SubscriptionRow)
    assert rows[0].number == 8
    assert {row.subscription for row in rows if isinstance(row, DeliveryRow)} == {8}


def test_few_subscriptions_are_remembered() -> None:
    """One that comes again after many others is written again, so that they need no memory for ever."""
    first, second = opened(1, "first"), opened(2, "second")
    others = [DeliveryChanged(opened(number, str(number))) for number in range(REMEMBERED - 1)]
    rows = heard(*map(DeliveryChanged, (first, second)), *others, *map(DeliveryChanged, (second, first)))
    written = [row.id for row in rows if isinstance(row, SubscriptionRow)]
    assert written.count("second") == 1
    assert written.count("first") == 2


def test_that_a_time_has_come_is_not_written() -> None:
    """It is known from what was written before; that somebody asked for a resend just then is not."""
    ready = replace(fresh(), phase=Phase.READY, due=None)
    assert heard(DeliveryChanged(ready)) == []
    assert [type(row) for row in heard(DeliveryChanged(replace(ready, resent=True)))] == [StepRow]


def test_what_is_written_comes_back() -> None:
    """A delivery with its event and its subscription, and every step of it."""
    delivery = fresh()
    facts = [
        EventRaised(delivery.event),
        DeliveryChanged(delivery),
        DeliveryChanged(replace(delivery, held=True, due=T0 + timedelta(minutes=1))),
        DeliveryChanged(replace(delivery, phase=Phase.FAILED, due=None, started=T0, attempts=3, last=True)),
    ]
    again: list[Fact] = []
    reader_to(again).read(decode(joined([encode(row) for row in heard(*facts)])))
    assert again == facts


@pytest.mark.parametrize("result", [None, "r", {"a": 1}])
def test_a_payload_comes_back(result: Any) -> None:
    """Whatever came of its request, and of an event that no request made."""
    job = replace(jobs.queued("j", Submission("fake", "t", "POST", "/"), T0, None, 1), result=result, tries=1)
    event = replace(fresh().event, job="j", content=b'{"id": "j", "made": "r"}')
    again: list[Fact] = []
    accepted = JobChanged(replace(job, result=None, tries=0))
    reader_to(again).read(heard(accepted, JobChanged(job), EventRaised(event), EventRaised(replace(event, job=None))))
    bodies = [fact.event.body for fact in again if isinstance(fact, EventRaised)]
    assert bodies == [event.body, event.body]


def test_a_row_that_refers_to_nothing_is_damage() -> None:
    """It must not be taken for a beginning."""
    (_, row) = heard(DeliveryChanged(fresh()))
    with pytest.raises(LookupError):
        reader_to([]).read([row])


@pytest.mark.parametrize("tenant", ["t", None])
def test_what_was_forgotten_can_be_referred_to_no_more(tenant: str | None) -> None:
    """Neither a request, nor an event, nor a delivery, whether one tenant was forgotten or all."""
    delivery, job = fresh(), jobs.queued("j", Submission("fake", "t", "POST", "/"), T0, T0, 1)
    facts: list[Fact] = [JobChanged(job), EventRaised(delivery.event), DeliveryChanged(delivery)]
    rows = heard(*facts, Cleared(tenant))
    worked, held = JobChanged(replace(job, tries=1)), DeliveryChanged(replace(delivery, held=True))
    for gone in (worked, DeliveryChanged(replace(delivery, id="next")), held):
        again: list[Fact] = []
        reader = reader_to(again)
        reader.read(rows)
        assert again == [*facts, Cleared(tenant)]
        with pytest.raises(LookupError):
            reader.read(heard(gone)[-1:])


def test_the_others_are_not_forgotten() -> None:
    """A tenant that is not the one whose records went keeps its own."""
    delivery = fresh()
    facts = [EventRaised(delivery.event), DeliveryChanged(delivery), Cleared("another")]
    facts.append(DeliveryChanged(replace(delivery, held=True)))
    again: list[Fact] = []
    reader_to(again).read(heard(*facts))
    assert again == facts


def test_numbers_of_subscriptions_go_on() -> None:
    """Where none was given the next is the first; else the one behind the highest."""
    reader = reader_to([])
    assert (reader.subscriptions, reader.life) == (0, 0)
    high = SubscriptionRow(5, "s", "s", "s", "POST", "https://s.test/", None)
    reader.read([high, replace(high, number=3), LifeRow(2)])
    assert (reader.subscriptions, reader.life) == (5, 2)


def test_rows_are_plain_values_and_back() -> None:
    """Every row that a life writes."""
    delivery = fresh()
    rows = heard(EventRaised(delivery.event), DeliveryChanged(delivery), DeliveryChanged(replace(delivery, held=True)))
    assert [row_of(plain(row)) for row in [*rows, LifeRow(3)]] == [*rows, LifeRow(3)]
    with pytest.raises(ValueError, match="there is no row"):
        row_of({"row": "none"})


class Slow:
    """A file that counts its commits and can be told to fail."""

    path = "slow"

    def __init__(self) -> None:
        self.batches: list[tuple[Row, ...]] = []
        self.instants: list[datetime] = []
        self.fails = False

    def append(self, batch: bytes, at: Any) -> None:
        if self.fails:
            raise NotKept("the disk is gone")
        self.batches.append(decode(batch))
        self.instants.append(at)


class Gated(Slow):
    """A file each of whose commits takes until it is let ``through``."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.through = threading.Event(), threading.Semaphore(0)

    def append(self, batch: bytes, at: Any) -> None:
        self.reached.set()
        self.through.acquire(timeout=30)
        super().append(batch, at)


def writer_on(file: Any, failures: list[NotKept], now: Callable[[], datetime] = lambda: T0) -> Writer:
    return Writer(file, now, failures.append)


async def test_what_comes_together_is_committed_together() -> None:
    """One group for one turn of the loop, in order; and whoever waits is told once it is there."""
    file = Slow()
    writer = writer_on(file, [])
    await writer.durable()
    assert file.batches == [], "nothing was to be waited for"
    for number in range(3):
        writer.write(LifeRow(number))
    assert writer.pending
    await writer.durable()
    assert not writer.pending
    assert file.batches == [(LifeRow(0), LifeRow(1), LifeRow(2))]
    writer.write(LifeRow(3))
    await writer.close()
    assert file.batches[1:] == [(LifeRow(3),)]


async def test_one_turn_of_the_loop_is_one_group() -> None:
    """However many rows come in it: the instant is asked once."""
    asked: list[datetime] = []

    def now() -> datetime:
        asked.append(T0)
        return T0

    writer = writer_on(Slow(), [], now)
    for number in range(3):
        writer.write(LifeRow(number))
    await writer.durable()
    assert len(asked) == 1
    await writer.close()


async def test_what_gathers_while_the_disk_is_busy_is_committed_together() -> None:
    """Whichever turns of the loop it came in, in order, with the latest instant; each waits for its own commit."""
    file, instants = Gated(), iter([T0 + timedelta(number) for number in range(4)])
    writer = writer_on(file, [], lambda: next(instants))
    waiting = []
    for number in range(4):
        writer.write(LifeRow(number))
        waiting.append(asyncio.ensure_future(writer.durable()))
        await asyncio.sleep(0)
        if not number:
            await asyncio.to_thread(file.reached.wait, 30)
    file.through.release()
    await waiting[0]
    assert [it.done() for it in waiting] == [True, False, False, False]
    assert writer.pending
    file.through.release()
    await asyncio.gather(*waiting)
    assert not writer.pending
    assert file.batches == [(LifeRow(0),), (LifeRow(1), LifeRow(2), LifeRow(3))]
    assert file.instants == [T0, T0 + timedelta(3)]
    await writer.close()


async def test_a_process_that_ends_without_closing_is_not_held_up() -> None:
    """The thread that commits is nobody's to wait for."""
    writer = writer_on(Slow(), [])
    assert [thread.daemon for thread in threading.enumerate() if thread.name == "journal"] == [True]
    await writer.close()


async def test_many_may_wait_and_some_give_up() -> None:
    """Each is told of its own rows."""
    file = Slow()
    writer = writer_on(file, [])
    waiting = []
    for number in range(20):
        writer.write(LifeRow(number))
        waiting.append(asyncio.ensure_future(writer.durable()))
        if number % 3 == 0:
            await asyncio.sleep(0)
    waiting[5].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert [row for batch in file.batches for row in batch] == [LifeRow(number) for number in range(20)]
    await writer.close()


async def test_after_a_failure_nothing_is_kept_any_more() -> None:
    """What follows would have a hole before it; everybody is told, the owner once."""
    file, failures = Slow(), list[NotKept]()
    writer = writer_on(file, failures)
    file.fails = True
    writer.write(LifeRow(1))
    with pytest.raises(NotKept, match="the disk is gone"):
        await writer.durable()
    file.fails = False
    writer.write(LifeRow(2))
    with pytest.raises(NotKept):
        await writer.durable()
    with pytest.raises(NotKept):
        await writer.close()
    assert file.batches == []
    assert [str(failure) for failure in failures] == ["the disk is gone"]


async def test_a_writer_that_has_failed_ends_with_rows_before_it() -> None:
    """What is handed over in the turn before is taken, and written nowhere."""
    file = Slow()
    writer = writer_on(file, [])
    file.fails = True
    writer.write(LifeRow(1))
    with pytest.raises(NotKept):
        await writer.durable()
    writer.write(LifeRow(2))
    await asyncio.sleep(0)
    with pytest.raises(NotKept):
        await writer.close()
    assert file.batches == []


async def test_the_file_holds_what_was_written(tmp_path: Path) -> None:
    """Batch by batch, with the simulator's instant."""
    path = str(tmp_path / "state.db")
    file = File(path, 3)
    writer = writer_on(file, [])
    writer.write(LifeRow(1))
    await writer.durable()
    writer.touch()
    await writer.close()
    file.close()
    again = File(path, 0)
    assert again.seed == 3
    assert [(batch.number, batch.at, batch.rows) for batch in again.batches()] == [(1, T0, (LifeRow(1),)), (2, T0, ())]
    again.close()
