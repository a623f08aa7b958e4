"""What a request of a story's own was answered, as the steps and the findings see it.

It knows how an answer is read and how one that refuses is told; who asks, and what follows, is the stage's.
"""

import json
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from simulator.core.errors import AuthorError


class Answer(Struct, frozen=True):
    """What a request of the story's own was answered; ``body`` is the JSON, or the text where it is none."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: Any

    @property
    def fields(self) -> dict[str, Any]:
        """As later steps see it: ``status``, ``headers``, ``body``, and the fields of a JSON body by themselves."""
        own = self.body if isinstance(self.body, dict) else {}
        return {**own, "status": self.status, "headers": dict(self.headers), "body": self.body}


class Refused(AuthorError):
    """The simulator would not take what the story asks for."""


def decoded(raw: bytes) -> Any:
    """A body as JSON, or as text where it is none."""
    text = raw.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


def said(answer: Answer) -> str:
    """An answer that refuses something, in its own words."""
    body = answer.body
    if isinstance(body, dict):
        words = body.get("error") or body.get("message")
        if words is None and isinstance(body.get("reasons"), list):
            words = "; ".join(str(reason.get("message")) for reason in body["reasons"])
        if words:
            return str(words)
    return f"status {answer.status}: {json.dumps(body)[:300]}"


def without_userinfo(url: str) -> str:
    """A URL as it may be shown."""
    parts = urlsplit(url)
    return url.replace(parts.netloc, parts.netloc.rpartition("@")[2], 1)
