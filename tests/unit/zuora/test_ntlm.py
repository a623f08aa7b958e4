"""NTLM against a real acceptor: pyspnego's server side, fed with the very headers that would go over the wire."""

import base64
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from simulator.core.model import (
    Callout,
    Decision,
    Delivery,
    ErrorClass,
    Event,
    Exchange,
    Outcome,
    Phase,
    Subscription,
    Verdict,
)
from simulator.zuora.callouts.attempt import Circumstances, go_on, open_attempt
from simulator.zuora.callouts.auth import AuthMemory
from simulator.zuora.callouts.merge_fields import Tenant
from simulator.zuora.notifications.definitions import CalloutAuth, CalloutTemplate, Terms
from simulator.zuora.settings import Settings

spnego = pytest.importorskip("spnego", reason="the extra `ntlm` is not installed")

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AUTH = CalloutAuth("example_user", "pæssword", domain="CORP")


@pytest.fixture(autouse=True)
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may log on at the acceptor."""
    file = tmp_path / "users"
    file.write_text("CORP:example_user:pæssword\n", "utf-8")
    monkeypatch.setenv("NTLM_USER_FILE", str(file))


class Acceptor:
    """A receiver that lets nobody in without a complete handshake, on this one connection."""

    def __init__(self, scheme: str = "NTLM", offered: tuple[str, ...] = ()) -> None:
        self.scheme = scheme
        self.offered = offered or (scheme,)
        self.context = spnego.server(
            protocol=scheme.lower(), options=spnego.NegotiateOptions.use_ntlm if scheme == "NTLM" else 0
        )
        self.principal: str | None = None

    def __call__(self, callout: Callout) -> Outcome:
        shown = dict(callout.headers).get("Authorization")
        if shown is None:
            return self.answer(401, *self.offered)
        scheme, _, token = shown.partition(" ")
        assert scheme == self.scheme
        try:
            reply = self.context.step(base64.b64decode(token))
        except spnego.exceptions.SpnegoError:
            return self.answer(401, *self.offered)
        if self.context.complete:
            self.principal = self.context.client_principal
            return self.answer(200)
        return self.answer(401, f"{self.scheme} {base64.b64encode(reply).decode()}")

    @staticmethod
    def answer(status: int, *challenges: str) -> Outcome:
        lines = "".join(f"WWW-Authenticate: {challenge}\r\n" for challenge in challenges)
        return Outcome(status=status, head=f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode())


def converse(
    receiver: Any, auth: CalloutAuth = AUTH, memory: AuthMemory | None = None
) -> tuple[list[Exchange], Verdict]:
    """One attempt; every request is asked for twice, as for a duplicate, and is the same."""
    template = CalloutTemplate(
        id="a" * 32, name="T", callout_baseurl="https://h/x", required_auth=True, callout_auth=auth
    )
    given = Circumstances(Terms("d", "D", template), Settings(), Tenant("9", "Acme"), memory or AuthMemory())
    event = Event("e", "zuora", "t", "Payment Declined", NOW, {})
    delivery = Delivery("9" * 32, event, Subscription("d", "D", "h", "POST", "https://h/x"), Phase.SENDING, attempts=1)
    exchanges: list[Exchange] = []
    answer: Any = open_attempt(delivery, given, f"{0:032x}", NOW)
    while isinstance(answer, Callout):
        assert len(exchanges) < 5
        exchanges.append(Exchange(answer, receiver(answer), NOW, NOW))
        answer = go_on(delivery, given, exchanges, lambda: f"{len(exchanges):032x}", NOW)
        assert answer == go_on(delivery, given, exchanges, lambda: f"{len(exchanges):032x}", NOW)
    return exchanges, answer


def schemes(exchanges: list[Exchange]) -> list[str]:
    return [dict(one.callout.headers).get("Authorization", "-").partition(" ")[0] for one in exchanges]


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_three_exchanges_let_the_callout_in(scheme: str) -> None:
    """Without credentials, the first message, the answer to the receiver's challenge; each with a request id of its own."""
    acceptor = Acceptor(scheme)
    exchanges, verdict = converse(acceptor)
    assert schemes(exchanges) == ["-", scheme, scheme]
    assert verdict.decision is Decision.DELIVERED
    assert acceptor.principal == "CORP\\example_user"
    assert len({dict(one.callout.headers)["Zuora-Request-Id"] for one in exchanges}) == 3


def test_ntlm_is_preferred_and_basic_is_not_shown_to_who_offers_both() -> None:
    """A password in the clear is no answer to somebody who takes NTLM."""
    exchanges, verdict = converse(Acceptor("NTLM", ("Negotiate", 'NTLM, Basic realm="x"')))
    assert (schemes(exchanges), verdict.decision) == (["-", "NTLM", "NTLM"], Decision.DELIVERED)


def test_a_wrong_password_is_refused_and_retried() -> None:
    """Three exchanges, and the 401 of the last."""
    wrong = CalloutAuth("example_user", "other", domain="CORP")
    exchanges, verdict = converse(Acceptor(), wrong)
    assert schemes(exchanges) == ["-", "NTLM", "NTLM"]
    assert (verdict.decision, verdict.code, verdict.error) == (Decision.AGAIN, 401, ErrorClass.AUTHENTICATION)


@pytest.mark.parametrize("reply", ["NTLM ????", "NTLM AAAA", "NTLM TlRMTVNTUAACAAAA"])
def test_a_message_that_makes_no_sense_ends_the_handshake(reply: str) -> None:
    """The reason says that it was the handshake."""
    exchanges, verdict = converse(
        lambda callout: Acceptor.answer(401, reply if "Authorization" in dict(callout.headers) else "NTLM")
    )
    assert (len(exchanges), verdict.code, verdict.decision) == (2, 401, Decision.AGAIN)
    assert "401" in verdict.reason


def test_a_receiver_that_never_stops_asking_is_left_after_the_handshake() -> None:
    """At most three exchanges, whatever it sends."""
    replies: list[Outcome] = []

    def asking(callout: Callout) -> Outcome:
        if len(replies) < 2:
            replies.append(Acceptor.answer(401, "NTLM") if not replies else real(callout))
        return replies[-1]

    real = Acceptor()
    exchanges, verdict = converse(asking)
    assert (len(exchanges), verdict.decision) == (3, Decision.AGAIN)
    assert "goes on asking" in verdict.reason


def test_a_new_attempt_begins_a_new_handshake() -> None:
    """Nothing of a broken one is left over."""
    memory = AuthMemory()
    converse(lambda callout: Acceptor.answer(401, "NTLM"), memory=memory)
    _, verdict = converse(Acceptor(), memory=memory)
    assert verdict.decision is Decision.DELIVERED


def test_a_missing_extra_is_told_in_the_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Registration took the domain; only a receiver that asks for NTLM brings it up."""
    monkeypatch.setitem(sys.modules, "spnego", None)
    exchanges, verdict = converse(Acceptor("NTLM"))
    assert (len(exchanges), verdict.code, verdict.decision) == (1, 401, Decision.AGAIN)
    assert "pip install 'zuora-simulator[ntlm]'" in verdict.reason
    basic, verdict = converse(
        lambda callout: Acceptor.answer(200 if dict(callout.headers).get("Authorization") else 401, 'Basic realm="x"')
    )
    assert (schemes(basic), verdict.decision) == (["-", "Basic"], Decision.DELIVERED)
