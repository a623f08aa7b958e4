"""Modes of delivery, outcomes by choice, and what a wait waits for: through the fixture, as a user's test sees it."""

import threading
from collections import Counter
from datetime import timedelta

import pytest

from simulator import Receiver, Simulator
from simulator.core.errors import AuthorError
from simulator.core.ledger import AttemptEnded, Fact
from simulator.receiver import Received, ThreadedReceiver
from simulator.testing.threaded import Blocking
from tests.support.asking import create_account

DECLINED = "Payment Declined"
SUCCEEDED = "Async Request Succeeded"
FAILED = "Async Request Failed"


def codes(zuora: Blocking) -> list[list[int]]:
    """The response codes of every callout."""
    return [[attempt.response_code for attempt in callout.attempts] for callout in zuora.callouts]


# ── when callouts go out ──


def test_nothing_goes_before_time_moves(zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver) -> None:
    """By default a test decides when: neither a request nor an event sends anything by itself."""
    zuora_simulator.notify(SUCCEEDED, zuora_receiver.url)
    create_account(zuora_simulator)
    assert [request.state for request in zuora_simulator.requests] == ["queued"]
    assert zuora_receiver.requests == ()
    zuora_simulator.settle()
    assert [request.state for request in zuora_simulator.requests] == ["succeeded"]
    assert zuora_receiver.count == 1


@pytest.mark.zuora_simulator(delivery="immediate")
def test_first_attempts_go_at_once_where_that_is_chosen(
    zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver
) -> None:
    """The receiver hears as soon as the job is done, though nobody moves time; a retry waits for its time."""
    zuora_receiver.answers = [503, 200]
    zuora_simulator.notify(SUCCEEDED, zuora_receiver.url)
    create_account(zuora_simulator)
    zuora_receiver.wait_for(1)
    zuora_simulator.settle()
    assert codes(zuora_simulator) == [[503]]
    zuora_simulator.advance(minutes=30)
    assert codes(zuora_simulator) == [[503, 200]]


@pytest.mark.zuora_simulator(delivery="collect")
def test_collected_callouts_are_bytes_to_parse(zuora_simulator: Blocking) -> None:
    """No socket is opened, not even for an address that nobody may call; the exact bytes are handed out."""
    zuora_simulator.notify(
        DECLINED, "https://www.example.com/callout?a=b", params={"Account": "<DataSource.Account.Id>"}
    )
    zuora_simulator.fire(DECLINED, {"Account.Id": "8a80"})
    zuora_simulator.settle()
    (callout,) = zuora_simulator.callouts
    head, _, body = callout.request_bytes.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    assert first == b"POST /callout?a=b HTTP/1.1"
    assert b"Content-Type: application/json; charset=utf-8" in lines
    assert f"Zuora-Notification-Id: {callout.notification_id}".encode() in lines
    assert b'"Account":"8a80"' in body
    assert callout.outcome == "delivered"


@pytest.mark.zuora_simulator(
    delivery="collect",
    answers=[503, {"status": 200, "headers": {"Content-Type": "application/json"}, "body": {"success": False}}, 200],
    confirm_success="reject-false",
)
def test_collected_callouts_are_answered_as_told(zuora_simulator: Blocking) -> None:
    """One answer after the other, in the words of the receiver's script; the last is for all that follow."""
    zuora_simulator.notify(DECLINED, "https://www.example.com/")
    zuora_simulator.fire(DECLINED)
    zuora_simulator.drain()
    zuora_simulator.fire(DECLINED)
    zuora_simulator.drain()
    assert codes(zuora_simulator) == [[503, 200, 200], [200]]
    assert zuora_simulator.attempts[1].retry_at is not None


