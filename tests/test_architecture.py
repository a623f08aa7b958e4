"""What holds for the whole house: its floors, its size, what it imports, and what it never commits.

Nothing here knows what a room does.
"""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parent.parent
MODULES = sorted((PROJECT / "simulator").rglob("*.py"))
TESTS = sorted((PROJECT / "tests").rglob("*.py"))
BOUND_DISTRIBUTIONS = 18
BOUND_LINES = 300
SECRET_ENDINGS = (".pem", ".key", ".p12", ".pfx", ".crt", ".sqlite", ".db")
# Split, so that this file does not find itself.
SECRET_MARK = "PRIVATE " + "KEY-----"


def named(path: Path) -> str:
    """The path as people write it."""
    return path.relative_to(PROJECT).as_posix()


def test_every_import_goes_down_a_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Front doors > composition > (dialects | runtime) > core, and the pure rooms reach no clock, socket or disk."""
    # It would silence every logger that exists, for all the tests that follow.
    monkeypatch.setattr("importlinter.cli.logging_config.dictConfig", lambda settings: None)
    status = lint_imports(config_filename=str(PROJECT / "pyproject.toml"), no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, "run `make lint` to see which import climbs"


def test_core_and_runtime_know_no_provider() -> None:
    """A third provider needs no change in core or runtime: neither names one."""
    rooms = [PROJECT / "simulator" / "core", PROJECT / "simulator" / "runtime"]
    named_there = [
        f"{named(path)}:{number}: {line.strip()}"
        for room in rooms
        for path in sorted(room.rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if "zuora" in line.lower() or "marketing" in line.lower()
    ]
    assert named_there == []


def lines_of_its_own(source: str) -> int:
    """How long a module is below its imports: a room that joins many others is not long for that."""
    top = [node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    return len(source.splitlines()) - (top[-1].end_lineno or 0 if top else 0)


def test_no_room_holds_two_ideas() -> None:
    """A file past some 250 lines usually holds two ideas; past the bound it always does."""
    lengths = {named(path): lines_of_its_own(path.read_text("utf-8")) for path in MODULES}
    assert {name: lines for name, lines in lengths.items() if lines > BOUND_LINES} == {}


def sleeps(tree: ast.AST) -> Iterator[int]:
    """The lines that wait for time to pass; `asyncio.sleep(0)` only gives way to others."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        gives_way = len(node.args) == 1 and ast.unparse(node.args[0]) == "0"
        if name == "time.sleep" or (name in {"asyncio.sleep", "anyio.sleep", "sleep"} and not gives_way):
            yield node.lineno


def test_no_test_sleeps() -> None:
    """A test waits on the thing itself: what sleeps is slow on a good day and wrong on a bad one."""
    sleepers = [
        f"{named(path)}:{line}"
        for path in TESTS
        if "bench" not in path.parts
        for line in sleeps(ast.parse(path.read_text("utf-8")))
    ]
    assert sleepers == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("time.sleep(1)", 1),
        ("asyncio.sleep(0.1)", 1),
        ("asyncio.sleep(delay)", 1),
        ("asyncio.sleep(0)", 0),
        ("sleep(2)", 1),
    ],
)
def test_the_search_for_sleeps_finds_them(source: str, found: int) -> None:
    """The test above could fail."""
    assert len(list(sleeps(ast.parse(source)))) == found


def test_every_test_states_the_behaviour() -> None:
    """A failing test tells a reader what no longer holds, in a sentence."""
    silent = [
        f"{named(path)}:{node.lineno} {node.name}"
        for path in TESTS
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_importing_the_package_is_light() -> None:
    """`import simulator` brings neither the web server nor TLS: they are imported when first used."""
    heavy = ("aiohttp", "trustme", "cryptography", "ssl", "yaml", "click", "sqlite3")
    script = f"import sys, simulator; print(*[name for name in {heavy!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


def requirements_of(name: str) -> list[Requirement]:
    """What a distribution asks for on this machine, without extras; nothing where it is not installed."""
    try:
        asked = distribution(name).requires or []
    except PackageNotFoundError:
        return []
    needed = [Requirement(line) for line in asked]
    return [need for need in needed if need.marker is None or need.marker.evaluate({"extra": ""})]


def test_the_plain_install_is_small() -> None:
    """People put this beside their own application: few distributions, few conflicts."""
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    todo = [Requirement(line) for line in declared]
    found: set[str] = set()
    while todo:
        name = canonicalize_name(todo.pop().name)
        if name not in found:
            found.add(name)
            todo.extend(requirements_of(name))
    assert {"aiohttp", "trustme", "cryptography"} <= found, "the search goes below what is declared"
    assert len(found) <= BOUND_DISTRIBUTIONS, sorted(found)


def committed() -> list[Path]:
    """What git holds; skips where this is not a clone, since then nothing can be committed from here."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=False)
    if listed.returncode != 0 or not (PROJECT / ".git").exists():
        pytest.skip("not a git clone")
    paths = [PROJECT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_nothing_secret_is_committed() -> None:
    """Keys, certificates and states are made on demand, and stay where they were made."""
    suspects = [
        named(path)
        for path in committed()
        if path.name.endswith(SECRET_ENDINGS) or SECRET_MARK.encode() in path.read_bytes()
    ]
    assert suspects == []


def test_the_public_names_are_sorted_and_exist() -> None:
    """`__all__` is the list a reader looks through: in order, each name once, and each there."""
    import simulator

    assert simulator.__all__ == sorted(set(simulator.__all__))
    assert [name for name in simulator.__all__ if not hasattr(simulator, name)] == []


def test_every_suppression_says_what_it_suppresses() -> None:
    """A bare `noqa` or `type: ignore` would also hide tomorrow's fault."""
    bare = [
        f"{named(path)}:{number}"
        for path in MODULES + TESTS
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if line.rstrip().endswith(("# no" + "qa", "# type: " + "ignore"))
    ]
    assert bare == []
