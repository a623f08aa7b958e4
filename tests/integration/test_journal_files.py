"""A state file that cannot be used, or stops being usable, is said to be so and is left as it is.

And a write that fails, whichever it is: nothing is accepted that is not on disk.
"""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from simulator import Simulator
from simulator.core.errors import AuthorError, NotKept
from simulator.instance import Instance
from simulator.options import Options
from simulator.runtime.journal import file as journal_file
from simulator.runtime.journal.file import File

RecordProperty = Callable[[str, object], None]

URL = "https://127.0.0.1:9/hook"


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "state.db")


def content_of(path: str) -> bytes:
    return Path(path).read_bytes()


def fill(path: str, content: bytes | bytearray) -> None:
    Path(path).write_bytes(content)


def mode_of(path: str) -> int:
    return Path(path).stat().st_mode & 0o777


async def filled(path: str) -> None:
    async with Simulator(state=path, delivery="collect", answers=[503]) as zuora:
        zuora.notify("Async Request Succeeded", URL)
        zuora.fire("Async Request Succeeded")
        await zuora.settle()


async def refused(path: str) -> str:
    """What is said of a file that cannot be used."""
    with pytest.raises(AuthorError) as caught:
        async with Simulator(state=path):
            pass
    message = str(caught.value)
    assert path in message
    return message


async def test_a_second_process_is_refused(path: str) -> None:
    """Two on one file would each undo what the other keeps."""
    async with Simulator(state=path):
        assert "in use by another process" in await refused(path)
    async with Simulator(state=path):
        """Once the first has ended, the file is free."""


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"not a database, but a text of more than a hundred bytes" * 3, "is not a state file"),
        (b"SQLite format 3\x00", "is not a state file, or the beginning of it is damaged"),
    ],
)
async def test_what_is_no_state_file_is_left_as_it_is(path: str, content: bytes, says: str) -> None:
    """Somebody may have named the wrong file."""
    fill(path, content)
    assert says in await refused(path)
    assert content_of(path) == content


async def test_the_database_of_another_program_is_left_as_it_is(path: str) -> None:
    """Not even its journal mode is changed."""
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (a)")
    other.close()
    content = content_of(path)
    assert "a database of another program" in await refused(path)
    assert content_of(path) == content


@pytest.mark.parametrize("number", [99, 0x01000001])
async def test_another_format_is_named(path: str, number: int) -> None:
    """With what to do about it."""
    await filled(path)
    content = bytearray(content_of(path))
    content[60:64] = number.to_bytes(4, "big")
    fill(path, content)
    message = await refused(path)
    assert f"format {number}," in message
    assert "state export" in message
    assert content_of(path) == content


