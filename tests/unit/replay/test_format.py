"""A scenario file is read as its writer meant it, or every one of its faults is told where it stands."""

from collections.abc import Mapping

import pytest

from simulator.replay.references import BadReference, fill
from simulator.replay.source import ScenarioFaults, load, read_story
from simulator.replay.story import Scenario

CATALOGUE = ("Async Request Succeeded", "Async Request Failed", "Payment Declined")

SMALLEST = """\
title: Two tries
seed: 7
settings: {maxAttempts: 3, intervalMinutes: 30}
receiver: {answers: [503, 200]}
definitions: [{event: Async Request Succeeded}]
steps:
  - submit: {method: POST, path: /v1/async/accounts, body: {name: Acme}}
  - advance: 30m
expect:
  - {event: Async Request Succeeded, attempts: 2, codes: [503, 200], outcome: delivered}
"""


def scenario(text: str, environment: Mapping[str, str] | None = None) -> Scenario:
    return read_story(text, "s.yaml", environment=environment or {}, catalogue=CATALOGUE).scenario


def faults(text: str, environment: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ScenarioFaults) as caught:
        read_story(text, "s.yaml", environment=environment or {}, catalogue=CATALOGUE)
    return [str(fault) for fault in caught.value.faults]


def test_smallest_scenario() -> None:
    """The smallest scenario of the documentation reads as written."""
    story = scenario(SMALLEST)
    assert (story.title, story.seed) == ("Two tries", 7)
    assert story.settings.max_attempts == 3
    assert story.receiver.answers == [503, 200]
    assert [step.verb for step in story.steps if not isinstance(step, str)] == ["submit", "advance"]
    assert story.expect[0].codes == [503, 200]


def test_all_faults_at_once() -> None:
    """Every fault of a file is told, each with line and column."""
    text = """\
title: Faults
seed: seven
settings: {maxAttemps: 3, intervalMinutes: 1441}
definitions: [{event: Async Request Suceeded}]
steps:
  - advance: 30 minutes
  - advnce: 30m
expect:
  - {event: Async Request Failed, attemps: 2}
"""
    assert faults(text) == [
        "s.yaml:2:7: expected a whole number, got 'seven'",
        "s.yaml:3:12: unknown key 'maxAttemps', did you mean 'maxAttempts'?",
        "s.yaml:3:44: 1441 is out of range: from 1 to 1440",
        "s.yaml:4:23: unknown event 'Async Request Suceeded', did you mean 'Async Request Succeeded' or 'Async Request Failed'?",
        "s.yaml:6:14: '30 minutes' is not a duration: write a number and its unit, like 30m, 24h, 15s or 500ms",
        "s.yaml:7:5: unknown key 'advnce', did you mean 'advance'?",
        "s.yaml:9:35: unknown key 'attemps', did you mean 'attempts'?",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("description: no", "2:14: YAML reads a bare no as false: write false, or 'no' in quotes for the word"),
        ("description: on", "2:14: YAML reads a bare on as true: write true, or 'on' in quotes for the word"),
        (
            "description: true",
            "2:14: expected text, but YAML reads a bare true as true or false: put it in quotes, 'true'",
        ),
        ("description: 12", "2:14: expected text, but YAML reads a bare 12 as a number: put it in quotes, '12'"),
        ("steps: [advance: 1:30]", "2:18: YAML reads a bare 1:30 as a number to the base of 60"),
        ("steps: [advance: 30]", "2:18: 30 needs a unit: a duration is written 30s, 30m or 30h"),
        ("seed: 017", "2:7: YAML reads a bare 017 as an octal number"),
        ("seed: 0x1F", "2:7: YAML reads a bare 0x1F as a number of another base"),
        ("seed: 1_000", "2:7: YAML reads a bare 1_000 as a number without its underscores"),
        ("seed: !!int '1'", "2:7: the tag 'tag:yaml.org,2002:int' is not taken here"),
        ("world: !!python/name:os.system x", "2:8: the tag 'tag:yaml.org,2002:python/name:os.system' is not taken"),
        ("title: Twice", "2:1: the key 'title' stands here twice, first in line 1"),
        ("world: {accounts: [&a {b: *a}]}", "2:27: the alias *a stands inside its own anchor"),
        ("world: {accounts: [*a]}", "2:20: the alias *a has no anchor &a before it"),
        ("world: {accounts: [{yes: 1}]}", "2:21: YAML reads a bare yes as true"),
        ("world: {accounts: [{? [a] : 1}]}", "2:23: a key must be a word, not a list"),
        ("world: {accounts: [{n: .inf}]}", "2:24: .inf is not a number that JSON could carry"),
        ("settings: {<<: {seed: 1}}", "2:12: merge keys ('<<') are not taken"),
        ("expect: [{event: Payment Declined}]", "2:10: this expects nothing"),
        ("expect: [{body: {a: /(/}, attempts: 1}]", "2:17: /(/ is not a regular expression"),
        ("expect: [{codes: [1], attempts: 2}]", "2:18: 'codes' lists 1 and 'attempts' says 2"),
        ("receiver: {url: 'http://x', answers: [200]}", "2:38: 'answers' is for the built-in receiver"),
        ("receiver: {username: u}", "2:22: 'username' needs 'password' beside it"),
        ("receiver: {answers: [{hang: true, reset: true}]}", "2:42: an answer cannot both hang and reset"),
        ("steps: [{settle: {}, drain: {}}]", "2:29: a step has one key, this one has 'settle' already"),
        ("steps: [{as: x}]", "2:9: a step has one key that says what to do"),
        ("steps: [setle]", "2:9: 'setle' is none of drain, settle, did you mean 'settle'?"),
        ("steps: [sleep: 1m]", "2:9: unknown key 'sleep', did you mean 'advance'?"),
        ("steps: [fault: {kind: drop, window: 3}]", "2:37: 'window' goes with the fault 'reorder', not with 'drop'"),
        ("settings: {locale: klingon}", "2:20: unknown locale 'klingon'"),
        ("settings: {quirks: {retry402: never}}", "2:20: unknown quirk 'retry402', did you mean 'retry401'?"),
        ("settings: {quirks: {retry401: maybe}}", "2:20: quirk retry401 must be"),
        ("steps: [set: {patience: 1s}]", "2:14: patience can be chosen at the start only"),
        ("seed: 99999999999999999999999", "2:7: the number '99999999999999999999999' is too long"),
    ],
)
def test_one_fault(line: str, said: str) -> None:
    """Each trap of YAML and each contradiction is refused with a sentence, at its place."""
    found = faults("title: Fault\n" + line + "\n")
    assert any(fault.startswith("s.yaml:" + said) for fault in found), found


