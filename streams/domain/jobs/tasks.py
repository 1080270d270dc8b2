"""Which tasks a job hands out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.tasks import CleanUp, FingerprintChunk, FinishJob, Probe

if TYPE_CHECKING:
    from schemas.jobs import Job
    from schemas.tasks import JobTask
    from streams.domain.jobs.record import ActiveJob

__all__ = ["chunk_tasks", "clean_up_after", "clean_up_task", "finish_task", "probe_task"]


def probe_task(job: Job) -> Probe:
    """Return the first task of a job."""
    return Probe(
        job_id=job.job_id,
        media_id=job.media_id,
        request=job.request.spec,
        version=job.version,
        started=job.creation_time,
    )


def chunk_tasks(active: ActiveJob) -> tuple[FingerprintChunk, ...]:
    """Return the tasks that fingerprint the media, one for each span that was planned."""
    job, spec = active.job, active.job.request.spec
    return tuple(
        FingerprintChunk(
            job_id=job.job_id,
            media_id=job.media_id,
            request=spec,
            version=job.version,
            started=job.creation_time,
            chunk=number,
            start=start,
            end=end,
            several_clocks=active.several_clocks,
        )
        for number, (start, end) in enumerate(active.spans)
    )


def finish_task(active: ActiveJob) -> FinishJob:
    """Return the last task of a job, which puts together what its chunks have left."""
    job = active.job
    return FinishJob(
        job_id=job.job_id,
        media_id=job.media_id,
        request=job.request.spec,
        version=job.version,
        started=job.creation_time,
        chunks_total=job.chunks_total,
        several_clocks=active.several_clocks,
        attempt=active.restarts,
    )


def clean_up_task(job: Job) -> CleanUp:
    """Return the task that removes what a job leaves behind that has ended."""
    return clean_up_after(probe_task(job))


def clean_up_after(task: JobTask) -> CleanUp:
    """Return the task that removes what a task has left behind whose job had ended by then."""
    return CleanUp(
        job_id=task.job_id,
        media_id=task.media_id,
        request=task.request,
        version=task.version,
        started=task.started,
    )
