"""Which event loop a server of ours runs on: uvloop's where the extra `speed` is installed, else asyncio's own."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` to its end on the fastest loop there is."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    answer: T = uvloop.run(work)
    return answer
