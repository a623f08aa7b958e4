"""A story as YAML that a person reads and `simulator.replay` takes: short parts on one line, doubtful texts in quotes."""

import json
import re
from typing import Any

import yaml

WIDTH = 118
SHORT = 100

# Everything that might be read as another type by some YAML is put in quotes, by whichever version.
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9 _/.;()=+-]*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})


class Inline(dict[str, Any]):
    """A mapping to be written on one line if it fits."""


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS and value == value.strip()
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')


def _inline(dumper: yaml.SafeDumper, value: Inline) -> yaml.MappingNode:
    short = len(json.dumps(value, ensure_ascii=False)) <= SHORT
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=short)


def _list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.SequenceNode:
    flat = all(isinstance(item, int | float | str) or item is None for item in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=flat)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Inline, _inline)
_Dumper.add_representer(list, _list)


def write_story(story: dict[str, Any], comments: list[str]) -> str:
    """The text of a scenario file; ``comments`` stand at its head."""
    head = "".join(f"# {line}\n" for line in comments)
    kept = {key: value for key, value in story.items() if value not in ({}, [], None)}
    return head + yaml.dump(kept, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
