"""``zuora-simulator`` as a process of its own, for tests that speak to it from outside."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import IO, Any

PROJECT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "simulator"]
LIMIT = 30
"""Seconds; only a hang reaches it."""


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's own, with the project importable, and of our own options only ``more``."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("ZUORA_")}
    return {**plain, "PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1", **(more or {})}


class Served:
    """A running server: its first line, its address, and what it prints."""

    def __init__(self, process: "subprocess.Popen[str]", printed: IO[str]) -> None:
        self.process = process
        self.printed = printed
        self.ready: dict[str, Any] = json.loads(printed.readline())
        self.url: str = self.ready["url"]

    def line(self) -> dict[str, Any]:
        """The next line that it prints."""
        line: dict[str, Any] = json.loads(self.printed.readline())
        return line

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """A request, and its answer's status and JSON."""
        content = json.dumps(body).encode() if body is not None else None
        connection = HTTPConnection(self.url.partition("://")[2], timeout=LIMIT)
        try:
            connection.request(method, path, content, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.terminate()
        self.printed.read()
        return self.process.wait(LIMIT)


@contextmanager
def served(*options: str, cwd: Path, env: Mapping[str, str] | None = None) -> Iterator[Served]:
    """``zuora-simulator serve`` on a free port, printing JSON lines."""
    command = [*COMMAND, "serve", "--port", "0", "--format", "json", *options]
    with subprocess.Popen(command, cwd=cwd, env=environment(env), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Served(process, process.stdout)
        finally:
            process.kill()


def run(
    *words: str, cwd: Path, env: Mapping[str, str] | None = None, given: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Any of its commands, to its end."""
    return subprocess.run(
        [*COMMAND, *words],
        cwd=cwd,
        env=environment(env),
        input=given,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
