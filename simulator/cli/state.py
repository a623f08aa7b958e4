"""``zuora-simulator state``: what a state file holds, out of it and into another, and smaller.

It words and masks; what a file is the journal knows. An export is JSON, one line for what was committed together; it
holds no secrets unless they are asked for: what stands under a telling name is replaced, wherever else it occurs too.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from simulator.core.errors import AuthorError
from simulator.core.model import Phase
from simulator.masking import MASK, is_secret, mask_body, mask_url
from simulator.runtime.journal.file import File, is_new
from simulator.runtime.journal.rows import FORMAT, Row, encode, joined
from simulator.runtime.journal.text import plain, row_of

HEADER_LINE = re.compile(r"^([\w-]+):\s*(.*?)(\r?)$", re.MULTILINE)
SHORTEST = 6
"""A secret with fewer characters is only masked where it stands under its name: elsewhere it may be a word."""

FILE = click.Path(dir_okay=False)


@click.group(epilog="Example: zuora-simulator state info zuora.db")
def state() -> None:
    """Look into a state file, export it, import it, compact it. No simulator may be running on it."""


@state.command(epilog="Example: zuora-simulator state info zuora.db")
@click.argument("file", type=FILE)
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
def info(file: str, style: str) -> int:
    """Say what FILE holds."""
    told = _described(file)
    if style == "json":
        click.echo(json.dumps(told))
        return 0
    for name, value in told.items():
        words = ", ".join(f"{number} {what}" for what, number in value.items()) if isinstance(value, dict) else value
        click.echo(f"  {name:<14} {words if words != '' else 'none'}")
    return 0


@state.command(epilog="Example: zuora-simulator state export zuora.db --out zuora.jsonl")
@click.argument("file", type=FILE)
@click.option("--out", "-o", type=FILE, help="Write to this file and not to the terminal.")
@click.option("--with-secrets", is_flag=True, help="Keep passwords, tokens and the like; without, they are ******.")
def export(file: str, out: str | None, with_secrets: bool) -> int:
    """Write what FILE holds as lines of JSON."""
    lines = exported(file, with_secrets=with_secrets)
    if out is None:
        for line in lines:
            click.echo(line)
        return 0
    try:
        with Path(out).open("x", encoding="utf-8") as target:
            Path(out).chmod(0o600)
            target.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise AuthorError(f"{out} cannot be written: {error.strerror}") from error
    return 0


@state.command(name="import", epilog="Example: zuora-simulator state import zuora.jsonl zuora.db")
@click.argument("exported", type=click.Path(dir_okay=False, exists=True))
@click.argument("file", type=FILE)
def import_(exported: str, file: str) -> int:
    """Make FILE, which must not exist, from an export."""
    if not is_new(file):
        raise AuthorError(f"{file} exists; an import makes a new file")
    try:
        secrets = _import(Path(exported).read_text("utf-8").splitlines(), file)
    except (msgspec.MsgspecError, ValueError, TypeError, KeyError) as error:
        Path(file).unlink(missing_ok=True)
        raise AuthorError(f"{exported} is no export of a state file ({error})") from error
    if not secrets:
        click.echo(
            "The export was made without secrets: credentials are ****** and clients must log in again.", err=True
        )
    return 0


@state.command(epilog="Example: zuora-simulator state compact zuora.db --retain 1000")
@click.argument("file", type=FILE)
@click.option("--retain", type=click.IntRange(min=0), help="Keep only so many finished requests and callouts.")
def compact(file: str, retain: int | None) -> int:
    """Write FILE anew without what later rows have overtaken."""
    from simulator.snapshot import compacted

    if is_new(file):
        raise AuthorError(f"there is no state file {file}")
    before, after = compacted(file, retain)
    click.echo(f"{file}: {before:,} bytes before, {after:,} after")
    return 0


def exported(path: str, *, with_secrets: bool) -> Iterator[str]:
    """The lines of an export."""
    with _Opened(path) as file:
        header = {"export": "zuora-simulator state", "format": FORMAT, "seed": file.seed, "secrets": with_secrets}
        yield json.dumps(header)
        secrets = set() if with_secrets else {one for batch in file.batches() for one in _secrets(batch.rows)}
        hidden = re.compile("|".join(map(re.escape, sorted(secrets, key=len, reverse=True)))) if secrets else None
        for batch in file.batches():
            rows = [plain(row) for row in batch.rows]
            if not with_secrets:
                rows = [_masked("", row) for row in rows if row.get("shelf") != "grants"]
            line = json.dumps({"at": batch.at.isoformat(), "rows": rows}, ensure_ascii=False)
            yield hidden.sub(MASK, line) if hidden else line


def _secrets(rows: tuple[Row, ...]) -> Iterator[str]:
    """The values that stand under a telling name, and all tokens."""
    for row in map(plain, rows):
        if row.get("shelf") == "grants":
            yield row["key"]
        yield from _found("", row)


def _found(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _found(key, one)
    elif isinstance(value, list):
        for one in value:
            yield from _found(name, one)
    elif isinstance(value, str) and len(value) >= SHORTEST and _hides(name) and "://" not in value:
        yield value


def _hides(name: str) -> bool:
    return is_secret(name) or name == "hmacKey"


def _masked(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _masked(name if key == "$text" else key, one) for key, one in value.items()}
    if isinstance(value, list):
        return [_masked(name, one) for one in value]
    if not isinstance(value, str):
        return value
    if name == "head":
        return HEADER_LINE.sub(_header, mask_url(value))
    if _hides(name) and "://" not in value:
        return MASK if value else value
    return mask_url(value) if value.startswith(("http://", "https://", "/")) else mask_body(value)


def _header(line: re.Match[str]) -> str:
    name, value, end = line.groups()
    return f"{name}: {MASK if is_secret(name) else value}{end}"


def _import(lines: list[str], path: str) -> bool:
    header = json.loads(lines[0]) if lines else {}
    if not isinstance(header, dict) or header.get("export") != "zuora-simulator state":
        raise ValueError("its first line says something else")
    if header["format"] != FORMAT:
        raise ValueError(f"it has format {header['format']}, and this version reads format {FORMAT}")
    batches = [msgspec.json.decode(line, type=_Line) for line in lines[1:]]
    rows = [(batch.at, [encode(row_of(row)) for row in batch.rows]) for batch in batches]
    file = File(path, int(header["seed"]))
    try:
        for at, encoded in rows:
            file.append(joined(encoded), at)
    finally:
        file.close()
    return bool(header["secrets"])


class _Line(msgspec.Struct):
    at: datetime
    rows: list[dict[str, Any]]


class _Opened:
    """A file that is there, and let go of afterwards."""

    def __init__(self, path: str) -> None:
        if is_new(path):
            raise AuthorError(f"there is no state file {path}")
        self._file = File(path, 0)

    def __enter__(self) -> File:
        return self._file

    def __exit__(self, *error: object) -> None:
        self._file.close()


def _described(path: str) -> dict[str, Any]:
    from simulator.instance import Instance
    from simulator.options import Options

    if is_new(path):
        raise AuthorError(f"there is no state file {path}")
    size = Path(path).stat().st_size
    instance = Instance(Options(state=path))
    kept = instance.state
    assert kept is not None  # noqa: S101 - a file was named
    kept.recall()
    kept.release()
    ledger = instance.engine.ledger
    phases = Counter(
        "waiting" if it.phase in (Phase.READY, Phase.SENDING) else it.phase.value for it in ledger.deliveries.values()
    )
    return {
        "file": path,
        "format": FORMAT,
        "bytes": size,
        "seed": instance.options.seed,
        "instant": instance.clock.now.isoformat(),
        "taken up": f"{kept.life - 1} times",
        "requests": dict(Counter(job.phase.value for job in ledger.jobs.values())),
        "callouts": dict(phases),
        "attempts": sum(map(len, ledger.attempts.values())),
        "definitions": sum(len(tenant.definitions) for tenant in instance.tenants),
        "tokens": len(instance.tenants.grants) + len(instance.cloud.tenants.grants),
    }
