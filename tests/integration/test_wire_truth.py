"""What a receiver is sent and what is recorded of it, where a careful reader of the documents found it otherwise."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from simulator import Receiver, Simulator
from simulator.core.errors import ClientError
from tests.support.client import Client

DECLINED = "Payment Declined"
PROCESSED = "Order Processed"  # a custom event that comes with Zuora
FIELDS = {"Account.Id": "8a80", "Name": "Zoë", "Empty": "", "Day": "2026-03-01"}


async def sent(zuora: Simulator, event: str, values: dict[str, Any] | None = None, **callout: Any) -> bytes:
    """The body that a receiver got for a fired event."""
    async with Receiver() as receiver:
        zuora.notify(event, receiver.url, **callout)
        zuora.fire(event, FIELDS if values is None else values)
        await zuora.settle()
        (request,) = receiver.requests
        return request.body


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_parameters_are_the_body(zuora: Simulator, method: str) -> None:
    """A template's parameters are what it sends; what they are taken from does not come by itself (documented: IMF)."""
    params = {"AccountId": "<DataSource.Account.Id>", "Who": "<DataSource.Name>", "Unknown": "{{DataSource.Nope}}"}
    fields = {"Account.Id": "8a80", "Account.Number": "A1", "Name": "Zoë"}
    body = await sent(zuora, DECLINED, fields, params=params, method=method)
    assert body == '{"AccountId":"8a80","Who":"Zoë","Unknown":""}'.encode()


async def test_a_field_that_was_set_comes_besides_what_the_definition_adds(zuora: Simulator) -> None:
    """What somebody fires with is sent, though the definition has parameters of its own."""
    body = await sent(zuora, DECLINED, {"AccountId": "8a80"}, params={"Source": "simulator"})
    assert body == b'{"AccountId":"8a80","Source":"simulator"}'


async def test_an_event_without_parameters_tells_its_fields(zuora: Simulator) -> None:
    """Exactly the fields that it was fired with, every value a string, compact, in UTF-8."""
    body = await sent(zuora, DECLINED, {"AccountId": "8a80", "Amount": 12.5, "Auto": True, "None": None, "Name": "Zoë"})
    assert body == '{"AccountId":"8a80","Amount":"12.5","Auto":"true","None":"","Name":"Zoë"}'.encode()


@pytest.mark.parametrize(("event", "empty"), [(PROCESSED, "null"), (DECLINED, "")])
async def test_all_empty_strings_of_a_custom_event_are_null(zuora: Simulator, event: str, empty: str) -> None:
    """ "All empty strings in callouts triggered by custom events are returned as "null"", those not asked for by name too."""
    zuora.settings(empty_as_null=True)
    assert await sent(zuora, event, {"Id": "1", "Empty": ""}) == b'{"Id":"1","Empty":"%s"}' % empty.encode()


async def test_the_locale_holds_for_fields_too(zuora: Simulator) -> None:
    """ "Display of date and dateTime fields" follows the user's locale, with and without parameters."""
    zuora.settings(locale="de_DE")
    assert await sent(zuora, DECLINED, {"Day": "2026-03-01"}) == b'{"Day":"01.03.2026"}'


async def test_the_payload_of_an_asynchronous_event_is_a_data_source(zuora: Simulator, client: Client) -> None:
    """Merge fields find what the payload tells, in the URL, the headers and the body alike."""
    async with Receiver() as receiver:
        await client.listen(
            receiver.url_for("/<DataSource.request.id>"),
            calloutHeaders={"X-State": "{{DataSource.state}}"},
            useCustomRequestBody=True,
            customRequestBody='{"track":"<DataSource.request.trackId>","id":"<DataSource.data.id>"}',
        )
        request_id = await client.submit()
        await zuora.settle()
        (request,) = receiver.requests
        assert request.target == f"/{request_id}"
        assert request.header("X-State") == "succeeded"
        assert request.json["track"] == ""
        assert len(request.json["id"]) == 32


@contextmanager
def resetting() -> Iterator[int]:
    """A port that resets whatever it accepts, at once."""
    listening = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                accepted, _ = listening.accept()
            except OSError:
                return
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            accepted.close()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


@pytest.mark.parametrize(
    ("scheme", "error", "detail"),
    [
        ("https", "tls-handshake", "reset by the receiver during the TLS handshake"),
        (
            "http",
            "closed-early",
            "reset by the receiver before any byte of an answer (does it speak TLS on this port?)",
        ),
    ],
)
async def test_a_reset_at_once_is_told_alike_however_early_it_is_seen(scheme: str, error: str, detail: str) -> None:
    """Whether the reset is seen while connecting or after it is a race; class and words are not."""
    with resetting() as port:
        async with Simulator(concurrency=8) as zuora:
            zuora.notify(DECLINED, f"{scheme}://127.0.0.1:{port}/", retry=False)
            for _ in range(64):
                zuora.fire(DECLINED)
            await zuora.settle()
            told = {(it.error_class, it.exchanges[0].detail, it.response_code) for it in zuora.attempts}
            assert told == {(error, detail, -1)}


async def test_a_failed_resend_does_not_undo_a_delivery(zuora: Simulator) -> None:
    """What a receiver has taken is delivered; the attempt says what became of the resend."""
    async with Receiver(answers=[200, 503]) as receiver:
        zuora.notify(DECLINED, receiver.url)
        zuora.fire(DECLINED)
        await zuora.settle()
        zuora.resend(zuora.callouts[0])
        assert zuora.callouts[0].outcome == "pending"
        await zuora.drain()
        (callout,) = zuora.callouts
        assert [attempt.response_code for attempt in callout.attempts] == [200, 503]
        assert callout.outcome == "delivered"


