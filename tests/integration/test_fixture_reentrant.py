"""Receivers that call the simulator back while they are being called, through the fixture."""

import threading
from datetime import timedelta

import pytest

from simulator.core.errors import StillBusy
from simulator.receiver import Received, ThreadedReceiver
from simulator.testing.threaded import Blocking
from tests.support.asking import ask

DECLINED = "Payment Declined"
SUCCEEDED = "Async Request Succeeded"


@pytest.mark.zuora_simulator(patience=timedelta(milliseconds=600))
def test_a_receiver_that_moves_time_while_it_is_called(
    zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver
) -> None:
    """It is told at once that both would wait for each other, and the callout goes on."""
    told: list[tuple[int, dict[str, str]]] = []

    def move_time(received: Received) -> int:
        told.append(ask(zuora_simulator, "POST", "/_simulator/clock/settle"))
        return 200

    zuora_receiver.answers = move_time
    zuora_simulator.notify(DECLINED, zuora_receiver.url)
    zuora_simulator.fire(DECLINED, AccountId="8a80")
    zuora_simulator.wait_for(DECLINED, outcome="delivered")
    assert told[0][0] == 503
    assert "may not move time before it has answered" in told[0][1]["error"]


@pytest.mark.zuora_simulator(patience=timedelta(milliseconds=600))
def test_an_application_in_this_process_that_moves_time_while_it_is_called(zuora_simulator: Blocking) -> None:
    """By the handle it is told the same as by the control plane."""
    told: list[str] = []

    def move_time(received: Received) -> int:
        try:
            zuora_simulator.advance(minutes=1)
        except StillBusy as refusal:
            told.append(str(refusal))
        return 200

    with ThreadedReceiver(move_time) as receiver:
        zuora_simulator.notify(DECLINED, receiver.url)
        zuora_simulator.fire(DECLINED)
        zuora_simulator.advance(minutes=30)
        assert f"waits for the answer of {receiver.url.rstrip('/').partition('://')[2]}" in told[0]
    assert [callout.outcome for callout in zuora_simulator.callouts] == ["delivered"]


def test_a_receiver_that_submits_more_while_it_is_called(
    zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver
) -> None:
    """What it asks for goes out in the same movement, and it may look at the records meanwhile."""
    headers = zuora_simulator.headers
    seen: list[int] = []

    def ask_for_more(received: Received) -> int:
        if zuora_receiver.count <= 2:
            seen.append(ask(zuora_simulator, "POST", "/v1/async/accounts", {"name": "Acme"}, **headers)[0])
            seen.append(ask(zuora_simulator, "GET", "/_simulator/callouts")[0])
            seen.append(len(zuora_simulator.callouts))
        return 200

    zuora_receiver.answers = ask_for_more
    zuora_simulator.notify(SUCCEEDED, zuora_receiver.url)
    ask(zuora_simulator, "POST", "/v1/async/accounts", {"name": "Acme"}, **headers)
    zuora_simulator.settle()
    assert seen == [202, 200, 1, 202, 200, 2]
    assert [callout.outcome for callout in zuora_simulator.callouts] == ["delivered"] * 3


def test_two_threads_may_move_time(zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver) -> None:
    """One movement follows the other: both spans count."""
    zuora_simulator.notify(DECLINED, zuora_receiver.url)
    zuora_simulator.fire(DECLINED)
    begun = zuora_simulator.now
    other = threading.Thread(target=zuora_simulator.advance, kwargs={"minutes": 20})
    other.start()
    zuora_simulator.advance(minutes=10)
    other.join()
    assert zuora_simulator.now - begun == timedelta(minutes=30)
