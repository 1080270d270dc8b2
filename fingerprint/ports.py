"""What the engine needs from outside: a place to search windows and a place to load fingerprints from.

The service implements them on Milvus and on the fingerprint store, `fingerprint.index.memory` in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fingerprint.model import Fingerprint
    from fingerprint.types import Hits, ReferenceKey
    from schemas.matches import Track

__all__ = ["FingerprintSource", "WindowIndex"]


class WindowIndex(Protocol):
    """Finds stored windows that are like given vectors."""

    def search(
        self, track: Track, vectors: NDArray[np.float32], *, limit: int, exclude_media: str | None = None
    ) -> Hits:
        """Return for each vector (float32 `(n, d)`, unit length) its `limit` best windows, best first.

        Rows of `exclude_media` are left out *before* the limit counts, in every version of it.
        """
        ...


class FingerprintSource(Protocol):
    """Loads what the index only points to."""

    def load(self, key: ReferenceKey) -> Fingerprint | None:
        """Return the stored fingerprint; None when it is gone, or not complete yet."""
        ...
