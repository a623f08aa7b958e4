"""The events that Zuora's documents name, and how a name that somebody wrote is recognised.

It alone decides whether two spellings are the same event: spaces and case don't count (inferred: the guide writes
"Async Request Succeeded", the event service compact names). It knows nothing of who hears of an event.
Sources: docs.zuora.com, "Parent and event category code", "Standard events for Zuora Platform"; knowledge center,
"Zuora custom events" (documented). Of two spellings of one name the one with a category code stands.
"""

from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

from simulator.core.errors import near_match
from simulator.zuora.notifications.definitions import Namespace


class EventKind(StrEnum):
    """``async`` has a payload of Zuora's; ``zuora-custom`` and ``custom`` are those that "empty as null" applies to."""

    ASYNC = "async"
    STANDARD = "standard"
    ZUORA_CUSTOM = "zuora-custom"
    CUSTOM = "custom"

    @property
    def is_custom(self) -> bool:
        return self in (EventKind.ZUORA_CUSTOM, EventKind.CUSTOM)


class EventType(Struct, frozen=True):
    """One kind of event. ``category`` is Zuora's numeric code, None where it has none."""

    name: str
    category: int | None
    object: str
    area: str
    kind: EventKind

    @property
    def compact(self) -> str:
        """The name without spaces, as the event service and ``<Event.Category>`` write it."""
        return "".join(self.name.split())

    @property
    def namespace(self) -> Namespace:
        """Where it comes from, unless a definition says otherwise; for the asynchronous two inferred (Q5)."""
        return Namespace.USER if self.kind is EventKind.CUSTOM else Namespace.ZUORA


@lru_cache(maxsize=4096)  # asked with every callout
def canonical(name: str) -> str:
    """The form in which two spellings of an event's name are compared."""
    return "".join(name.split()).casefold()


def find_event(name: str) -> EventType | None:
    """The event of that name in any spelling; None where the documents name none."""
    return _BY_NAME.get(canonical(name))


def find_category(code: int) -> EventType | None:
    """The event of that category code."""
    return _BY_CATEGORY.get(code)


def custom_event(name: str) -> EventType:
    """An event that a tenant has made for itself."""
    return EventType(name, None, "", "Custom", EventKind.CUSTOM)


def near_events(name: str, own: tuple[str, ...] = ()) -> str:
    """A clause that offers the nearest names of the catalogue and of a tenant's ``own`` events, or the empty string."""
    return near_match(name, [*(event.name for event in EVENTS), *own])


