"""Routes and the allow-list: what may be contacted, what is refused, and what a person is told."""

import pytest

from simulator.core.errors import AuthorError
from simulator.runtime.addresses import Addresses, Place, Standing
from simulator.runtime.hosts import Refusal, is_loopback

FORMS = [
    # names and addresses that nobody allowed
    "https://www.example.com/hook",
    "http://www.example.com:8080/",
    "https://203.0.113.7/",
    "https://10.0.0.5/",
    "https://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "https://[2001:db8::1]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    # every address of this machine, or one mapped or embedded in another
    "http://0.0.0.0:3000/",
    "http://0:3000/",
    "http://[::]:3000/",
    "http://[::ffff:127.0.0.1]:3000/",
    "http://[::ffff:7f00:1]:3000/",
    "http://[::ffff:10.0.0.5]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    # numbers that resolvers read and people do not write
    "http://2130706433/",
    "http://167772165/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0X7F.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.0.0.01/",
    "http://127.0.0.256/",
    "http://１２７.0.0.1/",  # full-width digits
    "http://127。0。0。1/",  # ideographic full stops
    # another host in front
    "http://127.0.0.1@www.example.com/",
    "http://127.0.0.1:3000@10.0.0.5/",
    "http://localhost%00@www.example.com/",
    "http://localhost\\@www.example.com/",
    "http://www.example.com\\@localhost/",
    "http://www.example.com#@localhost/",
    # names that only look like loopback
    "http://localhost.example.com/",
    "http://127.0.0.1.example.com/",
    "http://notlocalhost/",
    "http://ⓛocalhost/",
    "http://%6cocalhost/",
    "http://WWW.EXAMPLE.COM./",
    # other schemes, and no host at all
    "ftp://localhost/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:3000/_x",
    "javascript://localhost/%0aalert(1)",
    "//localhost/",
    "localhost:3000/",
    "http:///hook",
    "http://localhost:0/",
    "http://localhost:99999/",
    "http://localhost:x/",
    "http://local host/",
    "http://localhost/\r\nX: y",
    "\thttp://localhost/",
    "http://[::1/",
    "http://.localhost./",
    "http://-a.localhost/",
    "",
]

LOOPBACK = [
    ("http://127.0.0.1:3000/hook", "127.0.0.1", 3000),
    ("http://127.8.9.10/", "127.8.9.10", 80),
    ("https://localhost/", "localhost", 443),
    ("HTTPS://LocalHost.:8443/", "localhost", 8443),
    ("http://[::1]:3000/", "::1", 3000),
    ("http://[0:0:0:0:0:0:0:1]/", "::1", 80),
    ("http://user:secret@localhost:3000/", "localhost", 3000),
    ("http://localhost:3000?a=http://www.example.com/", "localhost", 3000),
    ("http://localhost", "localhost", 80),
    ("http://localhost:/", "localhost", 80),
]


@pytest.mark.parametrize("url", FORMS)
def test_refused(url: str) -> None:
    """Nothing but plainly written loopback goes out unless somebody said so."""
    place = Addresses().locate(url)
    assert isinstance(place, Refusal)
    assert place.detail


@pytest.mark.parametrize(("url", "host", "port"), LOOPBACK)
def test_loopback(url: str, host: str, port: int) -> None:
    """Loopback is contacted whatever its scheme and port, and the record says what the provider would say."""
    place = Addresses().locate(url)
    assert isinstance(place, Place)
    assert (place.host, place.port, place.dial_host, place.dial_port) == (host, port, host, port)
    assert place.standing is Standing.LOOPBACK
    assert "the provider would refuse this URL" in place.notes[0]


def test_one_bad_path_spoils_nothing() -> None:
    """A URL that is refused for its path leaves the next one of the same receiver alone, and the other way round."""
    addresses = Addresses()
    kinds = [type(addresses.locate(f"http://localhost:3000/{path}")) for path in ("a b", "ab", "a b")]
    assert kinds == [Refusal, Place, Refusal]


