"""Requests accepted a second by `serve --quiet`, against a bare aiohttp handler that parses JSON and answers 202."""

import statistics

from tests.bench.figures import Figure, spread
from tests.bench.load import Heard, Load, Loader, request_head
from tests.bench.parties import Served
from tests.bench.programs import Program

REQUESTS = 8_000
CONNECTIONS = 32
ROUNDS = 5
BODY = '{"name":"Amy Lawrence Account","currency":"USD","billCycleDay":1,"autoPay":false,"batch":"Batch1"}'


def acceptance(requests: int = REQUESTS, rounds: int = ROUNDS) -> list[Figure]:
    """The ratio of both, interleaved, and the slowest hundredth at half of the load that can be taken."""
    loader = Loader()
    ours: list[float] = []
    bare: list[float] = []
    cpu: list[float] = []
    with loader.program, Served("--quiet") as served, Program.python("-m", "tests.bench.parties", "acceptor") as other:
        port = int(other.line())
        for _ in range(rounds):
            before = served.program.cpu
            ours.append(_rate(loader.put(_load(served.port, requests, served.token))))
            cpu.append((served.program.cpu - before) / requests * 1e6)
            bare.append(_rate(loader.put(_load(port, requests, served.token))))
        half = statistics.median(ours) / 2
        calm: dict[int, list[float]] = {served.port: [], port: []}
        for _ in range(rounds):
            for place, slowest in calm.items():
                slowest.append(loader.put(_load(place, int(half * 3), served.token, half)).p99)
    ratios = [mine / theirs for mine, theirs in zip(ours, bare, strict=True)]
    load = (
        f"POST /v1/async/accounts, {CONNECTIONS} keep-alive connections, {requests} a round, real clock, no definition"
    )
    absolute = (
        f"{statistics.median(ours):.0f} and {statistics.median(bare):.0f}/s, {statistics.median(cpu):.0f} us CPU each"
    )
    return [
        Figure(
            "acceptance",
            "requests a second over those of a bare aiohttp handler",
            f"{spread(ratios)}: {absolute}",
            "at least 0.6",
            statistics.median(ratios) >= 0.6,
            load,
        ),
        Figure(
            "acceptance",
            f"p99 at half load ({half:.0f}/s)",
            f"{spread(calm[served.port], '.1f', ' ms')}; the bare handler {spread(calm[port], '.1f', ' ms')}",
            "under 150 ms",
            statistics.median(calm[served.port]) < 150,
            load,
        ),
    ]


def _rate(heard: Heard) -> float:
    assert set(heard.statuses) == {"202"}, heard.statuses
    return heard.accepted / heard.seconds


def _load(port: int, requests: int, token: str, rate: float = 0.0) -> Load:
    head = request_head("POST", "/v1/async/accounts", port, BODY, Authorization=f"Bearer {token}")
    return Load(port, head, BODY, requests, CONNECTIONS, rate)
