"""What one message about a media item, or a library, leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from schemas.jobs import Job
    from schemas.libraries import LibraryItem
    from schemas.quarantines import Quarantine
    from schemas.tasks import Task
    from streams.domain.jobs.record import MediaRecord

__all__ = ["Emptied", "Step"]


class Emptied(NamedTuple):
    """A library of which nothing is stored any more, up to a version."""

    library: str
    version: int


@dataclass(frozen=True, slots=True)
class Step:
    """What one message leads to.

    Attributes:
        record: What to remember of the MediaId from now on.
        jobs: New states of jobs, to be published. One that has ended also gets its complete event.
        tasks: Work to hand out.
        items: New states of what libraries hold.
        gone: Libraries that no longer hold the media item.
        forget_before: All ended jobs of the media item up to this version are to be forgotten; 0: none.
        emptied: A library of which nothing is stored any more, up to a version; None: none is.
        quarantines: References that were set aside, or lifted.
    """

    record: MediaRecord
    jobs: tuple[Job, ...] = ()
    tasks: tuple[Task, ...] = ()
    items: tuple[LibraryItem, ...] = ()
    gone: tuple[str, ...] = ()
    forget_before: int = 0
    emptied: Emptied | None = None
    quarantines: tuple[Quarantine, ...] = ()
