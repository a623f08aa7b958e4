"""`make mutate`: plants one small fault after the other in the pure rooms, and asks the tests whether they notice.

Each fault is tried in a process of its own, so that one that hangs is ended by the clock; a fault that no test notices
is printed with its line. What is known to change nothing stands in `EQUIVALENT`, with the reason. What was tried is kept
in build/mutated.jsonl: a run that was ended goes on where it stopped. A fault takes 2 to 4 s of a core where it is
noticed, and up to half a minute where it is not: some 800 of them three quarters of an hour and more on two cores.

    python -m tests.mutation.mutate [PART ...] [--every N] [--jobs N] [--again]

PART is a piece of a module's path: ``core/engine``, ``journal``. ``--again`` forgets what was tried.
"""

import ast
import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.mutation.equivalent import EQUIVALENT
from tests.mutation.tried import Tried

PROJECT = Path(__file__).resolve().parents[2]
ROOMS = [
    f"simulator/core/{name}.py"
    for name in (
        "delivery",
        "attempt",
        "attempts",
        "engine",
        "faults",
        "ledger",
        "job",
        "timeline",
        "ids",
        "explain",
        "recovery",
        "gaps",
        "heads",
        "latest",
    )
] + [
    f"simulator/runtime/journal/{name}.py"
    for name in ("codec", "rows", "entries", "scribe", "reading", "writer", "file")
]
TESTS = [
    *(
        f"tests/unit/core/test_{name}.py"
        for name in ("engine", "faults", "ledger", "job", "timeline", "ids", "explain", "gaps", "heads", "latest")
    ),
    "tests/unit/core/test_delivery.py",
    "tests/simulation",
    "tests/stateful",
    "tests/unit/core/test_recovery.py",
    "tests/unit/runtime/test_journal.py",
    "tests/unit/runtime/test_journal_rows.py",
    "tests/integration/test_journal.py",
    "tests/integration/test_journal_files.py",
]
SECONDS = 180
SECONDS_A_TEST = 40
"""A test that takes longer hangs: the longest takes a quarter of it."""

PLUGINS = ["-p", "pytest_asyncio.plugin", "-p", "_hypothesis_pytestplugin", "-p", "no:cacheprovider"]
OPTIONS = [*PLUGINS, "-xqq", "--no-header", "-o", f"faulthandler_timeout={SECONDS_A_TEST}"]

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
}


def mutants(source: str) -> Iterator[tuple[int, ast.Module]]:
    """Every faulty version of a module, with the line of the fault."""
    places = list(ast.walk(ast.parse(source)))
    shapes = {id(it.value) for node in places if isinstance(node, ast.ClassDef) for it in node.keywords}
    for number, node in enumerate(places):
        if id(node) in shapes:  # frozen, gc: mypy and the memory bench watch over these
            continue
        for variant in range(_variants(node)):
            faulty = ast.parse(source)  # quicker than a copy
            _spoil(list(ast.walk(faulty))[number], variant)
            yield getattr(node, "lineno", 0), ast.fix_missing_locations(faulty)


def _variants(node: ast.AST) -> int:
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in COMPARED:
            return 1
        case ast.BinOp(op=operator) if type(operator) in COUNTED:
            return 1
        case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            return 1
        case ast.Constant(value=bool() | int()):
            return 1
        case ast.If() | ast.IfExp() | ast.While():
            return 1
        case ast.FunctionDef():
            return len([it for it in node.body if _can_go(it)])
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            return 1
    return 0


def _can_go(statement: ast.stmt) -> bool:
    docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Expr | ast.AugAssign | ast.Delete | ast.For | ast.If) and not docstring


def _spoil(node: ast.AST, variant: int) -> None:
    match node:
        case ast.Compare():
            node.ops = [COMPARED[type(node.ops[0])]()]
        case ast.BinOp():
            node.op = COUNTED[type(node.op)]()
        case ast.BoolOp():
            node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        case ast.UnaryOp():
            node.op = ast.Not()
            node.operand = ast.UnaryOp(ast.Not(), node.operand)
        case ast.Constant(value=bool() as value):
            node.value = not value
        case ast.Constant(value=int() as value):
            node.value = value + 1
        case ast.If() | ast.IfExp() | ast.While():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.FunctionDef():
            goer = [it for it in node.body if _can_go(it)][variant]
            node.body[node.body.index(goer)] = ast.Pass()
        case ast.Return():
            node.value = ast.Constant(None)


def changed(source: str, faulty: str) -> tuple[str, str]:
    """The first line that differs, before and after."""
    for before, after in zip(source.splitlines(), faulty.splitlines(), strict=False):
        if before != after:
            return before.strip(), after.strip()
    return "a line at the end", "nothing"


