"""The journal's file: an SQLite database of batches of rows, held by one process, and every way in which it can fail us.

It alone knows SQLite, and translates its errors once. A file that is not to be used is not touched. One commit is one
statement with one value: SQLite lets go of the interpreter at each statement, and coming back may take 5 ms.

``synchronous=NORMAL`` in WAL mode: what was committed outlasts the process whatever ends it, since the system then holds
it; a power failure may cost the last commits, and never more. A simulator needs no more, and FULL would ask the disk for
a flush (1 to 10 ms) with every group.
"""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
from msgspec import Struct

from simulator.core.errors import AuthorError, NotKept
from simulator.runtime.journal.rows import FORMAT, Row, decode

MAGIC = b"SQLite format 3\x00"
OURS = 0x5A53494D
"""The application id in the file's header: "ZSIM"."""

HEADER = 100
SCHEMA = "CREATE TABLE batches (number INTEGER PRIMARY KEY, at TEXT NOT NULL, sum INTEGER NOT NULL, rows BLOB NOT NULL)"
Connect = Callable[[str], sqlite3.Connection]


class Batch(Struct, frozen=True):
    """Rows that were committed together, and the simulator's instant then."""

    number: int
    at: datetime
    rows: tuple[Row, ...]


def connect(path: str) -> sqlite3.Connection:
    """As `File` wants it: used by one thread at a time, no waiting for another process, no transaction but its own."""
    return sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)


class File:
    """An open journal; no other process can open it meanwhile. Raises AuthorError for a file that cannot be used."""

    def __init__(self, path: str, seed: int, *, connect: Connect = connect) -> None:
        self.path = path
        if is_new(path):
            _create(path, seed, connect)
        self._connection = _Guarded(path, lambda: connect(path))
        try:
            self._connection.do("PRAGMA locking_mode=EXCLUSIVE")
            self._connection.do("PRAGMA journal_mode=WAL")
            self._connection.do("PRAGMA synchronous=NORMAL")
            self._connection.do("BEGIN IMMEDIATE")
            self._connection.do("UPDATE about SET value = value WHERE name = 'seed'")  # proves that it can be written
            self._connection.do("COMMIT")
            self._next = (self._connection.one("SELECT max(number) FROM batches") or 0) + 1
            self.seed = int(self._connection.one("SELECT value FROM about WHERE name = 'seed'"))
        except BaseException:
            self._connection.close()
            raise

    def batches(self) -> Iterator[Batch]:
        """All that was committed, in order. Raises AuthorError at the first batch that is damaged or missing."""
        rows = self._connection.do("SELECT number, at, sum, rows FROM batches ORDER BY number")
        expected = 0
        while (found := self._connection.next_of(rows)) is not None:
            expected += 1
            yield _batch(self.path, expected, *found)

    def append(self, batch: bytes, at: datetime) -> None:
        """Commit a batch. Raises NotKept."""
        try:
            self._connection.do(
                "INSERT INTO batches VALUES (?, ?, ?, ?)", (self._next, at.isoformat(), crc32(batch), batch)
            )
        except AuthorError as error:
            raise NotKept(str(error)) from error
        self._next += 1

    def close(self) -> None:
        """Let go of the file, and leave it in one piece."""
        self._connection.close()


class _Guarded:
    """A connection whose errors are told in words that name the file and what to do."""

    def __init__(self, path: str, connect: Callable[[], sqlite3.Connection]) -> None:
        self._path = path
        try:
            self._connection = connect()
        except sqlite3.Error as error:
            raise AuthorError(_words(path, error)) from error

    def do(self, statement: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise AuthorError(_words(self._path, error)) from error

    def next_of(self, cursor: sqlite3.Cursor) -> Any:
        try:
            return cursor.fetchone()
        except sqlite3.Error as error:
            raise AuthorError(_words(self._path, error)) from error

    def one(self, statement: str) -> Any:
        found = self.next_of(self.do(statement))
        return found[0] if found else None

    def close(self) -> None:
        self._connection.close()


def is_new(path: str) -> bool:
    """Whether there is nothing at ``path`` yet. Raises AuthorError for what is there and is no journal of this format.

    It reads the header's bytes: to have SQLite open a file may already change it.
    """
    try:
        with Path(path).open("rb") as file:
            header = file.read(HEADER)
    except FileNotFoundError:
        return True
    except OSError as error:
        raise AuthorError(f"the state file {path} cannot be read: {error.strerror}") from error
    if not header:
        return True
    if not header.startswith(MAGIC) or len(header) < HEADER:
        raise AuthorError(f"{path} is not a state file, or the beginning of it is damaged; it was left as it is")
    version, application = int.from_bytes(header[60:64], "big"), int.from_bytes(header[68:72], "big")
    if application != OURS:
        raise AuthorError(f"{path} is a database of another program; it was left as it is")
    if version != FORMAT:
        raise AuthorError(
            f"{path} has format {version}, and this version reads format {FORMAT}; it was left as it is. Let the version "
            "that wrote it run `state export`, and this one `state import`"
        )
    return False


def _create(path: str, seed: int, connect: Connect) -> None:
    """Make an empty journal: beside its place, and moved there when it is whole."""
    made = f"{path}.new"
    try:
        Path(made).unlink(missing_ok=True)
        Path(made).touch(mode=0o600)  # it will hold credentials
    except OSError as error:
        raise AuthorError(f"the state file {path} cannot be made: {error.strerror}") from error
    try:
        connection = _Guarded(path, lambda: connect(made))
        try:
            for statement in (
                f"PRAGMA application_id={OURS}",
                f"PRAGMA user_version={FORMAT}",
                "BEGIN",
                SCHEMA,
                "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
            ):
                connection.do(statement)
            connection.do("INSERT INTO about VALUES ('seed', ?)", (str(seed),))
            connection.do("COMMIT")
        finally:
            connection.close()
        Path(made).replace(path)
    except BaseException:
        Path(made).unlink()
        raise


def _batch(path: str, expected: int, number: int, at: str, total: int, rows: bytes) -> Batch:
    if number != expected or crc32(rows) != total:
        raise AuthorError(f"the state file {path} is damaged at batch {expected}; it was left as it is")
    try:
        return Batch(number, datetime.fromisoformat(at), decode(rows))
    except (msgspec.MsgspecError, ValueError) as error:
        raise AuthorError(
            f"the state file {path} is damaged at batch {number} ({error}); it was left as it is"
        ) from error


def _words(path: str, error: sqlite3.Error) -> str:
    text = str(error)
    for part, words in (
        ("locked", "is in use by another process; end that one, or name another file"),
        ("readonly", "cannot be written: it, or its folder, is read-only"),
        ("unable to open", "cannot be opened: its folder is missing, or is read-only"),
        ("full", "cannot be written: the disk is full. What was accepted before is kept"),
        ("disk I/O", "cannot be written: the disk failed. What was accepted before is kept"),
        ("malformed", "is damaged; it was left as it is"),
        ("not a database", "is damaged, or is no state file; it was left as it is"),
    ):
        if part in text:
            return f"the state file {path} {words} (SQLite: {text})"
    return f"the state file {path} failed (SQLite: {text})"
