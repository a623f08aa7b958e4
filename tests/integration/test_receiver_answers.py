"""What the receiver writes, when, and in which ways it does not: its script, its answers, its endings."""

import asyncio

import pytest

from simulator.core.errors import AuthorError
from simulator.receiver import Deed, Received, Receiver
from simulator.receiver.connection import Connection
from tests.support.caller import GET, calling, get


class TestScript:
    async def test_answers_come_in_order_and_the_last_one_repeats(self) -> None:
        """503, 200, and 200 for ever."""
        async with Receiver(answers=[503, 200]) as receiver, calling(receiver.port) as caller:
            assert [await caller.ask(GET) for _ in range(4)] == [503, 200, 200, 200]

    async def test_the_answer_is_200_unless_said_otherwise(self) -> None:
        """An empty script too."""
        async with Receiver(answers=[]) as receiver, calling(receiver.port) as caller:
            assert await caller.ask(GET) == 200

    async def test_a_new_script_may_be_set_at_any_time(self) -> None:
        """It starts at its beginning; what was set can be read, and cannot be added to behind its back."""
        async with Receiver(answers=500) as receiver, calling(receiver.port) as caller:
            assert await caller.ask(GET) == 500
            receiver.answers = [201, 202]
            assert [await caller.ask(GET) for _ in range(2)] == [201, 202]
            assert repr(receiver.answers) == "(201, 202)"

    async def test_each_path_has_its_own_script(self) -> None:
        """The query does not count; ``*`` stands for all other paths, which otherwise are 404."""
        script = {"/a": [503, 200], "/b": 201}
        async with Receiver(answers=script) as receiver, calling(receiver.port) as caller:
            asked = [await caller.ask(get(path)) for path in ("/a", "/b", "/a?x=1", "/b", "/c")]
            receiver.answers = {**script, "*": {"status": 299}}
            asked.append(await caller.ask(get("/c")))
        assert asked == [503, 201, 200, 201, 404, 299]

    async def test_a_function_may_decide(self) -> None:
        """It sees the request; it may be a coroutine; None is 200; it may be one answer of a list."""

        async def late_thought(received: Received) -> dict[str, object]:
            return {"status": 202, "body": received.path}

        script = [lambda received: 404 if received.path == "/lost" else None, late_thought]
        async with Receiver(answers=script) as receiver, calling(receiver.port) as caller:
            assert await caller.ask(get("/lost")) == 404
            caller.send(get("/found"))
            status, headers, body = await caller.answer()
        assert (status, headers["content-type"], body) == (202, "text/plain; charset=utf-8", b"/found")

    async def test_what_a_function_raises_is_raised_at_the_end(self) -> None:
        """The sender gets 500; the test that owns the receiver gets the exception itself."""

        def wrong(received: Received) -> int:
            raise LookupError("no such order")

        with pytest.raises(LookupError, match="no such order"):
            async with Receiver(answers=wrong) as receiver, calling(receiver.port) as caller:
                assert await caller.ask(GET) == 500

    async def test_what_a_function_must_not_answer_is_raised_at_the_end(self) -> None:
        """An answer that cannot be read is its author's fault as well, from a coroutine too."""

        async def wrong(received: Received) -> dict[str, object]:
            return {"stauts": 200}

        with pytest.raises(AuthorError, match="did you mean 'status'"):
            async with Receiver(answers=wrong) as receiver, calling(receiver.port) as caller:
                assert await caller.ask(GET) == 500

    def test_a_mistake_in_a_script_is_told_at_once(self) -> None:
        """Before anything is sent."""
        with pytest.raises(AuthorError, match="unknown key 'hnag' in an answer, did you mean 'hang'"):
            Receiver(answers=[200, {"hnag": True}])
        with pytest.raises(AuthorError, match="'b' is not a path"):
            Receiver(answers={"/a": 200, "b": 200})


