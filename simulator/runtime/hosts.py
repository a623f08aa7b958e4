"""The one spelling of a host: what two ways of writing it must come to before anything may be compared.

It alone reads the authority of a URL. Resolvers read numbers in octal, hex, decimal and shortened, and an IPv4 address inside
an IPv6 one; people do not write them, so any but the plain spelling is refused.
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from msgspec import Struct

PORTS = {"http": 80, "https": 443}

UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\\]")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.(?!-)[a-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class Refusal(Struct, frozen=True, gc=False):
    """A destination that is never contacted; ``detail`` names the host and what to do."""

    detail: str


UNPLAIN = Refusal("the URL holds white space, a control character or a backslash")


class Spot(Struct, frozen=True, gc=False):
    """Scheme, host and port of a URL, the host in its one spelling."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        return authority(self.host, self.port)


def is_loopback(address: str) -> bool:
    """Whether a literal address is loopback, as itself: an IPv4 address mapped into IPv6 is not."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    # Python 3.13 began to look through the mapping; a plain reading is the same everywhere.
    return found.is_loopback and not (isinstance(found, IPv6Address) and found.ipv4_mapped)


def authority(host: str, port: int) -> str:
    """``host:port`` as a URL spells it, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def means_loopback(host: str) -> bool:
    """Whether a host in its one spelling is loopback by itself (RFC 6761 6.3 for the names)."""
    return host == "localhost" or host.endswith(".localhost") or is_loopback(host)


def parse(url: str) -> Spot | Refusal:
    """What a URL leads to, or why it leads nowhere."""
    if UNPRINTABLE.search(url):
        return UNPLAIN
    try:
        parts = urlsplit(url)
        name, port = parts.hostname, parts.port
    except ValueError as error:
        return Refusal(f"not a URL that can be contacted: {error}")
    scheme = parts.scheme.lower()
    if scheme not in PORTS and not parts.netloc:
        return Refusal("a URL begins with https:// or http://")
    if scheme not in PORTS:
        return Refusal(f"only http and https are sent, not {scheme or 'nothing'}")
    if port == 0:
        return Refusal("port 0 cannot be contacted")
    host = spell(name or "", bracketed="[" in parts.netloc)
    if isinstance(host, Refusal):
        return host
    return Spot(scheme, host, port or PORTS[scheme])


def spell(name: str, *, bracketed: bool = False) -> str | Refusal:
    """The one spelling of a host: lower case, IDNA, no closing dot, plain addresses.

    A number in any other spelling (octal, hex, decimal, shortened) is refused: resolvers do read them.
    """
    if bracketed:
        try:
            address = IPv6Address(name)
        except AddressValueError:
            return Refusal(f"[{name}] is not an IPv6 address")
        return Refusal(f"[{name}]: an address with a zone is not contacted") if address.scope_id else str(address)
    host = name.removesuffix(".")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return Refusal(f"{name!r} is not a host name")
        if _NUMBER.fullmatch(host.rpartition(".")[2]) or means_loopback(host):
            return Refusal(f"{name!r} is another spelling of {host}: write it plainly")
    if not _NAME.fullmatch(host):
        return Refusal(f"{name!r} is not a host name")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        try:
            return str(IPv4Address(host))
        except AddressValueError:
            return Refusal(f"{name!r} is no plainly written IPv4 address: write it as 127.0.0.1")
    return host
