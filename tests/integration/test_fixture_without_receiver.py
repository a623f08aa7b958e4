"""Every example whose receiver is gone fails, and its message names the refused address."""

import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from socket import socket

PROJECT = Path(__file__).resolve().parents[2]
LIMIT = 300  # seconds; only a hang reaches it
INDIFFERENT = {"test_other_events_are_not_called_out"}
"""Examples that want nothing to come."""
GONE = """
from simulator.testing.handle import Handle

register = Handle.notify
Handle.notify = lambda self, event, url, **more: register(self, event, "http://127.0.0.1:{port}/callout", **more)
Handle.wait_for.__kwdefaults__["timeout"] = 0.1  # nobody will come
"""


def test_without_its_receiver_an_example_fails_and_says_why(tmp_path: Path) -> None:
    """Whether by a wait in vain or by an assertion on codes: a reader sees at once where nothing listens."""
    with closing(socket()) as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        (tmp_path / "receiver_is_gone.py").write_text(GONE.format(port=port), "utf-8")
        plugins = [part for name in ("simulator.pytest_plugin", "asyncio", "receiver_is_gone") for part in ("-p", name)]
        own = ["--noconftest", "-p", "no:cacheprovider"]
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *plugins, *own, "-rA", "tests/examples"],
            cwd=PROJECT,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(tmp_path), str(PROJECT)]),
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # those of our own tests cost seconds to import
            },
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    passed = set(re.findall(r"^PASSED .*::(\w+)", run.stdout, re.MULTILINE))
    failed = set(re.findall(r"^FAILED .*::(\w+)", run.stdout, re.MULTILINE))
    assert passed == INDIFFERENT, run.stdout
    sections = re.split(r"^_+ (?:\w+\.)?(\w+) _+$", run.stdout.partition("= short test summary")[0], flags=re.MULTILINE)
    told = dict(zip(sections[1::2], sections[2::2], strict=True))
    assert {name for name in failed if f"127.0.0.1:{port}" not in told[name]} == set()
    assert len(failed) >= 12
