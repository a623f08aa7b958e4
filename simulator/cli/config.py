"""``--config zuora-simulator.yaml``: the options of a server in a file, under the names of their flags.

It alone decides how such a file is written. Every fault is told as ``file:line: ...``; nothing is taken half.
"""

from pathlib import Path
from typing import Any

import click
import yaml

from simulator.core.errors import AuthorError, near_match

Written = dict[str, tuple[Any, str]]
NEVER_THERE = ("config",)
PLURALS = {"routes": "route", "quirks": "quirk"}
SIZE_LIMIT = 1_000_000


def read_config(path: str, context: click.Context) -> Written:
    """What the file says, by parameter: the value as its flag would be read, and its place as ``file:line``.

    Names as ``max-attempts``, ``max_attempts`` or ``maxAttempts``. Raises AuthorError.
    """
    root = _root(path)
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise AuthorError(f"{path}:1: a config file is a list of names and values, such as `max-attempts: 5`")
    parameters = {parameter.name: parameter for parameter in context.command.params if parameter.name}
    parameters = {name: one for name, one in parameters.items() if name not in NEVER_THERE}
    found: Written = {}
    for key, node in root.value:
        place = f"{path}:{key.start_mark.line + 1}"
        name = _parameter(key, parameters)
        if name is None:
            flags = [known.replace("_", "-") for known in parameters]
            raise AuthorError(f"{place}: unknown key {key.value!r}{near_match(_kebab(str(key.value)), flags)}")
        if name in found:
            raise AuthorError(f"{place}: {key.value} stands there twice, first at {found[name][1]}")
        found[name] = (_value(node, parameters[name], context, place, key.value), place)
    return found


def _root(path: str) -> yaml.Node | None:
    try:
        raw = Path(path).read_bytes()
        if len(raw) > SIZE_LIMIT:
            raise AuthorError(f"{path}: no config file is larger than {SIZE_LIMIT:,} bytes")
        return yaml.compose(raw.decode("utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = error.problem or error.context or "it cannot be read"
        raise AuthorError(f"{path}:{mark.line + 1 if mark else 1}: this is not YAML: {said}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise AuthorError(f"{path}:1: this is not YAML: {' '.join(str(error).split())}") from None
    except OSError as error:
        raise AuthorError(f"{path}: {error.strerror or error}") from None


def _parameter(key: yaml.Node, parameters: dict[str, click.Parameter]) -> str | None:
    if not isinstance(key, yaml.ScalarNode):
        return None
    name = _kebab(key.value).replace("-", "_")
    if name in parameters:
        return name
    for plural in (PLURALS.get(name), name.removesuffix("s")):
        if plural in parameters and parameters[plural].multiple:
            return plural
    return {"interval_minutes": "interval"}.get(name)


def _kebab(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).replace("_", "-").strip("-")


def _value(node: yaml.Node, parameter: click.Parameter, context: click.Context, place: str, key: str) -> Any:
    """The node's text read as the flag's would be."""
    several: bool = getattr(parameter, "multiple", False)
    words = _words(node, place, key) if several else _word(node, place, key)
    try:
        value = parameter.type_cast_value(context, words)
    except click.BadParameter as error:
        raise AuthorError(f"{place}: {key}: {error.message}") from None
    return tuple(value) if several else value


def _word(node: yaml.Node, place: str, key: str) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise AuthorError(f"{place}: {key} takes one value")
    text: str = node.value
    return text


def _words(node: yaml.Node, place: str, key: str) -> list[str]:
    """One value, a list of them, or a mapping as ``NAME=VALUE`` words."""
    if isinstance(node, yaml.MappingNode):
        return [f"{_word(name, place, key)}={_word(value, place, key)}" for name, value in node.value]
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return [_word(one, place, key) for one in nodes]
