"""A window index limited to some libraries, as the engine wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from fingerprint.ports import Hits
    from schemas.matches import Track
    from streams.vectors.port import VectorStore

__all__ = ["SearchScope"]


class SearchScope:
    """The engine's `WindowIndex`, over the libraries that a job may see."""

    def __init__(self, store: VectorStore, libraries: Sequence[str]) -> None:
        self._store = store
        self._libraries = tuple(libraries)

    def search(
        self, track: Track, vectors: NDArray[np.float32], *, limit: int, exclude_media: str | None = None
    ) -> Hits:
        """Search the libraries of this scope."""
        return self._store.search(track, vectors, libraries=self._libraries, limit=limit, exclude_media=exclude_media)
