"""Idempotency, order, the 25 seconds, OAuth 2.0: what a receiver must stand, each as a short test."""

from datetime import timedelta
from http.client import HTTPConnection

import pytest

from simulator.receiver import Received, ThreadedReceiver
from simulator.testing.threaded import Blocking

DECLINED = "Payment Declined"


def effects_by(header: str, receiver: ThreadedReceiver) -> int:
    """How often an application that goes by that header would have acted."""
    return len({request.header(header) for request in receiver.requests})


def test_the_notification_id_tells_a_duplicate(zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver) -> None:
    """A receiver that goes by `Zuora-Notification-Id` acts once; one that goes by `Zuora-Request-Id` acts twice."""
    zuora_simulator.faults = [{"kind": "duplicate", "atOnce": True}]
    zuora_simulator.notify(DECLINED, zuora_receiver.url)
    zuora_simulator.fire(DECLINED, AccountId="8a80")
    zuora_simulator.settle()
    assert effects_by("Zuora-Notification-Id", zuora_receiver) == 1
    assert effects_by("Zuora-Request-Id", zuora_receiver) == 2


def test_callouts_may_come_in_another_order(zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver) -> None:
    """All come, though not in the order of their events; the seed decides in which."""
    zuora_simulator.faults = [{"kind": "reorder"}]
    zuora_simulator.notify(DECLINED, zuora_receiver.url)
    for number in range(8):
        zuora_simulator.fire(DECLINED, Number=str(number))
    zuora_simulator.settle()
    came = [request.json["Number"] for request in zuora_receiver.requests]
    assert sorted(came) == [str(number) for number in range(8)]
    assert came != sorted(came)


@pytest.mark.zuora_simulator(patience=timedelta(milliseconds=200))
def test_who_answers_late_is_called_again(zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver) -> None:
    """An answer after 16 s is too late: it comes again, though the receiver had done its work."""
    zuora_receiver.answers = [{"delay": "16s", "status": 200}, 200]
    zuora_simulator.notify(DECLINED, zuora_receiver.url)
    zuora_simulator.fire(DECLINED, AccountId="8a80")
    callout = zuora_simulator.wait_for(DECLINED, outcome="delivered")
    assert [attempt.error_class for attempt in callout.attempts] == ["transfer-timeout", None]
    assert callout.attempts[1].sent_at - callout.attempts[0].sent_at == timedelta(minutes=30)


def test_a_token_is_fetched_and_kept_until_it_is_refused(zuora_simulator: Blocking) -> None:
    """A token is fetched before the first callout and kept; one that the receiver refuses is fetched anew, once."""
    client = ("zuora", "secret")
    with ThreadedReceiver(oauth_token="first", token_endpoint="/token", oauth_client=client) as receiver:
        provider = zuora_simulator.oauth_provider(receiver.url_for("/token"), *client)
        zuora_simulator.notify(DECLINED, receiver.url_for("/callout"), oauth_provider=provider)
        zuora_simulator.fire(DECLINED, AccountId="8a80")
        zuora_simulator.settle()
        receiver.oauth_token = "second"
        zuora_simulator.fire(DECLINED, AccountId="8a81")
        zuora_simulator.settle()
    asked = [[(it.purpose, it.status) for it in attempt.exchanges] for attempt in zuora_simulator.attempts]
    assert asked[0] == [("token", 200), ("callout", 200)]
    assert asked[1] == [("callout", 401), ("token", 200), ("callout", 200)]


def test_a_receiver_that_calls_back_while_it_is_called(
    zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver
) -> None:
    """A receiver that asks Zuora for more before it answers is served meanwhile."""
    headers = zuora_simulator.headers

    def call_back(received: Received) -> int:
        connection = HTTPConnection(zuora_simulator.url.partition("://")[2])
        connection.request("GET", "/notifications/notification-definitions", headers=headers)
        status = connection.getresponse().status
        connection.close()
        return status if received.body else 500

    zuora_receiver.answers = call_back
    zuora_simulator.notify(DECLINED, zuora_receiver.url)
    zuora_simulator.fire(DECLINED, AccountId="8a80")
    zuora_simulator.wait_for(DECLINED, outcome="delivered")
