"""Exceptions by whose fault: the client's, the author's, ours. Each carries what its reader needs to go on."""

from collections.abc import Iterable
from difflib import get_close_matches


class SimulatorError(Exception):
    """Whatever the simulator raises on purpose."""


class ClientError(SimulatorError):
    """The client's fault: an answer with a status, that the dialect puts in its own words."""

    def __init__(self, message: str, *, status: int = 400, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code


class AuthorError(SimulatorError):
    """The fault of whoever wrote a setting, a flag or a scenario; the message says what, where and what to do."""


class NotKept(AuthorError):
    """What was accepted could not be written down; nothing more is, until somebody has seen to the file."""


class StillBusy(SimulatorError):
    """Time could not come to rest: a bound was reached; the message names what is still busy."""


class OurFault(SimulatorError):
    """A bug of ours."""


class IllegalStep(OurFault):
    """A signal that the retry machine has no transition for: always our bug."""


def near_match(word: str, known: Iterable[str]) -> str:
    """A clause that offers the closest known words, or the empty string: ``, did you mean 'attempts'?``."""
    candidates = list(known)
    folded = {name.lower(): name for name in candidates}
    close = get_close_matches(word.lower(), folded, n=3, cutoff=0.6)
    if not close:
        return ""
    return ", did you mean " + " or ".join(repr(folded[name]) for name in close) + "?"
