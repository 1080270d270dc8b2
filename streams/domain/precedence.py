"""Which of two media items is older: pure, of what is known of their times."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from schemas.clock import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.jobs import Job
    from schemas.libraries import LibraryItem

__all__ = ["Ages", "age_order", "ages_of", "is_younger", "with_job"]


class Ages(NamedTuple):
    """The times of a media item, UTC; empty where one is not known.

    Attributes:
        media_id: The media item.
        published: When it was published, as its owner says.
        seen: When it was first seen here: asked for, or stored.
        stored: When a library first held it.
    """

    media_id: str
    published: str = ""
    seen: str = ""
    stored: str = ""

    @property
    def time(self) -> str:
        """What its age goes by."""
        return self.published or self.seen


def ages_of(media_id: str, items: Iterable[LibraryItem], *, asked: str | None = None) -> Ages:
    """Return what is known of a media item's times.

    Args:
        media_id: The media item.
        items: What libraries hold of it.
        asked: When the first job of it was asked for, as far as is known.
    """
    items = list(items)
    stored = [_usual(item.creation_time) for item in items]
    return Ages(
        media_id,
        published=_earliest(_usual(item.published) for item in items),
        seen=_earliest([*stored, _usual(asked or "")]),
        stored=_earliest(stored),
    )


def with_job(ages: Ages, job: Job) -> Ages:
    """Return the times of a job's own media item, also where it stores nothing; what the job says of them counts."""
    return ages._replace(
        published=_usual(job.request.published) or ages.published,
        seen=_earliest([ages.seen, _usual(job.creation_time)]),
    )


def is_younger(reference: Ages, item: Ages) -> bool:
    """Whether a reference is younger than a media item that it matches, so that the reference is the copy.

    Of equal times the one that was stored first is older. A reference of which no time is known is older: it was there
    before. Of two media items that match each other at most one is younger.
    """
    if not reference.time or not item.time:
        return False
    if reference.time != item.time:
        return reference.time > item.time
    if not reference.stored or not item.stored:
        return False
    return (reference.stored, reference.media_id) > (item.stored, item.media_id)


def age_order(ages: Ages) -> tuple[str, bool, str, str]:
    """Return what sorts any number of media items by age, the oldest first, where no two may be each other's copies.

    It says the same as `is_younger` wherever that says that one is. What is not known of times is older; of equal
    times the one that a library held first is, and last of all the one whose name comes first.
    """
    return ages.time, not ages.stored, ages.stored, ages.media_id


def _earliest(times: Iterable[str]) -> str:
    return min(filter(None, times), default="")


def _usual(text: str) -> str:
    """Return a time in the form in which times sort; nothing of what is none."""
    try:
        return format_time(parse_time(text)) if text else ""
    except (ValueError, OverflowError):
        return ""
