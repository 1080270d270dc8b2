"""Which tasks a job hands out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.jobs import ChunkTask, TaskKind

if TYPE_CHECKING:
    from schemas.jobs import Job
    from streams.domain.jobs.record import ActiveJob

__all__ = ["chunk_tasks", "finish_task", "task_of"]


def chunk_tasks(active: ActiveJob) -> tuple[ChunkTask, ...]:
    """Return the tasks that fingerprint the media, one for each span that was planned."""
    return tuple(
        msgspec.structs.replace(
            task_of(active.job, TaskKind.FINGERPRINT),
            chunk=number,
            start=start,
            end=end,
            several_clocks=active.several_clocks,
        )
        for number, (start, end) in enumerate(active.spans)
    )


def finish_task(active: ActiveJob) -> ChunkTask:
    """Return the last task of a job, which puts together what its chunks have left."""
    return msgspec.structs.replace(
        task_of(active.job, TaskKind.FINISH),
        chunk=active.job.chunks_total,
        attempt=active.restarts,
        several_clocks=active.several_clocks,
    )


def task_of(job: Job, kind: TaskKind) -> ChunkTask:
    """Return a task of a job that is about no chunk."""
    return ChunkTask(
        job_id=job.job_id,
        media_id=job.media_id,
        kind=kind,
        request=job.request,
        version=job.version,
        chunks_total=job.chunks_total,
        started=job.creation_time,
    )
