"""What is kept of a media item's picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.codec import BadFingerprintError, rising, stored
from fingerprint.parameters import parameter
from fingerprint.picture import local_features
from fingerprint.picture.local_features import LocalFeatures
from fingerprint.picture.weights import trained

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fingerprint.codec import Arrays

__all__ = ["PARAMETERS", "PictureTrack", "TrackParameters"]


@dataclass(frozen=True, slots=True)
class TrackParameters:
    """What is kept of every picture looked at."""

    #: Side of the gray miniature that is kept of every picture looked at.
    thumbnail_side_px: int = parameter(
        8, unit="pixels", low=4, high=32, source="by the stored form; chosen, not measured"
    )

    @property
    def thumbnail_cells(self) -> int:
        """Gray levels of a miniature."""
        return self.thumbnail_side_px**2


PARAMETERS = TrackParameters()


@dataclass(frozen=True, slots=True)
class PictureTrack:
    """The library form of a picture track, or of a chunk of one.

    A picture is *looked at* at every point of a time grid, and *described* where it shows something new.

    Attributes:
        numbers: Grid numbers of the described pictures, int32 `(n,)`, rising.
        times_ms: When they are shown, int32 `(n,)`, milliseconds.
        codes: Their vectors with 8 bits a number, int8 `(n, d)`.
        local_rows: Which of them have local features, int32 `(m,)`, rising.
        local_counts: How many each, int32 `(m,)`.
        local: Those features, one picture after the other.
        grid_ms: When the pictures looked at are shown, int32 `(g,)`, milliseconds, rising.
        thumbnails: Their gray miniatures, uint8 `(g, 64)`.
        size: Width and height of the picture, uint16 `(2,)`, in pixels of which the longer side has 320.
    """

    numbers: NDArray[np.int32]
    times_ms: NDArray[np.int32]
    codes: NDArray[np.int8]
    local_rows: NDArray[np.int32]
    local_counts: NDArray[np.int32]
    local: LocalFeatures
    grid_ms: NDArray[np.int32]
    thumbnails: NDArray[np.uint8]
    size: NDArray[np.uint16]

    def features(self, index: int) -> LocalFeatures:
        """Return the local features of the described picture `local_rows[index]`."""
        last = int(self.local_counts[: index + 1].sum())
        span = slice(last - int(self.local_counts[index]), last)
        part = self.local
        return LocalFeatures(part.points[span], part.scales[span], part.angles[span], part.codes[span])

    def to_arrays(self) -> Arrays:
        """Return the arrays to store. Miniatures are stored as differences in time, which are mostly small."""
        thumbnails = self.thumbnails.copy()
        thumbnails[1:] -= self.thumbnails[:-1]  # wraps around, and back again
        return {
            "picture.numbers": self.numbers,
            "picture.times": self.times_ms,
            "picture.codes": self.codes,
            "picture.local.rows": self.local_rows,
            "picture.local.counts": self.local_counts,
            "picture.local.points": self.local.points,
            "picture.local.scales": self.local.scales,
            "picture.local.angles": self.local.angles,
            "picture.local.codes": self.local.codes,
            "picture.grid": np.diff(self.grid_ms, prepend=np.int32(0)).astype(np.int32),
            "picture.tiny": np.ascontiguousarray(thumbnails.T),
            "picture.size": self.size,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> PictureTrack:
        """Return the track that was stored.

        Raises:
            BadFingerprintError: Arrays are missing, or do not fit together.
        """
        numbers = stored(arrays, "picture.numbers", np.int32, -1)
        counts = stored(arrays, "picture.local.counts", np.int32, -1)
        rows = stored(arrays, "picture.local.rows", np.int32, len(counts))
        grid = stored(arrays, "picture.grid", np.int32, -1)
        if (counts < 0).any() or not np.isin(rows, np.arange(len(numbers))).all():
            raise BadFingerprintError("the fingerprint's local features belong to no picture")
        features = int(counts.sum(dtype=np.int64))
        return cls(
            numbers=numbers,
            times_ms=stored(arrays, "picture.times", np.int32, len(numbers)),
            codes=stored(arrays, "picture.codes", np.int8, len(numbers), trained().projection.shape[1]),
            local_rows=rows,
            local_counts=counts,
            local=LocalFeatures(
                stored(arrays, "picture.local.points", np.uint16, features, 2),
                stored(arrays, "picture.local.scales", np.uint8, features),
                stored(arrays, "picture.local.angles", np.uint8, features),
                stored(arrays, "picture.local.codes", np.int8, features, local_features.PARAMETERS.code_length),
            ),
            grid_ms=rising(grid),
            thumbnails=np.cumsum(
                stored(arrays, "picture.tiny", np.uint8, PARAMETERS.thumbnail_cells, len(grid)).T,
                axis=0,
                dtype=np.uint8,
            ),
            size=stored(arrays, "picture.size", np.uint16, 2),
        )

    @classmethod
    def join(cls, parts: Sequence[PictureTrack]) -> PictureTrack:
        """Return neighbouring chunks' tracks as one."""
        offsets = np.cumsum([0, *(len(part.numbers) for part in parts)])
        rows = [part.local_rows + offset for part, offset in zip(parts, offsets, strict=False)]
        return cls(
            numbers=np.concatenate([part.numbers for part in parts]),
            times_ms=np.concatenate([part.times_ms for part in parts]),
            codes=np.concatenate([part.codes for part in parts]),
            local_rows=np.concatenate(rows).astype(np.int32),
            local_counts=np.concatenate([part.local_counts for part in parts]),
            local=LocalFeatures.join([part.local for part in parts]),
            grid_ms=np.concatenate([part.grid_ms for part in parts]),
            thumbnails=np.concatenate([part.thumbnails for part in parts]),
            size=parts[0].size,
        )
