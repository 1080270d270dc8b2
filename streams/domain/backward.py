"""How a backward search goes on: pure decisions on what its tasks have found, and on what ends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from schemas.backward import BackwardBatch, BackwardSearch
from schemas.commands import AddMatch
from schemas.errors import ErrorCode
from schemas.ids import backward_hit_id, backward_search_id
from schemas.jobs import JobStatus
from schemas.libraries import LibraryStatus
from schemas.tasks import SearchBackwards, TaskOutcome
from streams.domain.library_errors import LibraryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.commands import StartBackwardSearch
    from schemas.libraries import Library, LibraryItem
    from schemas.tasks import ChunkResult

__all__ = [
    "NotSearchableError",
    "Progress",
    "SeveralLibrariesError",
    "UnknownMediaError",
    "advanced",
    "asked_for",
    "began",
    "cancelled",
    "obstacle",
    "task_of",
]

#: What a search is called whose reference went before it could begin.
NO_VERSION = 0


class UnknownMediaError(LibraryError):
    """Nothing at all is known of a media item."""

    def __init__(self, media_id: str) -> None:
        super().__init__(f"nothing is known of media item {media_id!r}: add it to a library first")


class NotSearchableError(LibraryError):
    """A media item is known, and not in a state in which it can be held against others."""


class SeveralLibrariesError(LibraryError):
    """Several libraries hold a media item, and it is not said which one's reference is meant."""

    def __init__(self, media_id: str, libraries: Sequence[str]) -> None:
        super().__init__(f"several libraries hold {media_id!r}: name one of {', '.join(libraries)}")


@dataclass(frozen=True, slots=True)
class Progress:
    """What one message about a search leads to.

    Attributes:
        search: Its new state.
        task: What is to be done next; None when it has ended.
        hits: What the media items that were found are told.
    """

    search: BackwardSearch
    task: SearchBackwards | None = None
    hits: tuple[AddMatch, ...] = ()


def began(item: LibraryItem, *, total: int, now: str) -> Progress:
    """Begin the search that a stored version makes by itself: the same one, however often it is said to be stored.

    Args:
        item: What was stored.
        total: How many items it is to be held against; with none, the search has ended as it begins.
        now: The time.
    """
    search_id = backward_search_id(item.library, item.media_id, item.version)
    return _begun(search_id, item.library, item.media_id, item.version, total=total, caller="", now=now)


def asked_for(command: StartBackwardSearch, item: LibraryItem | None, *, total: int, now: str) -> Progress:
    """Begin a search that somebody asks for; one whose reference is gone by now ends as it begins."""
    version = NO_VERSION if item is None else item.version
    return _begun(
        command.job_id,
        command.library,
        command.media_id,
        version,
        total=total,
        caller=command.caller,
        now=now,
        asked=command.requested_time,
    )


def obstacle(item: LibraryItem | None, library: Library | None, *, version: int | None = None) -> str:
    """Return why a search cannot begin, or go on, for a person; empty when it can.

    Args:
        item: What the library holds of the reference now.
        library: The library.
        version: Of the reference's content, once the search has begun.
    """
    if library is None or item is None:
        return "the reference was removed from its library meanwhile"
    if version not in {None, item.version}:
        return "the reference was replaced by a newer version meanwhile: ask for that one, unless its library does"
    if item.disabled:
        return "the reference is disabled: enable it, and ask again"
    if library.status is not LibraryStatus.ACTIVE:
        return "the reference's library is not searched by anybody now: resume it, and ask again"
    return ""


def task_of(search: BackwardSearch, *, attempt: int = 0) -> SearchBackwards:
    """Return the task that goes on where a search has come to."""
    return SearchBackwards(
        job_id=search.search_id,
        media_id=search.media_id,
        library=search.library,
        version=search.version,
        cursor=search.cursor,
        attempt=attempt,
        started=search.creation_time,
    )


def cancelled(search: BackwardSearch, reason: str, *, now: str) -> Progress:
    """End a search before its time; what it has found stays."""
    return Progress(_ended(search, JobStatus.CANCELLED, ErrorCode.CANCELLED, reason, now))


def advanced(search: BackwardSearch, result: ChunkResult, *, now: str, tries: int) -> Progress | None:
    """Decide on the result of a search's task.

    Args:
        search: Where it stands.
        result: What became of the task.
        now: The time.
        tries: How often a task is tried before its search fails.

    Returns:
        What follows; None where the result comes late, or once more: the search has gone on since, or has ended.
    """
    task = result.task
    if not isinstance(task, SearchBackwards) or search.status.ended or task.cursor != search.cursor:
        return None
    if result.outcome is TaskOutcome.RETRY and task.attempt + 1 < tries:
        return Progress(search, task_of(search, attempt=task.attempt + 1))
    if result.outcome is not TaskOutcome.DONE:
        return Progress(_ended(search, JobStatus.FAIL, result.code, result.message, now))
    batch = result.backward or BackwardBatch()
    hits = tuple(
        AddMatch(
            job_id=backward_hit_id(search.search_id, hit.media_id),
            media_id=hit.media_id,
            match=hit.match,
            requested_time=now,
        )
        for hit in batch.hits
    )
    done = search.items_done + batch.items
    search = msgspec.structs.replace(
        search,
        status=JobStatus.PROCESSING,
        items_total=max(search.items_total, done),  # what was stored since it began is looked at as well
        items_done=done,
        unreadable=search.unreadable + batch.unreadable,
        hits=search.hits + len(hits),
        cursor=batch.cursor,
        update_time=now,
    )
    if batch.cursor is None:
        search = msgspec.structs.replace(search, items_total=done)  # and what was removed is not
        return Progress(_ended(search, JobStatus.SUCCESS, ErrorCode.OK, _told(search), now), hits=hits)
    return Progress(search, task_of(search), hits)


def _begun(
    search_id: str, library: str, media_id: str, version: int, *, total: int, caller: str, now: str, asked: str = ""
) -> Progress:
    search = BackwardSearch(
        search_id=search_id,
        media_id=media_id,
        library=library,
        version=version,
        status=JobStatus.INIT,
        caller=caller,
        items_total=total,
        creation_time=asked or now,
        update_time=now,
    )
    if not total:
        return Progress(_ended(search, JobStatus.SUCCESS, ErrorCode.OK, _told(search), now))
    return Progress(search, task_of(search))


def _ended(search: BackwardSearch, status: JobStatus, code: str, message: str, now: str) -> BackwardSearch:
    return msgspec.structs.replace(
        search, status=status, code=code, message=message, cursor=None, update_time=now, complete_time=now
    )


def _told(search: BackwardSearch) -> str:
    if not search.unreadable:
        return "OK"
    return (
        f"{search.unreadable} of {search.items_done} stored items could not be read, so that nothing is known of "
        "them: 'mediadna doctor' names them; add these media items anew, and ask again"
    )