EVENTS: tuple[EventType, ...] = (
    EventType("Invoices Past Due Account Summary", 1120, "Account", "Billing", EventKind.STANDARD),
    EventType("Amendment Processed", 1310, "Amendment", "Billing", EventKind.STANDARD),
    EventType("Bill Run Completion", 1410, "Bill Run", "Billing", EventKind.STANDARD),
    EventType("Forecast Run Completion", 1710, "Forecast Run", "Billing", EventKind.STANDARD),
    EventType("Invoice Posted", 1110, "Invoice", "Billing", EventKind.STANDARD),
    EventType("Invoice Due", 1140, "Invoice", "Billing", EventKind.STANDARD),
    EventType("Manual Email For Invoice", 1130, "Invoice", "Billing", EventKind.STANDARD),
    EventType("Rate Plan Charge Key Dates", 1810, "Rate Plan Charge", "Billing", EventKind.STANDARD),
    EventType("Key Dates", 1230, "Subscription", "Billing", EventKind.STANDARD),
    EventType("Subscription Created", 1210, "Subscription", "Billing", EventKind.STANDARD),
    EventType("Upcoming Renewal", 1220, "Subscription", "Billing", EventKind.STANDARD),
    EventType("Trial Balance Completion", 3210, "Accounting Period", "Finance", EventKind.STANDARD),
    EventType("Journal Run Completion", 3110, "Journal Run", "Finance", EventKind.STANDARD),
    EventType("Credit Memo Created", 2710, "Credit Memo", "Payments", EventKind.STANDARD),
    EventType("Credit Memo Posted", 2720, "Credit Memo", "Payments", EventKind.STANDARD),
    EventType("Email Credit Memo", 2730, "Credit Memo", "Payments", EventKind.STANDARD),
    EventType("Debit Memo Created", 2810, "Debit Memo", "Payments", EventKind.STANDARD),
    EventType("Debit Memo Posted", 2820, "Debit Memo", "Payments", EventKind.STANDARD),
    EventType("Email Debit Memo", 2830, "Debit Memo", "Payments", EventKind.STANDARD),
    EventType("Gateway Reconciliation", 2150, "Payment", "Payments", EventKind.STANDARD),
    EventType("Manual Email For Payment", 2130, "Payment", "Payments", EventKind.STANDARD),
    EventType("Payment Declined", 2110, "Payment", "Payments", EventKind.STANDARD),
    EventType("Payment Processed", 2120, "Payment", "Payments", EventKind.STANDARD),
    EventType("Payment Run Completion", 2140, "Payment", "Payments", EventKind.STANDARD),
    EventType("Payment Method Closed", 2230, "Payment Method", "Payments", EventKind.STANDARD),
    EventType("Payment Method Expiration", 2210, "Payment Method", "Payments", EventKind.STANDARD),
    EventType("Payment Method Updated", 2220, "Payment Method", "Payments", EventKind.STANDARD),
    EventType("Payment Method Updater Batch Completed", 2520, "Payment Method Updater", "Payments", EventKind.STANDARD),
    EventType("Payment Method Updater Batch Started", 2510, "Payment Method Updater", "Payments", EventKind.STANDARD),
    EventType("Credit Balance Refund Processed", 2420, "Refund", "Payments", EventKind.STANDARD),
    EventType("Credit Memo Refund Processed", 2430, "Refund", "Payments", EventKind.STANDARD),
    EventType("Payment Refund Processed", 2410, "Refund", "Payments", EventKind.STANDARD),
    EventType("AQUA Data Export Completion", 2610, "AQUA", "System", EventKind.STANDARD),
    EventType("Data Source Output Completion", 1610, "Data Source", "System", EventKind.STANDARD),
    EventType("Import Processed", 2310, "Import", "System", EventKind.STANDARD),
    EventType("API Concurrency", None, "", "System", EventKind.STANDARD),
    EventType("API Failures", None, "", "System", EventKind.STANDARD),
    EventType("API Performance", None, "", "System", EventKind.STANDARD),
    EventType("Async Request Succeeded", None, "", "System", EventKind.ASYNC),
    EventType("Async Request Failed", None, "", "System", EventKind.ASYNC),
    EventType("Audit Change Event", None, "", "System", EventKind.STANDARD),
    EventType("Bill Preview Run Long Running", None, "", "System", EventKind.STANDARD),
    EventType("Bill Run Long Running", None, "", "System", EventKind.STANDARD),
    EventType("Custom Object Records High Usage", None, "", "System", EventKind.STANDARD),
    EventType("Custom Object Records Max Usage", None, "", "System", EventKind.STANDARD),
    EventType("DataSource Export Completion", None, "", "System", EventKind.STANDARD),
    EventType("Event Store Query Status Changed", None, "", "System", EventKind.STANDARD),
    EventType("HPM Attack", None, "", "System", EventKind.STANDARD),
    EventType("Journal Run Long Running", None, "", "System", EventKind.STANDARD),
    EventType("Meter Session Periodic Status Update", None, "", "System", EventKind.STANDARD),
    EventType("Meter Session Status Change", None, "", "System", EventKind.STANDARD),
    EventType("Notification Callout Failures", None, "", "System", EventKind.STANDARD),
    EventType("Notification Callout Performance", None, "", "System", EventKind.STANDARD),
    EventType("Notification Email Bounce Alert", None, "", "System", EventKind.STANDARD),
    EventType("Notification Email Failures", None, "", "System", EventKind.STANDARD),
    EventType("Notification Email Performance", None, "", "System", EventKind.STANDARD),
    EventType("Payments Failures", None, "", "System", EventKind.STANDARD),
    EventType("Payment Run Long Running", None, "", "System", EventKind.STANDARD),
    EventType("SFDC CPQ Connector Sync Failure", None, "", "System", EventKind.STANDARD),
    EventType("Sync Failures", None, "", "System", EventKind.STANDARD),
    EventType("Sync Performance", None, "", "System", EventKind.STANDARD),
    EventType("Tax Vendor Failures", None, "", "System", EventKind.STANDARD),
    EventType("Trial Balance Long Running", None, "", "System", EventKind.STANDARD),
    EventType("Workflow Failures", None, "", "System", EventKind.STANDARD),
    EventType("Workflow Performance", None, "", "System", EventKind.STANDARD),
    EventType("Workflow Task Failures", None, "", "System", EventKind.STANDARD),
    EventType("Order Processed", None, "Order", "Orders", EventKind.ZUORA_CUSTOM),
    EventType("Order Action Processed", None, "OrderAction", "Orders", EventKind.ZUORA_CUSTOM),
)

ASYNC_SUCCEEDED = "Async Request Succeeded"
ASYNC_FAILED = "Async Request Failed"

_BY_NAME = {canonical(event.name): event for event in EVENTS}
_BY_CATEGORY = {event.category: event for event in EVENTS if event.category is not None}
