"""What the receiver keeps of the requests that come to it, byte for byte, and how it asks for credentials."""

from typing import Any

import pytest

from simulator.core.errors import AuthorError
from simulator.receiver import Receiver
from tests.support.caller import GET, calling, get

POST = (
    b"POST /hook?a=1&b= HTTP/1.1\r\nHost: here\r\nzuora-Notification-ID: 9d1e\r\nX-Two: 1\r\n"
    b"X-Two: 2\r\nContent-Length: 8\r\n\r\n"
)
BODY = b'{"a": 1}'


class TestRecord:
    async def test_a_request_is_kept_byte_for_byte(self) -> None:
        """Head and body as they came; headers in order, with their case; found by any case."""
        async with Receiver() as receiver, calling(receiver.port) as caller:
            assert await caller.ask(POST + BODY) == 200
        (received,) = receiver.requests
        assert received.head == POST
        assert received.body == BODY
        assert received.json == {"a": 1}
        assert (received.method, received.target) == ("POST", "/hook?a=1&b=")
        assert (received.path, received.query) == ("/hook", "a=1&b=")
        assert received.params == (("a", "1"), ("b", ""))
        assert received.headers[1:4] == (("zuora-Notification-ID", "9d1e"), ("X-Two", "1"), ("X-Two", "2"))
        assert received.header("ZUORA-NOTIFICATION-ID") == "9d1e"
        assert received.header("absent") is None
        assert (received.number, received.connection, received.answered) == (1, 1, 200)
        assert repr(received) == "<Received 1 POST /hook 8 B, answered 200>"

    async def test_slices_make_no_difference(self) -> None:
        """A request that comes byte by byte is the same request."""
        async with Receiver() as receiver, calling(receiver.port) as caller:
            for byte in POST + BODY:
                caller.send(bytes([byte]))
                await caller.writer.drain()
            assert (await caller.answer())[0] == 200
        assert receiver.requests[0].head + receiver.requests[0].body == POST + BODY

    async def test_requests_of_one_connection_are_answered_in_order(self) -> None:
        """Kept alive, also when they were sent without waiting."""
        async with Receiver(answers=[201, 202, 203]) as receiver, calling(receiver.port) as caller:
            caller.send(GET * 3)
            assert [(await caller.answer())[0] for _ in range(3)] == [201, 202, 203]
        assert [each.connection for each in receiver.requests] == [1, 1, 1]

    async def test_a_slow_answer_holds_back_the_next_one(self) -> None:
        """Pipelined requests wait for the answer before theirs."""
        async with (
            Receiver(answers=[{"delay": "1ms", "status": 201}, 202]) as receiver,
            calling(receiver.port) as caller,
        ):
            caller.send(GET * 2)
            assert [(await caller.answer())[0] for _ in range(2)] == [201, 202]

    async def test_a_chunked_body_is_put_together(self) -> None:
        """Chunk extensions and trailers are read over."""
        chunked = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n"
        async with Receiver() as receiver, calling(receiver.port) as caller:
            assert await caller.ask(chunked) == 200
            assert await caller.ask(GET) == 200
        assert receiver.requests[0].body == b"abcde"

    async def test_a_body_that_waits_for_permission_gets_it(self) -> None:
        """``Expect: 100-continue`` is answered once, before the body comes."""
        async with Receiver() as receiver, calling(receiver.port) as caller:
            caller.send(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            assert await caller.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            assert await caller.ask(b"hi") == 200
        assert receiver.requests[0].body == b"hi"

    @pytest.mark.parametrize(
        ("garbage", "status"),
        [
            (b"nonsense\r\n\r\n", 400),
            (b"GET / HTTP/2\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
            (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", 400),
        ],
    )
    async def test_what_is_no_request_is_refused_and_kept(self, garbage: bytes, status: int) -> None:
        """Ambiguous framing too: 400, the connection ends, the bytes are in the record."""
        async with Receiver() as receiver, calling(receiver.port) as caller:
            assert await caller.ask(garbage) == status
            assert await caller.rest() == b""
        assert garbage.startswith(receiver.requests[0].head)
        assert receiver.requests[0].answered == status

    @pytest.mark.parametrize("last", [b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"])
    async def test_a_sender_that_wants_no_more_is_let_go(self, last: bytes) -> None:
        """HTTP/1.0 and ``Connection: close``: the connection ends after the answer, and says so."""
        async with Receiver() as receiver, calling(receiver.port) as caller:
            caller.send(last)
            assert (await caller.answer())[1]["connection"] == "close"
            assert await caller.rest() == b""

    async def test_only_the_latest_are_kept_where_that_is_asked(self) -> None:
        """At least ``keep`` and less than twice as many; the count goes on."""
        async with Receiver(keep=3) as receiver, calling(receiver.port) as caller:
            for _ in range(20):
                await caller.ask(GET)
            numbers = [each.number for each in receiver.requests]
        assert receiver.count == 20
        assert 3 <= len(numbers) < 6
        assert numbers[-1] == 20
        assert {each.answered for each in receiver.requests} == {200}


class TestAccess:
    async def test_basic_is_asked_for_until_it_is_right(self) -> None:
        """401 with a challenge, for wrong credentials too; challenges use up no answer."""
        async with (
            Receiver(answers=[503, 200], basic_auth=("user", "pass")) as receiver,
            calling(receiver.port) as caller,
        ):
            caller.send(GET)
            status, headers, _ = await caller.answer()
            assert (status, headers["www-authenticate"]) == (401, 'Basic realm="receiver"')
            assert await caller.ask(get("/", "Authorization: Basic d3Jvbmc6d3Jvbmc=")) == 401
            right = get("/", "Authorization: Basic dXNlcjpwYXNz")
            assert [await caller.ask(right) for _ in range(2)] == [503, 200]
        assert [each.challenged for each in receiver.requests] == [True, True, False, False]

    async def test_a_bearer_token_is_asked_for(self) -> None:
        """A wrong one is called invalid; a new one makes the old worthless."""
        async with Receiver(oauth_token="t1") as receiver, calling(receiver.port) as caller:
            caller.send(GET)
            assert (await caller.answer())[1]["www-authenticate"] == 'Bearer realm="receiver"'
            caller.send(get("/", "Authorization: Bearer t0"))
            assert (await caller.answer())[1]["www-authenticate"] == 'Bearer realm="receiver", error="invalid_token"'
            right = get("/", "Authorization: bearer t1")
            assert await caller.ask(right) == 200
            receiver.oauth_token = "t2"
            assert await caller.ask(right) == 401

    @pytest.mark.parametrize(
        ("credentials", "by_form", "by_basic"), [("either", 200, 200), ("form", 200, 401), ("basic", 401, 200)]
    )
    async def test_a_token_is_issued_to_its_client(self, credentials: str, by_form: int, by_basic: int) -> None:
        """By the form's id and secret or by Basic, as asked; the token that it gives is the one that is asked for."""
        receiver = Receiver(token_endpoint="/token", oauth_client=("id", "secret"), token_credentials=credentials)

        def token(form: str, *headers: str) -> bytes:
            lines = ["POST /token HTTP/1.1", "Host: x", f"Content-Length: {len(form)}", *headers, "", form]
            return "\r\n".join(lines).encode()

        async with receiver, calling(receiver.port) as caller:
            assert await caller.ask(token("grant_type=client_credentials")) == 401
            assert await caller.ask(token("grant_type=password")) == 400
            form = "grant_type=client_credentials&client_id=id&client_secret=secret"
            assert await caller.ask(token(form)) == by_form
            assert (
                await caller.ask(token("grant_type=client_credentials", "Authorization: Basic aWQ6c2VjcmV0"))
                == by_basic
            )
            assert await caller.ask(get("/", f"Authorization: Bearer {receiver.oauth_token}")) == 200

    def test_an_unknown_place_for_credentials_is_told(self) -> None:
        """With the near match."""
        with pytest.raises(AuthorError, match="'forms' is not one of either, form, basic, did you mean 'form'"):
            Receiver(token_credentials="forms")

    @pytest.mark.parametrize("option", ["basic_auth", "oauth_client"])
    @pytest.mark.parametrize("given", ["user:pass", ("user",), ("user", "pass", "realm"), ("user", 5), 5])
    def test_credentials_that_are_no_pair_are_refused(self, option: str, given: Any) -> None:
        """They would match nobody; the message does not repeat them."""
        with pytest.raises(AuthorError) as refused:
            Receiver(**{option: given})
        assert str(refused.value) == f'{option} must be a pair of texts, such as ("user", "pass")'

    async def test_the_view_of_a_receiver_that_removes_duplicates(self) -> None:
        """Requests by the value of a header, in order of first sight, challenges left out."""
        async with Receiver(basic_auth=("user", "pass")) as receiver, calling(receiver.port) as caller:
            for value, right in [("b", False), ("b", True), ("a", True), ("b", True)]:
                headers = [f"Zuora-Notification-Id: {value}", *(["Authorization: Basic dXNlcjpwYXNz"] if right else [])]
                await caller.ask(get("/", *headers))
        seen = receiver.seen_by("zuora-notification-id")
        assert {value: [each.number for each in group] for value, group in seen.items()} == {"b": [2, 4], "a": [3]}
        assert list(seen) == ["b", "a"]