class TestAnswers:
    async def test_json_text_and_bytes_are_bodies(self) -> None:
        """With the content type that belongs to them, unless the author writes another."""
        script = [
            {"body": {"ok": True}},
            {"body": "ö"},
            {"body": b"\x00"},
            {"body": {}, "headers": {"content-type": "application/problem+json", "X": ["1", "2"]}},
        ]
        async with Receiver(answers=script) as receiver, calling(receiver.port) as caller:
            caller.send(GET * 4)
            answers = [(await caller.answer())[1:] for _ in range(4)]
        assert [body for _, body in answers] == [b'{"ok":true}', "ö".encode(), b"\x00", b"{}"]
        types = [headers.get("content-type") for headers, _ in answers]
        assert types == ["application/json", "text/plain; charset=utf-8", None, "application/problem+json"]

    async def test_nothing_in_an_answer_depends_on_the_day(self) -> None:
        """No ``Date``, no ``Server``: the same script gives the same bytes."""
        async with Receiver(answers={"status": 503, "body": "no"}) as receiver, calling(receiver.port) as caller:
            caller.send(get("/", "Connection: close"))
            assert await caller.rest() == (
                b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
                b"Content-Length: 2\r\nConnection: close\r\n\r\nno"
            )

    async def test_a_redirect_names_its_place(self) -> None:
        """302 unless another status is given."""
        script = [{"redirect": "http://x/"}, {"status": 307, "redirect": "/y"}, {"redirect": "/z", "status": 308}]
        async with Receiver(answers=script) as receiver, calling(receiver.port) as caller:
            caller.send(GET * 3)
            answers = [await caller.answer() for _ in range(3)]
        assert [(status, headers["location"]) for status, headers, _ in answers] == [
            (302, "http://x/"),
            (307, "/y"),
            (308, "/z"),
        ]

    async def test_interim_answers_go_before(self) -> None:
        """As many as are named, then the real one; or nothing more."""
        script = [{"interim": [102, 103], "then": 200}, {"interim": 102, "close": True}]
        async with Receiver(answers=script) as receiver, calling(receiver.port) as caller:
            caller.send(GET * 2)
            assert [(await caller.answer())[0] for _ in range(3)] == [102, 103, 200]
            assert await caller.rest() == b"HTTP/1.1 102 Processing\r\n\r\n"
        assert receiver.requests[1].answered is Deed.CLOSE

    async def test_an_interim_status_as_the_last_word_ends_the_connection(self) -> None:
        """101 and the end."""
        async with Receiver(answers=101) as receiver, calling(receiver.port) as caller:
            caller.send(GET)
            assert await caller.rest() == b"HTTP/1.1 101 Switching Protocols\r\n\r\n"

    async def test_a_204_has_no_body_and_no_length(self) -> None:
        """Nor has the answer to HEAD a body, though it tells the length."""
        async with Receiver(answers=[204, {"body": "abc"}]) as receiver, calling(receiver.port) as caller:
            caller.send(GET)
            assert await caller.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 204 No Content\r\n\r\n"
            caller.send(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert (await caller.rest()).endswith(b"Content-Length: 3\r\nConnection: close\r\n\r\n")

    async def test_raw_bytes_are_written_as_they_are(self) -> None:
        """Then the connection ends."""
        async with Receiver(answers={"raw": "HTTP/9 what\n"}) as receiver, calling(receiver.port) as caller:
            caller.send(GET)
            assert await caller.rest() == b"HTTP/9 what\n"
        assert receiver.requests[0].answered is Deed.RAW

    async def test_a_big_body_has_its_size(self) -> None:
        """Sent piece by piece, however large."""
        async with Receiver(answers={"big": "3MB", "body": "a"}) as receiver, calling(receiver.port) as caller:
            caller.send(GET)
            status, _, body = await caller.answer()
        assert (status, len(body), body[:2]) == (200, 3 * 1024 * 1024 + 1, b"ax")

    async def test_an_endless_body_ends_with_its_reader(self) -> None:
        """A sender that has read enough and goes was not too late: the answer was there."""
        async with Receiver(answers={"endless": True, "body": "a"}) as receiver, calling(receiver.port) as caller:
            caller.send(GET)
            head = await caller.reader.readuntil(b"\r\n\r\n")
            assert b"Transfer-Encoding: chunked" in head
            assert await caller.reader.readexactly(8) == b"1\r\na\r\n10"
            assert len(await caller.reader.readexactly(500_000)) == 500_000
        assert (receiver.requests[0].answered, receiver.requests[0].late) == (200, False)

    async def test_a_drip_is_the_whole_answer_byte_by_byte(self) -> None:
        """Each at its time, which here is told by the pauses that were asked for."""
        pauses: list[float] = []

        async def pause(seconds: float) -> None:
            pauses.append(seconds)

        receiver = Receiver(answers={"drip": "1B/s", "body": "ab"}, pause=pause)
        async with receiver, calling(receiver.port) as caller:
            caller.send(GET)
            assert (await caller.answer())[2] == b"ab"
        assert set(pauses) == {1.0}
        assert len(pauses) == len(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\r\nab"
        )

    async def test_a_sender_that_leaves_a_drip_was_answered_too_late(self) -> None:
        """It never heard the end."""
        async with Receiver(answers={"drip": "1B/s"}) as receiver:
            async with calling(receiver.port) as caller:
                caller.send(GET)
                await receiver.wait_for(1, where=lambda each: each.answered is not None)
            (received,) = await receiver.wait_for(1, where=lambda each: each.late)
        assert repr(received) == "<Received 1 GET / 0 B, answered 200, late>"


class TestLateness:
    async def test_an_answer_after_the_sender_has_gone_is_late(self) -> None:
        """Nobody is left to be kept waiting: the receiver notes its late 200 at once, not 16 s later."""
        async with Receiver(answers={"delay": "16s", "status": 200}) as receiver:
            async with calling(receiver.port) as caller:
                caller.send(GET)
                (received,) = await receiver.wait_for(1)
                assert received.answered is None
                assert repr(received).endswith("in progress>")
            (received,) = await receiver.wait_for(1, where=lambda each: each.answered == 200)
        assert received.late

    async def test_an_answer_in_time_is_not(self) -> None:
        """The delay is asked of the pause, in seconds."""
        pauses: list[float] = []

        async def pause(seconds: float) -> None:
            pauses.append(seconds)

        async with Receiver(answers={"late": "16s"}, pause=pause) as receiver, calling(receiver.port) as caller:
            assert await caller.ask(GET) == 200
        assert pauses == [16.0]
        assert not receiver.requests[0].late

    async def test_a_function_that_takes_too_long_is_late_as_well(self) -> None:
        """It runs to its end, as an application's own work would."""
        release = asyncio.Event()

        async def slow(received: Received) -> int:
            await release.wait()
            return 200

        async with Receiver(answers=slow) as receiver:
            async with calling(receiver.port) as caller:
                caller.send(GET)
                await receiver.wait_for(1)
            while not all(isinstance(each, Connection) and each.gone for each in receiver.connections):  # noqa: ASYNC110 - the loop's own bookkeeping has no event
                await asyncio.sleep(0)
            release.set()
            await receiver.wait_for(1, where=lambda each: each.late)


class TestEndings:
    @pytest.mark.parametrize(
        ("point", "heard"),
        [
            (True, b""),
            ("request", b""),
            ("headers", b"HTTP/1.1 200 OK\r\nCo"),
            ("body", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab"),
            ("answer", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd"),
        ],
    )
    async def test_a_connection_ends_where_it_is_told_to(self, point: object, heard: bytes) -> None:
        """By FIN: what was sent until then is heard, and then the end."""
        async with Receiver(answers={"close": point, "body": b"abcd"}) as receiver, calling(receiver.port) as caller:
            caller.send(GET)
            assert await caller.rest() == heard
        assert receiver.requests[0].answered == (200 if point == "answer" else Deed.CLOSE)

    @pytest.mark.parametrize("point", [True, "headers", "body", "answer"])
    async def test_a_reset_is_a_reset(self, point: object) -> None:
        """RST, not FIN: the other side gets an error, not an end."""
        async with Receiver(answers={"reset": point}) as receiver, calling(receiver.port) as caller:
            caller.send(GET)
            assert await caller.is_reset()
        assert receiver.requests[0].answered == (200 if point == "answer" else Deed.RESET)

    async def test_a_reset_at_accept_comes_before_any_request(self) -> None:
        """It uses up its answer and leaves no request; the connection is counted."""
        async with Receiver(answers=[{"reset": "accept"}, 200]) as receiver:
            async with calling(receiver.port) as caller:
                assert await caller.is_reset()
            async with calling(receiver.port) as caller:
                assert await caller.ask(GET) == 200
        assert (receiver.accepted, receiver.count) == (2, 1)
        assert receiver.requests[0].connection == 2

    @pytest.mark.parametrize(
        ("point", "heard"),
        [
            ("request", b""),
            ("headers", b"HTTP/1.1 200 OK"),
            ("body", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab"),
        ],
    )
    async def test_a_hung_answer_never_ends(self, point: str, heard: bytes) -> None:
        """Nothing more comes until the receiver itself stops, which it does not wait with."""
        async with Receiver(answers={"hang": point, "body": b"abcd"}) as receiver, calling(receiver.port) as caller:
            caller.send(GET)
            (received,) = await receiver.wait_for(1, where=lambda each: each.answered is not None)
            assert await caller.reader.readexactly(len(heard)) == heard
            await receiver.stop()
            assert await caller.is_reset() or await caller.rest() == b""
        assert (received.answered, received.late) == (Deed.HANG, False)

    async def test_two_may_hang_side_by_side(self) -> None:
        """Connections do not wait for each other."""
        receiver = Receiver(answers=[{"hang": True}, {"hang": "accept"}, 200])
        async with receiver, calling(receiver.port) as first:
            first.send(GET)
            await receiver.wait_for(1)
            async with calling(receiver.port) as second, calling(receiver.port) as third:
                second.send(GET)
                assert await third.ask(GET) == 200
        assert [each.connection for each in receiver.requests] == [1, 3]
