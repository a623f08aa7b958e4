"""The life of one asynchronous request."""

from datetime import timedelta

import pytest

from simulator.core.dialect import Finished, Later
from simulator.core.errors import IllegalStep, OurFault
from simulator.core.job import queued, worked
from simulator.core.model import JobPhase
from tests.support.fake_dialect import submission
from tests.support.machine import T0

LATER = T0 + timedelta(minutes=5)
JOB = queued("j" * 32, submission(), T0, T0, 1)


def test_a_request_waits_in_the_queue() -> None:
    """Until its work is done."""
    assert (JOB.phase, JOB.created, JOB.due, JOB.completed, JOB.tries) == (JobPhase.QUEUED, T0, T0, None, 0)
    assert repr(JOB) == "<Job jjjjjjjj… POST /v1/async/things queued>"


@pytest.mark.parametrize("phase", [JobPhase.SUCCEEDED, JobPhase.FAILED])
def test_it_ends_once(phase: JobPhase) -> None:
    """With what it came to; a second look is our bug."""
    ended = worked(JOB, Finished(phase, result="it", error="why"), LATER)
    assert (ended.phase, ended.due, ended.completed, ended.tries) == (phase, None, LATER, 1)
    assert (ended.result, ended.error) == ("it", "why")
    with pytest.raises(IllegalStep, match="has ended already"):
        worked(ended, Finished(phase), LATER)


@pytest.mark.parametrize("until", [LATER, None])
def test_it_can_be_put_off(until: object) -> None:
    """Or for ever."""
    waiting = worked(JOB, Later(LATER if until else None), T0)
    assert (waiting.phase, waiting.due, waiting.tries) == (JobPhase.QUEUED, LATER if until else None, 1)


@pytest.mark.parametrize("back", [timedelta(0), timedelta(microseconds=1), timedelta(days=1)])
def test_it_can_not_be_put_off_to_where_it_is(back: timedelta) -> None:
    """Time would never move again."""
    with pytest.raises(OurFault, match="would be looked at for ever"):
        worked(JOB, Later(LATER - back), LATER)


def test_it_cannot_end_as_it_began() -> None:
    """A dialect that says so has a bug."""
    with pytest.raises(IllegalStep, match="cannot finish as queued"):
        worked(JOB, Finished(JobPhase.QUEUED), T0)