def test_words_with_a_meaning_of_their_own() -> None:
    """`off` is a choice of ours where it is one, and a date stays text."""
    story = scenario("title: t\nsettings: {confirmSuccess: off}\nworld: {orders: [{orderDate: 2026-01-01}]}\n")
    assert story.settings.confirm_success == "off"
    assert story.world == {"orders": [{"orderDate": "2026-01-01"}]}


def test_alias_bomb() -> None:
    """Aliases count as what they stand for: a bomb is refused before it is built."""
    rows = ["a: &a [x, x]"] + [
        f"{chr(98 + row)}: &{chr(98 + row)} [{', '.join(['*' + chr(97 + row)] * 9)}]" for row in range(12)
    ]
    assert "more than 100,000 values" in faults("title: bomb\nworld:\n  " + "\n  ".join(rows))[0]


def test_depth() -> None:
    """A file nested without end is refused, not recursed into."""
    assert "nested more than 60 levels deep" in faults("title: t\nworld: " + "[" * 100_000)[0]


def test_plain_alias() -> None:
    """An anchor used twice is what it looks like."""
    story = scenario("title: t\nworld: {accounts: [&a {name: A}, *a]}\n")
    assert story.world["accounts"] == [{"name": "A"}, {"name": "A"}]


STEPS = "title: t\nsteps:\n  - {submit: {path: /v1/async/accounts}, as: made}\n"


def test_references_are_checked() -> None:
    """A reference to nothing, forward, to itself or in a ring is told before anything is sent."""
    assert (
        scenario(STEPS + "  - submit: {path: '/${made.requestId}'}\n  - submit: {path: '/${submit.id}'}\n").title == "t"
    )
    assert faults(STEPS + "  - submit: {path: '/${mad.id}'}\n") == [
        "s.yaml:4:20: ${mad.id}: no step or definition is called 'mad', did you mean 'made'?"
    ]
    assert faults("title: t\nsteps:\n  - {submit: {path: '/${b.id}'}, as: a}\n  - {submit: {path: /x}, as: b}\n") == [
        "s.yaml:3:21: ${b.id} refers to 'b', which comes later"
    ]
    ring = "title: t\nsteps:\n  - {submit: {path: '/${b.id}'}, as: a}\n  - {submit: {path: '/${a.id}'}, as: b}\n"
    assert faults(ring) == ["s.yaml:3:21: ${b.id} is a reference in a ring: a -> b -> a"]
    own = "title: t\nsteps:\n  - {submit: {path: '/${a.id}'}, as: a}\n"
    assert faults(own) == ["s.yaml:3:21: ${a.id} is a reference in a ring: a -> a"]
    assert "cannot stand here: nothing has happened yet" in faults("title: ${a.b}\n")[0]
    assert "is not closed" in faults(STEPS + "  - submit: {path: '/${made.id'}\n")[0]
    assert "is not a reference" in faults(STEPS + "  - submit: {path: '/${made}'}\n")[0]


