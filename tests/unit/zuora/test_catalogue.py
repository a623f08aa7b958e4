"""The events that the documents name, and the spellings that find them."""

import pytest

from simulator.zuora.catalogue import ASYNC_SUCCEEDED, EVENTS, EventKind, find_category, find_event, near_events
from simulator.zuora.notifications.definitions import Namespace


@pytest.mark.parametrize("spelling", ["Async Request Succeeded", "AsyncRequestSucceeded", "async request succeeded"])
def test_spaces_and_case_do_not_count(spelling: str) -> None:
    """Q5: the guide writes spaces, the event service compact names."""
    event = find_event(spelling)
    assert event is not None
    assert (event.name, event.kind, event.namespace) == (ASYNC_SUCCEEDED, EventKind.ASYNC, Namespace.ZUORA)


def test_a_standard_event_is_found_by_its_category_code() -> None:
    """1210 is the history example's code."""
    event = find_category(1210)
    assert event is not None
    assert (event.name, event.compact, event.kind) == (
        "Subscription Created",
        "SubscriptionCreated",
        EventKind.STANDARD,
    )


def test_order_processed_counts_as_a_custom_event() -> None:
    """ "pre-defined custom events created by Zuora, such as Order Processed": empty-as-null applies to them."""
    event = find_event("OrderProcessed")
    assert event is not None
    assert event.kind.is_custom


def test_of_two_spellings_the_one_with_a_code_stands() -> None:
    """AQUA and AQuA Data Export Completion are one event."""
    event = find_event("AQuA Data Export Completion")
    assert event is not None
    assert event.category == 2610


def test_an_unknown_name_offers_the_nearest_and_the_tenants_own() -> None:
    """Nothing is ignored, and the right word is one line away."""
    assert find_event("Payment Denied") is None
    assert "'Payment Declined'" in near_events("Payment Denied")
    assert near_events("BigInvoicePosted", ("LargeInvoicePosted",)).count("LargeInvoicePosted") == 1


def test_names_and_codes_are_unique() -> None:
    """One name, one event."""
    assert len({event.compact.casefold() for event in EVENTS}) == len(EVENTS) == 68
