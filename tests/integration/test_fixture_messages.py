"""What a miss tells: everything that happened, what comes nearest, and what is most likely wrong."""

import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from simulator import Simulator
from simulator.core.errors import AuthorError, ClientError, StillBusy
from simulator.receiver import ThreadedReceiver
from simulator.testing import story
from simulator.testing.threaded import Blocking
from simulator.testing.wanted import Missed
from tests.support.asking import create_account, delete_account

DECLINED = "Payment Declined"
SUCCEEDED = "Async Request Succeeded"
SHORT = 0.05  # real seconds; what nobody will ever do need not be waited for any longer


@pytest.fixture
def nobody() -> Iterator[str]:
    """``host:port`` of a port that is held and that nobody listens on."""
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


def miss_of(zuora: Blocking, event: str, **wanted: object) -> str:
    """The message of a wait in vain, all retries included."""
    if "within" not in wanted:
        zuora.drain()
    with pytest.raises(Missed) as missed:
        zuora.wait_for(event, **{"timeout": SHORT, **wanted})
    return str(missed.value)


def test_a_refused_address_is_named(zuora_simulator: Blocking, nobody: str) -> None:
    """The hint names it; all three attempts are listed with their sentences, and the nearest callout with what differs."""
    zuora_simulator.notify(DECLINED, f"http://{nobody}/callout")
    zuora_simulator.fire(DECLINED)
    message = miss_of(zuora_simulator, DECLINED, outcome="delivered")
    headline, *parts = message.split("\n\n")
    assert headline == "a callout of 'Payment Declined' that is delivered did not come within 0.05 s"
    assert parts[0].startswith(f"hint: nothing listens on {nobody}; is the application started before notify()?")
    assert f"of Payment Declined to http://{nobody}/callout\n    outcome: failed, wanted delivered" in parts[1]
    assert "it is 2026-01-01 01:00:00 on the simulator's clock" in parts[2]
    assert [f"attempt {number}/3" in parts[2] for number in (1, 2, 3)] == [True] * 3


@pytest.mark.parametrize("inside", [True, False])
def test_inside_a_container_loopback_is_explained(
    zuora_simulator: Blocking, nobody: str, monkeypatch: pytest.MonkeyPatch, inside: bool
) -> None:
    """`host.docker.internal` is named where this process runs in a container, and nowhere else."""
    monkeypatch.setattr(story, "in_container", lambda: inside)
    zuora_simulator.notify(DECLINED, f"http://{nobody}/")
    zuora_simulator.fire(DECLINED)
    hint = miss_of(zuora_simulator, DECLINED, outcome="delivered").split("\n\n")[1]
    assert ("a container: try host.docker.internal" in hint) is inside


