"""The port to the window index."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from fingerprint.types import Hits, ReferenceKey, Windows
    from schemas.matches import Track

__all__ = ["VectorStore", "VersionCounts", "require_finite"]


class VersionCounts(NamedTuple):
    """A page of what a library holds.

    Attributes:
        windows: How many windows of each media item and version there are on this page; the next one may have more.
        next: The cursor of the page that follows; empty on the last one.
    """

    windows: dict[tuple[str, int], int]
    next: str = ""


class VectorStore(Protocol):
    """Holds the windows of all media, by library and track.

    Every write is idempotent: a row's key is derived from what it stands for, so a replay overwrites it with itself.
    A write that has returned is seen by every later search.
    """

    def upsert(self, key: ReferenceKey, track: Track, windows: Windows) -> None:
        """Store the windows of one track of one version of a media item."""
        ...

    def search(
        self,
        track: Track,
        vectors: NDArray[np.float32],
        *,
        libraries: Mapping[str, Collection[str]],
        limit: int,
    ) -> Hits:
        """Return each vector's `limit` best windows over all the libraries, best first.

        Each library names the media ids whose rows are left out of it, before the limit counts.
        """
        ...

    def delete_version(self, key: ReferenceKey) -> None:
        """Remove the windows of one version of a media item."""
        ...

    def delete_older(self, key: ReferenceKey) -> None:
        """Remove the windows of all versions of the media item that are older than the key's."""
        ...

    def empty(self, library: str, *, before: int) -> None:
        """Remove the windows of all media items whose version is below the given one."""
        ...

    def delete_library(self, library: str) -> None:
        """Remove a library with all its windows."""
        ...

    def libraries(self) -> list[str]:
        """Return the names of the libraries that hold, or held, windows."""
        ...

    def count(self, library: str, media_id: str | None = None) -> int:
        """Return how many windows a library holds, or how many of them belong to one media item."""
        ...

    def count_versions(self, library: str, *, cursor: str = "", limit: int | None = None) -> VersionCounts:
        """Return how many windows a library holds of each media item and version, a page of rows at a time.

        What is written meanwhile may be missing; what was there all the while is counted once.

        Args:
            library: Its name.
            cursor: `next` of the page before; empty for the first one.
            limit: Rows that the page looks at, where that is to be fewer than the store thinks best.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


def require_finite(vectors: NDArray[np.float32]) -> None:
    """Check vectors before they are stored.

    Raises:
        ValueError: One of them is not finite.
    """
    if not np.isfinite(vectors).all():
        raise ValueError("vectors must be finite: Milvus would store NaN and find it everywhere")
