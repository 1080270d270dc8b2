"""Media that have spans in common, as tests of recurring content need them: a test names what matters to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas.jobs import JobStatus
from schemas.libraries import Library
from schemas.matches import Interval, Match, Track
from support.cases import item
from support.examples import job

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.jobs import Job
    from schemas.libraries import LibraryItem
    from support.read_model import ReadModel

__all__ = ["SHOWS", "broadcast", "common", "shows", "stored"]

#: The library in which media are, unless a test says otherwise.
SHOWS = Library(name="shows")

#: Where a span is in a medium, by its name: where it begins, and how long it is.
Planted = dict[str, tuple[float, float]]


def common(other: str, *spans: tuple[float, float, float], library: str = "shows", **fields: Any) -> Match:
    """Return a match: from a second of the input on, from a second of the other on, for so long."""
    known = {
        "media_id": other,
        "library": library,
        "similarity": 0.9,
        "track": Track.BOTH,
        "input_coverage": 0.1,
        "reference_coverage": 0.1,
        "intervals": tuple(
            Interval(
                input_start=start,
                input_end=start + seconds,
                reference_start=begin,
                reference_end=begin + seconds,
                similarity=0.9,
                track=Track.BOTH,
            )
            for start, begin, seconds in spans
        ),
    }
    return Match(**{**known, **fields})


def stored(media_id: str, library: str = "shows", **fields: Any) -> LibraryItem:
    """Return a medium that a library holds."""
    return item(media_id, library, **{"duration": 600.0, "job_id": f"job-{media_id}", **fields})


def broadcast(media_id: str, number: int, planted: Planted, before: Mapping[str, Planted]) -> Job:
    """Return the job of a medium that finds what those before it have in common with it."""
    matches = [
        common(other, *spans)
        for other, there in before.items()
        if (spans := [(planted[name][0], there[name][0], planted[name][1]) for name in planted if name in there])
    ]
    return job(
        f"job-{media_id}",
        JobStatus.SUCCESS,
        media_id=media_id,
        matches=tuple(matches),
        time=f"2026-11-{number + 1:02}T08:00:00.000Z",
        library="shows",
    )


def shows(model: ReadModel, media: Mapping[str, Planted]) -> None:
    """Let a read model hear of media, one after the other, each of which is searched for and stored."""
    model.apply(libraries=[SHOWS])
    before: dict[str, Planted] = {}
    for number, (media_id, planted) in enumerate(media.items()):
        done = broadcast(media_id, number, planted, before)
        model.apply(jobs=[done], items=[stored(media_id, creation_time=done.creation_time)])
        before[media_id] = planted