def test_localhost_that_means_ipv6_is_explained(
    zuora_simulator: Blocking, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The application listens on 127.0.0.1, and `localhost` was taken for ::1."""
    port = int(nobody.partition(":")[2])
    found = [(socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("::1", port, 0, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **more: found)
    zuora_simulator.notify(DECLINED, f"http://localhost:{port}/")
    zuora_simulator.fire(DECLINED)
    zuora_simulator.settle()
    (attempt,) = zuora_simulator.attempts
    if attempt.error_class != "refused":
        pytest.skip("this machine has no IPv6 on loopback")
    hint = miss_of(zuora_simulator, DECLINED, outcome="delivered").split("\n\n")[1]
    assert f"localhost resolved to ::1 and was refused there (localhost:{port}); write 127.0.0.1" in hint


def test_no_definition_is_told(zuora_simulator: Blocking) -> None:
    """Nobody listens for it; nothing happened at all."""
    message = miss_of(zuora_simulator, DECLINED)
    assert (
        "nobody listens for 'Payment Declined' (there is no definition): call notify('Payment Declined', url)"
        in message
    )
    assert "nothing: no request was submitted and no event was fired" in message


def test_a_definition_of_another_event_is_told(zuora_simulator: Blocking, nobody: str) -> None:
    """A name that comes close to one that somebody listens for is offered."""
    zuora_simulator.notify("Async Request Failed", f"http://{nobody}/")
    create_account(zuora_simulator)
    message = miss_of(zuora_simulator, "Async Request Failde")
    assert "did you mean 'Async Request Failed'?" in message
    assert "Async Request Succeeded: no definition hears of it" in message


def test_nothing_submitted_is_told(zuora_simulator: Blocking, nobody: str) -> None:
    """The application has not called, or called somebody else."""
    zuora_simulator.notify(SUCCEEDED, f"http://{nobody}/")
    assert "nothing was submitted: did the application send its request to" in miss_of(zuora_simulator, SUCCEEDED)


def test_a_request_that_failed_instead_is_told(zuora_simulator: Blocking, nobody: str) -> None:
    """Why it failed stands in the hint."""
    zuora_simulator.notify(SUCCEEDED, f"http://{nobody}/")
    delete_account(zuora_simulator, "no-such-account")
    message = miss_of(zuora_simulator, SUCCEEDED)
    assert "the request failed instead: " in message
    assert "without saying why" not in message


def test_a_request_that_never_ends_is_told(zuora_simulator: Blocking, nobody: str) -> None:
    """It is not the receiver's fault."""
    zuora_simulator.notify(SUCCEEDED, f"http://{nobody}/")
    zuora_simulator.outcome("never")
    create_account(zuora_simulator)
    assert "1 of 1 requests have not ended" in miss_of(zuora_simulator, SUCCEEDED)


def test_an_address_that_is_not_allowed_is_told(zuora_simulator: Blocking) -> None:
    """The hint says how to lead it to a local port."""
    zuora_simulator.notify(DECLINED, "https://www.example.com/callout")
    zuora_simulator.fire(DECLINED)
    message = miss_of(zuora_simulator, DECLINED, outcome="delivered")
    assert "www.example.com is not allowed: route('www.example.com', '127.0.0.1:PORT')" in message


def test_a_wrong_password_is_told(zuora_simulator: Blocking) -> None:
    """The credentials of both sides are to be compared."""
    with ThreadedReceiver(basic_auth=("user", "right")) as receiver:
        zuora_simulator.notify(DECLINED, receiver.url, username="user", password="wrong")
        zuora_simulator.fire(DECLINED)
        message = miss_of(zuora_simulator, DECLINED, outcome="delivered")
    assert "the receiver refused the credentials" in message
    assert "wrong" not in message.replace("wrong password", "")


def test_a_certificate_that_nobody_trusts_is_told(zuora_simulator: Blocking) -> None:
    """The receiver's authority is its own."""
    with ThreadedReceiver(tls=True) as receiver:
        zuora_simulator.notify(DECLINED, receiver.url)
        zuora_simulator.fire(DECLINED)
        message = miss_of(zuora_simulator, DECLINED, outcome="delivered")
    assert "the receiver's certificate is not trusted: have it signed by ca_pem" in message


def test_a_certificate_of_another_name_is_told(zuora_simulator: Blocking) -> None:
    """The simulator's own authority signed it, so that to trust it would change nothing."""
    with ThreadedReceiver(tls=zuora_simulator.authority) as receiver:
        zuora_simulator.route("www.example.com", receiver.url)
        zuora_simulator.notify(DECLINED, "https://www.example.com/callout")
        zuora_simulator.fire(DECLINED)
        assert "certificate does not name www.example.com" in miss_of(zuora_simulator, DECLINED, outcome="delivered")


@pytest.mark.zuora_simulator(patience=timedelta(milliseconds=30), max_attempts=1)
def test_a_receiver_that_was_not_waited_for_is_told(
    zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver
) -> None:
    """A slow receiver is not a hung one: the hint names the option."""
    zuora_receiver.answers = {"hang": True}
    zuora_simulator.notify(DECLINED, zuora_receiver.url)
    zuora_simulator.fire(DECLINED)
    assert "a slow receiver needs the option patience" in miss_of(zuora_simulator, DECLINED, outcome="delivered")
    (attempt,) = zuora_simulator.attempts
    assert attempt.patience
    assert attempt.ended_at - attempt.sent_at == timedelta(seconds=15)
    assert "patience" in attempt.why


@pytest.mark.zuora_simulator(patience=timedelta(milliseconds=300), max_attempts=1)
def test_who_still_owes_an_answer_is_told(zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver) -> None:
    """A wait that ends while a receiver hangs says so, rather than that nothing came."""
    zuora_receiver.answers = {"hang": True}
    zuora_simulator.notify(DECLINED, zuora_receiver.url)
    zuora_simulator.fire(DECLINED)
    message = miss_of(zuora_simulator, DECLINED, within=timedelta(hours=1))
    assert f"127.0.0.1:{zuora_receiver.port} still owes an answer" in message


def test_what_has_not_gone_out_is_told(zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver) -> None:
    """By default nothing goes before time moves, which a newcomer does not know."""
    zuora_simulator.notify(DECLINED, zuora_receiver.url)
    zuora_simulator.fire(DECLINED)
    with pytest.raises(Missed, match=r"nothing goes before time moves, by settle\(\), advance\(\) or wait_for\(\)"):
        zuora_simulator.expect(DECLINED, outcome="delivered")


def test_a_limit_of_simulated_time_holds(zuora_simulator: Blocking, nobody: str) -> None:
    """``within`` bounds the simulated time: the attempt at an hour is not made, and time stands where it was bounded."""
    zuora_simulator.notify(DECLINED, f"http://{nobody}/")
    zuora_simulator.fire(DECLINED)
    message = miss_of(zuora_simulator, DECLINED, attempts=3, within=timedelta(minutes=45), timeout=5)
    assert "with 3 attempts or more did not come by 2026-01-01 00:45:00" in message
    assert len(zuora_simulator.attempts) == 2


def test_what_should_never_have_come_is_told(zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver) -> None:
    """`never` names the callout that came."""
    zuora_simulator.notify(DECLINED, zuora_receiver.url)
    zuora_simulator.fire(DECLINED)
    with pytest.raises(
        Missed, match=f"should never have come, and <Callout Payment Declined → {zuora_receiver.url} deli"
    ):
        zuora_simulator.never(DECLINED, within=timedelta(hours=1))


def test_a_wrong_count_is_told(zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver) -> None:
    """`expect` says how many there are."""
    zuora_simulator.notify(DECLINED, zuora_receiver.url)
    zuora_simulator.fire(DECLINED)
    zuora_simulator.settle()
    with pytest.raises(Missed, match="expected 2 times a callout of 'Payment Declined', and found 1"):
        zuora_simulator.expect(DECLINED, count=2)
    assert zuora_simulator.expect(DECLINED, count=1) == zuora_simulator.callouts


def test_a_misspelt_name_is_told_at_once(zuora_simulator: Blocking, nobody: str) -> None:
    """Events, outcomes, kinds of fault and results of requests: each with what is near."""
    with pytest.raises(ClientError, match="did you mean 'Payment Declined'"):
        zuora_simulator.notify("Payment Declnied", f"http://{nobody}/")
    with pytest.raises(AuthorError, match="unknown outcome 'deliverd', did you mean 'delivered'"):
        zuora_simulator.wait_for(DECLINED, outcome="deliverd")
    with pytest.raises(ClientError, match="did you mean 'duplicate'"):
        zuora_simulator.faults = [{"kind": "duplicat"}]
    with pytest.raises(ClientError, match="did you mean 'succeed'"):
        zuora_simulator.outcome("suceed")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"password": "secret"}, "password and preemptive are of no use without username"),
        ({"preemptive": True}, "password and preemptive are of no use without username"),
        ({"url": None}, "url must be a text, not None"),
    ],
)
def test_what_notify_would_pass_over_is_told(zuora_simulator: Blocking, given: dict[str, Any], told: str) -> None:
    """Zuora says nothing of what it has no use for; a test would wonder for long."""
    with pytest.raises(AuthorError, match=told):
        zuora_simulator.notify(DECLINED, **{"url": "http://127.0.0.1:3000/", **given})
    assert zuora_simulator.notify(DECLINED, "http://127.0.0.1:3000/", username="u", password="p")


