"""What a run leaves behind: ``report.json`` (the same bytes for the same seed and receiver) and its three companions.

It alone decides which files there are, and writes each whole or not at all.
"""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import Any

import msgspec

import simulator
from simulator.console.freeze import freeze, inlined
from simulator.core.errors import AuthorError
from simulator.replay.junit import Suite, junit_xml
from simulator.replay.run import Played, Verdict
from simulator.replay.telling import Told, tell

SCHEMA = "zuora-simulator/report"
VERSION = 1
TOOL = {"name": "zuora-simulator", "version": simulator.__version__}

PLACE = "@@ the stories stand here @@"


class Report:
    """Collects stories as they end; `write` puts the files into a folder.

    What a story fills in a report waits on the disk: a thousand stories are no larger in memory than one.
    """

    def __init__(self, command: str, *, secrets: Iterable[str] = ()) -> None:
        self._command = command
        self._secrets = tuple(secrets)
        self._told: list[Told] = []
        self._lengths: list[int] = []
        self._bodies = TemporaryFile()  # noqa: SIM115 - it lives as long as the report, and has no name to be left behind

    def add(self, played: Played, seconds: float) -> None:
        """One more story; ``seconds`` is how long it really took."""
        told, encoded = tell(played, seconds, self._secrets)
        self._told.append(told)
        self._lengths.append(self._bodies.write(encoded))

    def close(self) -> None:
        """Give up what waits on the disk."""
        self._bodies.close()

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The files by their names, each in pieces."""
        yield "report.json", self._json()
        yield "report.html", self._html()
        yield "junit.xml", iter([junit_xml(self._suites())])
        timings = {
            "schema": "zuora-simulator/timings",
            "version": VERSION,
            "stories": [told.timings for told in self._told],
        }
        yield "timings.json", iter([json.dumps(timings, indent=1).encode() + b"\n"])

    def write(self, folder: str) -> list[str]:
        """Write the files into ``folder``, each whole or not at all; answers with their paths. Raises AuthorError."""
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
            return [put(Path(folder) / name, content) for name, content in self.files()]
        except (OSError, ValueError) as error:
            raise AuthorError(f"the report cannot be written to {folder!r}: {error}") from error

    def _suites(self) -> Iterator[Suite]:
        for told in self._told:
            about = {"tool": f"{TOOL['name']} {TOOL['version']}", "command": self._command, **told.about}
            yield Suite(told.title, told.file, told.verdict, told.findings, about, told.said)

    def _stories(self) -> Iterator[bytes]:
        self._bodies.seek(0)
        for length in self._lengths:
            yield self._bodies.read(length)

    def _json(self) -> Iterator[bytes]:
        head = msgspec.json.format(msgspec.json.encode({**self._head(), "stories": [PLACE]}), indent=1)
        before, _, after = head.partition(json.dumps(PLACE).encode())
        yield before
        for number, encoded in enumerate(self._stories()):
            yield b",\n  " if number else b""
            yield msgspec.json.format(encoded, indent=1).replace(b"\n", b"\n  ")
        yield after + b"\n"

    def _html(self) -> Iterator[bytes]:
        before, _, after = freeze({**self._head(), "stories": [PLACE]}).partition(json.dumps(PLACE))
        yield before.encode()
        for number, encoded in enumerate(self._stories()):
            yield b"," if number else b""
            yield inlined(encoded)
        yield after.encode()

    def _head(self) -> dict[str, Any]:
        findings = [finding for told in self._told for finding in told.findings]
        met = sum(finding["met"] for finding in findings)
        verdicts = [told.verdict for told in self._told]
        title = self._told[0].title if len(self._told) == 1 else f"{len(self._told)} stories"
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "title": title,
            "tool": TOOL,
            "command": self._command,
            "masked": sorted({word for told in self._told for word in told.masked}),
            "verdict": next((bad for bad in (Verdict.UNREACHABLE, Verdict.FAILED) if bad in verdicts), Verdict.MET),
            "totals": {
                "stories": len(self._told),
                "expectations": len(findings),
                "met": met,
                "failed": len(findings) - met,
            },
        }


def put(path: Path, content: Iterable[bytes]) -> str:
    """Write a file whole or not at all: a link at its name is replaced, never followed."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            for piece in content:
                file.write(piece)
        except BaseException:
            Path(file.name).unlink()
            raise
    Path(file.name).chmod(0o666 & ~_umask())
    Path(file.name).replace(path)
    return str(path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
