"""Jobs and matches as tests of the service need them: a test names what matters to it."""

from __future__ import annotations

from typing import Any, TypeVar

from schemas.commands import CancelJob, SubmitJob
from schemas.jobs import Job, JobRequest, JobStatus
from schemas.matches import Interval, Match, Track
from schemas.tasks import CleanUp, FingerprintChunk, FinishJob, Probe

JobTaskT = TypeVar("JobTaskT", Probe, FingerprintChunk, FinishJob, CleanUp)

#: When jobs were asked for, began, and ended, unless a test says otherwise.
TIME = "2026-11-23T08:00:00.000Z"

#: Five seconds that come from a reference of twenty minutes.
MATCH = Match(
    media_id="original",
    similarity=0.9,
    track=Track.BOTH,
    input_coverage=0.5,
    reference_coverage=0.004,
    intervals=(
        Interval(
            input_start=0.0,
            input_end=5.0,
            reference_start=65.0,
            reference_end=70.0,
            similarity=0.9,
            track=Track.BOTH,
            transforms=("mirrored",),
        ),
    ),
)

_ASKED = frozenset(JobRequest.__struct_fields__) - frozenset(Job.__struct_fields__)


def request(job_id: str = "j1", *, media_id: str = "video", **fields: Any) -> JobRequest:
    """Return a request for a job."""
    return JobRequest(**{"job_id": job_id, "media_id": media_id, "file_url": "file:///a.mp4", **fields})


def submit(job_id: str = "j1", **fields: Any) -> SubmitJob:
    """Return the command that asks for a job."""
    return SubmitJob.of(request(job_id, **fields))


def cancel(job_id: str = "j1", *, media_id: str = "video") -> CancelJob:
    """Return the command that ends a job."""
    return CancelJob(job_id=job_id, media_id=media_id)


def task(kind: type[JobTaskT], asked: JobRequest | None = None, **fields: Any) -> JobTaskT:
    """Return a task of a job, of a kind."""
    asked = request() if asked is None else asked
    return kind(**{"job_id": asked.job_id, "media_id": asked.media_id, "request": asked.spec, **fields})


def job(
    job_id: str = "j1",
    status: JobStatus = JobStatus.SUCCESS,
    *,
    media_id: str = "video",
    time: str = TIME,
    **fields: Any,
) -> Job:
    """Return a job that stands where it does since a time; what only its request has goes there."""
    asked = request(job_id, media_id=media_id, **{name: fields.pop(name) for name in _ASKED & set(fields)})
    known = {"job_id": job_id, "media_id": media_id, "status": status, "request": asked}
    times = {"creation_time": time, "update_time": time, "complete_time": time if status.ended else None}
    return Job(**{**known, **times, **fields})
