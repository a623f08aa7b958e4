"""A local simulator of Zuora's asynchronous API and callout delivery.

Unofficial, not affiliated with Zuora or Salesforce.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from simulator._version import __version__

if TYPE_CHECKING:
    from simulator.host import Simulator
    from simulator.receiver import Receiver

__all__ = ["Receiver", "Simulator", "__version__"]

_HOMES = {"Receiver": "simulator.receiver", "Simulator": "simulator.host"}


def __getattr__(name: str) -> Any:
    """Load a public name from its room when it is first asked for: `import simulator` alone stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'simulator' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
