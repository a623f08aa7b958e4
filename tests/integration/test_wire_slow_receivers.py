"""Receivers that are slow, on a virtual clock: slow is not hung, and no answer moves time (reliability V4)."""

from datetime import timedelta

import pytest

from simulator import Receiver, Simulator

DECLINED = "Payment Declined"


@pytest.mark.real
async def test_a_slow_answer_takes_no_virtual_time() -> None:
    """A thousand answers after 0.05 s and one after 1 s: each counts, none is a timeout, the clock stands where it was."""
    async with (
        Receiver(answers={"delay": "50ms"}) as slow,
        Receiver(answers={"delay": "1s"}) as slower,
        Simulator(concurrency=200) as zuora,
    ):
        begun = zuora.now
        zuora.notify("Invoice Posted", slower.url)
        zuora.notify(DECLINED, slow.url)
        zuora.fire("Invoice Posted")
        for _ in range(1000):
            zuora.fire(DECLINED)
        await zuora.settle()
        assert zuora.now == begun
        assert {attempt.response_code for attempt in zuora.attempts} == {200}
        assert {attempt.ended_at for attempt in zuora.attempts} == {begun}
        assert len(zuora.attempts) == 1001


@pytest.mark.real
@pytest.mark.soak
async def test_the_limit_is_fifteen_seconds_where_patience_reaches_as_far() -> None:
    """9.9 and 14.9 s are answers, 15.1 s is a timeout that ends 15 s after it began; the clock does not move."""
    async with (
        Receiver(answers={"/9": {"delay": "9.9s"}, "/14": {"delay": "14.9s"}, "/15": {"delay": "15.1s"}}) as receiver,
        Simulator(concurrency=3, patience=timedelta(seconds=20), max_attempts=1) as zuora,
    ):
        begun = zuora.now
        for path in ("/9", "/14", "/15"):
            zuora.notify(DECLINED, receiver.url_for(path))
        zuora.fire(DECLINED)
        await zuora.settle()
        assert zuora.now == begun
        assert [(it.response_code, it.error_class) for it in zuora.attempts] == [
            (200, None),
            (200, None),
            (-1, "transfer-timeout"),
        ]
        assert zuora.attempts[-1].ended_at == begun + timedelta(seconds=15)
        assert not zuora.attempts[-1].patience
