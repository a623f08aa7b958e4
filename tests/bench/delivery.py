"""HTTPS callouts a second against a bare aiohttp client loop: same connection policy, concurrency and receiver."""

import statistics

from tests.bench.figures import Figure, spread
from tests.bench.parties import Told
from tests.bench.programs import Program

CALLS = {"fresh": 3_000, "reused": 6_000}
ROUNDS = 3


def delivery(rounds: int = ROUNDS) -> list[Figure]:
    """Fresh connections (the default), then those of --reuse-connections; the receiver counts."""
    return [_policy(policy, calls, rounds) for policy, calls in CALLS.items()]


def _policy(policy: str, calls: int, rounds: int) -> Figure:
    ours: list[float] = []
    bare: list[float] = []
    cpu: dict[str, list[float]] = {"delivering": [], "caller": []}
    receiver = Told("tls-receiver")
    counted = 0
    with receiver.program:
        for _ in range(rounds):
            for kind, rates in (("delivering", ours), ("caller", bare)):
                command = ("-m", "tests.bench.parties", kind, receiver.url, receiver.ca, str(calls), policy)
                with Program.python(*command) as program:
                    seconds, spent = map(float, program.line().split())
                rates.append(calls / seconds)
                cpu[kind].append(spent / calls * 1e6)
                counted += calls
                assert receiver.count() == counted, (kind, receiver.count(), counted)
    ratios = [mine / theirs for mine, theirs in zip(ours, bare, strict=True)]
    mine, theirs = (statistics.median(spent) for spent in cpu.values())
    absolute = (
        f"{statistics.median(ours):.0f} and {statistics.median(bare):.0f}/s, CPU {mine:.0f} and {theirs:.0f} us each"
    )
    return Figure(
        "delivery",
        f"HTTPS callouts a second over those of an aiohttp loop, connections {policy}",
        f"{spread(ratios)}: {absolute}",
        "at least 0.75",
        statistics.median(ratios) >= 0.75,
        f"{calls} callouts a round, 20 at a time, certificates verified, live clock, records kept",
    )
