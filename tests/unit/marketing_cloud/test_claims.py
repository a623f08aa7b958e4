"""The table of claims is whole: every knob of the dialect stands in it, and every knob in it exists."""

from simulator.marketing_cloud.claims import CLAIMS
from simulator.marketing_cloud.quirks import Quirks, names, split


def test_every_knob_is_claimed() -> None:
    """A choice that can be turned is told in the table, and the other way round."""
    told = {claim.knob.removeprefix("quirks.") for claim in CLAIMS if claim.knob and claim.knob.startswith("quirks.")}
    assert told == set(Quirks().as_dict())


def test_knobs_are_told_from_those_of_others() -> None:
    """Names in either spelling are this dialect's own; the rest is left to whoever knows it."""
    own, others = split({"emptyFields": "blank", "result_days": 3, "retry401": "never"})
    assert (own, others) == ({"emptyFields": "blank", "result_days": 3}, {"retry401": "never"})
    assert {"emptyFields", "empty_fields"} <= names()
