"""How an answer is written, what is read of it, and what its author is told when it cannot be."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.errors import AuthorError
from simulator.receiver import Answer, AnswerError, Ending, Point
from simulator.receiver.answer import KEYS


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (503, Answer(status=503)),
        (Answer(status=201), Answer(status=201)),
        ({}, Answer()),
        ({"status": 200, "body": "x"}, Answer(headers=(("Content-Type", "text/plain; charset=utf-8"),), body=b"x")),
        ({"body": {"a": [1]}}, Answer(headers=(("Content-Type", "application/json"),), body=b'{"a":[1]}')),
        ({"body": b"x"}, Answer(body=b"x")),
        ({"body": None}, Answer()),
        ({"headers": {"A": 1}}, Answer(headers=(("A", "1"),))),
        ({"headers": [("A", "1"), ("A", "2")]}, Answer(headers=(("A", "1"), ("A", "2")))),
        ({"delay": "16s"}, Answer(delay=timedelta(seconds=16))),
        ({"late": "16s"}, Answer(delay=timedelta(seconds=16))),
        ({"interim": 102, "then": 204}, Answer(status=204, interim=(102,))),
        ({"drip": "1B/s"}, Answer(drip=1)),
        ({"big": "200KB"}, Answer(big=204_800)),
        ({"endless": True}, Answer(endless=True)),
        ({"hang": True}, Answer(hang=Point.REQUEST)),
        ({"hang": False}, Answer()),
        ({"reset": "body"}, Answer(reset=Point.BODY)),
        ({"close": "answer"}, Answer(close=Point.ANSWER)),
        ({"raw": "x\n"}, Answer(raw=b"x\n")),
        ({"redirect": "/x", "status": 307}, Answer(status=307, headers=(("Location", "/x"),))),
    ],
)
def test_an_answer_is_read(written: Any, read: Answer) -> None:
    """A status, an answer that is one already, or keys."""
    assert Answer.read(written) == read


@pytest.mark.parametrize(
    ("written", "key", "told"),
    [
        ({"stauts": 1}, "stauts", "unknown key 'stauts' in an answer, did you mean 'status'?"),
        ({"late": "1s", "delay": "1s"}, "delay", "'delay' says again what 'delay' has said"),
        (True, None, "True is not an answer: write a status like 503"),
        ("503", None, "'503' is not an answer"),
        (None, None, "None is not an answer"),
        (99, "status", "status: 99 is not a status: write a number from 100 to 999"),
        ({"status": "200"}, "status", "status: '200' is not a status"),
        ({"delay": 16}, "delay", "delay: 16 is not a duration"),
        ({"drip": "0B/s"}, "drip", "drip: '0B/s' never ends"),
        ({"big": "lots"}, "big", "big: 'lots' is not a size"),
        ({"endless": 1}, "endless", "endless: 1 is neither true nor false"),
        ({"interim": 200}, "interim", "interim: 200 is not interim: interim answers are 1xx"),
        ({"reset": "header"}, "reset", "did you mean 'headers'?"),
        ({"raw": 1}, "raw", "raw: 1 are not bytes"),
        ({"raw": "\ud800"}, "raw", "half a surrogate pair"),
        ({"body": "\ud800"}, "body", "half a surrogate pair"),
        ({"redirect": "a\r\nb"}, "redirect", "is not a URL to redirect to"),
        ({"headers": "A: 1"}, "headers", "headers: 'A: 1' are not headers"),
        ({"headers": {"A": "1\r\nB: 2"}}, "headers", "is not a header line"),
        ({"headers": {"": "1"}}, "headers", "is not a header line"),
        ({"headers": {"A": "ö"}}, "headers", "is not a header line"),
        ({"body": object()}, "body", "body: this is neither text, bytes nor JSON"),
        ({"hang": True, "reset": True}, "reset", "an exchange ends once: hang and reset do not go together"),
        ({"hang": "answer"}, "hang", "after the whole answer there is nothing left to hang"),
        ({1: 2}, "1", "unknown key 1"),
    ],
)
def test_what_is_no_answer_is_told(written: Any, key: str | None, told: str) -> None:
    """Which key is at fault, what is wrong, and what is near."""
    with pytest.raises(AnswerError) as fault:
        Answer.read(written)
    assert told in str(fault.value)
    assert fault.value.key == key


WORDS = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.binary(max_size=8), st.floats())
VALUES = st.recursive(WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner))


@given(st.dictionaries(st.sampled_from(sorted(KEYS)) | st.text(max_size=5), VALUES, max_size=4) | VALUES)
def test_whatever_is_written_is_read_or_is_its_authors_fault(written: Any) -> None:
    """No other exception comes out of a scenario file."""
    with suppress(AuthorError):
        Answer.read(written)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (503, "<Answer 503>"),
        ({"hang": True}, "<Answer hang at request>"),
        ({"reset": "body"}, "<Answer reset at body>"),
        ({"delay": "16s"}, "<Answer 200 after 16s>"),
        ({"interim": [102, 103], "then": 204}, "<Answer 102 103 204>"),
        ({"drip": "1B/s", "big": "200KB"}, "<Answer 200 at 1B/s with 200KB>"),
        ({"endless": True}, "<Answer 200 without end>"),
        ({"raw": "abc"}, "<Answer raw 3 B>"),
    ],
)
def test_an_answer_shows_what_it_is(written: Any, shown: str) -> None:
    """In few words."""
    assert repr(Answer.read(written)) == shown


def test_an_ending_is_a_kind_and_a_point() -> None:
    """None for a complete answer."""
    assert Answer.read({"close": "headers"}).ending == (Ending.CLOSE, Point.HEADERS)
    assert Answer().ending is None
