"""XML comes in within bounds, by namespace, and with nothing that a sender could declare."""

import gc
import weakref

import pytest

from simulator.core.errors import ClientError
from simulator.marketing_cloud import soap
from simulator.marketing_cloud.soap import ENVELOPE, EnvelopeReader, Node, parse

PARTNER = "http://exacttarget.com/wsdl/partnerAPI"


def envelope(body: str, header: str = "", before: str = "") -> bytes:
    return f'{before}<s:Envelope xmlns:s="{ENVELOPE}">{header}<s:Body>{body}</s:Body></s:Envelope>'.encode()


def refusal(raw: bytes) -> ClientError:
    with pytest.raises(ClientError) as caught:
        parse(raw)
    return caught.value


def test_any_prefix_and_any_order() -> None:
    """Names are read by namespace; a Body before its Header is as good, and so is a default namespace."""
    usual = parse(envelope(f'<p:A xmlns:p="{PARTNER}"><p:B>1</p:B></p:A>', "<s:Header><x>t</x></s:Header>"))
    other = parse(
        f'<Envelope xmlns="{ENVELOPE}"><Body><A xmlns="{PARTNER}"><B>1</B></A></Body>'
        f'<Header><x xmlns="">t</x></Header></Envelope>'.encode()
    )
    assert usual.body == other.body == Node("A", "", (Node("B", "1"),))
    assert usual.header == other.header == (Node("x", "t", space=""),)


def test_xsi_type_is_read_without_its_prefix() -> None:
    """``xsi:type="ns1:Subscriber"`` and ``xsi:type="Subscriber"`` mean the same."""
    declared = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:n="urn:n"'
    for kind in ("Subscriber", "n:Subscriber"):
        assert parse(envelope(f'<A xmlns="{PARTNER}" {declared} i:type="{kind}"/>')).body.kind == "Subscriber"


@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_pieces_of_any_size_make_the_same(piece: int) -> None:
    """An envelope is read as it arrives, wherever it is cut."""
    raw = envelope(f'<A xmlns="{PARTNER}">ä &amp; ö</A>', "<s:Header><t>secret</t></s:Header>")
    reader = EnvelopeReader()
    for start in range(0, len(raw), piece):
        reader.feed(raw[start : start + piece])
    read = reader.close()
    assert read == parse(raw)
    assert read.body.text == "ä & ö"


@pytest.mark.parametrize(
    "header",
    [
        "<s:Header><t>secret</t></s:Header>",
        "<s:Header>\n <a/><t>se&#99;ret</t><u>secret</u>\n</s:Header>",
        "<s:Header><t><deep>secret</deep></t></s:Header>",
    ],
)
def test_the_kept_bytes_hold_no_header(header: str) -> None:
    """The header's content is cut out byte by byte; the rest is as received, and is still XML."""
    raw = envelope(f'<A xmlns="{PARTNER}">1</A>', header)
    kept = parse(raw).raw
    assert b"ret" not in kept
    assert parse(kept).body.text == "1"


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))


@pytest.mark.parametrize(
    "before",
    [
        f"<!DOCTYPE s:Envelope [{LAUGHS}]>",
        '<!DOCTYPE s:Envelope [<!ENTITY file SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE s:Envelope SYSTEM "http://127.0.0.1:9/evil.dtd">',
        '<!DOCTYPE s:Envelope [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
        "<!DOCTYPE s:Envelope>",
    ],
)
def test_a_document_type_is_refused(before: str) -> None:
    """Billion laughs, external entities, external documents: all begin with a document type."""
    error = refusal(envelope('<A xmlns="urn:a">&l9;</A>', before=before))
    assert "document type is not allowed" in error.message
    assert error.status == 500


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "not well formed"),
        (b"not xml", "not well formed"),
        (b"<a><b></a>", "not well formed"),
        (b"<a/>", "no SOAP envelope"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "encoding"),
        (envelope("&undefined;"), "not well formed"),
        (envelope("<a>\x00</a>"), "not well formed"),
        (b"\xff\xfe" + b"<a/>", ""),
        (envelope("<a>\xff</a>".encode("latin-1").decode("latin-1")).replace(b"\xc3\xbf", b"\xff"), "not well formed"),
        (envelope(""), "Body with one element"),
        (envelope("<a/><b/>"), "Body with one element"),
        (b'<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"/>', "namespace"),
    ],
)
def test_what_is_no_envelope_is_told_so(raw: bytes, says: str) -> None:
    """Never a traceback: a fault that says what is wrong."""
    assert says in refusal(raw).message


def test_another_version_of_soap_is_a_version_mismatch() -> None:
    """SOAP 1.1, section 4.4.1."""
    assert refusal(b'<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"/>').code == "VersionMismatch"


def test_utf_16_is_read() -> None:
    """An encoding that XML knows may be used."""
    text = envelope(f'<A xmlns="{PARTNER}">ä</A>', "<s:Header><t>secret</t></s:Header>").decode()
    read = parse(text.encode("utf-16"))
    assert read.body.text == "ä"
    assert "secret" not in read.raw.decode("utf-16")


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Size, depth and numbers are bounded; what breaks a bound of size is a 413."""
    assert refusal(envelope("<a>" * 100 + "</a>" * 100)).status == 500
    many = " ".join(f'a{n}="1"' for n in range(100))
    assert "attributes" in refusal(envelope(f"<a {many}/>")).message
    monkeypatch.setattr(soap, "MAX_ELEMENTS", 10)
    assert refusal(envelope(f"<a>{'<b/>' * 10}</a>")).status == 413
    monkeypatch.setattr(soap, "MAX_BYTES", 200)
    assert refusal(envelope("<a>" + "x" * 300 + "</a>")).status == 413


def test_nothing_waits_for_the_collector() -> None:
    """A reader that was released is gone at once, with what it read: memory stays flat under a flood of big requests."""
    gc.disable()
    try:
        reader = EnvelopeReader()
        reader.feed(b"<a>")
        reader.release()
        seen = weakref.ref(reader)
        del reader
        assert seen() is None
    finally:
        gc.enable()
