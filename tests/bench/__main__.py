"""`make bench`: measurements, never timed tests. Prints a line for each, and writes all into RESULTS.md.

A measurement is a function of a module beside this one that returns a `Figure`, or several. ``python -m tests.bench
delivery whole_way`` takes those alone, and writes nothing.
"""

import sys
import traceback
from collections.abc import Callable, Iterator

from tests.bench.acceptance import acceptance
from tests.bench.bombs import bombs
from tests.bench.by_the_receiver import accepted_and_called_out, attempts_of_the_policy
from tests.bench.collecting import attempts_without_sockets, one_callout
from tests.bench.definitions import ten_thousand_definitions
from tests.bench.delivery import delivery
from tests.bench.engine import a_waiting_callout, an_attempt, the_timeline
from tests.bench.exactness import every_due_time, no_false_jump, same_seed_same_journal
from tests.bench.figures import Figure
from tests.bench.fixture import a_test_with_the_fixture, an_hour_of_retries, import_of_the_plugin, set_up_of_a_session
from tests.bench.floods import floods
from tests.bench.fuzzing import fuzz
from tests.bench.hung_receiver import a_hung_receiver_beside_a_healthy_one
from tests.bench.isolation import idle_connections
from tests.bench.kills import kills
from tests.bench.memory import idle, with_history, with_retention
from tests.bench.page import the_page
from tests.bench.replaying import a_replay, a_replay_of_many
from tests.bench.results import write
from tests.bench.rows import rows_with_tests
from tests.bench.startup import import_of_the_package, serve_until_ready, start_of_a_simulator
from tests.bench.state import cost_of_state
from tests.bench.virtual_time import weeks_of_retries
from tests.bench.whole_way import whole_way

Said = Figure | list[Figure]

MEASUREMENTS: tuple[Callable[[], Said], ...] = (
    acceptance,
    delivery,
    whole_way,
    cost_of_state,
    attempts_without_sockets,
    weeks_of_retries,
    one_callout,
    an_attempt,
    the_timeline,
    a_waiting_callout,
    idle,
    with_history,
    with_retention,
    a_hung_receiver_beside_a_healthy_one,
    idle_connections,
    import_of_the_package,
    start_of_a_simulator,
    serve_until_ready,
    import_of_the_plugin,
    set_up_of_a_session,
    a_test_with_the_fixture,
    an_hour_of_retries,
    the_page,
    a_replay,
    a_replay_of_many,
    ten_thousand_definitions,
    accepted_and_called_out,
    attempts_of_the_policy,
    no_false_jump,
    every_due_time,
    same_seed_same_journal,
    floods,
    kills,
    fuzz,
    bombs,
    rows_with_tests,
)


def main(*wanted: str) -> None:
    """Take each measurement, print what it says, and keep it."""
    figures = []
    for figure in _figures(wanted):
        print(figure, flush=True)
        figures.append(figure)
    if not wanted:
        print(f"written: {write(figures)}")


def _figures(wanted: tuple[str, ...]) -> Iterator[Figure]:
    for measure in MEASUREMENTS:
        if wanted and measure.__name__ not in wanted:
            continue
        try:
            said = measure()
        except Exception as error:  # an hour of the others is not lost for it
            traceback.print_exc()
            said = Figure(
                measure.__name__, "not measured", f"{type(error).__name__}: {error}".splitlines()[0], "", False
            )
        yield from said if isinstance(said, list) else [said]


if __name__ == "__main__":
    main(*sys.argv[1:])
