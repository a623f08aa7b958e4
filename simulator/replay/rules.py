"""What the types of a story cannot say: keys that need or exclude each other, texts that are patterns, events that exist.

Each rule gets a value, the nodes of its keys and its own node, and notes faults; it changes nothing.
"""

import re
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from simulator.core.errors import AuthorError, near_match
from simulator.replay.convert import Converter, Rule
from simulator.replay.references import ROOTS
from simulator.replay.story import (
    VERBS,
    Answer,
    Answered,
    Definition,
    Expectation,
    FaultRule,
    OutcomeRule,
    Receiver,
    Scenario,
    Settings,
    Step,
)
from simulator.replay.tree import Node
from simulator.zuora.settings import Settings as TenantSettings

Nodes = Mapping[str, Node]


def pattern_of(text: str) -> str | None:
    """The regular expression in ``/text/``, or None where the text means itself."""
    return text[1:-1] if len(text) > 2 and text.startswith("/") and text.endswith("/") else None


def event_key(name: str) -> str:
    """An event's name as it is compared: without spaces and case (contract §6)."""
    return "".join(name.split()).lower()


def unknown_events(
    events: Iterable[tuple[Node, str]], custom: Collection[str], catalogue: Collection[str], reading: Converter
) -> None:
    """Note each event that neither the catalogue nor the scenario knows."""
    known = {event_key(name) for name in (*catalogue, *custom)}
    for node, name in events:
        if event_key(name.rpartition(":")[2]) not in known and "${" not in name:
            near = near_match(name, (*catalogue, *custom))
            reading.say(
                node, f"unknown event {name[:60]!r}{near or '; events of your own are listed under customEvents'}"
            )


def _one_step(step: Step, nodes: Nodes, node: Node, reading: Converter) -> None:
    verbs = [verb for verb in VERBS if verb in nodes]
    if not verbs:
        reading.say(node, f"a step has one key that says what to do: {', '.join(VERBS)}")
    for verb in verbs[1:]:
        reading.say(
            nodes[verb], f"a step has one key, this one has {verbs[0]!r} already: begin {verb!r} with a '-' of its own"
        )
    if step.set is not None:
        _set(step, nodes, reading)
    if len(verbs) == 1 and getattr(step, verbs[0]) is None and verbs[0] not in _TAKE_NOTHING:
        reading.say(nodes[verbs[0]], f"{verbs[0]!r} says nothing")


_TAKE_NOTHING = frozenset({"settle", "drain"})


def _settings(settings: Settings, nodes: Nodes, node: Node, reading: Converter) -> None:
    """Locales and quirks are the provider's: it says what it takes."""
    for key in ("locale", "quirks"):
        if key in nodes:
            try:
                TenantSettings.read({key: getattr(settings, key)})
            except AuthorError as error:
                reading.say(nodes[key], str(error))


def _set(step: Step, nodes: Nodes, reading: Converter) -> None:
    """What can only be chosen at the start cannot be set later."""
    changed = msgspec.to_builtins(step.set)
    late = [key for key in changed if key not in TenantSettings().as_dict()]
    if late:
        reading.say(nodes["set"], f"{', '.join(late)} can be chosen at the start only: write it under 'settings'")


def _receiver(receiver: Receiver, nodes: Nodes, node: Node, reading: Converter) -> None:
    if receiver.url is not None:
        for key in ("answers", "tls"):
            if key in nodes:
                reading.say(nodes[key], f"{key!r} is for the built-in receiver, and 'url' names another: leave one out")
    _credentials(receiver, nodes, node, reading)


def _credentials(value: Receiver | Definition, nodes: Nodes, node: Node, reading: Converter) -> None:
    if (value.username is None) != (value.password is None):
        given, wanted = ("username", "password") if value.password is None else ("password", "username")
        reading.say(nodes.get(given, node), f"{given!r} needs {wanted!r} beside it")


