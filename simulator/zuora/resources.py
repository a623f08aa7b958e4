"""A resource store by path: what a request creates, changes or removes, and what can then be retrieved.

Not a billing engine: a resource is the body that created it, an id, and a number where Zuora numbers its kind. A
resource is found by either, under any of the paths that lead to its kind.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from simulator.core.shelf import Shelf, Told


class Resource(Struct, frozen=True, rename="camel"):
    """One stored resource; ``collection`` is its kind in one spelling for all paths that lead to it."""

    id: str
    collection: str
    fields: Mapping[str, Any]
    number: str | None = None
    parent: str | None = None


class Kind(Struct, frozen=True):
    """How Zuora names and numbers one kind. ``plural`` is what a list is called, ``briefly`` an answer of ids alone."""

    prefix: str = ""
    number: str = "number"
    id: str = "id"
    plural: str = ""
    briefly: bool = False
    needs: tuple[str, ...] = ()
    needs_strictly: tuple[str, ...] = ()
    status: str | None = None


KINDS: Mapping[str, Kind] = {
    "account": Kind(
        "A",
        "accountNumber",
        "accountId",
        "accounts",
        briefly=True,
        needs_strictly=("name", "currency", "billToContact"),
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
    """The shelf of a tenant's resources, findable by id and by number."""

    def __init__(self, told: Told) -> None:
        super().__init__("resources", Resource, told)
        self._by_number: dict[tuple[str, str], str] = {}
        self._of: dict[str, dict[str, None]] = {}

    def put(self, key: str, record: Resource) -> Resource:
        before = self.get(key)
        if before is not None and before.number is not None and before.number != record.number:
            self._by_number.pop((before.collection, before.number), None)
        if record.number is not None:
            self._by_number[record.collection, record.number] = key
        self._of.setdefault(record.collection, {})[key] = None
        return super().put(key, record)

    def remove(self, key: str) -> Resource | None:
        gone = super().remove(key)
        if gone is not None:
            self._of[gone.collection].pop(key, None)
            if gone.number is not None and self._by_number.get((gone.collection, gone.number)) == key:
                del self._by_number[gone.collection, gone.number]
        return gone

    def find(self, collection: str, key: str) -> Resource | None:
        """The resource of that kind with that id or number."""
        found = self.get(key)
        if found is not None and found.collection == collection:
            return found
        by_number = self._by_number.get((collection, key))
        return self.get(by_number) if by_number is not None else None

    def has_number(self, collection: str, number: str) -> bool:
        return (collection, number) in self._by_number

    def of(self, collection: str) -> Iterator[Resource]:
        """The resources of a kind, in the order in which they were made."""
        for key in list(self._of.get(collection, ())):
            found = self.get(key)
            if found is not None:
                yield found

    def knows(self, collection: str) -> bool:
        """Whether anything of that kind is stored."""
        return bool(self._of.get(collection))
