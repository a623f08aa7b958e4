"""Somebody else's project: its own files, its own pytest, in a process of its own.

No plugin loads by itself there: a test names those that its project has, the simulator's among them.
"""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

PROJECT = Path(__file__).resolve().parents[2]
LIMIT = 120  # seconds; only a hang reaches it
OURS = "simulator.pytest_plugin"


class Elsewhere:
    """A folder with tests that use the fixtures."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        """One file of the project."""
        (self.folder / name).write_text(dedent(text), "utf-8")

    def run(self, *options: str, plugins: tuple[str, ...] = ()) -> "Ran":
        """Its tests, with warnings as errors."""
        chosen = [part for plugin in (OURS, *plugins) for part in ("-p", plugin)]
        always = ["-p", "no:cacheprovider", "-q", "-W", "error", "--rootdir", str(self.folder)]
        path = os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
        run = subprocess.run(
            [sys.executable, "-m", "pytest", *always, *chosen, *options],
            cwd=self.folder,
            env={
                "PATH": os.environ.get("PATH", ""),
                "PYTHONPATH": path,
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        return Ran(run.returncode, run.stdout + run.stderr)


class Ran:
    """What came of it: the exit code, all that was printed, and pytest's closing line."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        self.text = text
        self.closing = text.strip().rpartition("\n")[2].rpartition(" in ")[0]

    def section(self, test: str) -> str:
        """What is printed below the headline of one failed test."""
        _, _, after = self.text.partition(f" {test} _")
        return after.partition("\n____")[0].partition("\n====")[0]

    def __repr__(self) -> str:
        return self.text
