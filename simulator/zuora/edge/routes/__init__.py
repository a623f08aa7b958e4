"""Zuora's API, a file for each family: each operation takes a call, asks the rooms that decide, and words the answer."""

from simulator.zuora.edge.replies import Family
from simulator.zuora.edge.routes import (
    actions,
    asynchronous,
    definitions,
    events,
    finance,
    history,
    oauth,
    orders,
    profiles,
    resources,
    templates,
)

OPERATIONS = (
    *oauth.OPERATIONS,
    *definitions.OPERATIONS,
    *templates.OPERATIONS,
    *events.OPERATIONS,
    *profiles.OPERATIONS,
    *history.OPERATIONS,
    *orders.OPERATIONS,
    *finance.OPERATIONS,
    *actions.OPERATIONS,
    *asynchronous.OPERATIONS,
    *resources.OPERATIONS,
)


def family_of(segments: tuple[str, ...]) -> Family:
    """Who would answer for a path that no operation has."""
    first, second = (*segments, "", "")[:2]
    if first == "oauth":
        return Family.TOKEN
    if first in ("events", "settings") or (
        first == "notifications" and second in ("callout-templates", "email-templates")
    ):
        return Family.REASONS
    if first in ("notifications", "notification-definitions"):
        return Family.FLAT
    return Family.V1
