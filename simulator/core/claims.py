"""The shape of a claim: one thing that is imitated, where it is said, and how sure that is. It makes none itself."""

from enum import StrEnum

from msgspec import Struct


class Standing(StrEnum):
    """How sure a claim is: on a documentation page, in a published specification, seen in the wild, or our inference."""

    DOCUMENTED = "documented"
    SPEC = "spec"
    OBSERVED = "observed"
    INFERRED = "inferred"


class Claim(Struct, frozen=True):
    """One thing imitated. ``knob`` is a setting or ``quirks.name``, as on the control plane; None where nothing turns it."""

    text: str
    source: str
    standing: Standing
    knob: str | None = None
    question: str | None = None
