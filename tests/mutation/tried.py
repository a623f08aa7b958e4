"""What has been tried: a run that was ended goes on where it stopped, and a run over one module counts for the whole.

A fault counts as tried for as long as its module and the tests are what they were.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path


class Tried:
    """The faults that were tried, each by the digest of all that its outcome depends on; kept in a file, line by line."""

    def __init__(self, file: Path, tests: Iterable[Path]) -> None:
        self._file = file
        digest = hashlib.sha256()
        for path in sorted(tests):
            digest.update(path.read_bytes())
        self._tests = digest.digest()
        self._noticed: dict[str, bool] = {}
        if file.exists():
            for line in file.read_text("utf-8").splitlines():
                key, noticed = json.loads(line)
                self._noticed[key] = noticed

    def outcome(self, path: str, text: str) -> bool | None:
        """Whether this version of a module was noticed; None where it was not tried yet."""
        return self._noticed.get(self._key(path, text))

    def note(self, path: str, text: str, noticed: bool) -> None:
        """Keep it, whatever becomes of the run."""
        key = self._key(path, text)
        self._noticed[key] = noticed
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps([key, noticed]) + "\n")

    def _key(self, path: str, text: str) -> str:
        return hashlib.sha256(b"\0".join((self._tests, path.encode(), text.encode()))).hexdigest()