def test_name_below_localhost() -> None:
    """RFC 6761: names below .localhost are loopback; they are looked up as localhost, and keep their own name."""
    place = Addresses().locate("http://shop.localhost:3000/")
    assert isinstance(place, Place)
    assert (place.host, place.dial_host) == ("shop.localhost", "localhost")


@pytest.mark.parametrize(
    ("address", "admitted"),
    [("127.0.0.1", True), ("::1", True), ("10.0.0.5", False), ("::ffff:127.0.0.1", False), ("0.0.0.0", False)],
)
def test_loopback_name_must_mean_loopback(address: str, admitted: bool) -> None:
    """What a name resolves to is looked at as well."""
    place = Addresses().locate("http://localhost:3000/")
    assert isinstance(place, Place)
    assert place.admits(address) is admitted


def test_refusal_names_the_host_and_the_ways_out() -> None:
    """Who pasted a production URL reads what to do."""
    place = Addresses().locate("https://www.example.com/hook?token=s3cret")
    assert isinstance(place, Refusal)
    assert "--allow-host www.example.com" in place.detail
    assert "--route www.example.com:443=" in place.detail
    assert "s3cret" not in place.detail


@pytest.mark.parametrize(
    ("allowed", "url", "goes"),
    [
        ("hooks.example.com", "https://hooks.example.com/", True),
        ("hooks.example.com", "http://HOOKS.example.com.:8080/", True),
        ("HOOKS.example.com", "https://hooks.example.com/", True),
        ("hooks.example.com:8443", "https://hooks.example.com:8443/", True),
        ("hooks.example.com:8443", "https://hooks.example.com/", False),
        ("hooks.example.com", "https://evil.hooks.example.com/", False),
        ("hooks.example.com", "https://example.com/", False),
        ("10.0.0.5", "http://10.0.0.5/", True),
        ("10.0.0.5", "http://167772165/", False),
        ("10.0.0.5", "http://[::ffff:10.0.0.5]/", False),
        ("[2001:db8::1]:8443", "https://[2001:db8:0::1]:8443/", True),
        ("2001:db8::1", "https://[2001:db8::1]/", True),
        ("bücher.example", "https://bücher.example/", True),
        ("bücher.example", "https://xn--bcher-kva.example/", True),
        ("xn--bcher-kva.example", "https://BÜCHER.example/", True),
    ],
)
def test_allowed_hosts(allowed: str, url: str, goes: bool) -> None:
    """A named host is allowed in all its spellings, and nothing beside it."""
    place = Addresses(allow_hosts=[allowed]).locate(url)
    assert isinstance(place, Place) is goes
    if isinstance(place, Place):
        assert place.admits("203.0.113.7")


def test_route_keeps_the_name() -> None:
    """A routed host is dialled elsewhere; its own name and port stay those of the URL, and nothing is noted."""
    place = Addresses(routes={"www.example.com": "127.0.0.1:8443"}).locate("https://www.example.com/hook")
    assert place == Place("https", "www.example.com", 443, "127.0.0.1", 8443, Standing.ROUTED)
    assert repr(place) == "<Place https://www.example.com:443 via 127.0.0.1:8443, routed>"


def test_route_with_a_port_goes_first() -> None:
    """An entry with a port counts for it alone, one without for all others; a target may be a name."""
    addresses = Addresses(routes={"example.com": "127.0.0.1:1", "example.com:8443": "receiver:2"})
    ports = [
        place.dial_port
        for port in (443, 8443)
        if isinstance(place := addresses.locate(f"https://example.com:{port}/"), Place)
    ]
    assert ports == [1, 2]


def test_routes_change_at_run_time() -> None:
    """A changed route counts from the next callout on."""
    addresses = Addresses()
    assert isinstance(addresses.locate("https://www.example.com/"), Refusal)
    addresses.routes = {"www.example.com": "127.0.0.1:8443"}
    assert isinstance(addresses.locate("https://www.example.com/"), Place)
    assert addresses.routes == {"www.example.com": "127.0.0.1:8443"}
    addresses.routes = {}
    assert isinstance(addresses.locate("https://www.example.com/"), Refusal)


