"""The authentication dialogue of one attempt: given what was sent and answered so far, what to send next.

It alone decides when credentials are shown. Basic by default only after a 401 with ``WWW-Authenticate`` (seeds 002 and
003, "Message sequence for callout basic authentication"; documented), preemptive Basic with the first request, NTLM where
a domain is set and the receiver asks for it, a token where an OAuth 2.0 provider is configured. One dialogue an attempt.
It sends nothing and knows no retry beyond "a 401 that no answer of ours mends".
"""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from msgspec import Struct

from simulator.core.model import Decision, Delivery, ErrorClass, Exchange, Verdict
from simulator.zuora.callouts.challenges import Challenge, challenges
from simulator.zuora.callouts.checks import url_fault
from simulator.zuora.callouts.judging import not_allowed, unauthorised
from simulator.zuora.callouts.ntlm import SCHEMES, Handshake, HandshakeFailed
from simulator.zuora.callouts.oauth import PURPOSE, Token, TokenStyle, basic, read_token, style_of
from simulator.zuora.notifications.definitions import CalloutAuth, OAuthProvider, Terms
from simulator.zuora.quirks import ChallengeRealm
from simulator.zuora.settings import Settings

MOST_EXCHANGES = 5  # of one attempt, the token requests among them
MOST_HANDSHAKES = 4096  # kept at once; one is over in a few exchanges


class Authorize(Struct, frozen=True):
    """Send the callout, with this ``Authorization`` header, or with none."""

    header: str | None


class FetchToken(Struct, frozen=True):
    """Ask the provider for a token."""

    style: TokenStyle


Step = Authorize | FetchToken | Verdict


class AuthMemory:
    """What outlasts one exchange: tokens until they expire, and the handshakes under way. It is in memory only."""

    def __init__(self) -> None:
        self._tokens: dict[OAuthProvider, Token] = {}
        self._handshakes: OrderedDict[str, tuple[int, Handshake]] = OrderedDict()

    def token(self, provider: OAuthProvider, now: datetime) -> Token | None:
        """The token kept for exactly this provider and its credentials, while it may be used."""
        token = self._tokens.get(provider)
        return token if token is not None and token.usable(now) else None

    def keep(self, provider: OAuthProvider, token: Token) -> None:
        self._tokens[provider] = token

    def drop(self, provider: OAuthProvider, header: str | None) -> None:
        """Forgets the provider's token if it is the one that this header showed."""
        token = self._tokens.get(provider)
        if token is not None and header == f"Bearer {token.value}":
            del self._tokens[provider]

    def handshake(self, delivery: Delivery) -> Handshake | None:
        """The one that this very attempt began."""
        attempt, handshake = self._handshakes.get(delivery.id, (0, None))
        return handshake if attempt == delivery.attempts else None

    def begin(self, delivery: Delivery, handshake: Handshake) -> Handshake:
        self._handshakes[delivery.id] = (delivery.attempts, handshake)
        while len(self._handshakes) > MOST_HANDSHAKES:
            self._handshakes.popitem(last=False)
        return handshake

    def clear(self) -> None:
        """Forgets everything, as a reset does."""
        self._tokens.clear()
        self._handshakes.clear()


def first_step(terms: Terms, settings: Settings, memory: AuthMemory, now: datetime) -> Step:
    """How an attempt begins."""
    if terms.template.required_oauth2:
        return _first_of_oauth(terms, settings, memory, now)
    auth = terms.template.credentials
    return Authorize(basic(auth.username, auth.password) if auth is not None and auth.preemptive else None)


def next_step(
    delivery: Delivery,
    terms: Terms,
    settings: Settings,
    memory: AuthMemory,
    exchanges: Sequence[Exchange],
    now: datetime,
) -> Step | None:
    """What follows the last exchange of an attempt; None where its answer is to be judged as it is."""
    if terms.template.required_oauth2:
        return _next_of_oauth(terms, settings, memory, exchanges, now)
    auth, last = terms.template.credentials, exchanges[-1]
    if auth is None or not _refused(last):
        return None
    offered = challenges(last.outcome)
    try:
        header, note = _answer(delivery, auth, settings, memory, offered, exchanges)
    except HandshakeFailed as failed:
        header, note = None, str(failed)
    return Authorize(header) if header is not None else unauthorised(settings, terms.template, note)