class Planted(NamedTuple):
    """A module with one fault: where, the whole text, and the line before and after."""

    line: int
    text: str
    before: str
    after: str


def planted(path: str) -> list[Planted]:
    """Every fault that can be planted in a module."""
    source = (PROJECT / path).read_text("utf-8")
    plain = ast.unparse(ast.parse(source))
    versions = [(line, ast.unparse(faulty)) for line, faulty in mutants(source)]
    return [Planted(line, text, *changed(plain, text)) for line, text in versions]


def noticed(path: str, source: str) -> bool:
    """Whether a test fails, or hangs, with ``source`` in the place of the module."""
    module = path.removesuffix(".py").replace("/", ".")
    script = "\n".join(
        [
            "import sys, importlib.abc, importlib.util, pytest",
            f"NAME, PATH, SOURCE = {module!r}, {str(PROJECT / path)!r}, sys.stdin.read()",
            "class Spoilt(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):",
            "    def find_spec(self, name, path, target=None):",
            "        return importlib.util.spec_from_loader(name, self, origin=PATH) if name == NAME else None",
            "    def get_source(self, name):",
            "        return SOURCE",
            "sys.meta_path.insert(0, Spoilt())",
            f"sys.exit(pytest.main([*{OPTIONS!r}, *{tests_for(path)!r}]))",
        ]
    )
    # With plugins of its own choice pytest would read our modules from the disk, to rewrite their assertions: ours is one.
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment = os.environ | alone | {"PYTHONPATH": str(PROJECT)}
    try:
        run = subprocess.run(
            [sys.executable, "-c", script],
            input=source,
            cwd=PROJECT,
            env=environment,
            text=True,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True
    return run.returncode != 0


def tests_for(path: str) -> list[str]:
    """All of them, those of the module's own room first: most faults are noticed at once."""
    room = "journal" if "/journal/" in path else Path(path).stem
    return sorted(TESTS, key=lambda test: room not in test)


def chosen(parts: Sequence[str]) -> list[str]:
    """The modules whose path contains one of the parts; all where none is given."""
    rooms = [path for path in ROOMS if not parts or any(part in path for part in parts)]
    missing = [part for part in parts if not any(part in path for path in ROOMS)]
    if missing:
        raise SystemExit(f"no module contains {', '.join(missing)}; there are {', '.join(ROOMS)}")
    return rooms


def main(arguments: list[str]) -> int:
    """Try all faults; 1 where one survives that is not known to change nothing."""
    parser = ArgumentParser("mutate", description="plant one fault after the other")
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th fault of a module")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="faults tried at a time")
    parser.add_argument("--again", action="store_true", help="forget what was tried before")
    given = parser.parse_args(arguments)
    kept = PROJECT / "build" / "mutated.jsonl"
    if given.again:
        kept.unlink(missing_ok=True)
    places = [PROJECT / name for name in (*TESTS, "tests/support")]
    files = [file for place in places for file in (place.rglob("*.py") if place.is_dir() else [place])]
    tried = Tried(kept, files)
    _trust(ROOMS[0])
    survived = sum(_module(path, given.every, given.jobs, tried) for path in chosen(given.parts))
    return 1 if survived else 0


def _trust(path: str) -> None:
    """Whether faults reach the tests at all: what cannot be imported fails, and what is not spoilt passes."""
    if not noticed(path, "raise RuntimeError('planted')"):
        raise SystemExit("the tests do not see the modules that are planted: no outcome would mean anything")
    if noticed(path, (PROJECT / path).read_text("utf-8")):
        raise SystemExit("the tests fail without any fault: no outcome would mean anything")


def _module(path: str, every: int, jobs: int, tried: Tried) -> int:
    """How many faults of one module survive."""
    justified = {(before, after) for before, after, _ in EQUIVALENT.get(path, [])}
    asked = [it for it in planted(path)[::every] if (it.before, it.after) not in justified]
    known = [it for it in asked if tried.outcome(path, it.text) is not None]

    def ask(it: Planted) -> bool:
        before = tried.outcome(path, it.text)
        seen = noticed(path, it.text) if before is None else before
        if before is None:
            tried.note(path, it.text, seen)
        if not seen:
            sys.stdout.write(f"survived: line {it.line}, {path}: {it.before} -> {it.after}\n")
            sys.stdout.flush()
        return seen

    with ThreadPoolExecutor(jobs) as pool:
        survived = list(pool.map(ask, asked)).count(False)
    before = f", {len(known)} of them before" if known else ""
    sys.stdout.write(f"{path}: {len(asked)} tried{before}, {survived} survived\n")
    sys.stdout.flush()
    return survived


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
