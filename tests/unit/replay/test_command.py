"""`zuora-simulator replay` and its kin: what is printed, where it goes, and the exit code."""

import json
from pathlib import Path

import pytest

from simulator.cli import main
from simulator.receiver import Receiver

MET = """\
title: Two tries
seed: 7
receiver: {answers: [503, 200]}
definitions: [Payment Declined]
steps:
  - fire: {event: Payment Declined}
  - advance: 30m
expect:
  - {event: Payment Declined, codes: [503, 200], outcome: delivered}
"""
MISSED = MET.replace("[503, 200], outcome: delivered", "[503, 503]").replace("Two tries", "A miss")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-miss.yaml").write_text(MISSED)
    (tmp_path / "b-met.yaml").write_text(MET)
    return tmp_path


def test_met(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each attempt, one for each expectation, a closing verdict, exit code 0."""
    assert main(["replay", "b-met.yaml", "--report", "out"]) == 0
    printed = capsys.readouterr().out
    assert "attempt 1/3   503  503 is in Zuora's retry list" in printed
    assert "+30m  Payment Declined  attempt 2/3   200" in printed
    assert "1 story, 1 expectation: all met" in printed
    assert (folder / "out" / "report.html").exists()


def test_missed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Expected against actual, exit code 1; without --keep-going the first miss is the last story."""
    assert main(["replay", "."]) == 1
    printed = capsys.readouterr().out
    assert "expected codes [503, 503]" in printed
    assert "actual   codes [503, 200]" in printed
    assert "a-miss.yaml:9" in printed
    assert "1 story not played; --keep-going plays them too" in printed
    assert main(["replay", ".", "--keep-going"]) == 1
    assert "2 stories, 2 expectations: 1 story not met" in capsys.readouterr().out
    assert main(["replay", ".", "--only", "two tries"]) == 0


def test_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All faults of all files, one a line and nothing else, exit code 2, nothing sent."""
    (folder / "c-typo.yaml").write_text(MET.replace("codes", "cods"))
    (folder / "d-typo.yaml").write_text(MET.replace("advance: 30m", "advance: 30"))
    assert main(["replay", "."]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "c-typo.yaml:9:31: unknown key 'cods', did you mean 'codes'?",
        "d-typo.yaml:7:14: 30 needs a unit: a duration is written 30s, 30m or 30h",
    ]
    assert main(["replay", "b-met.yaml", "--target", "staging.example"]) == 2
    assert main(["replay", "b-met.yaml", "--only", "nothing"]) == 2
    assert main(["replay", "none.yaml"]) == 2
    assert "none.yaml: there is no such file" in capsys.readouterr().err


def test_unreachable(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A target that nobody answers for: exit code 3, and the reason."""
    with Receiver.threaded(200) as receiver:
        url = receiver.url
    assert main(["replay", "b-met.yaml", "--target", url]) == 3
    assert "connection refused; is the application started?" in capsys.readouterr().out


def test_json_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every line is a JSON object."""
    assert main(["replay", "b-met.yaml", "--format", "json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["story", "attempt", "attempt", "expectation", "verdict", "end"]
    assert lines[1]["responseCode"] == 503


def test_target(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The target takes the place of the story's receiver, its credentials in the URL are used and masked."""
    with Receiver.threaded([503, 200], basic_auth=("user", "secret-word")) as receiver:
        url = receiver.url.replace("://", "://user:secret-word@")
        assert main(["replay", "b-met.yaml", "--target", url, "--report", "out"]) == 0
    report = (folder / "out" / "report.json").read_text()
    assert "secret-word" not in report
    assert "--target" in json.loads(report)["command"]


def test_schema_and_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The schema is JSON; `scenario check` reads without playing."""
    assert main(["scenario", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$defs"]["Scenario"]["required"] == ["title"]
    assert main(["scenario", "check", "."]) == 0
    assert capsys.readouterr().out.splitlines() == ["a-miss.yaml: A miss", "b-met.yaml: Two tries"]


def test_examine(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A mark for each question; 1 where one failed, 3 where nobody answers."""
    with Receiver.threaded(201) as receiver:
        url = receiver.url
        assert main(["examine", url, "--patience", "2s"]) == 1
    printed = capsys.readouterr().out
    assert "failed        It answers exactly 200" in printed
    assert "means: Zuora takes 200 alone for success." in printed
    assert "not examined  It challenges with 401 and WWW-Authenticate" in printed
    assert main(["examine", url]) == 3  # it has gone
    assert "connection refused" in capsys.readouterr().err
    monkeypatch.setenv("ZUORA_SIMULATOR_BASIC", "user:secret-word")
    with Receiver.threaded(200, basic_auth=("user", "secret-word")) as receiver:
        assert main(["examine", receiver.url, "--format", "json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1] == {"event": "end", "passed": 14, "failed": 0, "not examined": 3}
    assert main(["examine", "http://127.0.0.1:1/", "--basic", "nonsense"]) == 2