def test_environment() -> None:
    """`${env:NAME}` is filled in while reading, may supply a number, and is known as a secret."""
    text = "title: t\nseed: ${env:SEED}\nreceiver: {username: u, password: '${env:SECRET}'}\n"
    story = read_story(text, "s.yaml", environment={"SEED": "9", "SECRET": "s3cret-${x.y}"})
    assert story.scenario.seed == 9
    assert fill(story.scenario.receiver.password, {}) == "s3cret-${x.y}"
    assert story.secrets["s3cret-${x.y}"] == "${env:SECRET}"
    assert faults("title: '${env:HOMM}'\n", {"HOME": "/"}) == [
        "s.yaml:1:8: the environment variable HOMM is not set, did you mean 'HOME'?"
    ]


def test_filling() -> None:
    """A lone reference keeps its type; within a text it is written out; `$${` is the two characters."""
    known = {"made": {"id": "a1", "n": 3, "list": [{"x": True}]}}
    assert fill({"a": "${made.n}", "b": ["x-${made.id}-${made.list.0.x}"], "c": "$${made.id}"}, known) == {
        "a": 3,
        "b": ["x-a1-true"],
        "c": "${made.id}",
    }
    with pytest.raises(BadReference, match=r"there is no 'idd'; there are id, n, list, did you mean 'id'\?"):
        fill("${made.idd}", known)


def test_unknown_events_may_be_registered() -> None:
    """An event that the catalogue lacks is one of `customEvents`, or allowed by a setting."""
    line = "definitions: [Order Exploded]\n"
    assert faults("title: t\n" + line)[0].startswith("s.yaml:2:15: unknown event 'Order Exploded'")
    assert scenario("title: t\ncustomEvents: [Order Exploded]\n" + line).title == "t"
    assert scenario("title: t\nsettings: {allowUnknown: true}\n" + line).title == "t"
    assert scenario("title: t\ndefinitions: [asyncrequestsucceeded]\n").title == "t"


def test_two_documents_and_none() -> None:
    """A file holds one document."""
    assert faults("") == ["s.yaml:1:1: the file is empty: a scenario needs at least 'title' and 'steps'"]
    assert "holds one document" in faults("title: a\n---\ntitle: b\n")[0]
    assert faults("- a\n") == ["s.yaml:1:1: expected a mapping, got a list"]
    assert faults("seed: 1\n") == ["s.yaml:1:1: the key 'title' is missing"]


def test_not_yaml() -> None:
    """A text that is not YAML is told with the place where it stops to be."""
    assert faults("title: [a\nb: c\n")[0].startswith("s.yaml:2:2: this is not YAML: while parsing a flow sequence")


def test_load_tells_of_all_files(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files, folders, limits: each fault one clear line, all files at once."""
    from pathlib import Path

    folder = Path(str(tmp_path))
    monkeypatch.chdir(folder)
    (folder / "empty").mkdir()
    (folder / "good").mkdir()
    (folder / "good" / "b.yaml").write_text("title: B\n")
    (folder / "good" / "a.yml").write_text("title: A\n")
    (folder / "good" / "notes.txt").write_text("no scenario")
    (folder / "big.yaml").write_text("title: t\n#" + "x" * 1_000_000)
    (folder / "binary.yaml").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "zero.yaml").write_bytes(b"title: a\x00b\n")
    (folder / "typo.yaml").write_text("titel: t\n")
    stories = load(["good"], environment={})
    assert [(story.path, story.scenario.title) for story in stories] == [("good/a.yml", "A"), ("good/b.yaml", "B")]
    assert [story.scenario.title for story in load(["good"], environment={}, only="B.YAML")] == ["B"]
    paths = ["empty", "big.yaml", "binary.yaml", "zero.yaml", "typo.yaml", "none.yaml", "a\x00b"]
    with pytest.raises(ScenarioFaults) as caught:
        load(paths, environment={})
    assert str(caught.value).splitlines() == [
        "a\\x00b: cannot be read: embedded null byte",
        "big.yaml: is larger than 1 MB: a scenario is a page or two",
        "binary.yaml: is not a text file: byte 0x89 at offset 0 is not UTF-8",
        "empty: no scenario in this folder: none of its files ends in .yaml or .yml",
        "none.yaml: there is no such file",
        "typo.yaml:1:1: the key 'title' is missing",
        "typo.yaml:1:1: unknown key 'titel', did you mean 'title'?",
        "zero.yaml: is not a text file: a zero byte at offset 8",
    ]


@pytest.mark.parametrize("verb", ["settle", "drain"])
def test_a_step_that_takes_nothing(verb: str) -> None:
    """It may stand with its colon and nothing behind it."""
    story = scenario(SMALLEST.replace("  - advance: 30m\n", f"  - {verb}:\n"))
    step = story.steps[1]
    assert not isinstance(step, str)
    assert step.verb == verb
