"""The planter of faults: what it tries, where it begins, and that it goes on where it stopped."""

import ast
from pathlib import Path

import pytest

from tests.mutation import mutate
from tests.mutation.equivalent import EQUIVALENT
from tests.mutation.tried import Tried

SOURCE = "def f(a):\n    if a < 1:\n        return a + 2\n    return 0\n"


def test_each_fault_differs_from_the_source_in_one_place() -> None:
    """And no two of them are the same."""
    faulty = [ast.unparse(it) for _, it in mutate.mutants(SOURCE)]
    assert len(set(faulty)) == len(faulty) >= 6
    assert ast.unparse(ast.parse(SOURCE)) not in faulty


def test_parts_choose_modules() -> None:
    """By any piece of their path; a piece that no module has is told."""
    assert mutate.chosen(["core/engine"]) == ["simulator/core/engine.py"]
    assert all("/journal/" in path for path in mutate.chosen(["journal"]))
    assert mutate.chosen([]) == mutate.ROOMS
    with pytest.raises(SystemExit, match="no module contains nowhere"):
        mutate.chosen(["nowhere"])


@pytest.mark.parametrize("path", EQUIVALENT)
def test_what_is_said_to_change_nothing_can_be_planted(path: str) -> None:
    """Else its line has changed, and with it perhaps what the fault would do."""
    known = {(it.before, it.after) for it in mutate.planted(path)}
    assert {(before, after) for before, after, _ in EQUIVALENT[path]} <= known


def test_a_run_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was tried is not tried again, until the tests change; a survivor is told each time."""
    (tmp_path / "room.py").write_text(SOURCE)
    (tmp_path / "test_room.py").write_text("")
    (tmp_path / "tests" / "support").mkdir(parents=True)
    monkeypatch.setattr(mutate, "PROJECT", tmp_path)
    monkeypatch.setattr(mutate, "ROOMS", ["room.py"])
    monkeypatch.setattr(mutate, "TESTS", ["test_room.py"])
    asked: list[str] = []

    def noticed(path: str, text: str) -> bool:
        asked.append(text)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return "a <= 1" not in text

    monkeypatch.setattr(mutate, "_trust", lambda path: None)
    monkeypatch.setattr(mutate, "noticed", noticed)
    with pytest.raises(KeyboardInterrupt):
        mutate.main(["--jobs", "1"])
    assert mutate.main(["--jobs", "1"]) == 1
    assert len(asked) == len(set(asked)) + 1, "only the one under way is tried twice"
    assert "survived: line 2, room.py: if a < 1: -> if a <= 1:" in capsys.readouterr().out
    before = len(asked)
    assert mutate.main([]) == 1
    assert len(asked) == before
    assert "1 survived" in capsys.readouterr().out
    (tmp_path / "test_room.py").write_text("# better")
    assert mutate.main(["--jobs", "1"]) == 1
    assert len(asked) == before + len(set(asked))


def test_a_planted_module_is_what_the_tests_see(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the package is installed, with its plugin: one that cannot be imported is noticed, the real one is not."""
    path = "simulator/core/timeline.py"
    monkeypatch.setattr(mutate, "TESTS", ["tests/unit/core/test_timeline.py"])
    assert mutate.noticed(path, "raise RuntimeError('planted')")
    assert not mutate.noticed(path, (mutate.PROJECT / path).read_text())


def test_what_was_tried_is_kept_line_by_line(tmp_path: Path) -> None:
    """Whoever ends a run loses the fault under way at most."""
    kept = Tried(tmp_path / "build" / "x.jsonl", [])
    kept.note("a.py", "text", True)
    again = Tried(tmp_path / "build" / "x.jsonl", [])
    assert (again.outcome("a.py", "text"), again.outcome("b.py", "text")) == (True, None)
