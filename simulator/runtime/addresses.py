"""Where a callout may go, and which address stands behind a URL: routes and the allow-list.

It alone decides whether a host may be contacted. It opens no socket and asks no resolver: the wire resolves once, has
`Place.admits` look at every address, and connects to those very addresses. Loopback, routed hosts and hosts that
somebody named are allowed; everything else is refused, since people do paste production URLs.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from urllib.parse import urlsplit

from msgspec import Struct

from simulator.core.errors import AuthorError
from simulator.runtime.hosts import (
    UNPLAIN,
    UNPRINTABLE,
    Refusal,
    Spot,
    authority,
    is_loopback,
    means_loopback,
    parse,
    spell,
)

PROVIDER_PORT = 443


class Standing(StrEnum):
    """Why a place may be contacted."""

    LOOPBACK = "loopback"
    ROUTED = "routed"
    NAMED = "named"


class Place(Struct, frozen=True, gc=False):
    """A destination that may be contacted.

    ``host`` and ``port`` are those of the URL: they name the receiver to TLS. ``dial_host`` and ``dial_port`` are where
    the connection goes; they differ for a routed host only.
    """

    scheme: str
    host: str
    port: int
    dial_host: str
    dial_port: int
    standing: Standing
    notes: tuple[str, ...] = ()

    def admits(self, address: str) -> bool:
        """Whether a connection may go to this resolved address: a loopback name must mean a loopback address."""
        return self.standing is not Standing.LOOPBACK or is_loopback(address)

    @property
    def authority(self) -> str:
        return authority(self.host, self.port)

    def __repr__(self) -> str:
        via = f" via {authority(self.dial_host, self.dial_port)}" if self.standing is Standing.ROUTED else ""
        return f"<Place {self.scheme}://{self.authority}{via}, {self.standing}>"


class Addresses:
    """The routes and the allow-list of one simulator. Routes may change while it runs.

    ``routes`` maps ``host`` or ``host:port`` to ``host:port``; a bare host counts for every port. ``allow_hosts`` holds
    ``host`` or ``host:port``. ``strict_urls`` refuses at registration what the provider would refuse.
    A malformed entry raises `AuthorError`.
    """

    def __init__(
        self,
        routes: Mapping[str, str] | None = None,
        allow_hosts: Iterable[str] = (),
        *,
        strict_urls: bool = False,
    ) -> None:
        self.strict_urls = strict_urls
        self.allow_hosts = tuple(allow_hosts)
        self._named = frozenset(_entry(text, "allowed host") for text in self.allow_hosts)
        self._places: dict[str, Place | Refusal] = {}
        self.told: Callable[[dict[str, str]], None] = lambda routes: None
        self.routes = routes or {}

    @property
    def routes(self) -> dict[str, str]:
        """The routes as they were given."""
        return dict(self._given)

    @routes.setter
    def routes(self, routes: Mapping[str, str]) -> None:
        table = {_entry(source, "route"): _target(source, target) for source, target in routes.items()}
        self._given = dict(routes)
        self._routes = table
        self.told(self._given)
        self._places.clear()

    def locate(self, url: str) -> Place | Refusal:
        """Where ``url`` leads, or why it is never contacted. Pure: nothing is resolved."""
        if UNPRINTABLE.search(url):
            return UNPLAIN
        end = url.find("/", url.find("//") + 2)
        front = url if end < 0 else url[:end]  # all that decides, and what the callouts of a receiver have in common
        place = self._places.get(front)
        if place is None:
            if len(self._places) >= _PLACES_KEPT:
                self._places.clear()
            place = self._places[front] = self._decide(front)
        return place

    def refusal(self, url: str) -> str | None:
        """Why ``url`` cannot be registered, None where it can.

        An https URL of a host that is not allowed may be registered: it is refused when it comes to sending.
        """
        spot = parse(url)
        if isinstance(spot, Refusal):
            return spot.detail
        if self.strict_urls:
            objections = self.objections(url)
            way_out = "register the production URL and lead it here with --route, or leave out --strict-urls"
            return f"{spot.authority}: {'; '.join(objections)}: {way_out}" if objections else None
        if spot.scheme == "http" and isinstance(self.locate(url), Refusal):
            return (
                f"{spot.authority}: plain http is accepted only for a loopback address, a routed host, or one that is "
                f"named (--allow-host {spot.host}, --route {spot.authority}=127.0.0.1:8443)"
            )
        return None

    def objections(self, url: str) -> tuple[str, ...]:
        """What the provider would say against ``url``, a clause each; empty where it would take it."""
        spot = parse(url)
        if isinstance(spot, Refusal):
            return (spot.detail,)
        found = []
        if spot.scheme != "https":
            found.append(f"it is {spot.scheme}, not https")
        if spot.port != PROVIDER_PORT:
            found.append(f"its port is {spot.port}, not {PROVIDER_PORT}")
        if means_loopback(spot.host):
            found.append(f"{spot.host} is a loopback address")
        return tuple(found)

    def warnings(self, url: str) -> tuple[str, ...]:
        """What a record should say of a URL that is taken here and would not be by the provider."""
        objections = self.objections(url)
        found = [f"the provider would refuse this URL: {'; '.join(objections)}"] if objections else []
        if _USER.match(url):
            found.append("the user name in the URL is not sent: credentials belong into the callout's authentication")
        return tuple(found)

    def _decide(self, url: str) -> Place | Refusal:
        spot = parse(url)
        if isinstance(spot, Refusal):
            return spot
        entries = ((spot.host, spot.port), (spot.host, None))
        for entry in entries:
            if entry in self._routes:
                dial_host, dial_port = self._routes[entry]
                return Place(spot.scheme, spot.host, spot.port, dial_host, dial_port, Standing.ROUTED)
        if any(entry in self._named for entry in entries):
            return self._direct(spot, spot.host, Standing.NAMED, url)
        if means_loopback(spot.host):
            # A name below .localhost means loopback by itself (RFC 6761 6.3); not every resolver knows it.
            dial_host = "localhost" if spot.host.endswith(".localhost") else spot.host
            return self._direct(spot, dial_host, Standing.LOOPBACK, url)
        return Refusal(
            f"{spot.host} is neither a loopback address nor routed nor allowed ("
            f"allow it with --allow-host {spot.host}, or lead it elsewhere with --route {spot.authority}=127.0.0.1:8443)"
        )

    def _direct(self, spot: Spot, dial_host: str, standing: Standing, url: str) -> Place:
        return Place(spot.scheme, spot.host, spot.port, dial_host, spot.port, standing, self.warnings(url))

    def __repr__(self) -> str:
        return f"<Addresses {len(self._given)} routes, {len(self.allow_hosts)} allowed{', strict' * self.strict_urls}>"


_PLACES_KEPT = 4096
_USER = re.compile(r"[^/?#]*//[^/?#]*@")


def _entry(text: str, kind: str) -> tuple[str, int | None]:
    """``host`` or ``host:port`` of a flag or a setting; an IPv6 address stands in brackets, or bare without a port."""
    if text.count(":") > 1 and not text.startswith("["):
        text = f"[{text}]"
    try:
        parts = urlsplit(f"//{text}")
        name, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AuthorError(f"{kind} {text!r}: {error}") from None
    host = spell(name.lower(), bracketed="[" in text)
    if isinstance(host, Refusal) or parts.netloc != text or "@" in text or UNPRINTABLE.search(text):
        raise AuthorError(f"{kind} {text!r} is not of the form host or host:port, such as www.example.com:443")
    return host, port


def _target(source: str, text: str) -> tuple[str, int]:
    host, port = _entry(text, f"target of the route {source!r}:")
    if not port:
        raise AuthorError(f"route {source!r}: the target {text!r} needs a port, such as 127.0.0.1:8443")
    return host, port
