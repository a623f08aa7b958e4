"""The life of one asynchronous request: queued, then succeeded or failed; or queued for ever.

What the work does is the dialect's answer (`Finished` or `Later`); here it becomes the job's next state.
"""

from datetime import datetime

from msgspec.structs import replace

from simulator.core.dialect import Finished, Later
from simulator.core.errors import IllegalStep, OurFault
from simulator.core.model import Job, JobPhase, Submission


def queued(job_id: str, submission: Submission, now: datetime, due: datetime | None, number: int) -> Job:
    """A job that was accepted at ``now`` and is looked at when ``due``; never by itself where that is None."""
    return Job(id=job_id, submission=submission, phase=JobPhase.QUEUED, created=now, due=due, number=number)


def worked(job: Job, answer: Finished | Later, now: datetime) -> Job:
    """The job after the dialect looked at it. A job ends once: a second look is our bug."""
    if job.phase is not JobPhase.QUEUED:
        raise IllegalStep(f"{job!r} has ended already")
    match answer:
        case Finished(phase=JobPhase.QUEUED):
            raise IllegalStep(f"{job!r} cannot finish as queued")
        case Finished(phase=phase, result=result, error=error):
            return replace(job, phase=phase, due=None, completed=now, tries=job.tries + 1, result=result, error=error)
        case Later(at=at) if at is not None and at <= now:
            raise OurFault(f"{job!r} would be looked at for ever: it is put off to {at}, and it is {now}")
        case Later(at=at):
            return replace(job, due=at, tries=job.tries + 1)
