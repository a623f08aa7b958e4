"""The first test to write: a receiver that fails twice, and the hour until it is told."""

from simulator.receiver import ThreadedReceiver
from simulator.testing.threaded import Blocking


def test_two_failures_are_survived(zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver) -> None:
    """`zuora_receiver` stands where your application will: give `notify` its URL instead."""
    zuora_receiver.answers = [503, 503, 200]
    zuora_simulator.notify("Payment Declined", zuora_receiver.url)
    zuora_simulator.fire("Payment Declined", AccountId="8a80")
    zuora_simulator.advance(minutes=30)
    zuora_simulator.advance(minutes=30)
    (callout,) = zuora_simulator.callouts
    assert [attempt.response_code for attempt in callout.attempts] == [503, 503, 200]
    assert len({request.header("Zuora-Notification-Id") for request in zuora_receiver.requests}) == 1
