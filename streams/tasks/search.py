"""Storing windows and searching libraries, as several tasks do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fingerprint.engine import match
from streams.vectors.scope import SearchScope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fingerprint.model import Query
    from fingerprint.ports import ReferenceKey, Windows
    from schemas.jobs import ChunkTask
    from schemas.matches import Match, Track
    from streams.tasks.workbench import Workbench
    from streams.vectors.port import VectorStore

__all__ = ["find_matches", "upsert_windows"]

#: The contract's line between a copy and a chance likeness: weaker ones are not reported.
LEAST_SIMILARITY = 0.5


def find_matches(task: ChunkTask, query: Query, bench: Workbench) -> tuple[Match, ...]:
    """Return what the query copies in the libraries that the job names; in all of them when it names none."""
    libraries = task.request.search or tuple(bench.vectors.libraries())
    scope = SearchScope(bench.vectors, libraries)
    found = match(query, scope, bench.references, exclude_media=task.media_id)
    return tuple(m for m in found if m.similarity >= LEAST_SIMILARITY)


def upsert_windows(vectors: VectorStore, key: ReferenceKey, windows: Mapping[Track, Windows]) -> None:
    """Store the windows of every track that has any."""
    for track, rows in windows.items():
        if len(rows.numbers):
            vectors.upsert(key, track, rows)
