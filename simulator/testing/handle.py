"""One tenant of a running simulator, as a test holds it: register, fire, move time; what it waits for is in `waiting`.

Everything here runs in the simulator's own loop. It decides nothing that the instance decides.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from simulator.control.clock import SPANS, span_of
from simulator.control.faults import read_fault, write_faults
from simulator.control.receivers import provider_of
from simulator.core.errors import AuthorError, near_match
from simulator.instance import Instance
from simulator.masking import mask_url
from simulator.options import in_minutes
from simulator.records import CalloutRecord
from simulator.testing.waiting import Watching
from simulator.zuora.notifications.definitions import CalloutTemplate
from simulator.zuora.notifications.templates import STAMPS

TITLE: Final = "A recorded story"
UNITS: Final = (*SPANS, "milliseconds", "microseconds")
CALLOUT_FIELDS = tuple(field for field in CalloutTemplate.__struct_encode_fields__ if field not in STAMPS)
IN_OTHER_WORDS = (
    "username",
    "password",
    "preemptive",
    "retry",
    "method",
    "params",
    "headers",
    "body",
    "oauth_provider",
)


class Handle(Watching):
    """``instance`` with the eyes of one client. Spans of time are ``timedelta(**span)``: ``advance(minutes=30)``."""

    def __init__(self, instance: Instance, base: Callable[[], str], client_id: str, client_secret: str) -> None:
        super().__init__(instance, client_id)
        self._base = base
        self.client_secret = client_secret
        self._token: str | None = None

    # ── where and who ──

    @property
    def url(self) -> str:
        """What a client is given as its base URL, without a closing slash."""
        return self._base()

    @property
    def headers(self) -> dict[str, str]:
        """A valid ``Authorization``."""
        if self._token is None or self.instance.tenants.of_token(self._token, self.now) is None:
            self._token = self.instance.tenants.grant(self.client_id, self.now)
        return {"Authorization": f"Bearer {self._token}"}

    @property
    def ca_pem(self) -> str:
        """The development authority's certificate, for whoever is to trust the simulator or sign a receiver."""
        return self.instance.authority.ca_pem.decode("ascii")

    # ── what is to happen ──

    def notify(
        self,
        event: str,
        url: str,
        *,
        username: str | None = None,
        password: str | None = None,
        preemptive: bool = False,
        retry: bool = True,
        method: str = "POST",
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
        oauth_provider: str | None = None,
        **callout: Any,
    ) -> str:
        """Register a notification definition: ``url`` hears of ``event``, in any spelling of its name.

        ``params``, ``headers`` and ``body`` may hold merge fields; ``oauth_provider`` is the id of one; ``callout`` takes
        further fields of Zuora's callout by their names there. Answers with the definition's id. Raises ClientError as
        the API would, and AuthorError for a field that a callout does not have: the API would look past it.
        """
        if not isinstance(url, str):
            raise AuthorError(f"url must be a text, not {url!r}")
        if username is None and (password is not None or preemptive):
            raise AuthorError("password and preemptive are of no use without username")
        for field in callout:
            if field not in CALLOUT_FIELDS:
                near = near_match(field, (*IN_OTHER_WORDS, *CALLOUT_FIELDS))
                raise AuthorError(f"a callout has no field {field!r}{near}")
        name = str(callout.pop("name", "") or f"{event} to {mask_url(url)}"[:200])
        given: dict[str, Any] = {
            "name": name,
            "calloutBaseurl": url,
            "httpMethod": method,
            "calloutRetry": retry,
            "requiredAuth": username is not None,
        }
        if username is not None:
            given["calloutAuth"] = {"username": username, "password": password or "", "preemptive": preemptive}
        if oauth_provider is not None:
            given |= {"requiredOauth2": True, "oauth2ProviderId": oauth_provider}
        if params is not None:
            given["calloutParams"] = dict(params)
        if headers is not None:
            given["calloutHeaders"] = dict(headers)
        if body is not None:
            given |= {"useCustomRequestBody": True, "customRequestBody": body}
        return self.instance.register(self._definition(event, name, given | callout), self.client_id)

    def _definition(self, event: str, name: str, callout: dict[str, Any]) -> dict[str, Any]:
        taken = {definition.name for definition in self.instance.tenants[self.client_id].definitions.values()}
        number = 1
        while name in taken:  # a test may register the same thing twice: names must differ
            number += 1
            name = f"{callout['name']} ({number})"
        return {"name": name, "eventTypeName": event, "calloutActive": True, "callout": callout | {"name": name}}

    def fire(self, event: str, /, values: Mapping[str, Any] | None = None, **fields: Any) -> str:
        """Fire an event with exactly these fields; ``values`` takes names with dots. Answers with the event's id."""
        return self.instance.fire(event, {**(values or {}), **fields}, self.client_id).id

    @property
    def faults(self) -> tuple[dict[str, Any], ...]:
        """The faults in force, as the control plane writes them; assigning replaces them."""
        mine = [fault for fault in self.instance.engine.faults.current if fault.tenant == self.client_id]
        return tuple(write_faults(mine, self.now))

    @faults.setter
    def faults(self, faults: Sequence[Mapping[str, Any]]) -> None:
        events = self.instance.event_names(self.client_id)
        read = [read_fault(fault, self.now, self.client_id, events) for fault in faults]
        self.instance.engine.faults.replace(read, self.client_id)

    def outcome(self, result: str = "succeed", **rule: Any) -> None:
        """One more rule for how requests end: ``outcome("fail", path="/v1/async/accounts", code="50000040")``.

        The keys are those of ``PUT /_simulator/outcomes``, in snake_case too; of two rules that say as much of a request
        the later counts. Raises ClientError for a key or a value that does not exist, with the nearest one.
        """
        self.instance.add_outcome({"result": result, **rule}, self.client_id)

    def oauth_provider(
        self,
        token_endpoint: str,
        client_id: str,
        client_secret: str,
        *,
        name: str = "OAuth 2.0 provider",
        scope: str | None = None,
    ) -> str:
        """Make an OAuth 2.0 provider known; answers with its id, for ``notify(..., oauth_provider=...)``."""
        given = {"name": name, "tokenEndpoint": token_endpoint, "clientId": client_id, "clientSecret": client_secret}
        tenant = self.instance.tenants[self.client_id]
        provider = provider_of({**given, "scope": scope}, self.instance.service.next_id(tenant, "provider"))
        tenant.providers.put(provider.id, provider)
        return provider.id

    def settings(self, **settings: Any) -> None:
        """Change callout settings of this tenant: ``max_attempts=5``, ``interval=timedelta(minutes=10)``."""
        self.instance.change_settings(in_minutes(settings), self.client_id, "test")

    def route(self, host: str, to: str) -> None:
        """Lead callouts for ``host`` to ``to`` (``127.0.0.1:8443``); the TLS name and ``Host`` stay."""
        self.instance.addresses.routes = {
            **self.instance.addresses.routes,
            host: to.partition("://")[2].rstrip("/") or to,
        }

    def resend(self, callout: CalloutRecord | str) -> None:
        """One more attempt at a callout, never retried; a pending retry gives it its place."""
        self.instance.resend(_id("resend", callout))

    def duplicate(self, callout: CalloutRecord | str, *, at_once: bool = False) -> None:
        """One more copy of a callout; ``at_once``: both are in flight before either is answered."""
        self.instance.duplicate(_id("duplicate", callout), at_once=at_once)

    def export_scenario(self, *, title: str = TITLE, keep_values: bool = False) -> str:
        """What happened so far as the text of a scenario file that replays to the same attempts, codes and verdicts.

        Credentials become ``${env:...}``, e-mail addresses and names pseudonyms, unless ``keep_values``.
        """
        from simulator.recording.export import export_story  # PyYAML is not loaded before somebody records

        return export_story(self.instance, self.client_id, title=title, keep_values=keep_values)

    # ── time ──

    async def advance(self, **span: float) -> None:
        """Move time by ``timedelta(**span)``; everything that falls due runs at its own instant.

        Raises ClientError for a span that is negative, or longer than the clock goes at once, AuthorError for a unit
        that there is none of.
        """
        for unit in span:
            if unit not in UNITS:
                raise AuthorError(f"time has no unit {unit!r}{near_match(unit, UNITS)}; it has {', '.join(UNITS)}")
        await self.instance.dispatcher.advance(span_of(span) if span else timedelta(0))

    async def settle(self) -> None:
        """Deliver what is due now and wait until nothing is in flight; time stands still."""
        await self.instance.dispatcher.settle()

    async def drain(self) -> None:
        """Move time until nothing is due any more, through all retries."""
        await self.instance.dispatcher.drain()

    def __repr__(self) -> str:
        return f"<Handle of {self.client_id[:8]}…, {len(self.requests)} requests, {len(self.callouts)} callouts>"


def _id(verb: str, callout: CalloutRecord | str) -> str:
    if not isinstance(callout, CalloutRecord | str):
        raise AuthorError(f"{verb} takes a callout, such as callouts[0], or its id, not {callout!r}")
    return callout if isinstance(callout, str) else callout.id