def _answer(answer: Answer, nodes: Nodes, node: Node, reading: Converter) -> None:
    ends = [key for key in ("hang", "reset", "close", "drip") if getattr(answer, key)]
    for key in ends[1:]:
        reading.say(nodes[key], f"an answer cannot both {ends[0]} and {key}")
    if answer.big is not None and answer.body is not None:
        reading.say(nodes["big"], "'big' makes a body of its own: leave 'body' out")


def _definition(definition: Definition, nodes: Nodes, node: Node, reading: Converter) -> None:
    _credentials(definition, nodes, node, reading)
    if definition.oauth is not None and definition.username is not None:
        reading.say(nodes["oauth"], "Zuora uses either Basic or OAuth 2.0: leave one out")
    if definition.body is not None and definition.params:
        reading.say(nodes["params"], "a body of your own takes the place of params: leave one out")


def _fault(rule: FaultRule, nodes: Nodes, node: Node, reading: Converter) -> None:
    for key, kind in (("window", "reorder"), ("minutes", "delay"), ("atOnce", "duplicate")):
        if key in nodes and rule.kind != kind:
            reading.say(nodes[key], f"{key!r} goes with the fault {kind!r}, not with {rule.kind!r}")
    if rule.kind == "delay" and rule.minutes is None:
        reading.say(node, "a delay needs 'minutes'")


def _outcome(rule: OutcomeRule, nodes: Nodes, node: Node, reading: Converter) -> None:
    if rule.result == "status" and rule.status is None:
        reading.say(node, "the result 'status' needs a 'status', such as 429")
    if rule.result not in ("status", "lost-answer") and "status" in nodes:
        reading.say(
            nodes["status"], f"'status' goes with the results 'status' and 'lost-answer', not with {rule.result!r}"
        )


def _expectation(claim: Expectation, nodes: Nodes, node: Node, reading: Converter) -> None:
    if not nodes.keys() - {"event", "nth", "attempt", "exchange"}:
        reading.say(node, "this expects nothing: say how many attempts, which codes, which outcome, or never: true")
    if claim.never:
        for key in nodes.keys() - {"never", "event"}:
            reading.say(nodes[key], f"what never happens has no {key!r}")
        if claim.never is True and claim.event is None:
            reading.say(nodes["never"], "never needs an event: write never: Async Request Failed")
    for key in ("codes", "times", "errors", "exchanges"):
        value = getattr(claim, key)
        if value is not None and claim.attempts is not None and len(value) != claim.attempts:
            reading.say(nodes[key], f"{key!r} lists {len(value)} and 'attempts' says {claim.attempts}")
    _patterns(claim.headers, nodes.get("headers", node), reading)
    _patterns(claim.body, nodes.get("body", node), reading)
    _patterns(claim.why, nodes.get("why", node), reading)


def _answered(answered: Answered, nodes: Nodes, node: Node, reading: Converter) -> None:
    _patterns(answered.headers, nodes.get("headers", node), reading)
    _patterns(answered.body, nodes.get("body", node), reading)


def _patterns(value: Any, node: Node, reading: Converter) -> None:
    for text in _texts(value):
        pattern = pattern_of(text)
        if pattern is None or "${" in text:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what Python may read otherwise one day is no fault of today's
                re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            reading.say(node, f"/{pattern[:60]}/ is not a regular expression: {error}")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _scenario(scenario: Scenario, nodes: Nodes, node: Node, reading: Converter) -> None:
    taken: set[str] = set()
    parts = [*scenario.definitions, *scenario.steps]
    for part in parts:
        name = part.named if isinstance(part, Definition | Step) else None
        if name is None:
            continue
        if name in taken or name in ROOTS:
            reading.say(nodes.get("steps", node), f"two parts are called {name!r}: names given with 'as' are used once")
        taken.add(name)


RULES: Mapping[type, Rule] = {
    Step: _one_step,
    Settings: _settings,
    Receiver: _receiver,
    Answer: _answer,
    Definition: _definition,
    FaultRule: _fault,
    OutcomeRule: _outcome,
    Expectation: _expectation,
    Answered: _answered,
    Scenario: _scenario,
}
