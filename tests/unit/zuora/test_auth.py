"""The authentication dialogue, exchange by exchange, with receivers and providers as plain functions."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from simulator.core.dialect import Unsendable
from simulator.core.errors import OurFault
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
from simulator.zuora.notifications.definitions import CalloutAuth, CalloutTemplate, OAuthProvider, Terms
from simulator.zuora.settings import Settings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AUTH = CalloutAuth("example_user", "example_password")
BASIC = "Basic ZXhhbXBsZV91c2VyOmV4YW1wbGVfcGFzc3dvcmQ="
PROVIDER = OAuthProvider("b" * 32, "P", "https://login.example.com/token", "username", "password", scope="a b")

Receiver = Callable[[Callout], Outcome]


def delivery(**changes: Any) -> Delivery:
    event = Event("e", "zuora", "t", "Payment Declined", NOW, {"A.B": "x y"})
    return Delivery(
        "9" * 32,
        event,
        Subscription("d", "D", "h", "POST", "https://h/x"),
        Phase.SENDING,
        attempts=changes.pop("attempts", 1),
    )


def circumstances(
    auth: CalloutAuth | None = None,
    provider: OAuthProvider | None = None,
    memory: AuthMemory | None = None,
    settings: dict[str, Any] | None = None,
    **template: Any,
) -> Circumstances:
    made = CalloutTemplate(
        id="a" * 32,
        name="T",
        required_auth=auth is not None,
        callout_auth=auth,
        required_oauth2=provider is not None,
        oauth2_provider_id=provider.id if provider else None,
        **({"callout_baseurl": "https://h/x"} | template),
    )
    terms = Terms("d", "D", made, provider)
    return Circumstances(terms, Settings.read(settings or {}), Tenant("9", "Acme"), memory or AuthMemory())


def converse(
    given: Circumstances, receiver: Receiver, now: datetime = NOW, attempt: int = 1
) -> tuple[list[Exchange], Verdict]:
    """One attempt, as the engine performs it. Every request is asked for twice, as for a duplicate, and is the same."""
    about, exchanges = delivery(attempts=attempt), list[Exchange]()
    answer: Callout | Unsendable | Verdict = open_attempt(about, given, f"{0:032x}", now)
    while isinstance(answer, Callout):
        assert len(exchanges) < 5
        exchanges.append(Exchange(answer, receiver(answer), now, now))
        answer = go_on(about, given, exchanges, lambda: f"{len(exchanges):032x}", now)
        assert answer == go_on(about, given, exchanges, lambda: f"{len(exchanges):032x}", now)
    return exchanges, answer.verdict if isinstance(answer, Unsendable) else answer


def header(callout: Callout, name: str) -> str | None:
    return next((value for key, value in callout.headers if key == name), None)


def answer(status: int, challenge: str | None = None, body: object = None) -> Outcome:
    lines = f"WWW-Authenticate: {challenge}\r\n" if challenge is not None else ""
    head = f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode()
    return Outcome(status=status, head=head, body=b"" if body is None else json.dumps(body).encode())


def guarded(expected: str, challenge: str | None = 'Basic realm="callouts"') -> Receiver:
    return lambda callout: answer(200) if header(callout, "Authorization") == expected else answer(401, challenge)


def shown(exchanges: list[Exchange]) -> list[str | None]:
    return [header(exchange.callout, "Authorization") for exchange in exchanges]


# ---------------------------------------------------------------------------------------------------------------- Basic


def test_basic_credentials_follow_the_challenge() -> None:
    """The first request without Authorization, the second with it and with a request id of its own."""
    exchanges, verdict = converse(circumstances(AUTH), guarded(BASIC))
    assert shown(exchanges) == [None, BASIC]
    assert verdict.decision is Decision.DELIVERED
    first, second = (exchange.callout for exchange in exchanges)
    assert header(first, "Zuora-Request-Id") != header(second, "Zuora-Request-Id")
    assert header(first, "Zuora-Notification-Id") == header(second, "Zuora-Notification-Id")
    assert first.body == second.body


def test_preemptive_credentials_are_in_the_only_request() -> None:
    """Even where the guide's own sample also names a domain; a 401 then is the last word."""
    auth = structs.replace(AUTH, domain="example_domain", preemptive=True)
    for challenge in ('Basic realm="callouts"', "NTLM"):
        exchanges, verdict = converse(circumstances(auth), guarded(BASIC, challenge))
        assert (shown(exchanges), verdict.decision) == ([BASIC], Decision.DELIVERED)
        exchanges, verdict = converse(circumstances(auth), guarded("other", challenge))
        assert (shown(exchanges), verdict.code, verdict.decision) == ([BASIC], 401, Decision.AGAIN)


