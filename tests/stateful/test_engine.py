"""The engine under any sequence of calls: Hypothesis looks for one that breaks a law, and cuts it down."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support.journalled import JournalledWorld
from tests.support.world import Operation

WHICH = st.integers(0, 31)
SMALL = st.integers(0, 9)


class EngineMachine(RuleBasedStateMachine):
    """Two worlds of one seed that are told the same, each with a journal to begin again from; every law after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.worlds: list[JournalledWorld] = []

    @initialize(live=st.booleans(), retain=st.sampled_from([None, None, 2]), seed=st.integers(0, 3))
    def begin_life(self, live: bool, retain: int | None, seed: int) -> None:
        self.worlds = [JournalledWorld(live=live, retain=retain, seed=seed) for _ in range(2)]

    @property
    def world(self) -> JournalledWorld:
        return self.worlds[0]

    def do(self, name: str, which: int = 0, how: int = 0) -> None:
        for world in self.worlds:
            world.do(Operation(name, which, how))

    @rule(which=SMALL, how=SMALL)
    def submit(self, which: int, how: int) -> None:
        self.do("submit", which, how)

    @rule(which=SMALL, how=SMALL)
    def fire(self, which: int, how: int) -> None:
        self.do("fire", which, how)

    @rule(which=WHICH)
    def subscribe(self, which: int) -> None:
        self.do("subscribe", which)

    @rule(which=WHICH, how=SMALL)
    def withdraw(self, which: int, how: int) -> None:
        self.do("withdraw", which, how)

    @rule(which=SMALL)
    def change_policy(self, which: int) -> None:
        self.do("change_policy", which)

    @rule(which=SMALL, how=SMALL)
    def add_fault(self, which: int, how: int) -> None:
        self.do("add_fault", which, how)

    @precondition(lambda self: self.world.faulty)
    @rule()
    def clear_faults(self) -> None:
        self.do("clear_faults")

    @precondition(lambda self: self.world.engine.ledger.deliveries)
    @rule(which=SMALL)
    def resend(self, which: int) -> None:
        self.do("resend", which)

    @precondition(lambda self: self.world.engine.ledger.deliveries)
    @rule(which=SMALL, how=SMALL)
    def duplicate(self, which: int, how: int) -> None:
        self.do("duplicate", which, how)

    @precondition(lambda self: self.world.engine.ledger.jobs)
    @rule(which=SMALL)
    def reconsider(self, which: int) -> None:
        self.do("reconsider", which)

    @rule(which=SMALL)
    def forget(self, which: int) -> None:
        self.do("forget", which)

    @rule(which=SMALL)
    def wait(self, which: int) -> None:
        self.do("wait", which)

    @rule()
    def skip(self) -> None:
        self.do("skip")

    @rule()
    def tick(self) -> None:
        self.do("tick")

    @precondition(lambda self: self.world.ready)
    @rule(which=SMALL)
    def begin(self, which: int) -> None:
        self.do("begin", which)

    @precondition(lambda self: self.world.open)
    @rule(which=SMALL, how=SMALL)
    def report(self, which: int, how: int) -> None:
        self.do("report", which, how)

    @precondition(lambda self: self.world.ghosts)
    @rule(which=SMALL, how=SMALL)
    def report_forgotten(self, which: int, how: int) -> None:
        self.do("report_forgotten", which, how)

    @precondition(lambda self: self.world.open)
    @rule(which=SMALL)
    def abandon(self, which: int) -> None:
        self.do("abandon", which)

    @rule()
    def crash(self) -> None:
        self.do("crash")

    @invariant()
    def every_law_holds(self) -> None:
        if self.worlds:
            self.world.check()

    def teardown(self) -> None:
        for world in self.worlds:
            world.finish()
        if self.worlds:
            assert self.worlds[0].history == self.worlds[1].history, "same inputs, same history"


TestEngine = EngineMachine.TestCase
TestEngine.settings = settings(
    max_examples=max(200, settings.default.max_examples if settings.default else 0),
    stateful_step_count=50,
    suppress_health_check=[HealthCheck.too_slow],  # a step is cheap; on a busy machine the first may not be
)
