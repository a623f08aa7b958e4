"""A provider's own records as bytes and back: each under the name of its type, and only types that were named before.

Loading can therefore make records and nothing else. What is no record (text, numbers, lists, objects) goes without a name.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from simulator.core.errors import OurFault

Payload = tuple[str, bytes]
"""The name of the type, and the value as JSON: unlike MessagePack it holds whole numbers of any size."""


class Codec:
    """Knows the types in ``kinds``."""

    def __init__(self, kinds: Iterable[type[msgspec.Struct]]) -> None:
        self._names: dict[type, str] = {kind: f"{kind.__module__}.{kind.__qualname__}" for kind in kinds}
        self._kinds = {name: kind for kind, name in self._names.items()}
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {"": msgspec.json.Decoder()}
        self._encoder = msgspec.json.Encoder()

    def encode(self, value: Any) -> Payload | None:
        """None stays None."""
        if value is None:
            return None
        name = self._names.get(type(value), "")
        if not name and isinstance(value, msgspec.Struct):
            raise OurFault(f"the journal was not told of {type(value).__qualname__}")
        return name, self._encoder.encode(value)

    def decode(self, payload: Payload | None) -> Any:
        """Raises ValueError for a type that is not known, or bytes that are none."""
        if payload is None:
            return None
        name, raw = payload
        decoder = self._decoders.get(name)
        if decoder is None:
            if name not in self._kinds:
                raise ValueError(f"there is no record type {name!r}")
            decoder = self._decoders[name] = msgspec.json.Decoder(self._kinds[name])
        return decoder.decode(raw)
