"""A YAML text as nodes that remember where they stand. It alone decides which YAML a scenario may use.

It knows nothing of scenarios. What YAML 1.1 reads otherwise than its writer meant (``no``, ``on``, ``1:30``, ``012``),
and what would make a small file a large or endless one (loops, alias bombs, depth, tags), is refused with a sentence.
"""

import re
from collections.abc import Iterator
from enum import Enum

import yaml
from msgspec import Struct

DEPTH_LIMIT = 60
NODE_LIMIT = 100_000

# libyaml where there is one: ten times as fast as PyYAML's own scanner, with the same positions.
LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Fault(Struct, frozen=True, order=True):
    """One fault of a file: lines and columns count from 1; line 0 speaks of the whole file."""

    path: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        return f"{place}: {self.message}"


class Kind(Enum):
    """What a node is."""

    SCALAR = "a value"
    SEQUENCE = "a list"
    MAPPING = "a mapping"


class Node(Struct, frozen=True, gc=False):
    """One node: ``text`` is a scalar's raw text, ``plain`` says that it stood there without quotes."""

    kind: Kind
    line: int
    column: int
    text: str = ""
    plain: bool = False
    items: "tuple[Node, ...]" = ()
    pairs: "tuple[tuple[Node, Node], ...]" = ()


class Refused(Exception):
    """A text that cannot be read on from here; carries its one fault."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.line, self.column, self.message = line, column, message


def read_tree(text: str, path: str, faults: list[Fault]) -> Node | None:
    """The root node of ``text``, or None where it cannot be read; what is wrong is added to ``faults``."""
    try:
        return _Reader(text, path, faults).document()
    except Refused as refused:
        faults.append(Fault(path, refused.line, refused.column, refused.message))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = "; ".join(part for part in (error.context, error.problem) if part)
        faults.append(Fault(path, line, column, f"this is not YAML: {said}"))
    except yaml.YAMLError as error:
        faults.append(Fault(path, 1, 1, f"this is not YAML: {' '.join(str(error).split())}"))
    return None


class _Reader:
    """Composes nodes from the parser's events; unlike a composer it sees explicit tags and where a loop closes."""

    def __init__(self, text: str, path: str, faults: list[Fault]) -> None:
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=LOADER)
        self._path = path
        self._faults = faults
        self._anchors: dict[str, Node | None] = {}
        self._sizes: dict[str, int] = {}
        self._count = 0

    def document(self) -> Node | None:
        root: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise Refused(*_place(event), "a scenario file holds one document: split the file at this '---'")
                root = self._node(next(self._events), 0)
        if root is None:
            raise Refused(1, 1, "the file is empty: a scenario needs at least 'title' and 'steps'")
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        line, column = _place(event)
        if depth > DEPTH_LIMIT:
            raise Refused(line, column, f"nested more than {DEPTH_LIMIT} levels deep")
        self._count += 1
        self._bound(line, column)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        anchor: str | None = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[anchor] = None
        before = self._count
        tag: str | None = getattr(event, "tag", None)
        if tag is not None:
            self._say(
                line,
                column,
                f"the tag {_short(tag)} is not taken here: a scenario is made of text, numbers, lists and mappings",
            )
        node = self._filled(event, line, column, depth)
        if anchor is not None:
            self._anchors[anchor] = node
            self._sizes[anchor] = self._count - before + 1
        return node

    def _filled(self, event: yaml.Event, line: int, column: int, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            if not _encodable(event.value):
                self._say(line, column, "half a surrogate pair is not a character")
                return Node(Kind.SCALAR, line, column)
            return Node(Kind.SCALAR, line, column, text=event.value, plain=event.style in (None, ""))
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(child := next(self._events), yaml.SequenceEndEvent):
                items.append(self._node(child, depth + 1))
            return Node(Kind.SEQUENCE, line, column, items=tuple(items))
        pairs: list[tuple[Node, Node]] = []
        seen: dict[str, int] = {}
        while not isinstance(child := next(self._events), yaml.MappingEndEvent):
            key = self._node(child, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if self._key_is_sound(key, seen):
                pairs.append((key, value))
        return Node(Kind.MAPPING, line, column, pairs=tuple(pairs))

    def _key_is_sound(self, key: Node, seen: dict[str, int]) -> bool:
        if key.kind is not Kind.SCALAR:
            self._say(key.line, key.column, f"a key must be a word, not {key.kind.value}")
        elif key.plain and key.text == "<<":
            self._say(key.line, key.column, "merge keys ('<<') are not taken: write the keys out")
        elif key.text in seen:
            self._say(
                key.line, key.column, f"the key {_short(key.text)} stands here twice, first in line {seen[key.text]}"
            )
        else:
            seen[key.text] = key.line
            return True
        return False

    def _alias(self, event: yaml.AliasEvent) -> Node:
        line, column = _place(event)
        name = str(event.anchor)
        if name not in self._anchors:
            raise Refused(line, column, f"the alias *{name} has no anchor &{name} before it")
        node = self._anchors[name]
        if node is None:
            raise Refused(line, column, f"the alias *{name} stands inside its own anchor: the file would be endless")
        # An alias counts as all that it stands for: this is what stops a bomb.
        self._count += self._sizes[name]
        self._bound(line, column)
        return node

    def _bound(self, line: int, column: int) -> None:
        if self._count > NODE_LIMIT:
            raise Refused(line, column, f"more than {NODE_LIMIT:,} values, aliases written out: split the scenario")

    def _say(self, line: int, column: int, message: str) -> None:
        self._faults.append(Fault(self._path, line, column, message))


class Trap(Exception):
    """A bare scalar that YAML reads otherwise than its writer may have meant; the message says what to write."""


_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_TRAPS = (
    (re.compile(r"(?i:yes|on)"), "YAML reads a bare {0} as true: write true, or '{0}' in quotes for the word"),
    (re.compile(r"(?i:no|off)"), "YAML reads a bare {0} as false: write false, or '{0}' in quotes for the word"),
    (
        re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"),
        "YAML reads a bare {0} as a number to the base of 60: put it in quotes, or write a duration as 90s, 30m or 24h",
    ),
    (re.compile(r"[-+]?0[0-7_]+"), "YAML reads a bare {0} as an octal number: put it in quotes, or leave the zero out"),
    (
        re.compile(r"[-+]?(0x[0-9a-fA-F_]+|0b[01_]+|0o[0-7_]+)"),
        "YAML reads a bare {0} as a number of another base: put it in quotes, or write it in decimals",
    ),
    (
        re.compile(r"[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?"),
        "YAML reads a bare {0} as a number without its underscores: put it in quotes, or leave them out",
    ),
    (re.compile(r"(?i:[-+]?\.inf|\.nan)"), "{0} is not a number that JSON could carry: put it in quotes for the text"),
)


def bare_value(text: str) -> bool | int | float | str | None:
    """What a bare scalar says; raises `Trap`. Dates stay text, as JSON has none."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INT.fullmatch(text):
        if len(text) > 20:
            raise Trap(f"the number {_short(text)} is too long: put it in quotes for the text")
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise Trap(f"the number {_short(text)} is too large: put it in quotes for the text")
        return number
    for pattern, sentence in _TRAPS:
        if pattern.fullmatch(text):
            raise Trap(sentence.format(_clip(text)))
    return text


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text) if not text.isascii() else True


def _clip(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def _short(text: str) -> str:
    return repr(_clip(text))
