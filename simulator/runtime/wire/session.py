"""TLS over memory: bytes of the wire in, bytes of the wire out, and plain text on the other side.

It alone drives OpenSSL for the wire, and knows no socket and no time. asyncio's own layer is not used: it hides which step
failed, waits for farewells, and allots 256 kB to every connection.
"""

import ssl
from contextlib import suppress

from simulator.runtime.wire.failure import BUFFER_SIZE


class Session:
    """The client's end of one TLS connection. What OpenSSL objects to is raised as `ssl.SSLError`."""

    __slots__ = ("_incoming", "_outgoing", "_tls", "shaken")

    def __init__(self, context: ssl.SSLContext, server_name: str) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self.shaken = False

    def received(self, data: memoryview) -> None:
        """Bytes came from the wire."""
        self._incoming.write(data)

    def ended(self) -> None:
        """No more will come from the wire."""
        self._incoming.write_eof()

    def shake(self) -> None:
        """Go on with the handshake as far as the bytes allow; ``shaken`` tells whether it is complete."""
        with suppress(ssl.SSLWantReadError):
            self._tls.do_handshake()
            self.shaken = True

    def seal(self, text: bytes) -> None:
        """Take plain text that is to go out."""
        sent = self._tls.write(text)
        while sent < len(text):  # OpenSSL takes a record's worth at a time
            sent += self._tls.write(memoryview(text)[sent:])

    def opened(self) -> bytes | None:
        """The next plain text that came; None where more bytes are needed, empty at the end of the stream."""
        try:
            return self._tls.read(BUFFER_SIZE)
        except ssl.SSLWantReadError:
            return None
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def farewell(self) -> None:
        """Tell the other side that nothing follows; its own farewell is not waited for."""
        if self.shaken:
            with suppress(ssl.SSLError):
                self._tls.unwrap()

    def outgoing(self) -> bytes:
        """The bytes that are to go onto the wire now."""
        return self._outgoing.read()
