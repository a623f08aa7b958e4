"""Which event loop a server of ours runs on: uvloop's where the extra `speed` is installed, else asyncio's own."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` to its end on the fastest loop there is."""
    try:
        import uvloop
    except ImportError:
        runs: Callable[[Coroutine[Any, Any, T]], T] = asyncio.run
    else:
        runs = uvloop.run
    return runs(work)  # not where the import failed: every traceback would begin with it
