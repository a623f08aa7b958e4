"""The README keeps its word: its Python and curl blocks run as they stand.

Python blocks run as files, each in a process of its own: those that define tests under pytest, the others by themselves.
The `sh` blocks with curl run one after the other in one shell against a real server; what stands for its address and
its credentials comes from the environment, as in the README.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
README = (PROJECT / "README.md").read_text("utf-8")
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
DEFAULT_URL = "http://127.0.0.1:8620"
LIMIT = 30  # seconds; only a hang reaches it


def blocks(language: str) -> list[str]:
    """The README's fenced blocks in a language, in order."""
    return [found["text"] for found in BLOCK.finditer(README) if found["language"] == language]


CURL_BLOCKS = [text for text in blocks("sh") if "curl " in text]


def environment(**more: str) -> dict[str, str]:
    """This process's environment, with the project importable."""
    return {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1", **more}


def test_the_first_two_commands_are_demo_and_test() -> None:
    """Whoever has only cloned the repository sees it work, then checks it."""
    commands = re.findall(r"^(?:\$ )?(make \w+|pip install|python3 -m \w+)", README, re.MULTILINE)
    assert commands[:2] == ["make demo", "make test"]


def test_it_says_whose_it_is_not_and_what_it_will_not_do() -> None:
    """Nobody takes it for Zuora's own, nor for more than it is; the limits stand on the first screens."""
    assert "Unofficial, not affiliated with Zuora or Salesforce" in README
    assert "## What it will not do" in README.splitlines()[:60]


def test_python_blocks_are_examples() -> None:
    """Each is a file of `tests/examples` as it stands: what a reader copies is what is tested and type-checked."""
    examples = [path.read_text("utf-8") for path in (PROJECT / "tests" / "examples").glob("test_*.py")]
    assert [text for text in blocks("python") if text not in examples] == []
    assert len(blocks("python")) == 3


@pytest.mark.parametrize("text", blocks("python"))
def test_python_block_runs(text: str, tmp_path: Path) -> None:
    """Every Python block of the README does what it says, copied into a file as it stands."""
    defines_tests = re.search(r"^ *(async )?def test_", text, re.MULTILINE)
    file = tmp_path / ("test_block.py" if defines_tests else "block.py")
    file.write_text(text, "utf-8")
    plugins = ["-p", "no:cacheprovider", "-p", "asyncio", "-p", "simulator.pytest_plugin"]
    runner = ["-m", "pytest", "-q", *plugins, "--rootdir", str(tmp_path)] if defines_tests else []
    run = subprocess.run(
        [sys.executable, *runner, str(file)],
        cwd=tmp_path,
        env=environment(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"),  # a reader has these two; the rest are ours
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture
def served(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A real `zuora-simulator serve`; yields the first line that it prints."""
    command = [sys.executable, "-m", "simulator", "serve", "--port", "0", "--format", "json", "--clock", "virtual"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()
        process.stdout.read()


@pytest.mark.skipif(not CURL_BLOCKS, reason="the README shows no curl block")
def test_curl_blocks_run(served: dict[str, str], tmp_path: Path) -> None:
    """Every curl block of the README is answered, one after the other, as a reader types them."""
    strict = 'set -euo pipefail\ncurl() { command curl --fail-with-body --max-time 10 "$@" && echo; }\n'
    script = strict + "\n".join(CURL_BLOCKS).replace(DEFAULT_URL, served["url"])
    run = subprocess.run(
        ["bash", "-x", "-c", script],
        cwd=tmp_path,
        env=environment(
            ZUORA_BASE_URL=served["url"],
            ZUORA_CLIENT_ID=served["clientId"],
            ZUORA_CLIENT_SECRET=served["clientSecret"],
        ),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
