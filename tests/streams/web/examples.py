"""Jobs as the read model has them, for the tests of this folder."""

from __future__ import annotations

from schemas.jobs import Job, JobRequest, JobStatus, Metrics
from schemas.matches import Interval, Match, Track

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


def job(job_id: str, status: JobStatus = JobStatus.SUCCESS, *, media_id: str = "video", **fields: object) -> Job:
    """Return a job whose creation follows the number in its id."""
    request = JobRequest(job_id=job_id, media_id=media_id, file_url="file:///a.mp4")
    times = {"creation_time": f"2026-11-23T08:00:00.{job_id[1:]:0>3}Z", "update_time": "2026-11-23T08:01:00.000Z"}
    plain = {"job_id": job_id, "media_id": media_id, "status": status, "request": request}
    return Job(**{**plain, **times, "metrics": Metrics(duration=10.0), **fields})
