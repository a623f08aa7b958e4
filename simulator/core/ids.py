"""Where every id comes from: a hash of the seed and of what the id is for.

The same thing in two runs of one seed bears the same id, in whatever order the things happen.
"""

from hashlib import blake2b

_VARIANT = {digit: "89ab"[place % 4] for place, digit in enumerate("0123456789abcdef")}


class Ids:
    """Derives ids from a seed; two sources of one seed agree."""

    __slots__ = ("_root", "seed")

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._root = blake2b(str(seed).encode(), digest_size=16)

    def hex(self, *purpose: object) -> str:
        """32 lower-case hex digits, with the version and variant of a random UUID."""
        digest = self._root.copy()
        digest.update("\x1f".join([str(part) for part in purpose]).encode())
        text = digest.hexdigest()
        return f"{text[:12]}4{text[13:16]}{_VARIANT[text[16]]}{text[17:]}"

    def uuid(self, *purpose: object) -> str:
        """The same as `hex`, hyphenated: 36 characters."""
        return hyphenated(self.hex(*purpose))

    def history(self, delivery_id: str, attempt: int) -> str:
        """The id of an attempt in a provider's history, made where it is asked for: there may be a million of them."""
        return self.hex("history", delivery_id, attempt)

    def fraction(self, *purpose: object) -> float:
        """A number in [0, 1) that chance would have drawn."""
        digest = self._root.copy()
        digest.update("\x1f".join([str(part) for part in purpose]).encode())
        return int.from_bytes(digest.digest()[:7], "big") / (1 << 56)


def hyphenated(text: str) -> str:
    """The 8-4-4-4-12 form of 32 hex digits."""
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
