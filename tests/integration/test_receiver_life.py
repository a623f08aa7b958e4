"""How the receiver comes and goes: its port, its waits, its thread, and that nothing of it is left."""

import asyncio
import socket
import ssl
import threading

import pytest

from simulator.receiver import NotReceived, Received, Receiver
from tests.support.caller import GET, calling


class TestLife:
    async def test_the_port_is_held_as_soon_as_it_is_known(self) -> None:
        """Before it listens, connections are refused and nobody else can have the port."""
        receiver = Receiver()
        address = ("127.0.0.1", receiver.port)
        assert receiver.url == f"http://127.0.0.1:{receiver.port}/"
        assert receiver.url_for("hook") == receiver.url_for("/hook") == f"{receiver.url}hook"
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*address)
        with socket.socket() as rival, pytest.raises(OSError, match="in use"):
            rival.bind(address)
        async with receiver, calling(receiver.port) as caller:
            assert await caller.ask(GET) == 200

    async def test_it_may_be_down_for_a_while(self) -> None:
        """Connections are cut and refused; the port and the record stay; then it is back."""
        async with Receiver() as receiver:
            port = receiver.port
            async with calling(receiver.port) as caller:
                await caller.ask(GET)
                await receiver.down()
                with pytest.raises(ConnectionRefusedError):
                    await asyncio.open_connection("127.0.0.1", port)
            await receiver.start()
            assert receiver.port == port
            async with calling(receiver.port) as caller:
                assert await caller.ask(GET) == 200
        assert receiver.count == 2
        assert repr(receiver) == f"<Receiver 127.0.0.1:{port} down, 2 requests>"

    async def test_a_taken_port_is_told(self) -> None:
        """By the system's own error."""
        async with Receiver() as receiver:
            with pytest.raises(OSError, match="in use"):
                async with Receiver(port=receiver.port):
                    pass

    async def test_it_listens_on_ipv6_too(self) -> None:
        """The URL has its brackets."""
        async with Receiver(host="::1") as receiver:
            assert receiver.url == f"http://[::1]:{receiver.port}/"

    async def test_a_missed_wait_tells_what_did_come(self) -> None:
        """How many of how many, and each request."""
        async with Receiver() as receiver, calling(receiver.port) as caller:
            with pytest.raises(NotReceived, match=r"^0 of 1 requests came within 0 s, nor any other$"):
                await receiver.wait_for(1, timeout=0)
            await caller.ask(GET)
            with pytest.raises(TimeoutError) as miss:
                await receiver.wait_for(1, where=lambda each: each.path == "/x", timeout=0)
        assert str(miss.value) == ("0 of 1 requests as wanted came within 0 s:\n  <Received 1 GET / 0 B, answered 200>")

    async def test_nothing_is_left_when_it_stops_in_the_middle(self) -> None:
        """Accepting, hanging, dripping, deciding: all is cut, no task stays."""

        async def never(received: Received) -> None:
            await asyncio.Event().wait()

        before = asyncio.all_tasks()
        script = [{"hang": True}, {"drip": "1B/s"}, {"endless": True}, never, {"delay": "1h"}]
        async with Receiver(answers=script) as receiver:
            streams = [await asyncio.open_connection("127.0.0.1", receiver.port) for _ in range(8)]
            for _, writer in streams[:5]:
                writer.write(GET)
            await receiver.wait_for(5)
        assert not receiver.connections
        assert asyncio.all_tasks() == before
        for _, writer in streams:
            writer.transport.abort()


class TestThreaded:
    def test_it_serves_code_that_blocks(self) -> None:
        """The same receiver, with methods that block."""
        with Receiver.threaded(answers=[503, 200]) as receiver:
            with socket.create_connection(("127.0.0.1", receiver.port)) as caller:
                caller.sendall(GET)
                assert caller.recv(100).startswith(b"HTTP/1.1 503")
                caller.sendall(GET)
                (first, second) = receiver.wait_for(2)
                assert caller.recv(100).startswith(b"HTTP/1.1 200")
            receiver.answers = 500
            assert receiver.answers == 500
            with pytest.raises(NotReceived):
                receiver.wait_for(3, timeout=0)
        assert (first.number, second.number, receiver.count) == (1, 2, 2)
        assert not any(thread.name == "receiver" for thread in threading.enumerate())

    def test_it_may_be_down_for_a_while(self) -> None:
        """As the other form."""
        with Receiver.threaded() as receiver:
            receiver.down()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", receiver.port))
            receiver.up()
            socket.create_connection(("127.0.0.1", receiver.port)).close()

    def test_faults_of_its_start_and_of_its_script_are_raised_here(self) -> None:
        """A taken port, and what a function of the script raised on the other thread."""
        with Receiver.threaded() as receiver, pytest.raises(OSError, match="in use"):
            Receiver.threaded(port=receiver.port).start()

        def wrong(received: Received) -> int:
            raise LookupError("no such order")

        receiver = Receiver.threaded(answers=wrong)
        receiver.start()
        with socket.create_connection(("127.0.0.1", receiver.port)) as caller:
            caller.sendall(GET)
            assert caller.recv(100).startswith(b"HTTP/1.1 500")
        with pytest.raises(LookupError, match="no such order"):
            receiver.__exit__(None, None, None)

    def test_it_speaks_tls_too(self) -> None:
        """With a certificate of its own."""
        with Receiver.threaded(tls=True) as receiver:
            assert receiver.ca_pem is not None
            trusting = ssl.create_default_context(cadata=receiver.ca_pem.decode())
            bare = socket.create_connection(("127.0.0.1", receiver.port))
            with trusting.wrap_socket(bare, server_hostname="127.0.0.1") as caller:
                caller.sendall(GET)
                assert caller.recv(100).startswith(b"HTTP/1.1 200")

    def test_outside_its_with_it_says_so(self) -> None:
        """Rather than wait for a loop that does not run."""
        with pytest.raises(RuntimeError, match="not running"):
            Receiver.threaded().wait_for(1)
