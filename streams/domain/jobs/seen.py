"""What the result of one chunk shows of a job that is under way: what people may be told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fingerprint.intervals import covered_s
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
        share: Which part of it has been looked at by now, with this chunk, 0..1.
    """

    job: Job
    chunk: int
    duration: float
    share: float


def seen_by(record: MediaRecord, result: ChunkResult) -> Seen | None:
    """Return the chunk that a result is of; None where it is of none, is known already, or its job has ended."""
    task = result.task
    if not isinstance(task, FingerprintChunk) or result.outcome is not TaskOutcome.DONE:
        return None
    active = record.active.get(task.job_id)
    if active is None or not active.planned or task.chunk in active.done:
        return None
    duration = max((end for _, end in active.spans), default=0.0)
    looked_at = covered_s(active.spans[chunk] for chunk in {*active.done, task.chunk} if chunk < len(active.spans))
    return Seen(active.job, task.chunk, duration, round(looked_at / duration, 4) if duration else 1.0)
