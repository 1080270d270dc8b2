"""What a task may see of the libraries: settled when the task starts, and the same for all of it."""

from __future__ import annotations

import msgspec

from schemas.coverage import Unsearched
from schemas.libraries import COPY_LINE
from schemas.tasks import Task
from streams.domain.inventory import Inspection

__all__ = ["Assignment", "HeldAgainst", "Scope", "SearchedLibrary"]


class SearchedLibrary(msgspec.Struct, kw_only=True, frozen=True):
    """A library that the task searches."""

    name: str
    match_threshold: float = COPY_LINE
    minimum_match_length: float = 0.0
    #: MediaIds of the items that are not matched.
    disabled: tuple[str, ...] = ()
    #: Whether it holds any item, so that the index has to hold something of it.
    holds_items: bool = False


class HeldAgainst(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What one task of a backward search holds its reference against."""

    #: Library, MediaId and version of stored items, in the order of the search; those of one media item together.
    items: tuple[tuple[str, str, int], ...] = ()
    #: Whether others follow them.
    more: bool = False
    #: Seconds after which the task returns with what it has done so far.
    budget_s: float = 10.0


class Scope(msgspec.Struct, kw_only=True, frozen=True):
    """The libraries of one task."""

    search: tuple[SearchedLibrary, ...] = ()
    #: Libraries that the task's job names, and that it does not search.
    unsearched: tuple[Unsearched, ...] = ()
    #: Whether the library that the task's job stores into is there; one that was deleted leaves nothing behind.
    library_exists: bool = True
    #: Whether the library that the task is to drop is being deleted still, so that nobody else can have made one of its
    #: name. The task may come late, or twice.
    droppable: bool = False
    #: The version of the task's media item that this library holds now; 0: none. Whatever else a task may remove, it
    #: never removes this one.
    held: int = 0
    #: Digest of what this library holds under the task's MediaId where the job's caller may not replace that; None
    #: where there is nothing, or the caller may.
    protected: str | None = None
    #: MediaIds that a person has said to form no match with the task's media item: none of them is a duplicate of it.
    dismissed: tuple[str, ...] = ()
    #: For tasks that compare store and index with what libraries hold: what to look at, or to mend.
    inspection: Inspection = Inspection()
    #: For backward searches: what the reference is held against; `search` has its library alone.
    backward: HeldAgainst = HeldAgainst()


class Assignment(msgspec.Struct, kw_only=True, frozen=True):
    """A task as a worker process gets it."""

    task: Task
    scope: Scope = Scope()
