"""Merge fields: finding them in a text, and what each is worth for one event.

Both spellings of the merge-field pages (documented): ``<DataSource.Account.Id>`` and ``{{DataSource.Account.Id}}``. An
angle form needs a dot, so that ``<b>`` in a body is left alone. What has no value is an empty string (observed).
A section ``{{#X}}...{{/X}}`` is written once where the data source has something under ``X`` (inferred: the data source
is flat). This module never escapes a value: it enters the text as it is.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache

from msgspec import Struct, structs

from simulator.core.model import Event
from simulator.zuora.callouts.locales import ISO, localised
from simulator.zuora.catalogue import find_event
from simulator.zuora.notifications.events import fields_of

_NAME = r"[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)"
_GAP = r"[ \t]{0,9}"
_TAG = re.compile(rf"<({_NAME}+)>|\{{\{{{_GAP}([#/^]?){_GAP}({_NAME}*){_GAP}\}}\}}", re.ASCII)
DEEPEST = 50  # sections within sections; deeper ones are literal, so that no template exhausts the stack


class Field(Struct, frozen=True):
    """A place in a text where a value goes."""

    name: str


class Section(Struct, frozen=True):
    """A part of a text that is written where there is something of that name, or, inverted, where there is nothing."""

    name: str
    parts: "tuple[Part, ...]"
    inverted: bool = False


Part = str | Field | Section


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[Part, ...]:
    """The text as literals, fields and sections. A section that isn't closed, or closes what isn't open, is literal."""
    open_sections: list[tuple[re.Match[str] | None, list[Part]]] = [(None, [])]
    position = 0
    for tag in _TAG.finditer(text):
        parts = open_sections[-1][1]
        _append(parts, text[position : tag.start()])
        position = tag.end()
        angle, mark, name = tag.groups()
        if not mark:
            _append(parts, Field(angle or name))
        elif mark != "/":
            if len(open_sections) > DEEPEST:
                _append(parts, tag[0])
            else:
                open_sections.append((tag, []))
        else:
            opener = open_sections[-1][0]
            if opener is None or opener[3] != name:
                _append(parts, tag[0])
                continue
            open_sections.pop()
            _append(open_sections[-1][1], Section(name, tuple(parts), opener[2] == "^"))
    _append(open_sections[-1][1], text[position:])
    while len(open_sections) > 1:
        opener, parts = open_sections.pop()
        assert opener is not None  # noqa: S101 - only the first entry has no opener; this tells the type checker
        for part in (opener[0], *parts):
            _append(open_sections[-1][1], part)
    return tuple(open_sections[0][1])


def _append(parts: list[Part], part: Part) -> None:
    if isinstance(part, str) and parts and isinstance(parts[-1], str):
        parts[-1] += part
    elif part != "":
        parts.append(part)


class Tenant(Struct, frozen=True):
    """What system fields say of the tenant."""

    id: str
    name: str


class DataSource(Struct, frozen=True):
    """What the merge fields of one event are worth.

    Names are looked up as they are, then without ``DataSource.``, then whatever their case. An event's own field wins
    over a system field of the same name. Dates follow ``locale``; ``empty`` stands in for an empty value. ``extra``
    holds values by their names in lower case that are no part of the event; ``within`` the sections around a field.
    """

    event: Event
    tenant: Tenant
    now: datetime
    locale: str = ISO
    empty: str = ""
    extra: Mapping[str, str] = {}
    within: tuple[str, ...] = ()

    def fill(self, text: str) -> str:
        """The text with each merge field replaced by its value."""
        if "<" not in text and "{{" not in text:
            return text
        return self._written(parse(text))

    def value(self, text: str) -> str:
        """A parameter's value: its text, filled. One that is empty counts as an empty value."""
        return self.fill(text) or self.empty

    def _written(self, parts: tuple[Part, ...]) -> str:
        return "".join(part if isinstance(part, str) else self._worth(part) for part in parts)

    def _worth(self, part: Field | Section) -> str:
        if isinstance(part, Field):
            return self.look_up(part.name) or self.empty
        if self._present(part.name) is part.inverted:
            return ""
        return structs.replace(self, within=(part.name, *self.within))._written(part.parts)

    def look_up(self, name: str) -> str:
        """The value of a name, as written between the brackets; empty where it has none."""
        candidates = [f"{section}.{name}" for section in self.within]
        return next((value for value in map(self._find, [*candidates, name]) if value is not None), "")

    def _present(self, name: str) -> bool:
        start = _bare(name).casefold() + "."
        return bool(self.look_up(name)) or any(
            _bare(field).casefold().startswith(start) for field in fields_of(self.event)
        )

    def _find(self, name: str) -> str | None:
        fields, bare = fields_of(self.event), _bare(name)
        found = fields.get(name, fields.get(bare))
        if found is None:
            folded = bare.casefold()
            if (extra := self.extra.get(folded)) is not None:
                return extra
            found = next((value for field, value in fields.items() if _bare(field).casefold() == folded), None)
            if found is None:
                return SYSTEM_FIELDS[folded](self) if folded in SYSTEM_FIELDS else None
        return localised(found, self.locale)

    def _date(self, moment: datetime) -> str:
        return localised(moment.date().isoformat(), self.locale)

    def _timestamp(self, moment: datetime) -> str:
        plain = moment.replace(tzinfo=None).isoformat(timespec="milliseconds")
        return localised(plain + (moment.strftime("%z") or "+0000"), self.locale)

    def _category(self) -> str:
        known = find_event(self.event.name)
        return known.compact if known else self.event.name


# The system merge fields, by their names in lower case ("System merge fields"; documented). A timestamp without a locale
# has the form of the history example, 2015-01-13T22:31:43.248+0800.
SYSTEM_FIELDS: Mapping[str, Callable[[DataSource], str]] = {
    "tenant.id": lambda source: source.tenant.id,
    "tenant.name": lambda source: source.tenant.name,
    "today.date": lambda source: source._date(source.now),
    "event.id": lambda source: source.event.id,
    "event.category": lambda source: source._category(),
    "event.date": lambda source: source._date(source.event.at),
    "event.timestamp": lambda source: source._timestamp(source.event.at),
    "account.number": lambda source: source.look_up("Account.AccountNumber"),
}


def named_in(texts: Iterable[str]) -> frozenset[str]:
    """The names of all merge fields in some texts, without ``DataSource.``, in lower case."""
    return frozenset(
        _bare(part.name).lower() for text in texts for part in parse(text) if isinstance(part, Field | Section)
    )


def _bare(name: str) -> str:
    return name.removeprefix("DataSource.")
