"""The client's side of an NTLM handshake, by pyspnego (extra `ntlm`), imported when a receiver first asks for it.

It alone knows that library, and turns its errors into `HandshakeFailed`. The seeds name NTLM and describe no handshake
(inferred: three requests on one connection, as [MS-NTHT] has it). The messages hold random bytes and the machine's time:
these are the only requests that differ between two runs of one seed.
"""

import base64
import binascii
from typing import Any

from simulator.zuora.notifications.definitions import CalloutAuth

SCHEMES = ("ntlm", "negotiate")  # in the order of preference; both carry NTLM messages here
SPELLINGS = {"ntlm": "NTLM", "negotiate": "Negotiate"}
MISSING = "the receiver asks for NTLM, which this installation lacks: pip install 'zuora-simulator[ntlm]'"


class HandshakeFailed(Exception):
    """The handshake can't go on; the message says why, for the record of the attempt."""


class Handshake:
    """One attempt's handshake. Asked twice for the same leg, it gives the same message: a request may be sent twice."""

    def __init__(self, scheme: str, auth: CalloutAuth, host: str) -> None:
        try:
            import spnego
        except ImportError:
            raise HandshakeFailed(MISSING) from None
        self.scheme = scheme
        self._legs: dict[int, str | HandshakeFailed] = {}
        # Kerberos and the platform's own providers would act with credentials that nobody configured.
        try:
            self._context: Any = spnego.client(
                username=f"{auth.domain}\\{auth.username}",
                password=auth.password,
                hostname=host,
                service="http",
                protocol=scheme,
                options=spnego.NegotiateOptions.use_ntlm,
            )
        except (spnego.exceptions.SpnegoError, ValueError) as wrong:
            raise HandshakeFailed(f"the NTLM handshake could not begin: {wrong}") from None

    def authorization(self, leg: int, challenge: str | None) -> str:
        """The header for this leg (1, 2, ...), given the Base64 that the receiver sent with its last challenge.

        Raises HandshakeFailed where there is nothing more to say.
        """
        if leg not in self._legs:
            try:
                self._legs[leg] = f"{SPELLINGS[self.scheme]} {self._message(challenge)}"
            except HandshakeFailed as failed:
                self._legs[leg] = failed
        answer = self._legs[leg]
        if isinstance(answer, HandshakeFailed):
            raise answer
        return answer

    def _message(self, challenge: str | None) -> str:
        if self._context.complete:
            raise HandshakeFailed("the receiver goes on asking although the NTLM handshake is complete")
        try:
            received = base64.b64decode(challenge, validate=True) if challenge else None
            message: bytes | None = self._context.step(received)
        except binascii.Error:
            raise HandshakeFailed("the receiver's NTLM message is not Base64") from None
        except Exception as wrong:  # the library reads a receiver's bytes, and lets struct.error and the like through
            raise HandshakeFailed(f"the NTLM handshake failed on the receiver's message: {wrong}") from None
        if message is None:
            raise HandshakeFailed("the NTLM handshake has nothing more to say")
        return base64.b64encode(message).decode("ascii")
