"""Scripted misfortune: drop, delay, reorder, duplicate, lost answer.

A fault rewrites what is sent and never the rules: a copy is an extra exchange whose answer decides nothing, a lost
answer of success is judged as the timeout it looks like. Chance comes from the seed, so a run with faults repeats.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from simulator.core.ids import Ids
from simulator.core.model import Delivery, ErrorClass, Outcome

SUCCESS = 2
"""The first digit of the statuses of success."""

LOST_AFTER = timedelta(seconds=15)
"""How long one waits for an answer that is lost: the documented 15 s for the transfer."""


class FaultKind(StrEnum):
    """What goes wrong."""

    DROP = "drop"
    DELAY = "delay"
    REORDER = "reorder"
    DUPLICATE = "duplicate"
    LOST_ANSWER = "lost-answer"


class Fault(Struct, frozen=True):
    """One misfortune and whom it meets: every field that is set must match; ``probability`` draws from the seed.

    ``event`` is a name in any spelling, ``notification`` the id of a definition or of a notification, ``attempt`` counts from 1.
    ``span`` is the delay, or the window to reorder within; a window of zero shuffles what is due at one instant.
    """

    kind: FaultKind
    event: str | None = None
    notification: str | None = None
    attempt: int | None = None
    probability: float = 1.0
    until: datetime | None = None
    span: timedelta = timedelta(0)
    at_once: bool = False
    tenant: str | None = None
    once: bool = False


class Rewrite(Struct, frozen=True):
    """What becomes of one attempt."""

    drop: bool = False
    hold_until: datetime | None = None
    copies: int = 0
    at_once: bool = False
    lose_answer: bool = False


NOTHING = Rewrite()


def folded(name: str) -> str:
    """An event's name without spaces and case."""
    return name.replace(" ", "").replace("-", "").replace("_", "").casefold()


class Faults:
    """The faults in force, in the order in which they were given. ``told`` hears of each change after it stands."""

    def __init__(self, ids: Ids, faults: Sequence[Fault] = ()) -> None:
        self._ids = ids
        self._faults = list(faults)
        self.told: Callable[[tuple[Fault, ...]], None] = lambda faults: None

    @property
    def current(self) -> tuple[Fault, ...]:
        return tuple(self._faults)

    def replace(self, faults: Sequence[Fault], tenant: str | None = None) -> None:
        """Put ``faults`` in the place of the tenant's own, or of all."""
        kept = [fault for fault in self._faults if tenant is not None and fault.tenant != tenant]
        self._change(kept + list(faults))

    def add(self, fault: Fault) -> None:
        self._change([*self._faults, fault])

    def _change(self, faults: list[Fault]) -> None:
        changed = faults != self._faults
        self._faults = faults
        if changed:
            self.told(self.current)

    def decide(self, delivery: Delivery, now: datetime) -> Rewrite:
        """What becomes of the attempt that would begin now. A fault marked ``once`` is used up by it."""
        if not self._faults:
            return NOTHING
        rewrite = NOTHING
        used: list[Fault] = []
        holding: list[Fault] = []
        for number, fault in enumerate(self._faults):
            if not self._meets(fault, delivery, number, now):
                continue
            match fault.kind:
                case FaultKind.DROP:
                    rewrite = replace(rewrite, drop=True)
                case FaultKind.DELAY | FaultKind.REORDER if fault.span:
                    if not delivery.held:
                        rewrite = replace(rewrite, hold_until=now + self._hold(fault, delivery))
                        holding.append(fault)
                    continue
                case FaultKind.DUPLICATE:
                    at_once = rewrite.at_once or fault.at_once
                    rewrite = replace(rewrite, copies=rewrite.copies + 1, at_once=at_once)
                case FaultKind.LOST_ANSWER:
                    rewrite = replace(rewrite, lose_answer=True)
            used.append(fault)
        held = rewrite.hold_until is not None and not rewrite.drop
        spent = [fault for fault in (holding if held else used) if fault.once]
        if spent:
            self._change([fault for fault in self._faults if not any(fault is it for it in spent)])
        return rewrite

    def spend(self, delivery_id: str) -> None:
        """Let go of what was meant for one more attempt at a delivery that ended without one."""
        if self._faults:
            self._change([it for it in self._faults if not (it.once and it.notification == delivery_id)])

    def shuffle(self, ready: list[Delivery], now: datetime) -> list[Delivery]:
        """What is due at one instant, in the order in which a reordering fault lets it go."""
        shuffling = [
            (number, fault)
            for number, fault in enumerate(self._faults)
            if fault.kind is FaultKind.REORDER and not fault.span
        ]
        if not shuffling:
            return ready
        at = [
            place
            for place, delivery in enumerate(ready)
            if any(self._meets(fault, delivery, number, now) for number, fault in shuffling)
        ]
        drawn = sorted(at, key=lambda place: self._ids.fraction("order", ready[place].id, ready[place].attempts))
        order = list(range(len(ready)))
        for place, source in zip(at, drawn, strict=True):
            order[place] = source
        return [ready[place] for place in order]

    def _hold(self, fault: Fault, delivery: Delivery) -> timedelta:
        if fault.kind is FaultKind.DELAY:
            return fault.span
        return fault.span * self._ids.fraction("hold", delivery.id, delivery.attempts)

    def _meets(self, fault: Fault, delivery: Delivery, number: int, now: datetime) -> bool:
        attempt = delivery.attempts + 1
        return (
            (fault.tenant is None or fault.tenant == delivery.tenant)
            and (fault.until is None or now < fault.until)
            and (fault.event is None or folded(fault.event) == folded(delivery.event.name))
            and (fault.notification is None or fault.notification in (delivery.id, delivery.subscription.id))
            and (fault.attempt is None or fault.attempt == attempt)
            and self._draws(fault.probability, number, delivery.id, attempt)
        )

    def _draws(self, probability: float, *place: object) -> bool:
        return probability >= 1 or self._ids.fraction("fault", *place) < probability


def lose(outcome: Outcome) -> Outcome:
    """A complete answer of success as the sender sees it when it is lost on the way: a timeout; all else as it is.

    So a receiver that has asked for credentials, or has failed, is heard, and has its say once more.
    """
    if outcome.error is not None or outcome.status is None or outcome.status // 100 != SUCCESS:
        return outcome
    return Outcome(
        error=ErrorClass.TRANSFER_TIMEOUT,
        detail="the answer was lost on its way back",
        nominal=LOST_AFTER,
        notes=(*outcome.notes, f"fault lost-answer: the receiver answered {outcome.status}, and it was never heard"),
    )