def test_an_event_that_does_not_exist_never_comes(zuora_simulator: Blocking) -> None:
    """`never` of a misspelt event would pass whatever the application does."""
    with pytest.raises(AuthorError, match="unknown event 'Payment Declnied', did you mean 'Payment Declined'"):
        zuora_simulator.never("Payment Declnied", within=timedelta(hours=1))
    zuora_simulator.never("payment-declined", within=timedelta(hours=1))


def test_time_that_cannot_be_moved_so_is_told(zuora_simulator: Blocking) -> None:
    """Backwards, by a unit that there is none of, or by a bare number."""
    before = zuora_simulator.now
    with pytest.raises(AuthorError, match="time has no unit 'minuets', did you mean 'minutes'"):
        zuora_simulator.advance(minuets=30)
    with pytest.raises(AuthorError, match=r"a span of time is a timedelta.*, not 30"):
        zuora_simulator.never(DECLINED, within=30)  # type: ignore[arg-type]
    with pytest.raises(AuthorError, match="time moves forward only, not by -60 s"):
        zuora_simulator.wait_for(DECLINED, within=timedelta(minutes=-1))
    assert zuora_simulator.now == before


def test_what_is_no_callout_is_told(zuora_simulator: Blocking) -> None:
    """All callouts in place of one of them is easily written."""
    with pytest.raises(AuthorError, match=r"resend takes a callout, such as callouts\[0\], or its id, not \(\)"):
        zuora_simulator.resend(zuora_simulator.callouts)  # type: ignore[arg-type]
    with pytest.raises(AuthorError, match="duplicate takes a callout"):
        zuora_simulator.duplicate(zuora_simulator.attempts)  # type: ignore[arg-type]


