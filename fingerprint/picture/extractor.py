"""From a stream of pictures to a picture track: which to describe, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fingerprint.media.request import PictureWish
from fingerprint.picture.embedding import describe, quantise, squeezed
from fingerprint.picture.keyframes import Keyframes, encode_still
from fingerprint.picture.letterbox import without_bars
from fingerprint.picture.local_features import LONG_SIDE, LocalFeatures, describe_local
from fingerprint.picture.track import THUMBNAIL_SIDE, PictureTrack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.media.request import Picture

__all__ = ["CUT_STEP", "DUE", "GRID_RATE", "LOCAL_BLOCK", "LOCAL_FEATURES", "PICTURES", "PictureCollector"]

#: Pictures looked at a second: cuts and movement are placed to a quarter of a second and better.
GRID_RATE = 4

#: What the decoder is asked for.
PICTURES = PictureWish(rate=float(GRID_RATE), long_side=LONG_SIDE)

#: The first picture of every so many grid points is due to be described; in between only behind a cut.
DUE = GRID_RATE

#: A still scene is described anew at least every so many grid points. Chunks start at multiples of it, so that what is
#: described does not depend on where they start.
STILL_BLOCK = 10 * GRID_RATE

#: Grid points from a described picture to the next one that a cut gives: a film of cuts must not outgrow 8 MB an hour.
CUT_STEP = 2

#: Local features are taken from the first described picture of every so many grid points.
LOCAL_BLOCK = 16

#: Local features kept a picture: 8 MB an hour allow that many.
LOCAL_FEATURES = 120

#: Mean difference of two miniatures, in gray levels: more is a cut, less than the other is a still scene.
CUT, STILL = 20.0, 1.0

#: Spread of a miniature's gray levels below which there is nothing to see (black, fades, plain fields).
PLAIN = 3.0


@dataclass
class PictureCollector:
    """Takes a chunk's pictures in order; `track` and `keyframes` are what came of them."""

    _numbers: list[int] = field(default_factory=list)
    _times: list[int] = field(default_factory=list)
    _squares: list[NDArray[np.uint8]] = field(default_factory=list)
    _local_rows: list[int] = field(default_factory=list)
    _local: list[LocalFeatures] = field(default_factory=list)
    _grid: list[int] = field(default_factory=list)
    _tiny: list[NDArray[np.uint8]] = field(default_factory=list)
    _stills: list[tuple[int, NDArray[np.uint8]]] = field(default_factory=list)
    _described: NDArray[np.int16] | None = None
    _size: tuple[int, int] = (LONG_SIDE, LONG_SIDE)
    _due: int = -1
    _block: int = -1
    _local_block: int = -1

    def add(self, picture: Picture) -> None:
        """Look at the next picture, and describe it if it shows something new."""
        thumbnails = _miniature(picture.rgb)
        time = round(picture.time * 1000)
        self._size = _size(picture.rgb)
        cut = bool(self._tiny) and float(np.abs(thumbnails.astype(np.int16) - self._tiny[-1]).mean()) > CUT
        cut &= not self._numbers or picture.number - self._numbers[-1] >= CUT_STEP
        self._grid.append(time)
        self._tiny.append(thumbnails)
        if float(thumbnails.std()) < PLAIN:
            return
        self._stills.append((time, encode_still(picture.rgb)))
        due, self._due = picture.number // DUE != self._due, picture.number // DUE
        if cut or (due and self._is_new(picture.number, thumbnails)):
            self._describe(picture, time, thumbnails)

    def _is_new(self, number: int, thumbnails: NDArray[np.uint8]) -> bool:
        if number // STILL_BLOCK != self._block or self._described is None:
            return True
        return float(np.abs(thumbnails.astype(np.int16) - self._described).mean()) > STILL

    def _describe(self, picture: Picture, time: int, thumbnails: NDArray[np.uint8]) -> None:
        self._described = thumbnails.astype(np.int16)
        self._block = picture.number // STILL_BLOCK
        self._squares.append(squeezed(without_bars(picture.rgb)))
        self._numbers.append(picture.number)
        self._times.append(time)
        if picture.number // LOCAL_BLOCK != self._local_block:
            self._local_block = picture.number // LOCAL_BLOCK
            self._local_rows.append(len(self._numbers) - 1)
            self._local.append(describe_local(picture.rgb, LOCAL_FEATURES))

    def track(self) -> PictureTrack:
        """Return the library form."""
        return PictureTrack(
            numbers=np.array(self._numbers, np.int32),
            times_ms=np.array(self._times, np.int32),
            codes=quantise(describe(self._squares)),
            local_rows=np.array(self._local_rows, np.int32),
            local_counts=np.array([len(part) for part in self._local], np.int32),
            local=LocalFeatures.join(self._local),
            grid_ms=np.array(self._grid, np.int32),
            thumbnails=np.array(self._tiny, np.uint8).reshape(-1, THUMBNAIL_SIDE**2),
            size=np.array(self._size, np.uint16),
        )

    def keyframes(self) -> Keyframes:
        """Return the small pictures that a query keeps for a second look."""
        return Keyframes.of(self._stills)


def _size(rgb: NDArray[np.uint8]) -> tuple[int, int]:
    height, width = rgb.shape[:2]
    unit = LONG_SIDE / max(width, height)
    return round(width * unit), round(height * unit)


def _miniature(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the means of an even grid of cells, reckoned in whole numbers so that they are the same everywhere."""
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    if min(gray.shape) < THUMBNAIL_SIDE:
        gray = cv2.resize(gray, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), interpolation=cv2.INTER_NEAREST)
    rows, columns = (np.arange(THUMBNAIL_SIDE + 1) * side // THUMBNAIL_SIDE for side in gray.shape)
    sums = np.diff(np.diff(cv2.integral(gray)[np.ix_(rows, columns)], axis=0), axis=1)
    sizes = np.outer(np.diff(rows), np.diff(columns))
    return np.asarray((sums + sizes // 2) // sizes, np.uint8).reshape(-1)