@pytest.mark.parametrize(
    ("challenge", "why"),
    [
        (None, "no WWW-Authenticate header"),
        ("Basic", "no realm"),
        ('Digest realm="x", nonce="y"', "offers digest"),
        ("NTLM", "offers ntlm"),
        ("Negotiate, NTLM", "offers negotiate and ntlm"),
    ],
)
def test_a_challenge_that_cannot_be_answered_is_not(challenge: str | None, why: str) -> None:
    """No second request; the 401 is retried, since credentials are configured, and the reason says what was missing."""
    exchanges, verdict = converse(circumstances(AUTH), guarded(BASIC, challenge))
    assert shown(exchanges) == [None]
    assert (verdict.decision, verdict.code, verdict.error) == (Decision.AGAIN, 401, ErrorClass.AUTHENTICATION)
    assert why in verdict.reason


def test_a_challenge_without_realm_may_be_answered_by_a_knob() -> None:
    """For receivers that leave it out although RFC 7617 asks for it."""
    given = circumstances(AUTH, settings={"quirks": {"challengeRealm": "optional"}})
    assert converse(given, guarded(BASIC, "Basic"))[1].decision is Decision.DELIVERED


@pytest.mark.parametrize("challenge", ['Digest realm="d", Basic realm="b"', 'basic realm="b"', 'NTLM, BASIC REALM="b"'])
def test_basic_is_found_among_other_challenges(challenge: str) -> None:
    """In one header, in any case."""
    assert converse(circumstances(AUTH), guarded(BASIC, challenge))[1].decision is Decision.DELIVERED


def test_refused_credentials_end_the_attempt_after_two_exchanges() -> None:
    """One dialogue per attempt; tried again later."""
    exchanges, verdict = converse(circumstances(AUTH), guarded("other"))
    assert shown(exchanges) == [None, BASIC]
    assert verdict.decision is Decision.AGAIN
    assert (
        verdict.reason
        == "401 means that callout authentication failed (the receiver refused the credentials), which is retried"
    )


def test_a_503_after_the_challenge_is_judged_as_any_503() -> None:
    """The dialogue is over, the rule is the code's."""
    exchanges, verdict = converse(
        circumstances(AUTH),
        lambda callout: answer(503) if header(callout, "Authorization") else guarded(BASIC)(callout),
    )
    assert (len(exchanges), verdict.code, verdict.decision) == (2, 503, Decision.AGAIN)


def test_without_credentials_a_challenge_is_just_a_401() -> None:
    """One request, final."""
    exchanges, verdict = converse(circumstances(), guarded(BASIC))
    assert (len(exchanges), verdict.decision) == (1, Decision.FINAL)


def test_a_401_that_broke_off_is_no_challenge() -> None:
    """What was not completely heard isn't answered."""
    broken = structs.replace(answer(401, 'Basic realm="x"'), error=ErrorClass.CLOSED_EARLY)
    exchanges, verdict = converse(circumstances(AUTH), lambda callout: broken)
    assert (len(exchanges), verdict.code) == (1, -1)


def test_basic_is_encoded_in_utf_8() -> None:
    """RFC 7617."""
    exchanges, _ = converse(circumstances(CalloutAuth("jørgen", "pæss:wørd", preemptive=True)), lambda _: answer(200))
    sent = shown(exchanges)[0]
    assert sent is not None
    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == "jørgen:pæss:wørd"


# ------------------------------------------------------------------------------------------------------------ OAuth 2.0

