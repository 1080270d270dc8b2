"""The window index in memory: exact, for tests and for what a conformance suite compares with."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from streams.adapters.milvus.hits import HitCollector
from streams.ports.window_store import VersionCounts, require_finite

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from fingerprint.types import Hits, ReferenceKey, Windows
    from schemas.matches import Track

__all__ = ["MemoryVectors"]


class MemoryVectors:
    """A `VectorStore` that forgets everything at its end."""

    def __init__(self) -> None:
        self._rows: dict[tuple[ReferenceKey, Track, int], tuple[int, NDArray[np.float32]]] = {}
        self._libraries: dict[str, None] = {}

    def upsert(self, key: ReferenceKey, track: Track, windows: Windows) -> None:
        """See `VectorStore`."""
        require_finite(windows.vectors)
        self._libraries[key.library] = None
        for number, start, vector in zip(windows.numbers, windows.starts_ms, windows.vectors, strict=True):
            self._rows[key, track, int(number)] = int(start), vector

    def search(
        self,
        track: Track,
        vectors: NDArray[np.float32],
        *,
        libraries: Mapping[str, Collection[str]],
        limit: int,
    ) -> Hits:
        """See `VectorStore`."""
        found = HitCollector()
        for (key, of_track, number), (start, vector) in self._rows.items():
            if of_track == track and key.library in libraries and key.media_id not in libraries[key.library]:
                for row, score in enumerate(vectors @ vector):
                    found.add(row, key, number, start, float(score))
        return found.best(limit)

    def delete_version(self, key: ReferenceKey) -> None:
        """See `VectorStore`."""
        self._keep(lambda other: other != key)

    def delete_older(self, key: ReferenceKey) -> None:
        """See `VectorStore`."""
        self._keep(lambda other: other[:2] != key[:2] or other.version >= key.version)

    def empty(self, library: str, *, before: int) -> None:
        """See `VectorStore`."""
        self._keep(lambda other: other.library != library or other.version >= before)

    def delete_library(self, library: str) -> None:
        """See `VectorStore`."""
        self._keep(lambda other: other.library != library)
        self._libraries.pop(library, None)

    def libraries(self) -> list[str]:
        """See `VectorStore`."""
        return list(self._libraries)

    def count(self, library: str, media_id: str | None = None) -> int:
        """See `VectorStore`."""
        return sum(key.library == library and media_id in {None, key.media_id} for key, _track, _number in self._rows)

    def count_versions(self, library: str, *, cursor: str = "", limit: int | None = None) -> VersionCounts:
        """See `VectorStore`."""
        after = msgspec.json.decode(cursor, type=tuple[str, int, str, int]) if cursor else None
        rows = sorted(row for row in self._rows_of(library) if after is None or row > after)
        page = rows[:limit]
        counts = Counter((media_id, version) for media_id, version, _track, _number in page)
        return VersionCounts(dict(counts), msgspec.json.encode(page[-1]).decode() if len(page) < len(rows) else "")

    def close(self) -> None:
        """See `VectorStore`."""

    def _rows_of(self, library: str) -> list[tuple[str, int, str, int]]:
        """Return media id, version, track and number of each row."""
        return [(key.media_id, key.version, track, n) for key, track, n in self._rows if key.library == library]

    def _keep(self, wanted: Callable[[ReferenceKey], bool]) -> None:
        self._rows = {row: content for row, content in self._rows.items() if wanted(row[0])}
