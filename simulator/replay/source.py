"""Files into scenarios: which files a path means, their limits, and all their faults at once.

It alone reads scenario files. Nothing is sent while a file is read, and nothing is once one of them has a fault.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from msgspec import Struct, inspect

from simulator.core.errors import AuthorError
from simulator.replay.convert import Converter
from simulator.replay.references import check_order
from simulator.replay.rules import RULES, unknown_events
from simulator.replay.scalars import MISSING
from simulator.replay.story import VERBS, Scenario
from simulator.replay.tree import Fault, Node, read_tree

SIZE_LIMIT = 1_000_000
SUFFIXES = (".yaml", ".yml")
_FORMAT = inspect.type_info(Scenario)


class ScenarioFaults(AuthorError):
    """All that is wrong with some scenario files; its text is one fault a line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(map(str, self.faults)))


class Story(Struct, frozen=True):
    """A scenario and where it came from. ``path`` is as given, ``digest`` is the SHA-256 of its text in UTF-8.

    ``secrets`` maps each value that the environment supplied to the reference that stands for it in reports;
    ``lines`` tells where each definition, step and expectation stands.
    """

    scenario: Scenario
    path: str
    text: str
    digest: str
    secrets: Mapping[str, str] = {}
    lines: Mapping[str, tuple[int, ...]] = {}

    @property
    def refers(self) -> bool:
        """Whether there is anything to fill in."""
        return "${" in self.text

    def where(self, key: str, place: int) -> str:
        """Where a part of it stands, as ``file:line``."""
        lines = self.lines.get(key, ())
        return f"{self.path}:{lines[place]}" if place < len(lines) else self.path

    def __repr__(self) -> str:
        return f"<Story {self.path} {self.scenario.title!r}>"


def read_story(
    text: str, path: str, *, environment: Mapping[str, str], catalogue: Collection[str] | None = None
) -> Story:
    """The story in ``text``. ``catalogue`` are the events that exist, None if any will do. Raises `ScenarioFaults`."""
    faults: list[Fault] = []
    root = read_tree(text, path, faults)
    scenario = None
    secrets: dict[str, str] = {}
    if root is not None:
        reading = Converter(path, environment, faults, RULES)
        secrets = reading.secrets
        scenario = reading.convert(root, _FORMAT, ())
        # From the tree, not from the scenario: a fault elsewhere must not hide these.
        check_order(reading.found, _names(root, "definitions"), _names(root, "steps"), reading.say)
        if catalogue is not None and not _allows_unknown(root):
            custom = [item.text for item in _items(root, "customEvents")]
            unknown_events(reading.events, custom, catalogue, reading)
    if faults or scenario is MISSING or scenario is None:
        raise ScenarioFaults(set(faults))
    digest = hashlib.sha256(text.encode()).hexdigest()
    lines = (
        {key: tuple(item.line for item in _items(root, key)) for key in ("definitions", "steps", "expect")}
        if root
        else {}
    )
    return Story(scenario, path, text, digest, secrets, lines)


def _entry(node: Node, key: str) -> Node | None:
    return next((value for name, value in node.pairs if name.text == key), None)


def _items(root: Node, key: str) -> tuple[Node, ...]:
    node = _entry(root, key)
    return node.items if node else ()


def _names(root: Node, key: str) -> list[str]:
    """What the parts of a list are called: by ``as``, else a step by its verb."""
    names = []
    for item in _items(root, key):
        given = _entry(item, "as")
        verb = next((name.text for name, _ in item.pairs if name.text in VERBS), item.text)
        names.append(given.text if given else verb if key == "steps" else "")
    return names


def _allows_unknown(root: Node) -> bool:
    settings = _entry(root, "settings")
    asked = _entry(settings, "allowUnknown") if settings else None
    return asked is not None and asked.text.lower() == "true"


def load(
    paths: Iterable[str],
    *,
    environment: Mapping[str, str],
    catalogue: Collection[str] | None = None,
    only: str | None = None,
) -> tuple[Story, ...]:
    """The stories of files and folders, in order; raises `ScenarioFaults` with the faults of all of them.

    ``only`` keeps those whose file name or title contains it, whatever its case.
    """
    faults: list[Fault] = []
    stories: list[Story] = []
    for path in _files(paths, faults):
        text = _text_of(path, faults)
        if text is None:
            continue
        try:
            stories.append(read_story(text, path, environment=environment, catalogue=catalogue))
        except ScenarioFaults as found:
            faults.extend(found.faults)
    if faults:
        raise ScenarioFaults(faults)
    if only is None:
        return tuple(stories)
    wanted = only.lower()
    chosen = tuple(story for story in stories if wanted in story.path.lower() or wanted in story.scenario.title.lower())
    if not chosen:
        titles = "".join(f"\n  {story.path}: {story.scenario.title}" for story in stories[:20])
        raise AuthorError(f"no scenario is called {only!r}; there are:{titles}")
    return chosen


def _files(paths: Iterable[str], faults: list[Fault]) -> list[str]:
    """The scenario files that ``paths`` mean, each once, as they were given; a folder's are sorted and reach below it."""
    files: dict[str, None] = {}
    for path in paths:
        try:
            if Path(path).is_dir():
                inside = sorted(
                    str(file) for file in Path(path).rglob("*") if file.suffix in SUFFIXES and file.is_file()
                )
                if not inside:
                    faults.append(
                        Fault(
                            path, 0, 0, f"no scenario in this folder: none of its files ends in {' or '.join(SUFFIXES)}"
                        )
                    )
                files.update(dict.fromkeys(inside))
            else:
                files[path] = None
        except (OSError, ValueError) as error:
            faults.append(Fault(repr(path)[1:-1], 0, 0, f"cannot be read: {error}"))
    return list(files)


def _text_of(path: str, faults: list[Fault]) -> str | None:
    try:
        with Path(path).open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        faults.append(Fault(path, 0, 0, "there is no such file"))
        return None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        faults.append(Fault(repr(path)[1:-1], 0, 0, f"cannot be read: {reason}"))
        return None
    if len(content) > SIZE_LIMIT:
        faults.append(Fault(path, 0, 0, f"is larger than {SIZE_LIMIT // 1_000_000} MB: a scenario is a page or two"))
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.append(
            Fault(
                path, 0, 0, f"is not a text file: byte {content[error.start]:#04x} at offset {error.start} is not UTF-8"
            )
        )
        return None
    if "\x00" in text:
        faults.append(Fault(path, 0, 0, f"is not a text file: a zero byte at offset {content.index(0)}"))
        return None
    return text
