"""`make bench`: measurements, never timed tests. Prints a line for each; what it says depends on the machine.

A measurement is a function of a module beside this one that returns the line to print.
"""

import platform

from tests.bench.engine import a_waiting_callout, an_attempt, the_timeline
from tests.bench.fixture import a_test_with_the_fixture, an_hour_of_retries, import_of_the_plugin, set_up_of_a_session
from tests.bench.hung_receiver import a_hung_receiver_beside_a_healthy_one
from tests.bench.memory import idle, with_history, with_retention
from tests.bench.page import the_page
from tests.bench.replaying import a_replay
from tests.bench.startup import import_of_the_package, serve_until_ready, start_of_a_simulator
from tests.bench.state import cost_of_state
from tests.bench.virtual_time import weeks_of_retries

MEASUREMENTS = (
    import_of_the_package,
    start_of_a_simulator,
    serve_until_ready,
    import_of_the_plugin,
    set_up_of_a_session,
    a_test_with_the_fixture,
    an_hour_of_retries,
    an_attempt,
    the_timeline,
    a_waiting_callout,
    weeks_of_retries,
    cost_of_state,
    a_hung_receiver_beside_a_healthy_one,
    idle,
    with_history,
    with_retention,
    the_page,
    a_replay,
)


def main() -> None:
    """Take each measurement, and print what it says."""
    print(f"Python {platform.python_version()} on {platform.machine()}, {platform.system()}")
    for measure in MEASUREMENTS:
        print(measure())


if __name__ == "__main__":
    main()
