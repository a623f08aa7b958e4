"""SOAP 1.1 as it comes in: bytes to a small tree of elements, within bounds, and nothing that XML can do beyond that.

It alone reads XML. A document type is refused as soon as it begins, and with it every entity of the sender's own and every
external one; size, depth, and numbers of elements are bounded while the bytes arrive. It knows no operation.
"""

from typing import Any
from xml.parsers import expat

from msgspec import Struct

from simulator.core.errors import ClientError

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
PARTNER = "http://exacttarget.com/wsdl/partnerAPI"
SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"

MAX_BYTES = 4 << 20
MAX_DEPTH = 64
MAX_ELEMENTS = 100_000
MAX_ATTRIBUTES = 64
"""Bounds of ours: some 2,000 objects of 50 fields each fit, ten megabytes do not."""


class Node(Struct, frozen=True, gc=False):
    """An element: local name, namespace, text (of a leaf), children, and the local part of its ``xsi:type``."""

    name: str
    text: str = ""
    children: tuple["Node", ...] = ()
    kind: str = ""
    space: str = PARTNER

    def child(self, name: str) -> "Node | None":
        """The first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> tuple["Node", ...]:
        """The children of that name, in order."""
        return tuple(child for child in self.children if child.name == name)

    def value(self, path: str) -> str:
        """The text below ``path``, names with dots between; empty where there is none."""
        node: Node | None = self
        for name in path.split("."):
            node = node.child(name) if node is not None else None
        return node.text.strip() if node is not None else ""


class Envelope(Struct, frozen=True):
    """A request: its header elements, the one element of its body, and its bytes without what stood in the header."""

    header: tuple[Node, ...]
    body: Node
    raw: bytes


class FaultCode:
    """Whose fault a fault is, as SOAP says it."""

    CLIENT = "Client"
    SECURITY = "Security"
    VERSION = "VersionMismatch"


def fault(message: str, code: str = FaultCode.CLIENT, status: int = 500) -> ClientError:
    """A client's fault as an exception; SOAP 1.1 wants HTTP status 500 for it (spec, section 6.2)."""
    return ClientError(message, status=status, code=code)


def too_large() -> ClientError:
    """A document over the limit."""
    return fault(f"The request is larger than {MAX_BYTES >> 20} MB", status=413)


HANDLERS = (
    "StartElementHandler", "StartNamespaceDeclHandler", "EndElementHandler", "CharacterDataHandler",
    "StartDoctypeDeclHandler", "EntityDeclHandler", "ExternalEntityRefHandler",
)  # fmt: skip


class EnvelopeReader:
    """Takes an envelope in pieces, as they arrive. Raises ClientError for whatever is not one, at the piece that shows it."""

    def __init__(self) -> None:
        self._raw = bytearray()
        self._open: list[_Element] = []
        self._root: _Element | None = None
        self._elements = 0
        self._header_from: int | None = None
        self._secret: list[tuple[int, int]] = []
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.StartNamespaceDeclHandler = self._declare
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        parser.ExternalEntityRefHandler = _refuse_external
        self._parser = parser

    def feed(self, piece: bytes, *, last: bool = False) -> None:
        """Read the next piece."""
        if len(self._raw) + len(piece) > MAX_BYTES:
            raise too_large()
        self._raw += piece
        try:
            self._parser.Parse(piece, last)
        except expat.ExpatError as error:
            raise fault(f"The XML is not well formed: {error}") from error
        except (LookupError, ValueError) as error:  # an encoding that Python or expat does not know
            raise fault(f"The XML cannot be read: {error}") from error

    def close(self) -> Envelope:
        """The whole envelope."""
        self.feed(b"", last=True)
        if self._root is None:  # expat says "no element found" before that
            raise fault("The request is empty")
        return _envelope(self._root.node(), self._without_header())

    def release(self) -> None:
        """Let go of all that was read.

        The parser and its reader know each other: without this, megabytes wait for the collector of cycles.
        """
        for handler in HANDLERS:
            setattr(self._parser, handler, None)
        self._raw = bytearray()
        self._open = []

    def _declare(self, prefix: str | None, space: str) -> None:
        self._count()

    def _count(self) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise fault(f"The request has more than {MAX_ELEMENTS} elements", status=413)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count()
        if len(self._open) >= MAX_DEPTH or len(attributes) > MAX_ATTRIBUTES:
            raise fault(f"The XML is nested deeper than {MAX_DEPTH} elements, or has over {MAX_ATTRIBUTES} attributes")
        if self._header_from is None and self._in_header():
            self._header_from = self._parser.CurrentByteIndex
        space, _, local = name.rpartition(" ")
        kind = attributes.get(f"{SCHEMA_INSTANCE} type", "").rpartition(":")[2].strip()
        self._open.append(_Element(local, space, kind))

    def _end(self, name: str) -> None:
        ended = self._open.pop()
        if self._open:
            self._open[-1].children.append(ended.node())
        else:
            self._root = ended
        if self._header_from is not None and len(self._open) == 1:
            self._secret.append((self._header_from, self._parser.CurrentByteIndex))
            self._header_from = None

    def _text(self, text: str) -> None:
        self._open[-1].texts.append(text)

    def _in_header(self) -> bool:
        return len(self._open) == 2 and (self._open[1].space, self._open[1].name) == (ENVELOPE, "Header")

    def _without_header(self) -> bytes:
        """The bytes as received, but for the header's content: it holds the token, and records are shown to people."""
        for start, end in reversed(self._secret):
            del self._raw[start:end]
        return bytes(self._raw)


class _Element:
    """An element that is still open."""

    __slots__ = ("children", "kind", "name", "space", "texts")

    def __init__(self, name: str, space: str, kind: str) -> None:
        self.name = name
        self.space = space
        self.kind = kind
        self.texts: list[str] = []
        self.children: list[Node] = []

    def node(self) -> Node:
        text = "" if self.children else "".join(self.texts)
        return Node(self.name, text, tuple(self.children), self.kind, self.space)


def parse(raw: bytes) -> Envelope:
    """An envelope that is there as a whole."""
    reader = EnvelopeReader()
    try:
        reader.feed(raw)
        return reader.close()
    finally:
        reader.release()


def _refuse(*declared: Any) -> None:
    raise fault(
        "A document type is not allowed in SOAP: no entities, no external documents"
    )  # spec: SOAP 1.1, section 3


def _refuse_external(*declared: Any) -> int:
    _refuse()
    return 0  # what expat takes for a refusal; never reached


def _envelope(root: Node, raw: bytes) -> Envelope:
    if root.name != "Envelope":
        raise fault(f"The document is no SOAP envelope: its root is {root.name!r}")
    if root.space != ENVELOPE:
        message = f"The envelope's namespace must be {ENVELOPE!r} (SOAP 1.1), not {root.space!r}"
        raise fault(message, FaultCode.VERSION)  # spec: SOAP 1.1, section 4.4.1
    parts = {child.name: child for child in root.children if child.space == ENVELOPE}
    body = parts.get("Body")
    if body is None or len(body.children) != 1:
        raise fault("The envelope must have a Body with one element in it")
    header = parts.get("Header")
    return Envelope(header.children if header is not None else (), body.children[0], raw)
