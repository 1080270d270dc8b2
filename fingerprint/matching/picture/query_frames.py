"""A closer look at a query's pictures: local features in each variant, and miniatures of any region, at any moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from fingerprint.picture.local_features import EMPTY, LONG_SIDE, WHOLE, LocalFeatures, describe_variants
from fingerprint.picture.track import THUMBNAIL_SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.picture.region import Region
    from fingerprint.picture.local_features import Part
    from fingerprint.query import Piece

__all__ = ["Miniatures", "QueryFrames"]

#: Longer side of the pictures that miniatures are cut from, pixels: small insets still have a few pixels for each cell.
SMALL_SIDE_PX = 96

#: Side of the square that a region is first brought to, pixels; its cells' means make the miniature.
SQUARE_SIDE_PX = 32

#: Features taken from a query's picture: more than a library keeps, since the query pays.
MAX_FEATURES = 400

#: Share of a miniature's cell that must lie inside of the query's picture.
MIN_COVERED_SHARE = 0.7


class Miniatures:
    """What a query shows where a reference's picture lies.

    Attributes:
        times: When, seconds, float64 `(n,)`.
        thumbnails: Gray levels, float32 `(n, 64)`.
        covered: Which cells lie inside of the query's picture, bool `(64,)`.
    """

    def __init__(self, times: NDArray[np.float64], thumbnails: NDArray[np.float32], covered: NDArray[np.bool_]) -> None:
        self.times = times
        self.thumbnails = thumbnails
        self.covered = covered


class QueryFrames:
    """A query's pictures, decoded when they are needed; of a bare fingerprint, what it keeps of them."""

    def __init__(self, query: Piece) -> None:
        self._keyframes = query.keyframes
        self._track = query.fingerprint.picture
        self._features: dict[tuple[int, Part], dict[str, LocalFeatures]] = {}
        self._small: list[NDArray[np.uint8]] | None = None
        if len(self._keyframes):
            self.times = self._keyframes.times_ms / 1000
        elif self._track is not None:
            self.times = self._track.grid_ms / 1000
        else:
            self.times = np.zeros(0)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures, in pixels of which the longer side has 320."""
        if self._track is None:
            return LONG_SIDE, LONG_SIDE
        return int(self._track.size[0]), int(self._track.size[1])

    @property
    def can_look_closer(self) -> bool:
        """Whether there are pictures, and not only what the fingerprint keeps of them."""
        return len(self._keyframes) > 0

    def kept(self, time: float) -> LocalFeatures:
        """Return the local features that the fingerprint keeps of the picture nearest to a time."""
        track = self._track
        if track is None or not len(track.local_rows):
            return EMPTY
        return track.features(int(np.argmin(np.abs(track.times_ms[track.local_rows] / 1000 - time))))

    def features(self, time: float, part: Part = WHOLE) -> dict[str, LocalFeatures]:
        """Return local features of a part of the picture at a time, more than the fingerprint keeps, by variant."""
        key = int(np.argmin(np.abs(self.times - time))), part
        if key not in self._features:
            self._features[key] = describe_variants(self._keyframes.decode(key[0]), MAX_FEATURES, part)
        return self._features[key]

    def miniatures(self, region: Region, wanted: NDArray[np.bool_]) -> Miniatures:
        """Return what is seen in the region in the wanted ones of the pictures."""
        if self._small is None:
            self._small = self._load_small()
        chosen = np.nonzero(wanted)[0]
        thumbnails = np.zeros((len(chosen), THUMBNAIL_SIDE**2), np.float32)
        covered = np.zeros(THUMBNAIL_SIDE**2, bool)
        if self._small:  # all are of one size
            matrix = region.from_square(SQUARE_SIDE_PX, max(self._small[0].shape) / LONG_SIDE)
            whole = np.ones(self._small[0].shape, np.float32)
            covered = _cells(whole, matrix, cv2.BORDER_CONSTANT).reshape(-1) >= MIN_COVERED_SHARE
        for row, index in enumerate(chosen.tolist()):
            thumbnails[row] = _cells(region.turned(self._small[index]), matrix).reshape(-1)
        return Miniatures(self.times[chosen], thumbnails, covered)

    def _load_small(self) -> list[NDArray[np.uint8]]:
        if len(self._keyframes):
            return [_shrunk(self._keyframes.decode_small(index)) for index in range(len(self._keyframes))]
        if self._track is None:
            return []
        width, height = (int(side) for side in self._track.size)
        unit = SMALL_SIDE_PX / max(width, height)
        size = (max(1, round(width * unit)), max(1, round(height * unit)))
        thumbnails = self._track.thumbnails.reshape(-1, THUMBNAIL_SIDE, THUMBNAIL_SIDE)
        return [np.asarray(cv2.resize(one, size, interpolation=cv2.INTER_LINEAR), np.uint8) for one in thumbnails]


def _shrunk(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    unit = min(1.0, SMALL_SIDE_PX / max(gray.shape))
    size = (max(1, round(gray.shape[1] * unit)), max(1, round(gray.shape[0] * unit)))
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)


def _cells(
    gray: NDArray[np.uint8] | NDArray[np.float32], matrix: NDArray[np.float64], border: int = cv2.BORDER_REPLICATE
) -> NDArray[np.float32]:
    """Return the means of the cells of the square that a matrix takes from a picture."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    square = cv2.warpAffine(gray, matrix, (SQUARE_SIDE_PX, SQUARE_SIDE_PX), flags=flags, borderMode=border)
    return np.asarray(cv2.resize(square, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), interpolation=cv2.INTER_AREA), np.float32)
