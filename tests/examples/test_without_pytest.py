"""Without the fixtures: unittest, and a plain `async with`."""

import unittest

import pytest

from simulator import Receiver, Simulator


class CalloutTest(unittest.TestCase):
    """The same from unittest, or from Django's TestCase."""

    def setUp(self) -> None:
        self.zuora = self.enterContext(Simulator.threaded())
        self.receiver = self.enterContext(Receiver.threaded(answers=[503, 200]))

    def test_retry(self) -> None:
        """A 503 is tried again half an hour later."""
        self.zuora.notify("Payment Declined", self.receiver.url)
        self.zuora.fire("Payment Declined", AccountId="8a80")
        callout = self.zuora.wait_for("Payment Declined", outcome="delivered")
        assert [attempt.response_code for attempt in callout.attempts] == [503, 200]


@pytest.mark.asyncio
async def test_the_simulator_itself() -> None:
    """In one's own loop: `async with Simulator()`, and the same handle."""
    async with Simulator() as zuora, Receiver(answers=[503, 200]) as receiver:
        zuora.notify("Payment Declined", receiver.url)
        zuora.fire("Payment Declined", AccountId="8a80")
        callout = await zuora.wait_for("Payment Declined", outcome="delivered")
        assert len(callout.attempts) == 2
