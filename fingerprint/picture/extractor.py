"""From a stream of pictures to a picture track: which to describe, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fingerprint.media.request import PictureWish
from fingerprint.parameters import parameter
from fingerprint.picture import local_features
from fingerprint.picture import track as picture_track
from fingerprint.picture.embedding import describe, quantise, squeezed
from fingerprint.picture.keyframes import Keyframes, encode_still
from fingerprint.picture.letterbox import without_bars
from fingerprint.picture.local_features import LocalFeatures, describe_local
from fingerprint.picture.track import PictureTrack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.media.request import Picture

__all__ = ["PARAMETERS", "ExtractorParameters", "PictureCollector", "picture_wish"]


@dataclass(frozen=True, slots=True)
class ExtractorParameters:
    """Which pictures are looked at and which are described: all of it changes what is stored."""

    #: Pictures looked at a second: cuts and movement are placed to a quarter of a second and better.
    grid_rate_hz: int = parameter(
        4, unit="Hz", low=1, high=30, source="by the stored form: a miniature of each; chosen, not measured"
    )

    #: The first picture of every so many seconds is due to be described; in between only behind a cut.
    due_spacing_s: float = parameter(
        1.0, unit="s", low=0.25, high=10.0, source="by the stored form; 8 MB an hour allow it"
    )

    #: A still scene is described anew at least every so many seconds. Chunks start at multiples of it, so that what is
    #: described does not depend on where they start.
    still_scene_s: float = parameter(
        10.0, unit="s", low=1.0, high=30.0, source="by the stored form; chosen, not measured"
    )

    #: Grid points from a described picture to the next one that a cut gives.
    cut_spacing_steps: int = parameter(
        2, unit="grid points", low=1, high=16, source="by the stored form: a film of cuts must not outgrow 8 MB an hour"
    )

    #: Local features are taken from the first described picture of every so many grid points.
    local_spacing_steps: int = parameter(
        16,
        unit="grid points",
        low=1,
        high=160,
        source="by the stored form; a bound on cost, in time and in 8 MB an hour",
    )

    #: Local features kept a picture.
    max_local_features: int = parameter(
        120, unit="count", low=20, high=1000, source="by the stored form: 8 MB an hour allow that many"
    )

    #: Mean difference of two miniatures above which there is a cut between them.
    min_cut_gray_levels: float = parameter(
        20.0, unit="gray levels", low=1.0, high=128.0, source="by the stored form; chosen, not measured"
    )

    #: Mean difference of two miniatures up to which they show one still scene.
    max_still_gray_levels: float = parameter(
        1.0, unit="gray levels", low=0.0, high=20.0, source="by the stored form; chosen, not measured"
    )

    #: Spread of a miniature's gray levels below which there is nothing to see (black, fades, plain fields).
    min_spread_gray_levels: float = parameter(
        3.0, unit="gray levels", low=0.0, high=30.0, source="by the stored form; chosen, not measured"
    )

    @property
    def grid_step_s(self) -> float:
        """Seconds from one grid point to the next."""
        return 1 / self.grid_rate_hz

    @property
    def due_steps(self) -> int:
        """Grid points of which the first picture is due to be described."""
        return round(self.due_spacing_s * self.grid_rate_hz)

    @property
    def still_steps(self) -> int:
        """Grid points after which a still scene is described anew."""
        return round(self.still_scene_s * self.grid_rate_hz)


PARAMETERS = ExtractorParameters()


def picture_wish() -> PictureWish:
    """Return what the decoder is asked for."""
    return PictureWish(rate=float(PARAMETERS.grid_rate_hz), long_side=local_features.PARAMETERS.long_side_px)


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
    _described: NDArray[np.uint8] | None = None
    _size: tuple[int, int] = field(default_factory=lambda: (local_features.PARAMETERS.long_side_px,) * 2)
    _due: int = -1
    _block: int = -1
    _local_block: int = -1

    def add(self, picture: Picture) -> None:
        """Look at the next picture, and describe it if it shows something new."""
        thumbnails = _miniature(picture.rgb)
        time = round(picture.time * 1000)
        self._size = _size(picture.rgb)
        cut = bool(self._tiny) and _difference(thumbnails, self._tiny[-1]) > PARAMETERS.min_cut_gray_levels
        cut &= not self._numbers or picture.number - self._numbers[-1] >= PARAMETERS.cut_spacing_steps
        self._grid.append(time)
        self._tiny.append(thumbnails)
        if float(thumbnails.std()) < PARAMETERS.min_spread_gray_levels:
            return
        self._stills.append((time, encode_still(picture.rgb)))
        due_block = picture.number // PARAMETERS.due_steps
        due, self._due = due_block != self._due, due_block
        if cut or (due and self._is_new(picture.number, thumbnails)):
            self._describe(picture, time, thumbnails)

    def _is_new(self, number: int, thumbnails: NDArray[np.uint8]) -> bool:
        if number // PARAMETERS.still_steps != self._block or self._described is None:
            return True
        return _difference(thumbnails, self._described) > PARAMETERS.max_still_gray_levels

    def _describe(self, picture: Picture, time: int, thumbnails: NDArray[np.uint8]) -> None:
        self._described = thumbnails
        self._block = picture.number // PARAMETERS.still_steps
        self._squares.append(squeezed(without_bars(picture.rgb)))
        self._numbers.append(picture.number)
        self._times.append(time)
        local_block = picture.number // PARAMETERS.local_spacing_steps
        if local_block != self._local_block:
            self._local_block = local_block
            self._local_rows.append(len(self._numbers) - 1)
            self._local.append(describe_local(picture.rgb, PARAMETERS.max_local_features))

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
            thumbnails=np.array(self._tiny, np.uint8).reshape(-1, picture_track.PARAMETERS.thumbnail_cells),
            size=np.array(self._size, np.uint16),
        )

    def keyframes(self) -> Keyframes:
        """Return the small pictures that a query keeps for a second look."""
        return Keyframes.of(self._stills)


def _size(rgb: NDArray[np.uint8]) -> tuple[int, int]:
    height, width = rgb.shape[:2]
    unit = local_features.PARAMETERS.long_side_px / max(width, height)
    return round(width * unit), round(height * unit)


def _difference(thumbnail: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Return the mean difference of two miniatures, gray levels."""
    return float(np.abs(thumbnail.astype(np.int16) - other).mean())


def _miniature(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the means of an even grid of cells, reckoned in whole numbers so that they are the same everywhere."""
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    cells = picture_track.PARAMETERS.thumbnail_side_px
    if min(gray.shape) < cells:
        gray = cv2.resize(gray, (cells, cells), interpolation=cv2.INTER_NEAREST)
    rows, columns = (np.arange(cells + 1) * side // cells for side in gray.shape)
    sums = np.diff(np.diff(cv2.integral(gray)[np.ix_(rows, columns)], axis=0), axis=1)
    sizes = np.outer(np.diff(rows), np.diff(columns))
    return np.asarray((sums + sizes // 2) // sizes, np.uint8).reshape(-1)
