"""What pages show of boilerplate: where a person may overrule it, and what people have said."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streams.domain.boilerplate import holder_of, is_about
from streams.domain.verdicts import counted

if TYPE_CHECKING:
    from schemas.boilerplate import BoilerplateRuling, SharedSpan
    from schemas.jobs import Job
    from streams.readmodel.model import ReadModel

__all__ = ["Overrulable", "overrulable", "said_of"]

#: Digits behind the point of seconds.
TIME_DIGITS = 3


class Overrulable(NamedTuple):
    """A span of an input that links nothing, and the reference by which that is overruled.

    Attributes:
        shared: The span.
        library: Where the reference is.
        media_id: The reference.
        start: Where the span begins in the reference, seconds.
        end: Where the span ends in the reference, seconds.
    """

    shared: SharedSpan
    library: str
    media_id: str
    start: float
    end: float


def overrulable(job: Job) -> list[Overrulable]:
    """Return the boilerplate of a job that a person may overrule, each by the reference that has most of it."""
    matches = counted(job)
    found: list[Overrulable] = []
    for shared in job.boilerplate:
        holder = holder_of((shared.start, shared.end), matches)
        if holder is not None:
            library, media_id, (start, end) = holder
            found.append(Overrulable(shared, library, media_id, round(start, TIME_DIGITS), round(end, TIME_DIGITS)))
    return found


def said_of(model: ReadModel, job: Job) -> list[BoilerplateRuling]:
    """Return what people say of what a job's media item shares with its matches, newest first."""
    matches = counted(job)
    said = model.boilerplate.about([job.media_id, *(match.media_id for match in matches)])
    return [one for one in said if is_about(one, matches, media_id=job.media_id)]
