"""What the simulator makes of each thing that the receiver can do: the receiver's word against the record's."""

from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from simulator import Receiver, Simulator
from tests.support.client import Client


@pytest.mark.parametrize(
    ("answer", "code", "error"),
    [
        (503, 503, None),
        ({"reset": True}, -1, "closed-early"),
        ({"reset": "headers"}, -1, "closed-early"),
        ({"reset": "body"}, -1, "closed-early"),
        ({"close": True}, -1, "closed-early"),
        ({"close": "headers"}, -1, "closed-early"),
        ({"close": "body"}, -1, "closed-early"),
        ({"close": "answer", "status": 503}, 503, None),
        ({"reset": "answer", "status": 503}, 503, None),
        ({"hang": True}, -1, "transfer-timeout"),
        ({"hang": "body"}, -1, "transfer-timeout"),
        ({"drip": "1B/s"}, -1, "transfer-timeout"),
        ({"interim": 102, "hang": True}, -1, "transfer-timeout"),
        ({"interim": 102, "close": True}, 102, "interim"),
        (101, 101, "interim"),
        ({"raw": "what?\r\n\r\n"}, -1, "malformed-answer"),
    ],
)
async def test_each_misbehaviour_is_told_for_what_it_is(answer: Any, code: int, error: str | None) -> None:
    """And is tried again half an hour later, when the receiver has come to its senses."""
    async with Simulator(patience=timedelta(milliseconds=50)) as zuora, aiohttp.ClientSession() as session:
        client = Client(zuora, session)
        await client.log_in()
        async with Receiver(answers=[answer, 200]) as receiver:
            await client.listen(receiver.url)
            await client.submit()
            await zuora.drain()
        first, second = zuora.attempts
    assert (first.response_code, first.error_class) == (code, error)
    assert second.response_code == 200
    assert second.sent_at - first.sent_at == timedelta(minutes=30)
    assert receiver.count == 2


@pytest.mark.parametrize("answer", [{"big": "200KB"}, {"endless": True}])
async def test_a_body_past_what_is_read_is_a_200_all_the_same(zuora: Simulator, client: Client, answer: Any) -> None:
    """61,440 bytes of it are kept; the receiver was not late, though nobody heard it out."""
    async with Receiver(answers=answer) as receiver:
        await client.listen(receiver.url)
        await client.submit()
        await zuora.drain()
    (attempt,) = zuora.attempts
    assert attempt.response_code == 200
    assert attempt.exchanges[0].truncated
    assert [(each.answered, each.late) for each in receiver.requests] == [(200, False)]


async def test_a_receiver_that_answers_after_16_seconds_gets_it_again_and_knows_why() -> None:
    """Its 200 was meant, and came too late: here the record says timeout, there the receiver says late."""
    async with Simulator(patience=timedelta(milliseconds=50)) as zuora, aiohttp.ClientSession() as session:
        client = Client(zuora, session)
        await client.log_in()
        async with Receiver(answers=[{"delay": "16s", "status": 200}, 200]) as receiver:
            await client.listen(receiver.url)
            await client.submit()
            await zuora.drain()
            (late,) = await receiver.wait_for(1, where=lambda request: request.late)
    assert [attempt.error_class for attempt in zuora.attempts] == ["transfer-timeout", None]
    assert repr(late) == f"<Received 1 POST / {len(late.body)} B, answered 200, late>"
    (twice,) = receiver.seen_by("Zuora-Notification-Id").values()
    assert [request.number for request in twice] == [1, 2]


async def test_nothing_is_lost_and_nothing_is_extra(zuora: Simulator, client: Client) -> None:
    """Every accepted request is heard of, by its notification id, as often as the script has it."""
    answers = {"/": lambda request: 200 if request.number > 100 else 503}
    async with Receiver(answers=answers) as receiver:
        await client.listen(receiver.url)
        for _ in range(100):
            await client.submit()
        await zuora.drain()
    seen = receiver.seen_by("Zuora-Notification-Id")
    assert {len(group) for group in seen.values()} == {2}
    assert list(seen) == [callout.id for callout in zuora.callouts]
    assert receiver.count == 200
