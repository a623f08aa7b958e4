"""Files and answers that chance has spoilt: each is read or refused in words. `make bench` reads 100,000 of each."""

from tests.support.noise import STORY, answers, judged, read_as_story, stories


def test_spoilt_stories() -> None:
    """They end in a story or in its author's faults."""
    read_as_story(STORY)
    for text in stories(seed=1, count=500):
        read_as_story(text)


def test_spoilt_answers() -> None:
    """They end in a verdict, whatever is cut where, and it is not always the same."""
    codes = {judged(slices).code for slices in answers(seed=1, count=2_000)}
    assert {-1, 200, 204, 401} <= codes
