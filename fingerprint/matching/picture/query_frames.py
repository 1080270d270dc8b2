"""A closer look at a query's pictures: local features in each variant, and miniatures of any region, at any moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fingerprint.parameters import parameter
from fingerprint.picture import local_features
from fingerprint.picture import track as picture_track
from fingerprint.picture.local_features import WHOLE, LocalFeatures, describe_variants, no_features

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.picture.region import Region
    from fingerprint.picture.local_features import Part
    from fingerprint.query import Piece

__all__ = ["PARAMETERS", "Miniatures", "QueryFrames", "QueryFramesParameters"]


@dataclass(frozen=True, slots=True)
class QueryFramesParameters:
    """How closely a query's pictures are looked at again."""

    #: Longer side of the pictures that miniatures are cut from: small insets still have a few pixels for each cell.
    small_side_px: int = parameter(
        96,
        unit="pixels",
        low=16,
        high=320,
        source="a bound on cost: all of a query's pictures are in memory; not measured",
    )

    #: Side of the square that a region is first brought to; its cells' means make the miniature.
    square_side_px: int = parameter(32, unit="pixels", low=8, high=256, source="chosen, not measured")

    #: Features taken from a query's picture: more than a library keeps, since the query pays.
    max_features: int = parameter(400, unit="count", low=20, high=5000, source="a bound on cost; chosen, not measured")

    #: Share of a miniature's cell that must lie inside of the query's picture.
    min_covered_share: float = parameter(0.7, unit="share", low=0.0, high=1.0, source="chosen, not measured")


PARAMETERS = QueryFramesParameters()


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
            return local_features.PARAMETERS.long_side_px, local_features.PARAMETERS.long_side_px
        return int(self._track.size[0]), int(self._track.size[1])

    @property
    def can_look_closer(self) -> bool:
        """Whether there are pictures, and not only what the fingerprint keeps of them."""
        return len(self._keyframes) > 0

    def kept(self, time: float) -> LocalFeatures:
        """Return the local features that the fingerprint keeps of the picture nearest to a time."""
        track = self._track
        if track is None or not len(track.local_rows):
            return no_features()
        return track.features(int(np.argmin(np.abs(track.times_ms[track.local_rows] / 1000 - time))))

    def features(self, time: float, part: Part = WHOLE) -> dict[str, LocalFeatures]:
        """Return local features of a part of the picture at a time, more than the fingerprint keeps, by variant."""
        key = int(np.argmin(np.abs(self.times - time))), part
        if key not in self._features:
            picture = self._keyframes.decode(key[0])
            self._features[key] = describe_variants(picture, PARAMETERS.max_features, part)
        return self._features[key]

    def miniatures(self, region: Region, wanted: NDArray[np.bool_]) -> Miniatures:
        """Return what is seen in the region in the wanted ones of the pictures."""
        if self._small is None:
            self._small = self._load_small()
        chosen = np.nonzero(wanted)[0]
        cells = picture_track.PARAMETERS.thumbnail_cells
        thumbnails = np.zeros((len(chosen), cells), np.float32)
        covered = np.zeros(cells, bool)
        if self._small:  # all are of one size
            unit = max(self._small[0].shape) / local_features.PARAMETERS.long_side_px
            matrix = region.from_square(PARAMETERS.square_side_px, unit)
            whole = np.ones(self._small[0].shape, np.float32)
            covered = _cells(whole, matrix, cv2.BORDER_CONSTANT).reshape(-1) >= PARAMETERS.min_covered_share
        for row, index in enumerate(chosen.tolist()):
            thumbnails[row] = _cells(region.turned(self._small[index]), matrix).reshape(-1)
        return Miniatures(self.times[chosen], thumbnails, covered)

    def _load_small(self) -> list[NDArray[np.uint8]]:
        if len(self._keyframes):
            return [_shrunk(self._keyframes.decode_small(index)) for index in range(len(self._keyframes))]
        if self._track is None:
            return []
        width, height = (int(side) for side in self._track.size)
        unit = PARAMETERS.small_side_px / max(width, height)
        size = (max(1, round(width * unit)), max(1, round(height * unit)))
        side = picture_track.PARAMETERS.thumbnail_side_px
        thumbnails = self._track.thumbnails.reshape(-1, side, side)
        return [np.asarray(cv2.resize(one, size, interpolation=cv2.INTER_LINEAR), np.uint8) for one in thumbnails]


def _shrunk(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    unit = min(1.0, PARAMETERS.small_side_px / max(gray.shape))
    size = (max(1, round(gray.shape[1] * unit)), max(1, round(gray.shape[0] * unit)))
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)


def _cells(
    gray: NDArray[np.uint8] | NDArray[np.float32], matrix: NDArray[np.float64], border: int = cv2.BORDER_REPLICATE
) -> NDArray[np.float32]:
    """Return the means of the cells of the square that a matrix takes from a picture."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    large, small = PARAMETERS.square_side_px, picture_track.PARAMETERS.thumbnail_side_px
    square = cv2.warpAffine(gray, matrix, (large, large), flags=flags, borderMode=border)
    return np.asarray(cv2.resize(square, (small, small), interpolation=cv2.INTER_AREA), np.float32)
