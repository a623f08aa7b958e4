"""Programs under measurement, each a process of its own: started, waited for, and read by the system's own accounts.

A program says on its first line of output where it listens; a foreign one is asked until it answers.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import IO, Self

PROJECT = Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
STARTS_WITHIN = 60.0


class Program:
    """One process and those it starts. ``cpu`` is seconds of all their threads, ``resident`` megabytes."""

    def __init__(self, *command: str, folder: Path = PROJECT, said: bool = True, **environment: str) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if said else subprocess.DEVNULL,
            stderr=None if said else subprocess.DEVNULL,
            text=True,
        )

    @classmethod
    def python(cls, *arguments: str) -> Self:
        """A program of ours."""
        return cls(sys.executable, *arguments)

    def line(self) -> str:
        """The next line that it prints."""
        line = _pipe(self.process.stdout).readline()
        if not line:
            raise RuntimeError(f"{self.process.args!r} ended with {self.process.wait()} and without a word")
        return line.strip()

    def say(self, line: str) -> None:
        """A line for its standard input."""
        pipe = _pipe(self.process.stdin)
        pipe.write(f"{line}\n")
        pipe.flush()

    def listens(self, port: int) -> None:
        """Waits until somebody answers on ``port``."""
        until = monotonic() + STARTS_WITHIN
        while monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.process.args!r} ended with {self.process.returncode}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                continue
            return
        raise RuntimeError(f"{self.process.args!r} does not listen on {port}")

    @property
    def cpu(self) -> float:
        return sum(_spent(number) for number in _family(self.process.pid)) / TICKS

    @property
    def resident(self) -> float:
        return sum(_resident(number) for number in _family(self.process.pid)) / 1024

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


def free_port() -> int:
    """A port that nobody listens on just now, for programs that cannot find one themselves."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise RuntimeError("this program is not listened to")
    return pipe


def _family(number: int) -> Iterator[int]:
    yield number
    try:
        children: Sequence[str] = Path(f"/proc/{number}/task/{number}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _spent(number: int) -> int:
    try:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def _resident(number: int) -> int:
    try:
        lines = Path(f"/proc/{number}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)