@pytest.mark.parametrize(
    "statement",
    ["UPDATE batches SET rows = substr(rows, 1, 10) WHERE number = 2", "DELETE FROM batches WHERE number = 1"],
)
async def test_damage_is_found(path: str, statement: str) -> None:
    """A batch that was changed or is missing: what follows from it cannot be trusted."""
    await filled(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute(statement).rowcount == 1
    connection.close()
    content = content_of(path)
    assert "damaged at batch" in await refused(path)
    assert content_of(path) == content


async def test_pages_that_are_damaged_are_found(path: str) -> None:
    """Whatever SQLite makes of them, it is told as damage."""
    await filled(path)
    content = bytearray(content_of(path))
    content[4096 : len(content)] = b"\xa5" * (len(content) - 4096)
    fill(path, content)
    assert "damaged" in await refused(path)


async def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    """Nothing is made on the way."""
    assert "cannot be made" in await refused(str(tmp_path / "none" / "state.db"))
    assert not (tmp_path / "none").exists()
    assert "cannot be read" in await refused(str(tmp_path))


async def test_a_read_only_file_is_refused(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is accepted that could not be kept."""
    await filled(path)
    before = content_of(path)

    def read_only(path: str) -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA query_only=ON")
        return connection

    with pytest.raises(AuthorError, match="read-only"):
        File(path, 0, connect=read_only)
    assert content_of(path) == before


async def test_a_new_file_is_for_its_owner(path: str) -> None:
    """It holds credentials."""
    await filled(path)
    assert mode_of(path) == 0o600


class Failing:
    """A connection whose n-th write fails, and all after it."""

    def __init__(self, path: str, nth: int, message: str) -> None:
        self.connection = journal_file.connect(path)
        self.left = nth
        self.message = message

    def execute(self, statement: str, values: Any = ()) -> sqlite3.Cursor:
        if statement.startswith("INSERT INTO batches"):
            self.left -= 1
            if self.left < 0:
                raise sqlite3.OperationalError(self.message)
        return self.connection.execute(statement, values)

    def close(self) -> None:
        self.connection.close()


async def story(path: str, nth: int, message: str) -> tuple[list[str], bool]:
    """Requests are made and delivered until a write fails; the ids that were acknowledged, and whether one did."""
    accepted: list[str] = []
    zuora = Simulator(state=path, delivery="collect", answers=[503, 200])
    state = zuora.instance.state
    assert state is not None
    state._connect = lambda path: Failing(path, nth, message)  # type: ignore[assignment, return-value]  # a shim
    async with zuora, aiohttp.ClientSession() as http:
        zuora.notify("Async Request Succeeded", URL)
        for number in range(3):
            async with http.post(
                f"{zuora.url}/v1/async/accounts", json={"name": str(number)}, headers=zuora.headers
            ) as answer:
                assert answer.status in (202, 503)
                if answer.status == 202:
                    accepted.append((await answer.json())["requestId"])
                else:
                    assert message in await answer.text()
            with suppress(NotKept):
                await zuora.advance(minutes=20)
        failed = bool(zuora.instance.dispatcher.broken)
    return accepted, failed


@pytest.mark.parametrize("message", ["disk I/O error", "database or disk is full"])
async def test_whichever_write_fails_nothing_accepted_is_lost(
    tmp_path: Path, message: str, record_property: RecordProperty
) -> None:
    """For every n: each request that got a 202 is there after a restart, and comes to its end."""
    for nth in range(1, 100):
        path = str(tmp_path / f"{nth}.db")
        accepted, failed = await story(path, nth, message)
        async with Simulator(state=path, delivery="collect") as zuora:
            await zuora.drain()
            assert {request.id for request in zuora.requests} >= set(accepted)
            assert all(request.state == "succeeded" for request in zuora.requests)
            told = {callout.request_id: callout.outcome for callout in zuora.callouts}
            assert all(told[request_id] == "delivered" for request_id in accepted)
        if not failed:
            assert nth > 5, "there was something to fail"
            record_property("cases", nth - 1)
            return
    raise AssertionError("the story has no end")


async def test_a_full_disk_ends_the_acceptance_and_not_the_file(path: str) -> None:
    """SQLite's own word for it; reading goes on, and so does the file when there is room again."""

    def small(path: str) -> sqlite3.Connection:
        connection = journal_file.connect(path)
        connection.execute("PRAGMA max_page_count=20")
        return connection

    zuora = Simulator(state=path, delivery="collect")
    assert zuora.instance.state is not None
    zuora.instance.state._connect = small
    accepted, status = 0, 202
    async with zuora, aiohttp.ClientSession() as http:
        while status == 202:
            async with http.post(
                f"{zuora.url}/v1/async/accounts", json={"name": "a" * 5_000}, headers=zuora.headers
            ) as answer:
                status = answer.status
                accepted += status == 202
        assert status == 503
        async with http.get(f"{zuora.url}/_simulator/requests") as answer:
            assert answer.status == 200
    async with Simulator(state=path, delivery="collect") as zuora:
        assert len(zuora.requests) == accepted > 0


def test_what_was_begun_beside_is_no_state_file(path: str) -> None:
    """A process that was killed while it made its file leaves none in its place."""
    Path(f"{path}.new").write_bytes(b"half of it")
    File(path, 3).close()
    assert not Path(f"{path}.new").exists()
    assert Instance(Options(state=path)).options.seed == 3


def test_an_empty_file_becomes_one(path: str) -> None:
    """As `mktemp` makes it; what it then is stands in its header, for programs such as `file`."""
    Path(path).touch()
    File(path, 3).close()
    content = content_of(path)
    assert (content[60:64], content[68:72]) == ((1).to_bytes(4, "big"), b"ZSIM")
    File(path, 0).close()


def test_what_sqlite_says_is_told_where_there_are_no_words_for_it(path: str) -> None:
    """With the file's name."""

    def odd(path: str) -> sqlite3.Connection:
        raise sqlite3.OperationalError("something odd")

    with pytest.raises(AuthorError) as raised:
        File(path, 3, connect=odd)
    assert str(raised.value) == f"the state file {path} failed (SQLite: something odd)"
    assert not list(Path(path).parent.iterdir()), "what was begun is not left behind"


def test_nobody_waits_for_another_process(path: str) -> None:
    """It may hold the file for days."""
    connection = journal_file.connect(path)
    assert connection.execute("PRAGMA busy_timeout").fetchone() == (0,)
    connection.close()