TOKEN = {"access_token": "tok-1", "token_type": "bearer", "expires_in": 3600}
IN_BODY = b"grant_type=client_credentials&client_id=username&client_secret=password&scope=a+b"
AS_BASIC = "Basic dXNlcm5hbWU6cGFzc3dvcmQ="  # seed 002's own example


class Party:
    """A provider and a receiver behind one door: the provider takes credentials in the given styles."""

    def __init__(self, styles: str = "body basic", token: object = None, expected: str = "Bearer tok-1") -> None:
        self.styles = styles
        self.token = TOKEN if token is None else token
        self.expected = expected

    def __call__(self, callout: Callout) -> Outcome:
        if callout.purpose == "token":
            style = "basic" if header(callout, "Authorization") else "body"
            return answer(200, body=self.token) if style in self.styles else answer(401)
        return guarded(self.expected, None)(callout)


def kinds(exchanges: list[Exchange]) -> str:
    """One letter a request: b(ody) and B(asic) for tokens, C for the callout."""
    return "".join(
        ("B" if header(one.callout, "Authorization") else "b") if one.callout.purpose == "token" else "C"
        for one in exchanges
    )


def test_a_token_is_asked_for_with_the_credentials_in_the_body() -> None:
    """A form, no `Zuora-*` header, then the callout with the token."""
    exchanges, verdict = converse(circumstances(provider=PROVIDER), Party())
    assert (kinds(exchanges), verdict.decision) == ("bC", Decision.DELIVERED)
    request = exchanges[0].callout
    assert (request.method, request.url, request.body) == ("POST", PROVIDER.token_endpoint, IN_BODY)
    assert header(request, "Content-Type") == "application/x-www-form-urlencoded"
    assert not [name for name, _ in request.headers if name.lower().startswith(("zuora", "x-amzn"))]
    assert shown(exchanges) == [None, "Bearer tok-1"]


@pytest.mark.parametrize("failure", [answer(400), answer(500), Outcome(error=ErrorClass.CLOSED_EARLY)])
def test_if_that_fails_the_credentials_go_into_the_header(failure: Outcome) -> None:
    """HTTP Basic of `client_id:client_secret`, and no longer in the body."""
    party = Party("basic")
    exchanges, verdict = converse(
        circumstances(provider=PROVIDER),
        lambda callout: (
            failure if callout.purpose == "token" and not header(callout, "Authorization") else party(callout)
        ),
    )
    assert (kinds(exchanges), verdict.decision) == ("bBC", Decision.DELIVERED)
    assert shown(exchanges) == [None, AS_BASIC, "Bearer tok-1"]
    assert exchanges[1].callout.body == b"grant_type=client_credentials&scope=a+b"


def test_no_token_at_all_is_minus_one_and_retried() -> None:
    """Class `oauth`; the reason names the provider and its last answer."""
    exchanges, verdict = converse(circumstances(provider=PROVIDER), Party(""))
    assert kinds(exchanges) == "bB"
    assert (verdict.decision, verdict.code, verdict.error) == (Decision.AGAIN, -1, ErrorClass.OAUTH)
    assert (
        verdict.reason == "no OAuth 2.0 token to be had (the provider 'P': answered 401) counts as -1, which is retried"
    )


@pytest.mark.parametrize(
    "token",
    [
        {},
        [],
        "tok",
        {"access_token": 7},
        {"access_token": ""},
        {"access_token": "a\r\nEvil: 1"},
        {"access_token": "a b"},
    ],
)
def test_a_token_that_cannot_be_used_is_none(token: object) -> None:
    """A provider can't write headers of its own into a callout."""
    exchanges, verdict = converse(circumstances(provider=PROVIDER), Party(token=token))
    assert (kinds(exchanges), verdict.error) == ("bB", ErrorClass.OAUTH)


