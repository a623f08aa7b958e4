"""What chance makes of files and of answers: a hundred thousand of each, and how long the slowest took (row B3)."""

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from tests.bench.figures import Figure
from tests.support.noise import answers, judged, read_as_story, stories

INPUTS = 100_000
AT_ONCE = 10_000


def fuzz() -> list[Figure]:
    """Scenario files through their reader, a receiver's bytes through the wire's reader and Zuora's judgement."""
    load = "half of them good ones with pieces lost, doubled and changed; answers in the slices that chance cuts"
    return [
        _fed("scenario files", read_as_story, stories, load),
        _fed("receiver bytes", judged, answers, load),
    ]


def _fed(what: str, read: Callable[[Any], object], made: Callable[[int, int], Iterable[Any]], load: str) -> Figure:
    slowest = 0.0
    uncaught: list[str] = []
    begun = perf_counter()
    for seed in range(INPUTS // AT_ONCE):
        for one in made(seed, AT_ONCE):
            before = perf_counter()
            try:
                read(one)
            except Exception as error:  # what is counted here
                uncaught.append(f"{type(error).__name__} at seed {seed}")
            slowest = max(slowest, perf_counter() - before)
    taken = perf_counter() - begun
    first = f" (the first: {uncaught[0]})" if uncaught else ""
    return Figure(
        "B3",
        f"{INPUTS:,} spoilt {what}",
        f"{len(uncaught)} uncaught exceptions{first}; the slowest {slowest * 1000:.1f} ms; {taken:.0f} s",
        "0 uncaught, each under 1 s",
        not uncaught and slowest < 1,
        load,
    )
