"""XML as it goes out: a tree of elements to text. It alone escapes. It knows no operation.

Only the SOAP prefix is written, since one client reads ``soap:Envelope`` by its letters (observed: fuel-soap 2.2.4).
"""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from simulator.marketing_cloud.soap import PARTNER, SCHEMA_INSTANCE, Node

# What XML 1.0 cannot hold, not even as a reference.
UNWRITABLE = {code: "\N{REPLACEMENT CHARACTER}" for code in [*range(32), 0xFFFE, 0xFFFF] if code not in (9, 10, 13)}
UNWRITABLE |= dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}")


def element(name: str, *content: Node | str, kind: str = "") -> Node:
    """An element with one text, or with children."""
    text = "".join(part for part in content if isinstance(part, str))
    children = tuple(part for part in content if isinstance(part, Node))
    return Node(name, text, children, kind)


def text_of(value: str) -> str:
    """A text as it may stand between tags."""
    return escape(value.translate(UNWRITABLE), {"\r": "&#13;"})


def attribute(value: str) -> str:
    """A text as it may stand as an attribute's value, with its quotes."""
    return quoteattr(value.translate(UNWRITABLE))


def write(node: Node, *, declare: bool = False) -> str:
    """The element as text; ``declare`` says its namespaces in it."""
    names = f' xmlns="{PARTNER}" xmlns:xsi="{SCHEMA_INSTANCE}"' if declare else ""
    return "".join(_pieces(node, names))


def _pieces(node: Node, names: str) -> Iterator[str]:
    kind = f" xsi:type={attribute(node.kind)}" if node.kind else ""
    if not node.children and not node.text:
        yield f"<{node.name}{names}{kind} />"
        return
    yield f"<{node.name}{names}{kind}>"
    yield text_of(node.text)
    for child in node.children:
        yield from _pieces(child, "")
    yield f"</{node.name}>"