def test_a_token_is_kept_until_it_expires() -> None:
    """The next attempt needs no token request; a second after its end it does."""
    memory = AuthMemory()
    given = circumstances(provider=PROVIDER, memory=memory)
    assert kinds(converse(given, Party(), NOW)[0]) == "bC"
    assert kinds(converse(given, Party(), NOW + timedelta(seconds=3599))[0]) == "C"
    assert kinds(converse(given, Party(), NOW + timedelta(seconds=3600))[0]) == "bC"
    changed = circumstances(provider=structs.replace(PROVIDER, client_secret="new"), memory=memory)
    assert kinds(converse(changed, Party(), NOW + timedelta(seconds=3601))[0]) == "bC"
    memory.clear()
    assert kinds(converse(given, Party(), NOW + timedelta(seconds=3602))[0]) == "bC"


@pytest.mark.parametrize(
    ("lifetime", "kept"),
    [(0, False), (-5, False), ("3600", True), (None, True), ("soon", True), (1e300, True), (float("nan"), True)],
)
def test_odd_lifetimes(lifetime: object, kept: bool) -> None:
    """None or nonsense: until a 401; none at all or past: for this attempt."""
    given = circumstances(provider=PROVIDER)
    party = Party(token={"access_token": "tok-1", "expires_in": lifetime})
    assert kinds(converse(given, party)[0]) == "bC"
    assert kinds(converse(given, party)[0]) == ("C" if kept else "bC")


def test_a_401_fetches_a_new_token_once() -> None:
    """A token that was kept, then one that is fresh; a second 401 ends the attempt and is retried."""
    memory = AuthMemory()
    given = circumstances(provider=PROVIDER, memory=memory)
    converse(given, Party())
    renewed = Party(token=TOKEN | {"access_token": "tok-2"}, expected="Bearer tok-2")
    exchanges, verdict = converse(given, renewed)
    assert (kinds(exchanges), verdict.decision) == ("CbC", Decision.DELIVERED)
    exchanges, verdict = converse(given, Party(expected="never"))
    assert (kinds(exchanges), verdict.decision, verdict.code) == ("CbC", Decision.AGAIN, 401)
    assert "a new one too" in verdict.reason
    assert kinds(converse(given, Party(expected="never"))[0]) == "bCbC", "a refused token is not kept"


def test_a_provider_that_takes_only_basic_leaves_room_for_the_callout() -> None:
    """At most 5 exchanges: body in vain, Basic, 401, Basic at once, and the callout with the new token."""
    exchanges, verdict = converse(circumstances(provider=PROVIDER), Party("basic", expected="never"))
    assert (kinds(exchanges), verdict.code) == ("bBCBC", 401)


def test_a_provider_that_is_gone_is_told_in_the_attempt() -> None:
    """Nothing is sent, the attempt is retried: somebody may register it meanwhile."""
    given = circumstances(provider=PROVIDER)
    gone = structs.replace(given, terms=structs.replace(given.terms, provider=None))
    exchanges, verdict = converse(gone, Party())
    assert (exchanges, verdict.decision, verdict.error) == ([], Decision.AGAIN, ErrorClass.OAUTH)


def test_a_token_endpoint_that_cannot_be_called_is_told_in_the_attempt() -> None:
    """No traceback from a URL that somebody registered."""
    bad = structs.replace(PROVIDER, token_endpoint="https://login example/token")
    _, verdict = converse(circumstances(provider=bad), Party())
    assert "the token endpoint can't be called: the final URL has white space" in verdict.reason


def test_a_token_endpoint_that_is_not_allowed_ends_the_delivery() -> None:
    """-2100, as for the callout's own target."""
    exchanges, verdict = converse(
        circumstances(provider=PROVIDER), lambda _: Outcome(error=ErrorClass.NOT_ALLOWED, detail="login.example.com")
    )
    assert (len(exchanges), verdict.decision, verdict.code) == (1, Decision.NOT_SENT, -2100)


def test_what_cannot_be_rendered_asks_for_no_token() -> None:
    """-2000 leaves nothing on the wire."""
    exchanges, verdict = converse(circumstances(provider=PROVIDER, callout_baseurl="https://h/<A.B>"), Party())
    assert (exchanges, verdict.code) == ([], -2000)


def test_an_attempt_without_an_exchange_cannot_be_judged() -> None:
    """A bug of ours, and named as one."""
    with pytest.raises(OurFault):
        go_on(delivery(), circumstances(), [], lambda: "0" * 32, NOW)
