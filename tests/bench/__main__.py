"""`make bench`: measurements, never timed tests. Prints a table; what it says depends on the machine."""

import statistics
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
ROUNDS = 5


def import_milliseconds(statement: str) -> float:
    """How long a fresh interpreter takes over ``statement``; median of five, in milliseconds."""
    script = f"from time import perf_counter as p; start = p(); {statement}; print((p() - start) * 1000)"
    runs = [
        subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
        for _ in range(ROUNDS)
    ]
    return statistics.median(float(run.stdout) for run in runs)


def main() -> None:
    """Measure each, and print a line for it."""
    print(f"import simulator: {import_milliseconds('import simulator'):.1f} ms")


if __name__ == "__main__":
    main()
