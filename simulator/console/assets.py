"""The files of the page, as they travel in the package.

It alone reads them, by name from a fixed list: no path of a request ever reaches the disk.
"""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@cache
def names() -> dict[str, Traversable]:
    """Every file below ``static``, by its name with slashes."""
    found: dict[str, Traversable] = {}

    def gather(folder: Traversable, prefix: str) -> None:
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if entry.is_dir():
                gather(entry, f"{prefix}{entry.name}/")
            elif kind(entry.name):
                found[prefix + entry.name] = entry

    gather(files("simulator.console") / "static", "")
    return found


def kind(name: str) -> str | None:
    """The content type of a file of that name; None for files that are no part of the page."""
    return next((value for ending, value in KINDS.items() if name.endswith(ending)), None)


@cache
def content(name: str) -> bytes:
    """The bytes of one file; `KeyError` for a name that is not in the list."""
    return names()[name].read_bytes()


def text(name: str) -> str:
    """One file as text; `KeyError` for a name that is not in the list."""
    return content(name).decode()
