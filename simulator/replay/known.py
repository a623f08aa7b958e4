"""The events that a story may name: those of every provider, by name. It decides nothing."""

from simulator.marketing_cloud.dialect import EVENTS as CLOUD_EVENTS
from simulator.zuora.catalogue import EVENTS as ZUORA_EVENTS


def event_names() -> list[str]:
    """All of them."""
    return [*(event.name for event in ZUORA_EVENTS), *CLOUD_EVENTS]
