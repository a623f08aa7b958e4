"""Zuora's rate limits, counted on the simulator's clock: figures of production, in the headers always, in force on demand.

Documented (RL): 50,000 a minute, 2.25 million an hour, 27 million a day for the API; 2,000 a minute for tokens, 100 of
them from one address; 40 requests at once. Unsuccessful requests count. `/v1/async` counts for the rate and not for
concurrency (Q19, inferred).
"""

from datetime import datetime

from simulator.core.errors import ClientError
from simulator.zuora.tenant import Traffic, Window

API = ((60, 50_000), (3_600, 2_250_000), (86_400, 27_000_000))
TOKENS = ((60, 100), (3_600, 67_500), (86_400, 810_000))
SAID_LIMIT = "2250000, 50000;w=60, 2250000;w=3600, 27000000;w=86400"
CONCURRENT = 40
SAID_CONCURRENT = {"Concurrency-Limit-Type": "Default", "Concurrency-Limit-Limit": str(CONCURRENT)}
WORDS = "Request exceeded limit"


class Limited(ClientError):
    """A refusal that passes: 429 unless said otherwise, and how many seconds to wait."""

    def __init__(self, message: str, retry_after: int, *, status: int = 429, code: str = "") -> None:
        super().__init__(message, status=status, code=code)
        self.retry_after = retry_after


def enforce(traffic: Traffic, wait: int | None, *, concurrent: bool) -> None:
    """Refuse a request that is one too many; ``wait`` is what `count` said of it."""
    if wait is not None:
        raise Limited(WORDS, wait)
    if concurrent and traffic.in_flight >= CONCURRENT:
        raise Limited("Your total number of concurrent requests has exceeded the limit", 1)


def count(traffic: Traffic, now: datetime, windows: tuple[tuple[int, int], ...] = API) -> tuple[int, int, int | None]:
    """Count one request: what remains of the shortest window, the seconds to its end, and those to wait if one is full."""
    instant = int(now.timestamp())
    wait: int | None = None
    for seconds, most in windows:
        window = traffic.windows.get(seconds)
        if window is None or not window.begun <= instant < window.begun + seconds:
            window = traffic.windows[seconds] = Window(instant - instant % seconds)
        window.used += 1
        if window.used > most:
            wait = max(wait or 0, window.begun + seconds - instant)
    seconds, most = windows[0]
    shortest = traffic.windows[seconds]
    return max(0, most - shortest.used), shortest.begun + seconds - instant, wait


def said(traffic: Traffic, remaining: int, reset: int, *, concurrent: bool) -> dict[str, str]:
    """What an answer tells of the limits; with ``concurrent`` also how many more could be asked at the same time as it."""
    words = {"RateLimit-Limit": SAID_LIMIT, "RateLimit-Remaining": str(remaining), "RateLimit-Reset": str(reset)}
    if concurrent:
        words |= SAID_CONCURRENT
        words["Concurrency-Limit-Remaining"] = str(max(0, CONCURRENT - 1 - traffic.in_flight))
    return words


def said_of_tokens(remaining: int, reset: int) -> dict[str, str]:
    """What the token endpoint tells: of the limit of one address, which is the one that is reached first (spec: its names)."""
    return {"X-RateLimit-Limit-minute": str(TOKENS[0][1]), "X-RateLimit-Remaining-minute": str(remaining)}