@pytest.mark.parametrize(
    "routes",
    [
        {"www.example.com": "127.0.0.1"},
        {"www.example.com": "127.0.0.1:x"},
        {"www.example.com": "http://127.0.0.1:8443"},
        {"https://www.example.com": "127.0.0.1:8443"},
        {"www.example.com/hook": "127.0.0.1:8443"},
        {"": "127.0.0.1:8443"},
        {"0x7f.1": "127.0.0.1:8443"},
        {"a b": "127.0.0.1:8443"},
        {"user@www.example.com": "127.0.0.1:8443"},
    ],
)
def test_malformed_routes(routes: dict[str, str]) -> None:
    """A route that cannot be meant is refused with the entry in the message, and the routes before stay."""
    addresses = Addresses(routes={"www.example.com": "127.0.0.1:8443"})
    with pytest.raises(AuthorError, match="route"):
        addresses.routes = routes
    assert addresses.routes == {"www.example.com": "127.0.0.1:8443"}


@pytest.mark.parametrize("host", ["", "http://example.com", "example.com/x", "a b", "example.com:x", "*.example.com"])
def test_malformed_allowed_host(host: str) -> None:
    """So is an allowed host."""
    with pytest.raises(AuthorError, match="allowed host"):
        Addresses(allow_hosts=[host])


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("https://www.example.com/", None),  # not allowed, but that is told when it comes to sending
        ("http://www.example.com/", "plain http"),
        ("http://hooks.example.com/", None),
        ("http://routed.example.com/", None),
        ("http://localhost:3000/", None),
        ("ftp://localhost/", "only http and https are sent, not ftp"),
        ("localhost:3000/zuora", "begins with https:// or http://"),
        ("127.0.0.1:3000/zuora", "begins with https:// or http://"),
        ("/zuora/callouts", "begins with https:// or http://"),
        ("http://0x7f.1/", "127.0.0.1"),
    ],
)
def test_registration(url: str, part: str | None) -> None:
    """Plain http is for loopback, routed and named hosts; a host that is not allowed may be registered."""
    refusal = Addresses({"routed.example.com": "127.0.0.1:1"}, ["hooks.example.com"]).refusal(url)
    assert refusal is None if part is None else refusal is not None and part in refusal


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("https://www.example.com/", None),
        ("https://www.example.com:443/", None),
        ("https://www.example.com:8443/", "its port is 8443, not 443"),
        ("http://www.example.com/", "it is http, not https; its port is 80, not 443"),
        ("https://localhost/", "localhost is a loopback address"),
        ("https://shop.localhost/", "loopback"),
        ("https://[::1]/", "::1 is a loopback address"),
    ],
)
def test_strict_registration(url: str, part: str | None) -> None:
    """Strict refuses what the provider would: another scheme, another port, loopback."""
    refusal = Addresses({"www.example.com": "127.0.0.1:1"}, strict_urls=True).refusal(url)
    assert refusal is None if part is None else refusal is not None and part in refusal


def test_warnings() -> None:
    """A URL that is taken here and would not be by the provider carries a warning that says why."""
    assert Addresses().warnings("https://www.example.com/") == ()
    assert Addresses().warnings("http://[::1]/") == (
        "the provider would refuse this URL: it is http, not https; its port is 80, not 443; ::1 is a loopback address",
    )


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://user:secret@www.example.com/", True),
        ("https://user@www.example.com", True),
        ("https://www.example.com/a@b?c=@#@", False),
        ("https://www.example.com?at=@", False),
        ("https://[", False),
    ],
)
def test_a_user_name_in_a_url_is_told_to_be_left_out(url: str, told: bool) -> None:
    """It is not sent, and nothing else would say so."""
    assert any("user name" in warning for warning in Addresses().warnings(url)) is told
    assert not any("secret" in warning for warning in Addresses().warnings(url))


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "::ffff:127.0.0.1", "10.0.0.1", "0.0.0.0", "::"])
def test_not_loopback(text: str) -> None:
    """Only literal addresses are loopback, and only as themselves."""
    assert not is_loopback(text)