async def test_a_copy_that_was_never_due_is_forgotten(zuora: Simulator) -> None:
    """A copy asked for of a retry that never comes does not turn up at a later resend."""
    async with Receiver(answers=[503, 200]) as receiver:
        definition = zuora.notify(DECLINED, receiver.url)
        zuora.fire(DECLINED)
        await zuora.settle()
        zuora.duplicate(zuora.callouts[0])
        zuora.instance.engine.withdraw(zuora.client_id, {definition}, zuora.now)
        assert zuora.faults == ()
        zuora.resend(zuora.callouts[0])
        await zuora.drain()
        assert len(receiver.requests) == 2


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "drop", "event": "Paymnt Declined"}, "did you mean 'Payment Declined'"),
        ({"kind": "drop", "event": 5}, "event must be text"),
        ({"kind": "duplicate", "atOnce": "yes"}, "atOnce must be true or false"),
        ({"kind": "delay"}, "say how long"),
    ],
)
async def test_a_fault_that_could_never_strike_is_refused(zuora: Simulator, fault: dict[str, Any], said: str) -> None:
    """Unknown keys, names and values out of range are refused with the near match, never ignored."""
    with pytest.raises(ClientError, match=said):
        zuora.faults = (fault,)


async def test_a_limit_that_was_lowered_meanwhile_is_told(zuora: Simulator) -> None:
    """A changed setting applies to the next decision, and the sentence says so rather than counting 2 of 1."""
    async with Receiver(answers=[503]) as receiver:
        zuora.notify(DECLINED, receiver.url)
        zuora.fire(DECLINED)
        await zuora.settle()
        zuora.settings(max_attempts=1, interval=timedelta(minutes=1))
        await zuora.drain()
        assert [it.sent_at.minute for it in zuora.attempts] == [0, 30]
        assert zuora.attempts[-1].why.endswith(", but by now the limit is 1: this callout is finished.")


async def test_a_template_s_certificate_is_believed(zuora: Simulator) -> None:
    """ "certificate: avoids 495": its receiver, and no other, is verified against it as well."""
    async with Receiver(tls=True) as receiver, Receiver(tls=True) as other:
        assert receiver.ca_pem is not None
        zuora.notify(DECLINED, receiver.url, certificate=receiver.ca_pem.decode())
        zuora.notify(DECLINED, receiver.url)
        zuora.notify(DECLINED, other.url, certificate=receiver.ca_pem.decode())
        zuora.notify(DECLINED, other.url, certificate="-----BEGIN nonsense")
        zuora.fire(DECLINED)
        await zuora.settle()
        assert [attempt.response_code for attempt in zuora.attempts] == [200, 495, 495, 495]
        assert "certificate of the callout template" in zuora.attempts[-1].why


@pytest.mark.parametrize(("knob", "paths"), [("stored", ["/old", "/old"]), ("current", ["/old", "/new"])])
async def test_a_retry_is_rendered_from_the_template_that_the_knob_says(
    zuora: Simulator, client: Client, knob: str, paths: list[str]
) -> None:
    """Stored by default, as the history pages say of a resend; the current one where `retryTemplate` says so (Q26)."""
    zuora.settings(quirks={"retryTemplate": knob})
    async with Receiver(answers=[503, 200]) as receiver:
        definition = zuora.notify(DECLINED, receiver.url_for("/old"))
        zuora.fire(DECLINED)
        await zuora.settle()
        status, body = await client.call(
            "PUT",
            f"/notifications/notification-definitions/{definition}",
            json={"callout": {"calloutBaseurl": receiver.url_for("/new")}},
        )
        assert status == 200, body
        await zuora.drain()
        assert [request.target for request in receiver.requests] == paths


async def test_a_retry_that_was_dropped_is_no_longer_promised(zuora: Simulator, client: Client) -> None:
    """Deleting a definition drops what waits for it (Q13), and the last attempt says so instead of naming an hour."""
    async with Receiver(answers=[503]) as receiver:
        definition = zuora.notify(DECLINED, receiver.url)
        zuora.fire(DECLINED)
        await zuora.settle()
        await client.call("DELETE", f"/notifications/notification-definitions/{definition}")
        await zuora.drain()
        (callout,) = zuora.callouts
        (attempt,) = callout.attempts
        assert (callout.outcome, callout.due_at, attempt.retry_at) == ("failed", None, None)
        assert attempt.why.endswith("but its definition was withdrawn: this callout is finished.")
        assert len(receiver.requests) == 1


async def test_a_header_is_shown_as_it_was_sent(zuora: Simulator) -> None:
    """A merge field's value goes out in UTF-8, and the record reads it as such."""
    async with Receiver() as receiver:
        zuora.notify(DECLINED, receiver.url, headers={"X-Name": "<DataSource.Name>"})
        zuora.fire(DECLINED, FIELDS)
        await zuora.settle()
        (exchange,) = zuora.attempts[0].exchanges
        assert exchange.header("X-Name") == "Zoë"
        assert "X-Name: Zoë\r\n".encode() in zuora.callouts[0].request_bytes


async def test_a_target_that_is_not_allowed_is_told_in_one_sentence(zuora: Simulator) -> None:
    """It says what to do, and once that nothing was sent."""
    zuora.notify(DECLINED, "https://www.example.com/")
    zuora.fire(DECLINED)
    await zuora.settle()
    assert zuora.attempts[0].why == (
        "-2100, since www.example.com is neither a loopback address nor routed nor allowed (allow it with --allow-host "
        "www.example.com, or lead it elsewhere with --route www.example.com:443=127.0.0.1:8443): nothing was sent, and "
        "it is not tried again."
    )
