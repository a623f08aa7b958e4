"""A body that is kept with its ids left open is the body that was told, byte by byte."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.core.gaps import Content, Woven, woven

JOB, RESULT = "66fb56f5-c1e7-47cc-a930-d4fc3a96c1c5", "08b1c67ef6a142709f03f0f99e9ab540"
# Pieces that could be taken for an id, a gap or an escape.
PIECES = st.sampled_from([JOB, RESULT, "j", "%", "%%", "%(job)s", "%(result)d", "é", '"', "{", "66"])
IDS = st.sampled_from([JOB, RESULT, "j", "job", "%", "%%", "s", "66", ""])


@given(st.lists(PIECES), IDS, IDS)
def test_what_was_opened_is_filled_in_again(pieces: list[str], job: str, result: str) -> None:
    """Whatever stands in it, and whatever the ids are."""
    body = "".join(pieces).encode()
    assert bytes(woven(body, job, result)) == body


def test_bodies_that_differ_in_their_ids_share_a_pattern() -> None:
    """Nothing else of them is kept."""
    one, other = told(JOB, RESULT), told("6" * 36, "7" * 32)
    assert isinstance(one, Woven)
    assert isinstance(other, Woven)
    assert one.pattern == '{"id":"%(job)s","data":{"id":"%(result)s"}}'
    assert one.pattern is other.pattern
    assert (other.job, other.result) == ("6" * 36, "7" * 32)


def told(job: str, result: str) -> Content:
    return woven(f'{{"id":"{job}","data":{{"id":"{result}"}}}}'.encode(), job, result)


def test_a_body_without_both_ids_stays_as_it_is() -> None:
    """So does one that is no text."""
    for body in (b"", b"{}", JOB.encode(), b"\xff" + f"{JOB}{RESULT}".encode()):
        assert woven(body, JOB, RESULT) is body


def test_a_body_does_not_show_in_a_repr() -> None:
    """It may hold what somebody told."""
    told = woven(f"planted {JOB} {RESULT}".encode(), JOB, RESULT)
    assert repr(told) == "<Woven 66fb56f5… 08b1c67e…>"
