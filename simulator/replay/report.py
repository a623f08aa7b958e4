"""What a run leaves behind: ``report.json`` (the same bytes for the same seed and receiver) and its three companions.

It alone decides the shape of a report, and what in it is masked or taken out because it differs from run to run.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import Any

import msgspec
from msgspec import Struct

import simulator
from simulator.console.freeze import freeze, inlined
from simulator.core.errors import AuthorError
from simulator.masking import MASK
from simulator.records import CalloutRecord
from simulator.replay.junit import junit_xml
from simulator.replay.run import Played, Verdict
from simulator.replay.source import Story
from simulator.replay.story import Definition

SCHEMA = "zuora-simulator/report"
VERSION = 1
TOOL = {"name": "zuora-simulator", "version": simulator.__version__}

PLACE = "@@ the stories stand here @@"

SHORTEST_SECRET = 4
"""Shorter values are masked where they stand under a telling key, and not looked for elsewhere: every word has them."""

_SECRET_KEYS = re.compile(
    r"""(?i)(['"]?(?:password|clientSecret|hmacSecret|authorization)['"]?[ ]*:[ ]*)"""
    r"""("[^"\n]*"|'[^'\n]*'|[^\s,}\]'"$][^,}\]\n]*)"""
)
_DATE = "date"


class Told(Struct, frozen=True):
    """One story as it stands in a report, but for its body, which is kept aside; and what only the timings know."""

    verdict: Verdict
    title: str
    file: str
    findings: tuple[Mapping[str, Any], ...]
    masked: tuple[str, ...]
    timings: Mapping[str, Any]


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
        yield (
            "junit.xml",
            iter([junit_xml((told.title, told.file, told.verdict, told.findings) for told in self._told)]),
        )
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


def tell(played: Played, seconds: float, secrets: Iterable[str] = ()) -> tuple[Told, bytes]:
    """A story as a report shows it, masked, and the JSON of it."""
    story = played.story
    dates: list[str] = []
    callouts = [_without_dates(msgspec.to_builtins(callout), dates) for callout in played.callouts]
    settings = dict(played.settings)
    findings = tuple(msgspec.to_builtins(finding) for finding in played.findings)
    plain = {
        "title": story.scenario.title,
        "file": story.path,
        "hash": f"sha256:{story.digest}",
        "text": _SECRET_KEYS.sub(_masked_value, story.text),
        "seed": played.seed,
        "settings": {key: value for key, value in settings.items() if key != "origins"},
        "origins": settings.get("origins", {}),
        "verdict": played.verdict,
        "detail": played.detail,
        "clock": {"start": played.started, "now": played.ended},
        "requests": played.requests,
        "callouts": callouts,
        "definitions": played.definitions,
        "deduplication": [_deduplication(callout) for callout in played.callouts],
        "expectations": findings,
    }
    words, masked = _replacements(story, played.addresses, secrets)
    encoded = _replaced(msgspec.json.encode(plain).decode(), words).encode()
    shown = json.loads(_replaced(json.dumps(findings), words))
    timings = {"file": story.path, "seconds": round(seconds, 3), "dates": dates}
    return Told(played.verdict, story.scenario.title, story.path, tuple(shown), masked, timings), encoded


def _masked_value(match: re.Match[str]) -> str:
    return match[0] if match[2].strip("'\"").startswith("${env:") else f"{match[1]}{MASK}"


def _deduplication(callout: CalloutRecord) -> dict[str, Any]:
    """What a receiver has to tell apart: one notification, and every request that carried it."""
    sent = [exchange for attempt in callout.attempts for exchange in attempt.exchanges if exchange.purpose == "callout"]
    return {
        "notificationId": callout.notification_id,
        "event": callout.event,
        "requests": len(sent),
        "requestIds": [exchange.request_id for exchange in sent],
        "duplicates": sum(exchange.duplicate for exchange in sent),
        "answered200": sum(exchange.status == 200 for exchange in sent),
        "bodies": len({exchange.body for exchange in sent}),
    }


def _without_dates(callout: dict[str, Any], dates: list[str]) -> dict[str, Any]:
    """A callout without the `Date` headers of the receiver's answers, which are moved to ``dates``."""
    for attempt in callout["attempts"]:
        for exchange in attempt["exchanges"]:
            headers = exchange["responseHeaders"]
            dates += [value for name, value in headers if name.lower() == _DATE]
            exchange["responseHeaders"] = [pair for pair in headers if pair[0].lower() != _DATE]
    return callout


def _replacements(
    story: Story, addresses: Mapping[str, str], secrets: Iterable[str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """What stands for what in a report, and the list of what was masked."""
    words = dict(addresses)
    masked = set()
    for value in (*_credentials(story), *secrets):
        masked.add("credentials")
        if len(value) >= SHORTEST_SECRET:
            words[value] = MASK
    for value, reference in story.secrets.items():
        if value in words or (len(value) >= SHORTEST_SECRET and not value.isdigit()):
            masked.add(reference)
            words[value] = reference
    # The longest first: one secret may be a part of another.
    return dict(sorted(words.items(), key=lambda pair: -len(pair[0]))), tuple(sorted(masked))


def _credentials(story: Story) -> list[str]:
    """Every value of a story that stands under a key for secrets."""
    scenario = story.scenario
    found = [scenario.receiver.password]
    for one in scenario.definitions:
        if isinstance(one, Definition):
            found.append(one.password)
            found.append(one.oauth.client_secret if one.oauth else None)
            found.append(one.hmac.hmac_secret if one.hmac else None)
    return [value for value in found if value]


def _replaced(text: str, words: Mapping[str, str]) -> str:
    """JSON text with each word replaced, as it is spelt inside JSON."""
    for value, word in words.items():
        for spelling in {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}:
            text = text.replace(spelling, json.dumps(word)[1:-1])
    return text