def test_time_without_rest_is_bounded_and_says_what_is_busy(
    zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receiver that asks for another callout with each that it gets keeps `settle` busy for ever."""
    dispatcher = zuora_simulator._handle.instance.dispatcher
    monkeypatch.setattr(dispatcher, "steps", 20)

    def ask_again(received: object) -> int:
        zuora_simulator.fire(DECLINED)
        return 200

    zuora_receiver.answers = ask_again
    zuora_simulator.notify(DECLINED, zuora_receiver.url)
    zuora_simulator.fire(DECLINED)
    for move in (zuora_simulator.settle, zuora_simulator.drain, lambda: zuora_simulator.advance(days=1)):
        with pytest.raises(
            StillBusy, match=r"no rest after 20 steps, it is 2026-01-01 00:00:00.*; still busy: .*Delivery"
        ):
            move()


def test_a_long_story_is_cut_in_the_middle(zuora_simulator: Blocking, zuora_receiver: ThreadedReceiver) -> None:
    """Its beginning and its end tell most."""
    zuora_simulator.notify(DECLINED, zuora_receiver.url)
    for _ in range(60):
        zuora_simulator.fire(DECLINED)
    zuora_simulator.settle()
    message = miss_of(zuora_simulator, DECLINED, attempts=2)
    assert "lines left out" in message
    assert len(message.splitlines()) < 70
    assert zuora_simulator.story().startswith("of 60 callouts, 20 in the middle are left out")


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("hedaers", "a callout has no field 'hedaers', did you mean 'headers'?"),
        ("calloutParam", "a callout has no field 'calloutParam', did you mean 'calloutParams'"),
        ("id", "a callout has no field 'id'"),
    ],
)
def test_a_field_that_a_callout_does_not_have(zuora_simulator: Blocking, field: str, says: str) -> None:
    """It is no field that is looked past: the test would wait for a header that nobody sends."""
    with pytest.raises(AuthorError) as refused:
        zuora_simulator.notify(DECLINED, "http://127.0.0.1:9/callout", **{field: {"X-A": "1"}})
    assert str(refused.value).startswith(says)


def test_a_callout_keeps_the_name_that_it_is_given(zuora_simulator: Blocking) -> None:
    """And so does its definition; two of one name are told apart by a number."""
    for _ in range(2):
        zuora_simulator.notify(DECLINED, "http://127.0.0.1:9/callout", name="Mine")
    zuora_simulator.fire(DECLINED)
    assert [callout.definition.name for callout in zuora_simulator.callouts] == ["Mine", "Mine (2)"]


@pytest.mark.parametrize("span", [{"minutes": -5}, {"days": 10**7}, {"days": 10**12}])
def test_a_span_that_time_does_not_move_by(zuora_simulator: Blocking, span: dict[str, float]) -> None:
    """Neither back nor off the calendar: an error, and the clock stands where it stood."""
    before = zuora_simulator.now
    with pytest.raises(ClientError):
        zuora_simulator.advance(**span)
    assert zuora_simulator.now == before


async def test_a_simulator_that_has_stopped_says_where_it_was() -> None:
    """In its repr too, which stands in the messages of tests that fail."""
    async with Simulator() as zuora:
        url = zuora.url
    assert zuora.url == url
    assert url in repr(zuora)
