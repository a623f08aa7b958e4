"""A resource store by path: what a request creates, changes or removes, and what can then be retrieved.

Not a billing engine: a resource is the body that created it, an id, and a number where Zuora numbers its kind.
"""

from typing import Any

from msgspec import Struct


class Resource(Struct, frozen=True, rename="camel"):
    """One stored resource; ``collection`` is its kind in one spelling for all paths that lead to it."""

    id: str
    collection: str
    fields: dict[str, Any]
    number: str | None = None