@pytest.mark.zuora_simulator(
    delivery="collect", answers=[{"hang": True}, {"reset": True}, {"delay": "16s"}], max_attempts=3
)
def test_collected_callouts_fail_as_told(zuora_simulator: Blocking) -> None:
    """A receiver that hangs, cuts or is late, without a receiver and without waiting."""
    zuora_simulator.notify(DECLINED, "https://www.example.com/")
    zuora_simulator.fire(DECLINED)
    zuora_simulator.drain()
    classes = [attempt.error_class for attempt in zuora_simulator.attempts]
    assert classes == ["transfer-timeout", "closed-early", "transfer-timeout"]
    assert zuora_simulator.attempts[0].ended_at - zuora_simulator.attempts[0].sent_at == timedelta(seconds=15)


def test_a_collected_answer_that_nobody_understands_is_told() -> None:
    """At once, and with the near match."""
    with pytest.raises(AuthorError, match=r"unknown key 'statsu'.*did you mean 'status'"):
        Simulator(delivery="collect", answers=[{"statsu": 503}])


# ── how requests end ──


@pytest.mark.parametrize("twin", [False, True])
async def test_a_request_fails_as_told(zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver, twin: bool) -> None:
    """With the code and the message that the rule gives; the next one is as ever. The same by the awaitable twin."""
    rule = {"path": "/v1/async/accounts", "nth": 1, "code": "50000040", "message": "no such currency"}
    if twin:
        await zuora_simulator.aio.outcome("fail", **rule)
    else:
        zuora_simulator.outcome("fail", **rule)
    zuora_simulator.notify(FAILED, zuora_receiver.url)
    create_account(zuora_simulator)
    create_account(zuora_simulator)
    zuora_simulator.wait_for(FAILED, outcome="delivered")
    assert [request.state for request in zuora_simulator.requests] == ["failed", "succeeded"]
    assert "50000040" in zuora_receiver.requests[0].body.decode()
    assert "no such currency" in zuora_receiver.requests[0].body.decode()


def test_a_request_takes_as_long_as_told(zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver) -> None:
    """Spans are timedeltas here as everywhere; the wait runs to the end of the work by itself."""
    zuora_simulator.outcome(after=timedelta(hours=2))
    zuora_simulator.notify(SUCCEEDED, zuora_receiver.url)
    begun = zuora_simulator.now
    create_account(zuora_simulator)
    zuora_simulator.never(SUCCEEDED, within=timedelta(hours=1))
    callout = zuora_simulator.wait_for(SUCCEEDED, outcome="delivered")
    assert callout.attempts[0].sent_at - begun == timedelta(hours=2)


# ── waiting ──


def test_a_wait_hears_of_a_request_that_comes_later(
    zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver
) -> None:
    """Where nothing is due it waits for the application, in real time."""
    zuora_simulator.notify(SUCCEEDED, zuora_receiver.url)
    application = threading.Thread(target=create_account, args=[zuora_simulator])
    application.start()
    assert zuora_simulator.wait_for(SUCCEEDED).outcome == "delivered"
    application.join()


def test_a_wait_stops_where_its_thing_has_happened(zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver) -> None:
    """It skips to the second attempt and no further, and `attempts` means at least so many."""
    zuora_receiver.answers = 503
    zuora_simulator.notify(DECLINED, zuora_receiver.url)
    zuora_simulator.fire(DECLINED)
    begun = zuora_simulator.now
    assert len(zuora_simulator.wait_for(event=DECLINED, attempts=2).attempts) == 2
    assert zuora_simulator.now - begun == timedelta(minutes=30)
    assert zuora_simulator.wait_for(attempts=1).outcome == "pending"
    assert zuora_simulator.now - begun == timedelta(minutes=30)


# ── authentication, routes, TLS ──


@pytest.mark.zuora_receiver(tls=True)
def test_a_receiver_over_https_is_trusted(zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver) -> None:
    """The fixture's receiver is signed by the simulator's authority, for its loopback names."""
    assert zuora_receiver.url.startswith("https://")
    zuora_simulator.notify(DECLINED, zuora_receiver.url)
    zuora_simulator.fire(DECLINED)
    zuora_simulator.settle()
    assert codes(zuora_simulator) == [[200]]


