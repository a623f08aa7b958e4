"""Which values of a recording are not written down, and what stands for them.

Credentials become ``${env:...}``; e-mail addresses and names become pseudonyms that are the same for the same value in
every recording. It knows no record: it looks at texts, and at the names they stand under.
"""

import hashlib
import re
from typing import Any
from urllib.parse import unquote

from simulator.masking import mask_body

_EMAIL = re.compile(r"[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+")
_NAME_KEY = re.compile(
    r"(?i)(?:^|[._])(?:(?:first|last|middle|full|given|family|account|contact|company|customer|sold_?to|bill_?to)?_?name)$"
)
_SECRET_KEY = re.compile(
    r"(?i)password|passwd|secret|token|api[_-]?key|access[_-]?key|signature|credential|^(?:proxy-)?authorization$|^(?:set-)?cookie$"
)
_QUERY = re.compile(r"([?&;])([^=&;#]+)=([^&;#]*)")


class Discretion:
    """Replaces what is private, the same value always by the same word. ``keep`` leaves everything as it is."""

    def __init__(self, *, keep: bool = False) -> None:
        self._keep = keep
        self._secrets: dict[str, str] = {}

    def secret(self, value: str, what: str) -> str:
        """A reference to the environment for a credential: ``${env:CALLOUT_PASSWORD}``, numbered where there are several."""
        if self._keep:
            return escaped(value)
        if value not in self._secrets:
            taken = sum(name.startswith(f"CALLOUT_{what}") for name in self._secrets.values())
            self._secrets[value] = f"CALLOUT_{what}" + (f"_{taken + 1}" if taken else "")
        return f"${{env:{self._secrets[value]}}}"

    @property
    def variables(self) -> list[str]:
        """The environment variables that the story needs."""
        return sorted(self._secrets.values())

    def text(self, value: str, key: str = "") -> str:
        """A text that stands under ``key``."""
        if self._keep:
            return escaped(value)
        if value and _SECRET_KEY.search(key):
            return self.secret(value, "SECRET")
        if value and _NAME_KEY.search(key):
            return f"name-{_stable(value)}"
        return escaped(_EMAIL.sub(lambda match: f"user-{_stable(unquote(match[0]))}@example.com", value))

    def value(self, value: Any, key: str = "") -> Any:
        """Any JSON value that stands under ``key``."""
        if isinstance(value, str):
            return self.text(value, key)
        if isinstance(value, dict):
            return {escaped(name): self.value(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, key) for item in value]
        if value is not None and not isinstance(value, bool) and not self._keep and _SECRET_KEY.search(key):
            return self.secret(str(value), "SECRET")
        return value

    def body(self, template: str) -> str:
        """A body with merge fields in it, which is seldom JSON before they are filled in."""
        return escaped(template) if self._keep else self.text(mask_body(template))

    def url(self, value: str) -> str:
        """A URL or path: secrets and addresses in its query."""
        if self._keep:
            return escaped(value)
        head, mark, query = value.partition("?")
        return self.text(head) + _QUERY.sub(lambda one: f"{one[1]}{one[2]}={self.text(one[3], one[2])}", mark + query)


def escaped(text: str) -> str:
    """A text that happens to hold ``${`` says just that."""
    return text.replace("${", "$${")


def _stable(value: str) -> str:
    return hashlib.sha256(value.strip().lower().encode()).hexdigest()[:8]
