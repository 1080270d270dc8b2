"""Which libraries a task sees: settled from the read model when the task starts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from schemas.coverage import Unsearched
from schemas.libraries import LibraryStatus, Purpose
from schemas.rights import Right
from schemas.tasks import CleanUp, DropLibrary, FinishJob, JobTask, Probe, SearchBackwards
from streams.domain.library_errors import LibraryBusy, LibraryPaused, UnknownLibrary, not_curator
from streams.domain.search_scope import HeldAgainst, Scope, SearchedLibrary

if TYPE_CHECKING:
    from schemas.jobs import JobSpec
    from schemas.libraries import Library, LibraryItem
    from schemas.tasks import Task
    from streams.adapters.kafka.topics import Topics
    from streams.ports.feed import Feed
    from streams.readmodel.model import ReadModel

__all__ = ["LibraryScopes", "check_curator", "check_request"]

#: Stored items that one task of a backward search is given: more than it can do in its time when each copies nothing.
ITEMS_A_TASK = 2_000
#: Seconds that such a task takes at the most: a search shows how it gets on, can be ended, and shares its lane.
LONGEST_TASK_S = 10.0


class LibraryScopes:
    """Settles what each task may see."""

    def __init__(self, model: ReadModel, feed: Feed, topics: Topics, *, budget_s: float = LONGEST_TASK_S) -> None:
        """Prepare.

        Args:
            model: The read model.
            feed: Brings it on.
            topics: The service's topics.
            budget_s: Seconds in which a task that goes on as long as it has time ends safely.
        """
        self._budget_s = min(budget_s, LONGEST_TASK_S)
        self._model = model
        self._feed = feed
        self._topics = topics

    async def scope_of(self, task: Task) -> Scope:
        """Return the libraries that the task searches, and whether the one that it stores into is there.

        What a job may name is checked when its work begins; a library that is paused or deleted later is left out from
        then on, and told.

        Raises:
            LibraryError: The job names a library that it cannot use.
        """
        await self._feed.caught_up(self._topics.libraries)
        await self._feed.caught_up(self._topics.items)
        if isinstance(task, FinishJob):
            await self._feed.caught_up(self._topics.decisions)
        return await asyncio.to_thread(self._settle, task)

    def _settle(self, task: Task) -> Scope:
        if isinstance(task, DropLibrary):
            library = self._model.libraries.get(task.library)
            return Scope(droppable=library is not None and library.status is LibraryStatus.DELETING)
        if isinstance(task, SearchBackwards):
            return self._backwards(task)
        if not isinstance(task, JobTask):  # what is to be removed is named in the task, whatever there is by now
            return Scope()
        libraries = {library.name: library for library in self._model.libraries.all()}
        item = self._model.libraries.item(task.request.library, task.media_id)
        if isinstance(task, CleanUp):  # goes on whatever has become of the library
            return Scope(library_exists=task.request.library in libraries, held=0 if item is None else item.version)
        check_request(task.request, libraries, search_too=isinstance(task, Probe))
        chosen = dict.fromkeys(task.request.search or tuple(libraries))
        searched = {name for name in chosen if name in libraries and libraries[name].status is LibraryStatus.ACTIVE}
        left_out = [name for name in task.request.search if name not in searched]
        return Scope(
            search=tuple(self._searched(libraries[name]) for name in chosen if name in searched),
            unsearched=tuple(
                Unsearched(library=name, reason="it was paused" if name in libraries else "it was deleted")
                for name in dict.fromkeys(left_out)
            ),
            protected=_protected(task, item),
            dismissed=tuple(self._model.decisions.dismissed_with(task.media_id)) if isinstance(task, FinishJob) else (),
        )

    def _backwards(self, task: SearchBackwards) -> Scope:
        """Return the library of a reference, and the next stored items that this is held against.

        Raises:
            UnknownLibrary: The library was deleted.
        """
        library = self._model.libraries.get(task.library)
        if library is None:
            raise UnknownLibrary(task.library)
        items, more = self._model.backward_searches.items_after(task.cursor, media_id=task.media_id, limit=ITEMS_A_TASK)
        held = HeldAgainst(items=tuple(items), more=more, budget_s=self._budget_s)
        return Scope(search=(self._searched(library),), backward=held)

    def _searched(self, library: Library) -> SearchedLibrary:
        return SearchedLibrary(
            name=library.name,
            match_threshold=library.match_threshold,
            minimum_match_length=library.minimum_match_length,
            disabled=tuple(self._model.libraries.disabled(library.name)),
            holds_items=self._model.libraries.count(library.name) > 0,
        )


def _protected(task: JobTask, item: LibraryItem | None) -> str | None:
    """Return the digest of what a task may not replace; what its own job has stored is no such thing."""
    if item is None or item.version == task.version or task.request.may(Right.REPLACE):
        return None
    return item.digest


def check_request(request: JobSpec, libraries: dict[str, Library], *, search_too: bool = True) -> None:
    """Check that a job can use the libraries that it names.

    Args:
        request: The request.
        libraries: All libraries by name.
        search_too: Whether to check the libraries to search as well as the one to store into.

    Raises:
        LibraryError: It cannot, or its caller may not store into its library.
    """
    home = libraries.get(request.library)
    if home is None:
        raise UnknownLibrary(request.library)
    if home.status is LibraryStatus.DELETING:
        raise LibraryBusy(home.name)
    if request.stores:
        check_curator(request, home)
    for name in request.search if search_too else ():
        if name not in libraries:
            raise UnknownLibrary(name)
        if libraries[name].status is not LibraryStatus.ACTIVE:
            raise LibraryPaused(name)


def check_curator(request: JobSpec, library: Library) -> None:
    """Check that a caller may decide on what a library holds.

    Raises:
        ForbiddenError: The library needs the right `curate`, and the caller does not have it.
    """
    if library.purpose is not Purpose.GENERAL and not request.may(Right.CURATE):
        raise not_curator(library.name, library.purpose)
