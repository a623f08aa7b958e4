"""Every state that the retry machine can be in, and every step between them.

The search is bounded: a machine that never comes to an end fails it and does not hang it. It judges nothing; the laws
stand in `tests/unit/core/test_delivery.py`.
"""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from simulator.core.delivery import (
    Action,
    Asked,
    Begun,
    Deferred,
    Dropped,
    Due,
    Judged,
    Resent,
    Signal,
    Step,
    Withdrawn,
    step,
)
from simulator.core.errors import IllegalStep
from simulator.core.model import Decision, Delivery, Event, Phase, Policy, Subscription, Verdict

T0 = datetime(2026, 1, 1, tzinfo=UTC)
BOUND = 20_000
RESENDS = 2
DEFERRALS = 1
SPANS = (timedelta(0), timedelta(seconds=25), timedelta(hours=30))
"""How long things take: no time, the longest exchange, longer than any interval."""

VERDICTS = {decision: Verdict(decision, 0, "the rule") for decision in Decision}
SIGNALS: tuple[Signal, ...] = (
    Due(),
    Begun(),
    Asked(),
    *(Judged(verdict) for verdict in VERDICTS.values()),
    Deferred(T0),
    Dropped(),
    Resent(),
    Withdrawn(),
)

Machine = Callable[[Policy, Delivery, Signal, datetime], Step]


class Node(Struct, frozen=True):
    """A delivery at an instant, and how the search came there. ``retries`` counts attempts that nobody asked for."""

    delivery: Delivery
    now: datetime
    asked_for: int = 0
    deferred: int = 0
    withdrawn: bool = False
    begun: tuple[datetime, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """What the machine's next step can depend on: instants only as spans from now."""
        it = self.delivery
        since = it.started and self.now - it.started
        until = it.due and it.due - self.now
        flags = (it.last, it.resent, it.held, it.taken, self.withdrawn)
        return it.phase, it.attempts, it.exchange, flags, since, until, self.asked_for, self.deferred


class Edge(Struct, frozen=True):
    """One step of the search; ``after`` and ``action`` are None where the machine refused it."""

    policy: Policy
    before: Node
    signal: Signal
    now: datetime
    after: Node | None
    action: Action | None


class TooLarge(AssertionError):
    """The machine has more states than it can have."""


def fresh(phase: Phase = Phase.WAITING) -> Delivery:
    """A delivery that was just opened."""
    event = Event(id="e" * 32, dialect="fake", tenant="t", name="Something", at=T0, fields={})
    hears = Subscription(id="s", label="S", lane="lane", method="POST", url="https://s.test/")
    return Delivery(id="d" * 32, event=event, subscription=hears, phase=phase, due=T0)


def explore(policy: Policy, machine: Machine = step, bound: int = BOUND) -> list[Edge]:
    """All steps from a fresh delivery, legal and refused, each state once."""
    start = Node(fresh(), T0)
    seen = {start.key}
    edges: list[Edge] = []
    todo = deque([start])
    while todo:
        node = todo.popleft()
        for signal, now in _moves(node):
            edge = _try(policy, machine, node, signal, now)
            edges.append(edge)
            if edge.after is not None and edge.after.key not in seen:
                seen.add(edge.after.key)
                todo.append(edge.after)
        if len(seen) > bound:
            raise TooLarge(f"more than {bound} states, the last {node!r}")
    return edges


def _moves(node: Node) -> Iterator[tuple[Signal, datetime]]:
    """What can come next, and when. Only an attempt takes time: what waits is looked at when it is due."""
    due = node.delivery.due
    for signal in SIGNALS:
        match signal:
            case Due():
                yield signal, due or node.now
            case Judged():
                yield from ((signal, node.now + span) for span in SPANS)
            case Deferred():
                if node.deferred < DEFERRALS:
                    yield Deferred(node.now + timedelta(minutes=7)), node.now
            case Resent():
                if node.asked_for < RESENDS:
                    yield signal, node.now
            case _:
                yield signal, node.now


def _try(policy: Policy, machine: Machine, node: Node, signal: Signal, now: datetime) -> Edge:
    try:
        delivery, action = machine(policy, node.delivery, signal, now)
    except IllegalStep:
        return Edge(policy, node, signal, now, None, None)
    after = Node(
        delivery,
        now,
        node.asked_for + isinstance(signal, Resent),
        node.deferred + isinstance(signal, Deferred),
        (node.withdrawn or isinstance(signal, Withdrawn)) and not isinstance(signal, Resent),
        (*node.begun, now) if isinstance(signal, Begun) else node.begun,
    )
    return Edge(policy, node, signal, now, after, action)
