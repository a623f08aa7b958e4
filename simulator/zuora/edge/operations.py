"""The operations of Zuora's API as one table: method and path in, operation and parameters out.

It alone decides which operation a path means: a literal segment goes before a parameter, a parameter before the rest of
the path. Doubled slashes count once; a slash that is percent-encoded belongs to its segment. The API's description is
made from this table too, so that what is described and what is served are one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from simulator.core.errors import ClientError
from simulator.zuora.edge.replies import Family, Reply, no_endpoint

if TYPE_CHECKING:
    from simulator.zuora.edge.call import Call


class Body(StrEnum):
    """What an operation reads."""

    NONE = "none"
    JSON = "json"
    OBJECT = "object"
    ARRAY = "array"
    FORM = "form"


class Parameter(Struct, frozen=True):
    """A query parameter, for the description: ``kind`` is a JSON schema, of text where there is none."""

    name: str
    kind: Mapping[str, Any] = {}
    required: bool = False


class Operation(Struct, frozen=True):
    """One operation. ``answers`` maps each status that it may answer to the record of its body, None for a blank one.

    ``limited`` marks one that the concurrency limit counts, ``plans`` one whose work a plan can end, ``hidden`` one that
    is not described; ``open`` needs no token.
    """

    method: str
    path: str
    name: str
    answer: Callable[["Call"], Reply]
    family: Family = Family.V1
    body: Body = Body.NONE
    summary: str = ""
    takes: Any = None
    answers: Mapping[int, Any] = {}
    query: tuple[Parameter, ...] = ()
    open: bool = False
    limited: bool = True
    plans: bool = False
    hidden: bool = False

    def __repr__(self) -> str:
        return f"<Operation {self.name}: {self.method} {self.path}>"


class _Node:
    __slots__ = ("literal", "operations", "parameter", "rest")

    def __init__(self) -> None:
        self.literal: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.operations: dict[str, Operation] = {}
        self.rest: dict[str, Operation] = {}


class Table:
    """All operations, findable by path."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._root = _Node()
        self._operations = tuple(operations)
        for operation in operations:
            self._add(operation)
        self.find = lru_cache(maxsize=512)(self._find)
        """`_find` of the paths asked for lately."""

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._operations)

    def _find(self, method: str, path: str, segments: tuple[str, ...]) -> tuple[Operation, tuple[str, ...]]:
        """The operation, and the values of its path's parameters in order; the rest of a path as one at the end.

        Raises ClientError: 404 where no operation has that path, 405 where none has that method.
        """
        values: list[str] = []
        found = _walk(self._root, segments, 0, values)
        if found is None:
            raise no_endpoint(path)
        operation = found.get(method) or found.get("*")
        if operation is None and method == "HEAD":
            operation = found.get("GET")
        if operation is None:
            raise ClientError("HTTP 405 Method Not Allowed", status=405)  # documented words (ND)
        return operation, tuple(values)

    def methods(self, segments: tuple[str, ...]) -> str:
        """The methods of a path, as an `Allow` header lists them."""
        return ", ".join(sorted(_walk(self._root, segments, 0, []) or ()))

    def _add(self, operation: Operation) -> None:
        node = self._root
        for part in operation.path.strip("/").split("/"):
            if part.endswith("...}"):
                node.rest[operation.method] = operation
                return
            if part.startswith("{"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literal.setdefault(part, _Node())
        node.operations[operation.method] = operation


def _walk(node: _Node, segments: tuple[str, ...], at: int, values: list[str]) -> dict[str, Operation] | None:
    if at == len(segments):
        return node.operations or None
    literal = node.literal.get(segments[at])
    if literal is not None:
        found = _walk(literal, segments, at + 1, values)
        if found is not None:
            return found
    if node.parameter is not None:
        values.append(segments[at])
        found = _walk(node.parameter, segments, at + 1, values)
        if found is not None:
            return found
        values.pop()
    if node.rest:
        values.append("/".join(segments[at:]))
        return node.rest
    return None
