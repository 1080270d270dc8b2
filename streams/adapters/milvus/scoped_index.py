"""A window index limited to some libraries, as the engine wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from fingerprint.types import Hits
    from schemas.matches import Track
    from streams.ports.window_store import VectorStore

__all__ = ["SearchScope"]


class SearchScope:
    """The engine's `WindowIndex`, over the libraries that a job may see; each names the media items left out of it."""

    def __init__(self, store: VectorStore, libraries: Mapping[str, Collection[str]]) -> None:
        self._store = store
        self._libraries = libraries

    def search(
        self, track: Track, vectors: NDArray[np.float32], *, limit: int, exclude_media: str | None = None
    ) -> Hits:
        """Search the libraries of this scope."""
        own = {exclude_media} if exclude_media is not None else set()
        libraries = {name: own.union(left_out) for name, left_out in self._libraries.items()}
        return self._store.search(track, vectors, libraries=libraries, limit=limit)
