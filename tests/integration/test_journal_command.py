"""``zuora-simulator state``: out of a file and into another, smaller, and without secrets."""

import json
from pathlib import Path
from typing import Any

import pytest

from simulator import Simulator
from simulator.cli import main

URL = "https://127.0.0.1:9/hook"
PASSWORD = "correct-horse-battery"


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "state.db")


async def filled(path: str) -> tuple[list[str], tuple[Any, ...]]:
    """A life with secrets in it; what they are, and what happened."""
    async with Simulator(state=path, delivery="collect", answers=[401, 503, 200, 200], seed=5) as zuora:
        zuora.notify(
            "Async Request Succeeded", URL, username="u", password=PASSWORD, headers={"X-Api-Key": "k3y-of-mine"}
        )
        zuora.notify("Async Request Succeeded", f"{URL}?access_token=in-the-query")
        token = zuora.headers["Authorization"].partition(" ")[2]
        for _ in range(3):
            zuora.fire("Async Request Succeeded")
        await zuora.settle()
        await zuora.advance(minutes=5)
        cloud = zuora.marketing_cloud.token
        return [PASSWORD, token, cloud, "k3y-of-mine", "in-the-query"], seen(zuora)


def seen(zuora: Simulator) -> tuple[Any, ...]:
    return zuora.requests, zuora.callouts, zuora.now, zuora.instance.engine.next_due


async def again(path: str) -> tuple[Any, ...]:
    async with Simulator(state=path, delivery="collect") as zuora:
        return seen(zuora)


async def test_an_export_holds_no_secrets(path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not where they stand by name, and nowhere else: it may be attached to a bug report."""
    secrets, _ = await filled(path)
    assert main(["state", "export", path]) == 0
    text = capsys.readouterr().out
    for secret in secrets:
        assert secret not in text
    assert json.loads(text.splitlines()[0])["secrets"] is False
    assert main(["state", "export", path, "--with-secrets"]) == 0
    text = capsys.readouterr().out
    for secret in secrets:
        assert secret in text


async def test_an_export_is_imported_again(path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With its secrets it is the same state; without them it is the same history."""
    _, before = await filled(path)
    out, other, masked = (str(tmp_path / name) for name in ("export", "other.db", "masked.db"))
    assert main(["state", "export", path, "--with-secrets", "--out", out]) == 0
    assert main(["state", "import", out, other]) == 0
    assert await again(other) == before
    assert main(["state", "export", path, "--out", out + "2"]) == 0
    assert main(["state", "import", out + "2", masked]) == 0
    assert "without secrets" in capsys.readouterr().err
    requests, callouts, now, due = await again(masked)
    assert (requests, now, due) == (before[0], before[2], before[3])
    assert [it.id for it in callouts] == [it.id for it in before[1]]


async def test_nothing_is_written_over(path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither by an import nor by an export."""
    await filled(path)
    out = str(tmp_path / "export")
    assert main(["state", "export", path, "--out", out]) == 0
    assert main(["state", "export", path, "--out", out]) == 2
    assert main(["state", "import", out, path]) == 2
    assert "exists" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "hello\n", "[]\n", '{"export": "zuora-simulator state", "format": 99}\n'])
def test_what_is_no_export_is_said_to_be_none(
    tmp_path: Path, path: str, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And makes no file."""
    wrong = tmp_path / "wrong"
    wrong.write_text(content)
    assert main(["state", "import", str(wrong), path]) == 2
    assert "is no export of a state file" in capsys.readouterr().err
    assert not Path(path).exists()


async def test_a_compacted_file_is_the_same_state(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    """To the byte of every request that was sent, and with what is to come."""
    _, before = await filled(path)
    assert main(["state", "compact", path]) == 0
    assert "bytes before" in capsys.readouterr().out
    assert await again(path) == before
    async with Simulator(state=path, delivery="collect", answers=[503]) as zuora:
        new = zuora.fire("Async Request Succeeded")
        assert new not in {callout.event_id for callout in before[1]}
        await zuora.drain()
        after = seen(zuora)
    assert main(["state", "compact", path]) == 0
    assert await again(path) == after
    assert main(["state", "compact", path, "--retain", "1"]) == 0
    assert len((await again(path))[1]) == 1


async def test_info_says_what_is_there(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    """For a person, and as JSON."""
    await filled(path)
    assert main(["state", "info", path, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["seed"] == 5
    assert told["definitions"] == 2
    assert sum(told["callouts"].values()) == 6
    assert main(["state", "info", path]) == 0
    assert "2026-01-01T00:05" in capsys.readouterr().out


async def test_a_file_in_use_is_left_alone(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Stop the server first."""
    async with Simulator(state=path):
        for command in ("info", "export", "compact"):
            assert main(["state", command, path]) == 2
            assert "in use by another process" in capsys.readouterr().err
    assert main(["state", "info", path + ".none"]) == 2
