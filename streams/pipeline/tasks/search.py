"""Storing windows and searching libraries, as several tasks do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fingerprint.bounds import most_windows
from fingerprint.engine import match
from fingerprint.intervals import covered_s
from fingerprint.media.errors import MediaError
from schemas.coverage import MOST_UNSEARCHED, Unsearched
from schemas.errors import ErrorCode
from streams.adapters.milvus.scoped_index import SearchScope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fingerprint.ports import FingerprintSource
    from fingerprint.query import Query
    from fingerprint.types import ReferenceKey, Windows
    from schemas.matches import Match, Track
    from schemas.tasks import FingerprintChunk, FinishJob
    from streams.domain.search_scope import SearchedLibrary
    from streams.pipeline.tasks.context import NotedFingerprints, TaskContext
    from streams.ports.window_store import VectorStore

__all__ = ["checked_windows", "find_matches", "is_wanted", "unsearched", "upsert_windows"]


#: What is said of a library that holds items, of none of which the index has anything.
NOT_INDEXED = "the index holds nothing of it: 'mediadna doctor' puts back what is lost"


def find_matches(
    task: FingerprintChunk | FinishJob,
    query: Query,
    context: TaskContext,
    *,
    thorough: bool = True,
    references: FingerprintSource | None = None,
) -> tuple[Match, ...]:
    """Return what the query copies in the libraries of the task's scope, as far as each wants it reported.

    Args:
        task: The task, which names the media item.
        query: The item, or a chunk of it.
        context: What to search.
        thorough: Look for copies of every kind, and not for plain and mirrored ones alone.
        references: Where to load what was found, where that is not the context's own source.
    """
    libraries = {library.name: library for library in context.scope.search}
    index = SearchScope(context.vectors, {name: library.disabled for name, library in libraries.items()})
    found = match(query, index, references or context.references, exclude_media=task.media_id, thorough=thorough)
    surest: dict[tuple[str, str], Match] = {}
    for one in found:  # while a newer version takes an older one's place, both are there: they are one reference
        surest.setdefault((one.library, one.media_id), one)
    return tuple(one for one in surest.values() if is_wanted(one, libraries[one.library]))


def unsearched(context: TaskContext, references: NotedFingerprints) -> tuple[Unsearched, ...]:
    """Return what a task was to search, and has not searched.

    Args:
        context: What was searched.
        references: Where references were loaded from.
    """
    indexed = set(context.vectors.libraries()) if any(one.holds_items for one in context.scope.search) else set()
    lost = [one.name for one in context.scope.search if one.holds_items and one.name not in indexed]
    missing = [Unsearched(library=name, reason=NOT_INDEXED) for name in lost]
    return (*context.scope.unsearched, *missing, *references.unreadable)[:MOST_UNSEARCHED]


def is_wanted(found: Match, library: SearchedLibrary) -> bool:
    """Whether a library wants a match reported: it is sure enough, and long enough."""
    return found.similarity >= library.match_threshold and _length(found) >= library.minimum_match_length


def _length(found: Match) -> float:
    """Seconds of the input that a match copies; what several intervals cover counts once."""
    return covered_s((interval.input_start, interval.input_end) for interval in found.intervals)


def checked_windows(windows: dict[Track, Windows], seconds: float) -> dict[Track, Windows]:
    """Return the windows of so many seconds of media, if these are no more than the engine can have made of them.

    What the index keeps, and what every later search goes through, is in proportion to the media, whatever it is made
    from: at most `most_windows` of a second of it, and of a job as many as the longest media that is accepted gives.

    Raises:
        MediaError: They are more.
    """
    count, most = sum(len(rows.numbers) for rows in windows.values()), most_windows(seconds)
    if count > most:
        raise MediaError(
            ErrorCode.RESOURCE_TOO_LARGE,
            f"{seconds:.0f} s of media would leave {count} windows, and {most} are the most: submit it in parts",
        )
    return windows


def upsert_windows(vectors: VectorStore, key: ReferenceKey, windows: Mapping[Track, Windows]) -> None:
    """Store the windows of every track that has any."""
    for track, rows in windows.items():
        if len(rows.numbers):
            vectors.upsert(key, track, rows)