def test_a_route_leads_a_production_url_here(zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver) -> None:
    """The receiver is called by its production name; the route says where it is."""
    zuora_simulator.route("www.example.com", f"127.0.0.1:{zuora_receiver.port}")
    zuora_simulator.notify(DECLINED, "http://www.example.com/callout")
    zuora_simulator.fire(DECLINED)
    zuora_simulator.settle()
    assert [request.header("Host") for request in zuora_receiver.requests] == ["www.example.com"]


@pytest.mark.zuora_receiver(tls="www.example.com")
def test_a_route_leads_a_production_url_here_over_https(
    zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver
) -> None:
    """The receiver's certificate names the production host, and is believed."""
    zuora_simulator.route("www.example.com", zuora_receiver.url)
    zuora_simulator.notify(DECLINED, "https://www.example.com/callout")
    zuora_simulator.fire(DECLINED)
    zuora_simulator.settle()
    assert codes(zuora_simulator) == [[200]]


@pytest.mark.parametrize("twin", [False, True])
async def test_what_happened_is_written_down_as_a_story(
    zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver, twin: bool
) -> None:
    """From a test that blocks and from one that awaits: the file says what was done and what came of it."""
    zuora_receiver.answers = [503, 200]
    zuora_simulator.notify(DECLINED, zuora_receiver.url)
    zuora_simulator.fire(DECLINED, AccountId="8a80")
    zuora_simulator.drain()
    text = (
        await zuora_simulator.aio.export_scenario(title="Friday")
        if twin
        else zuora_simulator.export_scenario(title="Friday")
    )
    assert "title: Friday" in text
    assert "codes: [503, 200]" in text


def test_a_route_of_another_test_is_gone(zuora_simulator: Blocking) -> None:
    """Tests share the session's server and nothing else."""
    assert zuora_simulator._handle.instance.addresses.routes == {}


# ── many ──


@pytest.mark.parametrize("wanted", [500, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_each_that_was_accepted_is_called_out_once(
    zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver, wanted: int
) -> None:
    """By id, at the receiver: none is lost, none is extra, and each callout's attempts are in order."""

    def mostly_well(received: Received) -> int:
        return (200, 500, 200, 404, 200, 200, 200)[int(received.json["Number"]) % 7]

    zuora_receiver.answers = mostly_well
    zuora_simulator.notify(DECLINED, zuora_receiver.url)
    for number in range(wanted):
        zuora_simulator.fire(DECLINED, Number=number)
    zuora_simulator.drain()
    policy = {str(number): {1: 3}.get(number % 7, 1) for number in range(wanted)}
    assert Counter(request.json["Number"] for request in zuora_receiver.requests) == policy
    heard = [
        (request.header("Zuora-Notification-Id"), request.header("Zuora-Request-Id"))
        for request in zuora_receiver.requests
    ]
    kept = [
        (c.notification_id, e.request_id) for c in zuora_simulator.callouts for a in c.attempts for e in a.exchanges
    ]
    assert sorted(heard) == sorted(kept)
    ours = [[each for each in heard if each[0] == callout.notification_id] for callout in zuora_simulator.callouts[:20]]
    assert [pair for mine in ours for pair in mine] == kept[: sum(len(mine) for mine in ours)]


async def test_a_batch_is_reported_in_the_order_of_dispatch() -> None:
    """Eight are in flight at once; the first answers last, and is still the first to be reported."""
    width = 8
    came: list[str] = []
    all_there = threading.Event()

    def first_comes_last(received: Received) -> int:
        came.append(received.json["Number"])
        if len(came) % width == 0:
            all_there.set()
        return 200 if int(received.json["Number"]) % 2 else 500

    ended: list[str] = []

    def hear(fact: Fact) -> None:
        if isinstance(fact, AttemptEnded):
            ended.append(fact.delivery.event.fields["Number"])

    async with Receiver(first_comes_last) as receiver, Simulator(concurrency=width) as zuora:
        zuora.instance.engine.ledger.listeners.append(hear)
        zuora.notify(DECLINED, receiver.url)
        for number in range(40):
            zuora.fire(DECLINED, Number=number)
        await zuora.settle()
    assert ended == [str(number) for number in range(40)]
    assert sorted(came) == sorted(ended)
