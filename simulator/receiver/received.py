"""One request as the receiver got it, byte for byte, and what it did with it.

This module alone decides the shape of that record. It knows no socket and reads no clock: order is told by numbers.
"""

import json
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

from msgspec import Struct

from simulator.core.heads import Headers, parse_headers


class Deed(StrEnum):
    """What a receiver did where it gave no proper answer."""

    HANG = "hang"
    RESET = "reset"
    CLOSE = "close"
    RAW = "raw"


class Received(Struct, frozen=True, gc=False):
    """One request. ``head`` is the request line and headers as they came, blank line included; ``body`` as sent, unchunked.

    ``number`` counts requests and ``connection`` connections, both from 1. ``answered`` is the status of the answer, or
    what was done instead; None while neither has happened. ``late``: the sender had hung up before it was answered.
    ``challenged``: it lacked the right credentials, so it was not the script that answered.
    """

    number: int
    connection: int
    head: bytes
    body: bytes = b""
    answered: int | Deed | None = None
    late: bool = False
    challenged: bool = False

    @property
    def method(self) -> str:
        return self._word(0)

    @property
    def target(self) -> str:
        """The request target as sent: path and query, still percent-encoded."""
        return self._word(1)

    @property
    def path(self) -> str:
        """The target's path, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The target's query without its question mark, still percent-encoded; empty where there is none."""
        return self.target.partition("?")[2]

    @property
    def params(self) -> tuple[tuple[str, str], ...]:
        """The query decoded to names and values, in order, blank ones kept."""
        return tuple(parse_qsl(self.query, keep_blank_values=True))

    @property
    def form(self) -> tuple[tuple[str, str], ...]:
        """The body of a form decoded to names and values, in order, blank ones kept."""
        return tuple(parse_qsl(self.text, keep_blank_values=True))

    @property
    def headers(self) -> Headers:
        """The headers as received, in order."""
        return parse_headers(self.head)

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case; None where there is none."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def text(self) -> str:
        """The body as UTF-8 text; raises ``UnicodeDecodeError`` where it is none."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """The body read as JSON; raises ``ValueError`` where it is none."""
        return json.loads(self.body)

    def _word(self, place: int) -> str:
        words = self.head.partition(b"\r\n")[0].decode("latin-1").split(" ")
        return words[place] if place < len(words) else ""

    def __repr__(self) -> str:
        answered = "in progress" if self.answered is None else f"answered {self.answered}"
        late = ", late" if self.late else ""
        return f"<Received {self.number} {self.method} {self.path} {len(self.body)} B, {answered}{late}>"
