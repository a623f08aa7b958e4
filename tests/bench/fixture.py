"""What the fixtures cost: the plugin's import, the session's set-up, each test, and an hour of retries (row S1)."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from tests.bench.figures import Figure, spread, told

PROJECT = Path(__file__).resolve().parents[2]
ROUNDS = 9
TESTS = 200

PLUGIN = """
import pytest
from time import perf_counter
begun = perf_counter()
import simulator.pytest_plugin
print((perf_counter() - begun) * 1000)
"""
SET_UP = """
import json, sys, pytest, simulator.pytest_plugin
before = set(sys.modules)
from time import perf_counter
begun = perf_counter()
from simulator.testing.threaded import ThreadedSimulator
server = ThreadedSimulator().start()
taken = (perf_counter() - begun) * 1000
print(json.dumps([taken, [name for name in sys.modules if name not in before]]))
server.stop()
"""
BARE = """
import contextlib, importlib, json, sys, pytest, simulator.pytest_plugin
names = json.loads(sys.argv[1])
from time import perf_counter
begun = perf_counter()
for name in names:
    with contextlib.suppress(ImportError):  # a name that is no module of its own: six.moves and the like
        importlib.import_module(name)
print((perf_counter() - begun) * 1000)
"""
MANY = """
import pytest

@pytest.mark.parametrize("number", range({tests}))
def test_with(number, zuora_simulator):
    pass

@pytest.mark.parametrize("number", range({tests}))
def test_without(number):
    pass
"""
TIMING = """
import json

taken = {"test_with": [], "test_without": []}

def pytest_runtest_logreport(report):
    if report.when == "setup":
        taken[report.nodeid.rpartition("::")[2].partition("[")[0]].append(report.duration)
    elif report.when == "teardown":
        taken[report.nodeid.rpartition("::")[2].partition("[")[0]][-1] += report.duration

def pytest_sessionfinish():
    with open("taken.json", "w") as file:
        json.dump(taken, file)
"""


def _python(script: str, *arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    return run.stdout


def import_of_the_plugin() -> Figure:
    """Over `import pytest`, in a fresh interpreter each time."""
    return told("fixture", "import of the pytest plugin", [float(_python(PLUGIN)) for _ in range(ROUNDS)], 50)


def set_up_of_a_session() -> Figure:
    """The session's server against the bare imports of the very modules that it needs, interleaved."""
    ratios = []
    for _ in range(ROUNDS):
        taken, modules = json.loads(_python(SET_UP))
        ratios.append(taken / float(_python(BARE, json.dumps(modules))))
    holds = statistics.median(ratios) <= 1.3
    return Figure("S1", "set-up of a session over its bare imports", spread(ratios), "at most 1.3", holds)


def a_test_with_the_fixture() -> Figure:
    """Set-up and teardown of a test that takes `zuora_simulator`, less those of a test that takes nothing."""
    with TemporaryDirectory() as folder:
        Path(folder, "test_many.py").write_text(MANY.format(tests=TESTS), "utf-8")
        Path(folder, "conftest.py").write_text(TIMING, "utf-8")
        plugins = ["-p", "simulator.pytest_plugin", "-p", "no:cacheprovider"]
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *plugins],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(PROJECT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            check=True,
        )
        taken = json.loads(Path(folder, "taken.json").read_text("utf-8"))
    nothing = statistics.median(taken["test_without"])
    return told("S1", "a further test with the fixture", [(each - nothing) * 1000 for each in taken["test_with"]], 3)


def an_hour_of_retries() -> list[Figure]:
    """503, 503, 200 over two movements, and five attempts a day apart: all of it, with the receiver's own time."""
    from simulator.receiver import ThreadedReceiver
    from simulator.testing.threaded import ThreadedSimulator

    hours, days = [], []
    with ThreadedReceiver() as receiver, ThreadedSimulator(max_attempts=5) as zuora:
        zuora.notify("Payment Declined", receiver.url)
        for _ in range(ROUNDS):
            receiver.answers = [503, 503, 200]
            zuora.settings(interval=30)
            begun = perf_counter()
            zuora.fire("Payment Declined")
            zuora.advance(minutes=30)
            zuora.advance(minutes=30)
            hours.append((perf_counter() - begun) * 1000)
            receiver.answers = 503
            zuora.settings(interval=1440)
            begun = perf_counter()
            zuora.fire("Payment Declined")
            zuora.drain()
            days.append((perf_counter() - begun) * 1000)
        made = [len(callout.attempts) for callout in zuora.callouts]
        assert made == [3, 5] * ROUNDS, made
    return [
        told("fixture", "503, 503, 200 over two advances", hours, 100),
        told("fixture", "five attempts at 1440 minutes", days, 100),
    ]
