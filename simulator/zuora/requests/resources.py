"""A resource store by path: what a request creates, changes or removes, and what can then be retrieved.

Not a billing engine: a resource is the body that created it, an id, and a number where Zuora numbers its kind. A
resource is found by either, under any of the paths that lead to its kind.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct, structs

from simulator.core.shelf import Shelf, Told


class Resource(Struct, frozen=True, rename="camel", gc=False):
    """One stored resource; ``collection`` is its kind in one spelling for all paths that lead to it.

    ``content`` is the JSON object that it is made of, undecoded: there may be a million, and the bytes are those of the
    request. ``status`` is what its kind begins with, where the content says nothing of it.
    """

    id: str
    collection: str
    content: msgspec.Raw
    number: str | None = None
    parent: str | None = None
    status: str | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """What it is made of, decoded anew."""
        own: dict[str, Any] = msgspec.json.decode(self.content)
        return own if self.status is None else {"status": self.status, **own}

    def with_fields(self, fields: Mapping[str, Any]) -> "Resource":
        """The same resource made of something else."""
        return structs.replace(self, content=content_of(fields), status=None)


def content_of(fields: Mapping[str, Any]) -> msgspec.Raw:
    """Fields as a resource keeps them."""
    return msgspec.Raw(msgspec.json.encode(fields))


class Kind(Struct, frozen=True):
    """How Zuora names and numbers one kind. ``plural`` is what a list is called, ``briefly`` an answer of ids alone.

    ``needs_by_rest`` are asked for strictly too, but not of the CRUD calls, which have no field for them.
    """

    prefix: str = ""
    number: str = "number"
    id: str = "id"
    plural: str = ""
    briefly: bool = False
    needs: tuple[str, ...] = ()
    needs_strictly: tuple[str, ...] = ()
    needs_by_rest: tuple[str, ...] = ()
    status: str | None = None


KINDS: Mapping[str, Kind] = {
    "account": Kind(
        "A",
        "accountNumber",
        "accountId",
        "accounts",
        briefly=True,
        needs_strictly=("name", "currency"),
        needs_by_rest=("billToContact",),
        status="Active",
    ),
    "subscription": Kind("A-S", "subscriptionNumber", "subscriptionId", "subscriptions", briefly=True, status="Active"),
    "order": Kind("O-", "orderNumber", "orderId", "orders", briefly=True, needs=("orderDate",), status="Completed"),
    "invoice": Kind("INV", "invoiceNumber", plural="invoices", status="Draft"),
    "payment": Kind("P-", plural="payments", status="Processed"),
    "creditmemo": Kind("CM", plural="creditmemos", status="Draft"),
    "debitmemo": Kind("DM", plural="debitmemos", status="Draft"),
    "refund": Kind("R-", plural="refunds", status="Processed"),
    "journalrun": Kind("JR-", plural="journalRuns", needs=("journalEntryDate", "transactionTypes"), status="Pending"),
    "contact": Kind(plural="contacts"),
    "product": Kind("PC-", "productNumber", plural="products"),
    "rateplan": Kind(plural="rateplans"),
    "productrateplan": Kind("PRP-", "productRatePlanNumber", plural="productRatePlans"),
    "accountingperiod": Kind(plural="accountingPeriods", status="Open"),
    "paymentmethod": Kind("PM-", "paymentMethodNumber", plural="paymentMethods", status="Active"),
}
"""The kinds of which the reference tells how they are numbered (documented samples; the rest inferred)."""

_OTHER = Kind()
DIGITS = 8


@lru_cache(maxsize=1024)  # one text for a million resources of a kind
def kind_of(name: str) -> str:
    """One spelling of a kind for all its paths: ``accounts``, ``account``, ``Account`` are ``account``."""
    flat = name.lower().replace("-", "").replace("_", "")
    if flat.endswith("ies") and len(flat) > 4:
        return flat[:-3] + "y"
    return flat[:-1] if flat.endswith("s") and not flat.endswith("ss") and len(flat) > 1 else flat


def described(collection: str) -> Kind:
    """What is known of a kind; of any other name, nothing."""
    return KINDS.get(collection, _OTHER)


class Resources(Shelf[Resource]):
    """The shelf of a tenant's resources, findable by id and by number; a number in use twice is that of the first."""

    def __init__(self, told: Told) -> None:
        super().__init__("resources", Resource, told)
        # Of each kind, ids by number, or by themselves where there is none: one entry for each, there may be a million.
        self._named: dict[str, dict[str, str]] = {}

    def put(self, key: str, record: Resource) -> Resource:
        before = self.get(key)
        if before is not None and before.number != record.number:
            self._unname(before)
        named, name = self._named.setdefault(record.collection, {}), record.number or key
        # Where it stands under its own id it stays so, though its number may be free by now: it is listed once.
        named[key if key in named or named.get(name, key) != key else name] = key
        return super().put(key, record)

    def remove(self, key: str) -> Resource | None:
        gone = super().remove(key)
        if gone is not None:
            self._unname(gone)
        return gone

    def _unname(self, record: Resource) -> None:
        named, name = self._named[record.collection], record.number or record.id
        del named[name if named.get(name) == record.id else record.id]

    def find(self, collection: str, key: str) -> Resource | None:
        """The resource of that kind with that id or number."""
        found = self.get(key)
        if found is not None and found.collection == collection:
            return found
        by_number = self._named.get(collection, {}).get(key)
        return self.get(by_number) if by_number is not None else None

    def has_number(self, collection: str, number: str) -> bool:
        return number in self._named.get(collection, ())

    def of(self, collection: str) -> Iterator[Resource]:
        """The resources of a kind, in the order in which they were made."""
        for key in list(self._named.get(collection, {}).values()):
            found = self.get(key)
            if found is not None:
                yield found

    def knows(self, collection: str) -> bool:
        """Whether anything of that kind is stored."""
        return bool(self._named.get(collection))
