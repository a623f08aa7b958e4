"""The wire: carries a callout to a real receiver, and tells truthfully what came of it."""

from simulator.runtime.wire.body import BODY_KEPT
from simulator.runtime.wire.conversation import CONNECT_LIMIT, TRANSFER_LIMIT, Wire, WireConversation

__all__ = ["BODY_KEPT", "CONNECT_LIMIT", "TRANSFER_LIMIT", "Wire", "WireConversation"]
