"""The port to the window index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from fingerprint.ports import Hits, ReferenceKey, Windows
    from schemas.matches import Track

__all__ = ["VectorStore", "require_finite"]


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
