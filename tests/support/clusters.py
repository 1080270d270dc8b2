"""Media that match each other, as tests of clusters need them: a test names who matches whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from schemas.clock import format_time
from schemas.jobs import Job, JobStatus, Metrics
from schemas.matches import Interval, Match, Track
from streams.domain.verdicts import judged
from support.examples import job

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SECONDS", "at", "searched"]

#: How long all media are, seconds.
SECONDS = 600.0
BEGIN = datetime(2026, 11, 23, tzinfo=UTC)


def at(hour: int) -> str:
    """Return a time, so many hours after the first one."""
    return format_time(BEGIN + timedelta(hours=hour))


def searched(
    media_id: str, references: Iterable[str], *, number: int, status: JobStatus = JobStatus.SUCCESS, **fields: Any
) -> Job:
    """Return the job of a media item that is a mirrored copy of some references, asked for in an hour of its own."""
    span = Interval(
        input_start=0.0,
        input_end=SECONDS,
        reference_start=0.0,
        reference_end=SECONDS,
        similarity=0.9,
        track=Track.BOTH,
        transforms=("mirrored",),
    )
    matches = tuple(
        Match(
            media_id=one,
            library="films",
            similarity=0.9,
            track=Track.BOTH,
            input_coverage=1.0,
            reference_coverage=1.0,
            intervals=(span,),
        )
        for one in dict.fromkeys(references)
    )
    known: dict[str, Any] = {"matches": matches, "metrics": Metrics(duration=SECONDS), "time": at(number)}
    return judged(job(f"j{number}", status, media_id=media_id, **{**known, **fields}))
