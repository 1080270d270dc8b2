"""Ads and media in which they ran, as tests of airings need them: a test names what matters to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas.jobs import JobStatus
from schemas.libraries import Library, LibraryItem, Purpose
from schemas.matches import Interval, Match, Track
from support.cases import item
from support.examples import job

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.jobs import Job

__all__ = ["AD_LIBRARY", "ON_AIR", "evening", "runs", "spot"]

#: The library in which ads are, unless a test says otherwise.
AD_LIBRARY = Library(name="ads", purpose=Purpose.ADS)
#: When a broadcast begins, unless a test says otherwise.
ON_AIR = "2026-11-23T20:15:00.000Z"


def spot(ad: str, duration: float, library: str = "ads") -> LibraryItem:
    """Return an ad that a library holds."""
    return item(ad, library, duration=duration)


def runs(ad: str, *starts: float, seconds: float = 30.0, library: str = "ads") -> Match:
    """Return a match: an ad begins at some seconds of the medium, and runs for so long."""
    return Match(
        media_id=ad,
        library=library,
        similarity=0.9,
        track=Track.BOTH,
        input_coverage=0.1,
        reference_coverage=1.0,
        intervals=tuple(
            Interval(
                input_start=start,
                input_end=start + seconds,
                reference_start=0.0,
                reference_end=seconds,
                similarity=0.9,
                track=Track.BOTH,
            )
            for start in starts
        ),
    )


def evening(
    job_id: str,
    starts: Mapping[str, Sequence[float]],
    *,
    seconds: Mapping[str, float] | None = None,
    media_id: str = "evening",
    start_time: str = ON_AIR,
    **fields: Any,
) -> Job:
    """Return a job that has found when ads began in a medium.

    Args:
        job_id: Its id.
        starts: The seconds of the medium at which each ad began.
        seconds: How long those ran that did not run for half a minute.
        media_id: The medium.
        start_time: When it was broadcast; empty: it was not.
        fields: What else there is to say of the job.
    """
    long = seconds or {}
    matches = tuple(runs(ad, *times, seconds=long.get(ad, 30.0)) for ad, times in starts.items())
    return job(job_id, JobStatus.SUCCESS, media_id=media_id, matches=matches, start_time=start_time, **fields)
