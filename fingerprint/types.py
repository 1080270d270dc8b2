"""Data that goes between the engine and the index: what names a fingerprint, its rows, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Hits", "ReferenceKey", "Windows"]


class ReferenceKey(NamedTuple):
    """Names one stored fingerprint: a media item can be in several libraries, in one version each."""

    library: str
    media_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Windows:
    """The rows that one track of a media item adds to the index.

    Attributes:
        numbers: Window numbers, int32 `(n,)`, unique in the item and the same on every run.
        starts_ms: Where each window starts, int32 `(n,)`, milliseconds.
        ends_ms: Where each window ends, int32 `(n,)`, milliseconds.
        vectors: Unit vectors, float32 `(n, d)`.
    """

    numbers: NDArray[np.int32]
    starts_ms: NDArray[np.int32]
    ends_ms: NDArray[np.int32]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hits:
    """The nearest windows of a batch of query vectors, as parallel arrays of length `n`.

    Attributes:
        rows: Index of the query vector, int32 `(n,)`.
        references: Index into `keys`, int32 `(n,)`.
        numbers: Window number in the reference, int32 `(n,)`.
        starts_ms: Where the reference's window starts, int32 `(n,)`, milliseconds.
        scores: Inner product of the two unit vectors, float32 `(n,)`.
        keys: The references that were hit.
    """

    rows: NDArray[np.int32]
    references: NDArray[np.int32]
    numbers: NDArray[np.int32]
    starts_ms: NDArray[np.int32]
    scores: NDArray[np.float32]
    keys: tuple[ReferenceKey, ...]