def _refused(exchange: Exchange) -> bool:
    return exchange.outcome.status == 401 and exchange.outcome.error is None


def _answer(
    delivery: Delivery,
    auth: CalloutAuth,
    settings: Settings,
    memory: AuthMemory,
    offered: Sequence[Challenge],
    exchanges: Sequence[Exchange],
) -> tuple[str | None, str]:
    """The header that answers a 401, or None and why it stays without an answer. Raises HandshakeFailed."""
    leg = len(exchanges)
    if auth.preemptive:
        return None, "the receiver refused the credentials of the first request"
    if leg > 1:
        handshake = memory.handshake(delivery)
        goes_on = next((one.token for one in offered if handshake and one.scheme == handshake.scheme), None)
        if handshake is None or goes_on is None or leg >= MOST_EXCHANGES:
            return None, "the receiver refused the credentials"
        return handshake.authorization(leg, goes_on), ""
    if not offered:
        return None, "the receiver sent no WWW-Authenticate header, so credentials are not sent"
    by_scheme = {one.scheme: one for one in reversed(offered)}
    scheme = next((one for one in SCHEMES if one in by_scheme), None) if auth.domain else None
    if scheme is not None:
        host = urlsplit(exchanges[-1].callout.url).hostname or ""
        return memory.begin(delivery, Handshake(scheme, auth, host)).authorization(leg, None), ""
    if "basic" not in by_scheme:
        names = " and ".join(sorted(by_scheme))
        return None, f"the receiver offers {names}, which nothing configured answers"
    required = settings.quirks.challenge_realm is ChallengeRealm.REQUIRED
    if required and not any(one.scheme == "basic" and "realm" in one.params for one in offered):
        return None, "the receiver's Basic challenge has no realm, which it must have"
    return basic(auth.username, auth.password), ""


def _first_of_oauth(terms: Terms, settings: Settings, memory: AuthMemory, now: datetime) -> Step:
    if terms.provider is None:
        return _no_token(settings, f"the provider {terms.template.oauth2_provider_id!r} is not registered")
    if (fault := url_fault(terms.provider.token_endpoint)) is not None:
        return _no_token(settings, f"the token endpoint can't be called: {fault}")
    token = memory.token(terms.provider, now)
    return FetchToken(TokenStyle.BODY) if token is None else Authorize(f"Bearer {token.value}")


def _next_of_oauth(
    terms: Terms, settings: Settings, memory: AuthMemory, exchanges: Sequence[Exchange], now: datetime
) -> Step | None:
    last, provider = exchanges[-1], terms.provider
    more = len(exchanges) < MOST_EXCHANGES
    if provider is None:
        return _no_token(settings, "the provider is no longer registered")
    if last.callout.purpose == PURPOSE:
        token = read_token(last.outcome, now)
        if isinstance(token, Token):
            memory.keep(provider, token)
            return Authorize(f"Bearer {token.value}")
        if last.outcome.error is ErrorClass.NOT_ALLOWED:
            return not_allowed(f"the token endpoint can't be asked: {token}")
        if more and style_of(last.callout) is TokenStyle.BODY:
            return FetchToken(TokenStyle.BASIC)
        return _no_token(settings, f"the provider {provider.name!r}: {token}")
    if not _refused(last):
        return None
    shown = next((value for name, value in last.callout.headers if name == "Authorization"), None)
    memory.drop(provider, shown)
    if sum(map(_refused_callout, exchanges)) > 1 or not more:
        return unauthorised(settings, terms.template, "the receiver refused the token, and a new one too")
    return FetchToken(_style_that_worked(exchanges))


def _refused_callout(exchange: Exchange) -> bool:
    return exchange.callout.purpose != PURPOSE and _refused(exchange)


def _style_that_worked(exchanges: Sequence[Exchange]) -> TokenStyle:
    """How this attempt got its token: asking in vain once more would not leave room for the callout itself."""
    asked = [style_of(one.callout) for one in exchanges if one.callout.purpose == PURPOSE]
    return asked[-1] if asked else TokenStyle.BODY


def _no_token(settings: Settings, why: str) -> Verdict:
    code = settings.quirks.transport_code
    reason = f"no OAuth 2.0 token to be had ({why}) counts as {code}, which is retried"
    return Verdict(Decision.AGAIN, code, reason, ErrorClass.OAUTH)
