"""What the result of one chunk shows of a job that is under way: what people may be told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from schemas.tasks import FingerprintChunk, TaskOutcome

if TYPE_CHECKING:
    from schemas.jobs import Job
    from schemas.tasks import ChunkResult
    from streams.domain.jobs.record import MediaRecord

__all__ = ["Seen", "seen_by"]


class Seen(NamedTuple):
    """A chunk that was looked at for the first time.

    Attributes:
        job: The job that it is a part of.
        chunk: Its number.
        duration: Of the whole media, seconds.
    """

    job: Job
    chunk: int
    duration: float


def seen_by(record: MediaRecord, result: ChunkResult) -> Seen | None:
    """Return the chunk that a result is of; None where it is of none, is known already, or its job has ended."""
    task = result.task
    if not isinstance(task, FingerprintChunk) or result.outcome is not TaskOutcome.DONE:
        return None
    active = record.active.get(task.job_id)
    if active is None or not active.planned or task.chunk in active.done:
        return None
    return Seen(active.job, task.chunk, max((end for _, end in active.spans), default=0.0))
