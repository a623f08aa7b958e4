"""Whatever a file holds, reading it ends in a story or in faults, never in another exception."""

import random
from contextlib import suppress

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.core.errors import AuthorError
from simulator.replay import story
from simulator.replay.schema import scenario_schema
from simulator.replay.source import ScenarioFaults, read_story
from simulator.replay.tree import read_tree

KEYS = [name for part in scenario_schema()["$defs"].values() for name in part.get("properties", ())]
WORDS = st.sampled_from(
    [
        *KEYS,
        *story.VERBS,
        "no",
        "on",
        "1:30",
        "012",
        "0x1F",
        "30m",
        "1B/s",
        "200KB",
        "${a.b}",
        "${env:X}",
        "${",
        "$${",
        "/(/",
        "~",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5), max_leaves=25
)


def read(text: str) -> None:
    with suppress(ScenarioFaults):
        read_story(text, "f.yaml", environment={"X": "${y}"}, catalogue=["Payment Declined"])


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    """Any text at all."""
    read(text)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="[]{}:,-?&*!|>'\"%@`# \n\tab0<=~$", max_size=120))
def test_any_punctuation(text: str) -> None:
    """Any arrangement of what means something to YAML."""
    read(text)


@settings(max_examples=300, deadline=None)
@given(TREES)
def test_any_tree(tree: object) -> None:
    """Any tree of known and unknown keys with values of any type."""
    read(yaml.safe_dump(tree, allow_unicode=True))
    read(yaml.safe_dump({"title": "t", "steps": [tree], "expect": [tree], "receiver": tree}, allow_unicode=True))


def test_mutations() -> None:
    """A good file with bytes lost, doubled and swapped."""
    from tests.unit.replay.test_format import SMALLEST

    chance = random.Random(1)
    for _ in range(500):
        letters = list(SMALLEST)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(letters))
            letters[at] = chance.choice(["", letters[at] * 2, chance.choice("[]{}:-&*!'\"\n\t $%0xé\x85\ufeff")])
        read("".join(letters))


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
def test_both_loaders_agree(loader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The C loader and the plain one give the same nodes at the same places."""
    if not hasattr(yaml, loader):
        pytest.skip(f"this PyYAML has no {loader}")
    from tests.unit.replay.test_format import SMALLEST

    with_default = read_tree(SMALLEST, "s.yaml", [])
    monkeypatch.setattr("simulator.replay.tree.LOADER", getattr(yaml, loader))
    assert read_tree(SMALLEST, "s.yaml", []) == with_default


def test_faults_are_the_authors() -> None:
    """A faulty file is its author's fault: the command line answers it with exit code 2."""
    assert issubclass(ScenarioFaults, AuthorError)
