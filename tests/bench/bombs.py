"""Scenario files that are made to hurt: how soon and in how much memory each is refused (row X5).

``python -m tests.bench.bombs FILE`` reads one as `replay` does, and prints milliseconds, megabytes and what was said.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from simulator.replay.source import ScenarioFaults, load
from tests.bench.figures import Figure
from tests.bench.programs import PROJECT

NINE = "\n".join(
    ["  a: &a [x, x]"]
    + [f"  {chr(98 + row)}: &{chr(98 + row)} [{', '.join(['*' + chr(97 + row)] * 9)}]" for row in range(12)]
)
FILES: dict[str, bytes] = {
    "an alias bomb": f"title: t\nworld:\n{NINE}\n".encode(),
    "an alias within itself": b"title: t\nworld: {accounts: [&a {b: *a}]}\n",
    "a Python tag": b"title: t\nworld: !!python/object/apply:os.system ['touch /tmp/ran']\n",
    "a binary tag": b"title: t\nworld: !!binary aGVsbG8=\n",
    "10 MB of text": b"title: t\n#" + b"x" * 10_000_000,
    "1 MB of brackets": b"title: t\nworld: " + b"[" * 999_000,
    "1 MB of braces": b"title: t\nworld: " + b"{a: " * 249_000,
    "1 MB of values": b"title: t\nsteps: [" + b"a," * 499_000 + b"]\n",
    "1 MB of unknown keys": b"title: t\n" + b"".join(b"k%06d: 1\n" % number for number in range(90_000)),
    "1 MB of anchors": b"title: t\nworld: [" + b"".join(b"&a%06d x," % number for number in range(90_000)) + b"]\n",
    "1 MB in one value": b"title: t\nsteps: " + b"x" * 999_000,
    "1 MB of documents": b"--- t\n" * 160_000,
    "a NUL": b"title: a\x00b\n",
    "bytes that are no text": bytes(range(128, 256)) * 1000,
}


def bombs() -> Figure:
    """Each in a process of its own; memory is the peak over what that process held before it began."""
    slowest = largest = 0.0
    taken: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, content in FILES.items():
            path = Path(folder) / "bomb.yaml"
            path.write_bytes(content)
            command = [sys.executable, "-m", "tests.bench.bombs", str(path)]
            run = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
            milliseconds, megabytes, *said = run.stdout.split(maxsplit=2)
            slowest, largest = max(slowest, float(milliseconds)), max(largest, float(megabytes))
            if not said:
                taken.append(name)
        outside = sorted(it.name for it in Path(folder).iterdir())
    said_of = f"{len(FILES) - len(taken)} refused{f', taken: {taken}' if taken else ''}"
    return Figure(
        "X5",
        f"{len(FILES)} files: {', '.join(FILES)}",
        f"{said_of}; the slowest after {slowest:.0f} ms, {largest:.0f} MB at most",
        "refused within 1 s and 50 MB, nothing written",
        not taken and slowest < 1000 and largest < 50 and outside == ["bomb.yaml"],
    )


def _memory(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(name))) / 1000


def main(path: str) -> None:
    said = ""
    begun, before = perf_counter(), _memory("VmRSS")
    try:
        load([path], environment={})
    except ScenarioFaults as faults:
        said = str(faults).partition("\n")[0][:200]
    print((perf_counter() - begun) * 1000, _memory("VmHWM") - before, said)


if __name__ == "__main__":
    main(sys.argv[1])
