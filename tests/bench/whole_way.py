"""The whole way, accept, work, deliver, record, against everybody else who goes it; the receiver counts what came."""

import statistics
import sys
from time import perf_counter

from tests.bench.figures import Figure, spread
from tests.bench.load import Load, Loader, request_head
from tests.bench.parties import Told
from tests.bench.peers import PEERS, Missing, Peer

CONNECTIONS = 32
REQUESTS = {"localstripe": 60, "Mockoon 9": 600}
REQUESTS_ELSE = 3_000
ROUNDS = 5
WARM = 0.5
"""How much of a round goes before the first, so that what compiles while it runs has done so."""


class _Contender:
    def __init__(self, name: str, peer: Peer, receiver: Told) -> None:
        self.name = name
        self.peer = peer
        self.receiver = receiver
        self.requests = REQUESTS.get(name, REQUESTS_ELSE)
        self.asked = 0
        self.rates: list[float] = []
        self.cpu: list[float] = []
        self.lost = 0

    def round(self, loader: Loader, part: float = 1.0) -> None:
        requests = int(self.requests * part)
        head = request_head("POST", self.peer.path, self.peer.port, self.peer.body, **self.peer.headers)
        spent, begun = self.peer.program.cpu, perf_counter()
        before = self.receiver.count()
        heard = loader.put(Load(self.peer.port, head, self.peer.body, requests, CONNECTIONS))
        assert heard.accepted == requests, (self.name, heard.statuses)
        came = self.receiver.count(before + requests, 30.0) - before
        seconds = perf_counter() - begun
        if part == 1.0:
            self.rates.append(came / seconds)
            self.cpu.append((self.peer.program.cpu - spent) / max(came, 1) * 1000)
            self.lost += requests - came

    @property
    def losses(self) -> str:
        return f"; {self.lost} never came" if self.lost else ""


def whole_way(rounds: int = ROUNDS) -> list[Figure]:
    """Everybody in turn, and again; each with a receiver process of its own of the same kind."""
    contenders: list[_Contender] = []
    absent: list[str] = []
    loader = Loader()
    try:
        for name, start in PEERS.items():
            receiver = Told()
            try:
                contenders.append(_Contender(name, start(receiver.url), receiver))
            except Missing as missing:
                absent.append(f"{name} ({missing})")
                receiver.program.__exit__(None, None, None)
        for contender in contenders:
            contender.round(loader, WARM)
        for _ in range(rounds):
            for contender in contenders:
                contender.round(loader)
    finally:
        loader.program.__exit__(None, None, None)
        for contender in contenders:
            contender.peer.program.__exit__(None, None, None)
            contender.receiver.program.__exit__(None, None, None)
    return _told(contenders, absent)


def _told(contenders: list[_Contender], absent: list[str]) -> list[Figure]:
    mine = contenders[0]
    others = [each for each in contenders if not each.name.startswith(mine.name)]
    load = (
        f"{CONNECTIONS} keep-alive connections, {REQUESTS_ELSE} requests a round (Mockoon 600, localstripe 60), one callout "
        "each over http to simulator.receiver; from the first request to the last callout, by the receiver's count"
    )
    figures = [
        Figure(
            "whole way",
            f"{each.name}: callouts a second; CPU a callout",
            f"{spread(each.rates, '.0f', '/s')}; {spread(each.cpu, '.2f', ' ms')}{each.losses}",
            load=load if each is mine else "",
        )
        for each in contenders
    ]
    figures += [Figure("whole way", name, "not measured") for name in absent]
    if others:
        fastest = max(others, key=lambda each: statistics.median(each.rates))
        leanest = min(others, key=lambda each: statistics.median(each.cpu))
        faster = [a / b for a, b in zip(mine.rates, fastest.rates, strict=True)]
        leaner = [a / b for a, b in zip(mine.cpu, leanest.cpu, strict=True)]
        figures += [
            Figure(
                "whole way",
                f"callouts a second over the fastest, {fastest.name}",
                spread(faster),
                "at least 1.2",
                statistics.median(faster) >= 1.2,
            ),
            Figure(
                "whole way",
                f"CPU a callout over the leanest, {leanest.name}",
                spread(leaner),
                "less than 1",
                statistics.median(leaner) < 1,
            ),
        ]
    return figures


if __name__ == "__main__":
    for figure in whole_way(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS):
        print(figure)
