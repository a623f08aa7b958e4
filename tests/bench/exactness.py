"""Virtual time is exact: no answer moves it, every attempt is due on the minute, a seed repeats (rows V4, V5, V6)."""

import asyncio
import resource
import subprocess
import sys
from datetime import timedelta
from time import perf_counter

from simulator import Receiver, Simulator
from simulator.core.dialect import Happening
from simulator.core.engine import Engine
from simulator.core.model import Policy
from simulator.runtime.clock import VIRTUAL_START
from tests.bench.figures import Figure
from tests.bench.programs import PROJECT
from tests.support.fake_dialect import NAME, FakeDialect, answered

EVENTS = ("Payment Declined", "Payment Processed", "Invoice Posted", "Invoice Due", "Bill Run Completion")
SHORT = {"50ms": 900, "1s": 100}
LONG = {"9.9s": 200, "14.9s": 200, "15.1s": -1}
MINUTE = timedelta(minutes=1)
SEEDS = 10_000


def no_false_jump() -> Figure:
    """Slow receivers on a virtual clock: what is answered within 15 s is an answer, and takes no time."""
    moved, wrong, ended = asyncio.run(_slow())
    said = ", ".join(f"{delay}: {code}" for delay, code in ended.items())
    return Figure(
        "V4",
        f"{sum(SHORT.values()):,} answers after {' or '.join(SHORT)}, one each after {', '.join(LONG)}",
        f"{wrong} spurious of the short ones; {said}; the clock moved by {moved}",
        "0 spurious, 15.1 s a timeout, the others answers",
        not wrong and not moved and ended == LONG,
        "500 at a time, patience 20 s",
    )


async def _slow() -> tuple[timedelta, int, dict[str, int]]:
    answers = {f"/{delay}": {"delay": delay} for delay in (*SHORT, *LONG)}
    async with (
        Receiver(answers=answers, keep=10) as receiver,
        Simulator(concurrency=500, patience=timedelta(seconds=20), max_attempts=1) as zuora,
    ):
        begun = zuora.now
        for event, (delay, times) in zip(EVENTS, (SHORT | dict.fromkeys(LONG, 1)).items(), strict=True):
            zuora.notify(event, receiver.url_for(f"/{delay}"))
            for _ in range(times):
                zuora.fire(event)
        await zuora.settle()
        codes: dict[str, list[int]] = {delay: [] for delay in (*SHORT, *LONG)}
        late = 0
        for callout in zuora.callouts:
            [attempt] = callout.attempts
            delay = callout.url.rpartition("/")[2]
            codes[delay].append(attempt.response_code)
            late += delay in SHORT and (attempt.response_code != 200 or attempt.ended_at != begun)
        assert [len(codes[delay]) for delay in SHORT] == list(SHORT.values())
        return zuora.now - begun, late, {delay: code for delay in LONG for code in codes[delay]}


def every_due_time() -> Figure:
    """Every attempt limit with every interval that the provider takes."""
    exact = sum(_exact(limit, minutes) for limit in range(1, 6) for minutes in range(1, 1441))
    return Figure(
        "V5", "attempt limits 1 to 5 x intervals 1 to 1440", f"{exact:,} exact", "7,200 of 7,200", exact == 7_200
    )


def _exact(limit: int, minutes: int) -> bool:
    dialect = FakeDialect()
    dialect.terms = Policy(limit, minutes * MINUTE)
    engine = Engine({NAME: dialect})
    engine.fire(NAME, "t", Happening("Done", {}), VIRTUAL_START)
    began = []
    while (due := engine.next_due) is not None:
        began.append(due)
        for ready in engine.tick(due):
            dispatch = engine.begin(ready.id, due)
            assert dispatch is not None
            engine.report(dispatch, [answered(503)], due, due)
    return began == [VIRTUAL_START + number * minutes * MINUTE for number in range(limit)]


def same_seed_same_journal() -> Figure:
    """`make simulate`: every life is lived twice, and both histories and journals are compared to the byte."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = perf_counter()
    command = [sys.executable, "-m", "tests.simulation.simulate", str(SEEDS)]
    run = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    taken, after = perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - spent.ru_utime - spent.ru_stime
    last = run.stdout.strip().splitlines()[0] if run.stdout.strip() else f"ended with {run.returncode}"
    return Figure(
        "V6",
        f"{SEEDS:,} seeds, each lived twice, byte-identical histories and journals",
        f"{last}; {taken:.0f} s, {cpu:.0f} s CPU",
        "every seed, under 120 s",
        run.returncode == 0 and taken < 120,
        "60 operations a life, faults at every boundary, crashes",
    )
