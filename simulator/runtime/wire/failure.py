"""Why an exchange has no proper answer, and the limits that end one.

It alone translates what sockets, resolvers and OpenSSL report into an `ErrorClass` and a sentence for a person. Sentences
hold nothing that changes from run to run: no ephemeral port, no count of bytes, no line of OpenSSL's source.
"""

import errno
import os
import ssl
from datetime import timedelta
from functools import lru_cache

from msgspec import Struct

from simulator.core.model import ErrorClass

NOTHING = timedelta(0)

BUFFER_SIZE = 65_536
"""Bytes that one turn of the event loop reads at most: more would let one receiver hold up the others."""


SILENT = " (does it speak TLS on this port?)"
"""The hint where plain http met silence and an end: so do most servers that expect TLS, and nothing else tells."""


class Failure(Struct, frozen=True, gc=False):
    """What goes into an `Outcome` that has no proper answer."""

    error: ErrorClass
    detail: str
    nominal: timedelta = NOTHING
    patience: bool = False


@lru_cache(maxsize=64)
def _wait(limit: timedelta, patience: timedelta | None) -> float:
    return min(limit, limit if patience is None else patience).total_seconds()


class WireFailure(Exception):
    """Carries a `Failure` out of the steps of making a connection."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


class Limits(Struct, frozen=True, gc=False):
    """The provider's limits for one exchange, and how long this process really waits for each."""

    connect: timedelta
    transfer: timedelta
    patience: timedelta | None = None

    @property
    def connect_wait(self) -> float:
        """Seconds."""
        return _wait(self.connect, self.patience)

    @property
    def transfer_wait(self) -> float:
        """Seconds."""
        return _wait(self.transfer, self.patience)

    def connect_failure(self, what: str) -> Failure:
        """``what`` did not come about before the limit for connecting."""
        return self._failure(ErrorClass.CONNECT_TIMEOUT, what, self.connect)

    def transfer_failure(self, what: str) -> Failure:
        """``what`` did not come about before the limit for the transfer."""
        return self._failure(ErrorClass.TRANSFER_TIMEOUT, what, self.transfer)

    def _failure(self, error: ErrorClass, what: str, limit: timedelta) -> Failure:
        cut = self.patience is not None and self.patience < limit
        knob = f" (waited for {_seconds(self.patience)}, the patience that is set)" if cut and self.patience else ""
        return Failure(error, f"{what} within {_seconds(limit)}{knob}", nominal=limit, patience=cut)


def tls_failure(error: ssl.SSLError, *, begun: bool = False) -> Failure:
    """What OpenSSL reports, in the fault table's classes; ``begun``: after the first byte of an answer."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Failure(ErrorClass.TLS_CERTIFICATE, f"certificate refused: {error.verify_message.rstrip('.')}")
    reason = (error.reason or "no reason given").replace("_", " ").lower()
    if begun:
        return Failure(ErrorClass.CLOSED_EARLY, f"TLS broke off before the answer was complete: {reason}")
    hint = " (does the receiver speak plain http on this port?)" if error.reason in _PLAIN else ""
    return Failure(ErrorClass.TLS_HANDSHAKE, f"TLS handshake failed: {reason}{hint}")


_PLAIN = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"})


def socket_clause(error: OSError) -> tuple[ErrorClass, str]:
    """The class and the words for what connecting to one address came to."""
    if isinstance(error, TimeoutError):
        return ErrorClass.CONNECT_TIMEOUT, "no answer"
    if isinstance(error, ConnectionRefusedError):
        return ErrorClass.REFUSED, "refused"
    if isinstance(error, ConnectionResetError):
        return ErrorClass.CLOSED_EARLY, "reset"
    if error.errno is None:
        return ErrorClass.UNREACHABLE, str(error) or "unreachable"
    return ErrorClass.UNREACHABLE, _WORDS.get(error.errno) or os.strerror(error.errno).lower()


_WORDS = {
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "network unreachable",
    errno.EADDRNOTAVAIL: "no such address family or no free port here",
}


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():g} s"
