"""Backward searches, as the job agent of the reference's MediaId leads them: one batch after the other.

Where a search stands is on its topic; this agent is the only one to write there. What follows from a message is sent
*before* the new state: after a crash in between the message comes again, and everything that is sent twice carries the
same ids. So a batch is done twice at the most, and what it has found is told once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import structlog
from prometheus_client import Counter

from schemas.commands import CancelBackwardSearch, StartBackwardSearch
from streams.domain.backward import Progress, advanced, asked_for, began, cancelled, obstacle, task_of
from streams.pipeline.freshness import always

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from schemas.backward import BackwardSearch
    from schemas.libraries import Library, LibraryItem
    from schemas.tasks import ChunkResult
    from streams.domain.jobs.step import Step
    from streams.pipeline.events import EventEmitter

__all__ = ["BackwardSearches", "SearchHistory"]

log = structlog.get_logger(__name__)

HELD_AGAINST = Counter(
    "mediadna_backward_items", "Stored items that references were held against, by backward searches."
)
UNREADABLE = Counter("mediadna_backward_unreadable", "Stored items that backward searches could not read.")
HITS = Counter("mediadna_backward_hits", "Media items that backward searches have found to copy a reference.")


class SearchHistory(Protocol):
    """Knows where searches stand, and what is stored."""

    async def library_named(self, name: str) -> Library | None:
        """Return a library as it stands now."""
        ...

    async def backward_search_by_id(self, search_id: str) -> BackwardSearch | None:
        """Return a search as it stands now."""
        ...

    async def backward_searches_of(self, media_id: str) -> Sequence[BackwardSearch]:
        """Return all searches of a reference."""
        ...

    async def count_held_against(self, media_id: str) -> int:
        """Return how many items a reference is held against."""
        ...


class BackwardSearches:
    """Begins searches, leads them on, and ends them.

    Args:
        history: Knows where they stand.
        emitter: Sends what follows.
        tries: How often a task is tried before its search fails.
    """

    def __init__(self, history: SearchHistory, emitter: EventEmitter, *, tries: int) -> None:
        self._history = history
        self._emitter = emitter
        self._tries = tries

    async def begin(self, step: Step, fresh: Callable[[], None] = always) -> None:
        """Begin the searches of what a job has stored, where libraries look back.

        It is called before the job's end is told: who has seen the end finds the search, and a worker that dies before
        it leaves a job behind that is done again.
        """
        stored = {job.job_id for job in step.jobs if job.stored}
        for item in step.items:
            if item.job_id not in stored:  # it was only marked
                continue
            library = await self._history.library_named(item.library)
            if library is None or not library.looks_back:
                continue
            total = await self._history.count_held_against(item.media_id)
            progress = began(item, total=total, now=item.update_time)
            if await self._history.backward_search_by_id(progress.search.search_id) is None:
                held = {item.library: item}
                await self._send(await self._unless_hindered(progress, held, now=item.update_time), fresh)

    async def on_command(
        self,
        command: StartBackwardSearch | CancelBackwardSearch,
        items: Mapping[str, LibraryItem],
        *,
        now: str,
        fresh: Callable[[], None] = always,
    ) -> None:
        """Begin a search that is asked for, take one up again, or end it.

        Args:
            command: What is asked for.
            items: What libraries hold of the reference, by their names.
            now: The time.
            fresh: Asked last before anything is sent; raises when the search may be another worker's by now.
        """
        search = await self._history.backward_search_by_id(command.job_id)
        if isinstance(command, CancelBackwardSearch):
            if search is not None and not search.status.ended:
                await self._send(cancelled(search, "cancelled by request", now=now), fresh)
            return
        if search is not None and search.status.ended:
            return
        if search is None:
            total = await self._history.count_held_against(command.media_id)
            progress = asked_for(command, items.get(command.library), total=total, now=now)
        else:
            progress = Progress(search, task_of(search))
        await self._send(await self._unless_hindered(progress, items, now=now), fresh)

    async def on_result(
        self, result: ChunkResult, items: Mapping[str, LibraryItem], *, now: str, fresh: Callable[[], None] = always
    ) -> None:
        """Lead a search on by what a task has found. Arguments as for `on_command`."""
        search = await self._history.backward_search_by_id(result.task.job_id)
        progress = None if search is None else advanced(search, result, now=now, tries=self._tries)
        if search is None or progress is None:
            log.info("backward_result_comes_late", search_id=result.task.job_id, media_id=result.task.subject)
            return
        progress = await self._unless_hindered(progress, items, now=now)
        HELD_AGAINST.inc(max(0, progress.search.items_done - search.items_done))
        UNREADABLE.inc(max(0, progress.search.unreadable - search.unreadable))
        HITS.inc(len(progress.hits))
        await self._send(progress, fresh)

    async def forget(self, media_id: str, version: int) -> None:
        """Forget the searches of a reference that was deleted, up to a version."""
        for search in await self._history.backward_searches_of(media_id):
            if search.version <= version:
                await self._emitter.backward_search_gone(search.search_id)

    async def _unless_hindered(self, progress: Progress, items: Mapping[str, LibraryItem], *, now: str) -> Progress:
        """Return what follows, or the end of a search whose reference is no longer what it was: no hit is told then."""
        search = progress.search
        library = await self._history.library_named(search.library)
        reason = obstacle(items.get(search.library), library, version=search.version)
        return cancelled(search, reason, now=now) if reason else progress

    async def _send(self, progress: Progress, fresh: Callable[[], None]) -> None:
        fresh()
        for hit in progress.hits:
            await self._emitter.command(hit)
        if progress.task is not None:
            await self._emitter.task(progress.task)
        await self._emitter.backward_search(progress.search)
        if progress.search.status.ended:
            _log_end(progress.search)


def _log_end(search: BackwardSearch) -> None:
    log.info(
        "backward_search_ended",
        search_id=search.search_id,
        media_id=search.media_id,
        library=search.library,
        status=search.status,
        message=search.message,
        items=search.items_done,
        unreadable=search.unreadable,
        hits=search.hits,
    )
