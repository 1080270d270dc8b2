"""Local features of a picture, small enough to keep: place, size, direction and appearance of each.

SIFT (Lowe 2004) as RootSIFT (Arandjelovic and Zisserman 2012), projected onto few principal directions and stored with
8 bits. One feature of a copy and its partner in the original fix scale, turn and shift between the pictures, so every
tentative pair is a hypothesis that the others vote on: geometry is checked without random sampling.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np

from fingerprint.parameters import parameter
from fingerprint.picture.weights import trained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "PARAMETERS",
    "WHOLE",
    "LocalFeatureParameters",
    "LocalFeatures",
    "Part",
    "describe_local",
    "describe_variants",
    "no_features",
]

#: What steps are stored as.
Stored = TypeVar("Stored", np.uint8, np.uint16)

#: A part of a picture as shares of its sides: left, top, right, bottom.
Part = tuple[float, float, float, float]
WHOLE: Part = (0.0, 0.0, 1.0, 1.0)

#: A SIFT descriptor, as Lowe 2004 lays it out: rows and columns of cells around the point, and directions in each.
DESCRIPTOR_SHAPE = (4, 4, 8)

#: Where each of a descriptor's eight directions goes in a mirror.
MIRRORED_DIRECTIONS = [0, 7, 6, 5, 4, 3, 2, 1]


@dataclass(frozen=True, slots=True)
class LocalFeatureParameters:
    """How local features are found, and how they are stored."""

    #: Longest side of pictures: positions count in these.
    long_side_px: int = parameter(
        320, unit="pixels", low=160, high=640, source="by the stored form; chosen, not measured"
    )

    #: Longest side that a library's pictures are brought to first.
    kept_side_px: int = parameter(
        256,
        unit="pixels",
        low=128,
        high=640,
        source="by the stored form; measured: two thirds of the time, and the strongest features are no worse",
    )

    #: Contrast below which SIFT drops a point. Lower than usual: dark and blurred copies keep only faint points.
    min_contrast: float = parameter(
        0.015, unit="share of all gray levels", low=0.0, high=0.1, source="by the stored form; chosen, usual is 0.04"
    )

    #: Shorter side of a picture below which there is nothing to find: SIFT's pyramid needs some pixels.
    min_side_px: int = parameter(16, unit="pixels", low=2, high=64, source="by the stored form; chosen, not measured")

    #: Steps of 8-bit scales for each doubling: features from 1 to 256 pixels in 256 steps.
    scale_steps_per_octave: float = parameter(
        32.0, unit="steps per octave", low=8.0, high=64.0, source="by the stored form: eight octaves in 8 bits"
    )

    #: Steps of 8-bit angles for a whole turn.
    angle_steps_per_turn: int = parameter(
        256, unit="steps per turn", low=256, high=256, source="by the stored form: 8 bits come around as a turn does"
    )

    #: Steps of positions for each pixel.
    point_steps_per_px: float = parameter(
        4.0, unit="steps per pixel", low=1.0, high=100.0, source="by the stored form; chosen, not measured"
    )

    #: Numbers in a code: principal directions that are kept.
    code_length: int = parameter(
        24, unit="count", low=8, high=128, source="by the stored form: as many as were learned; 8 MB an hour allow them"
    )

    #: What one step of a code is worth.
    code_step: float = parameter(
        1 / 140,
        unit="share of the descriptor's length",
        low=1 / 1000,
        high=1 / 127,
        source="by the stored form: projected RootSIFT stays within ±0.9",
    )

    #: Sum that a descriptor's numbers are taken to have at the least when they are scaled to 1.
    min_descriptor_sum: float = parameter(
        1e-6, unit="sum", low=1e-30, high=1.0, source="a guard: descriptors of zeros stay zeros, all others sum to more"
    )


PARAMETERS = LocalFeatureParameters()


@dataclass(frozen=True, slots=True)
class LocalFeatures:
    """The features of one picture.

    Attributes:
        points: Position on a picture whose longer side is 320, uint16 `(n, 2)` in quarters of a pixel, x first.
        scales: Size, uint8 `(n,)`: `2 ** (scale / 32)` pixels.
        angles: Direction, uint8 `(n,)`: 256 a turn.
        codes: Appearance, int8 `(n, d)`.
    """

    points: NDArray[np.uint16]
    scales: NDArray[np.uint8]
    angles: NDArray[np.uint8]
    codes: NDArray[np.int8]

    def __len__(self) -> int:
        """Return how many features there are."""
        return len(self.points)

    @classmethod
    def join(cls, parts: Sequence[LocalFeatures]) -> LocalFeatures:
        """Return the features of several pictures one after the other."""
        parts = [no_features(), *parts]
        return cls(
            np.concatenate([part.points for part in parts]),
            np.concatenate([part.scales for part in parts]),
            np.concatenate([part.angles for part in parts]),
            np.concatenate([part.codes for part in parts]),
        )


def no_features() -> LocalFeatures:
    """Return the features of a picture that has none."""
    return _none(PARAMETERS.code_length)


@functools.cache
def _none(code_length: int) -> LocalFeatures:
    nothing = np.zeros(0, np.uint8)
    return LocalFeatures(np.zeros((0, 2), np.uint16), nothing, nothing, np.zeros((0, code_length), np.int8))


@functools.cache
def _detector(most: int, contrast: float) -> cv2.SIFT:
    return cv2.SIFT.create(nfeatures=most, contrastThreshold=contrast)


def describe_local(rgb: NDArray[np.uint8], most: int) -> LocalFeatures:
    """Return at most `most` features of a picture, uint8 `(h, w, 3)`, as a library keeps them."""
    height, width = rgb.shape[:2]
    scale = min(1.0, PARAMETERS.kept_side_px / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return _packed(_detect(np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8), most))


def describe_variants(rgb: NDArray[np.uint8], most: int, part: Part = WHOLE) -> dict[str, LocalFeatures]:
    """Return the features of a picture, uint8 `(h, w, 3)`, as it is, mirrored, and inverted, by name of the variant.

    What a mirror or an inversion does to a descriptor is a permutation of its numbers, so one detection serves all.
    Points of the mirrored variant are those of the mirrored picture.

    Args:
        rgb: The picture.
        most: How many features to return at most.
        part: Where to look; a part is enlarged first, so that small insets show what their originals show.
    """
    plain = _detect_part(rgb, most, part)
    cells = plain.descriptors.reshape(-1, *DESCRIPTOR_SHAPE)
    mirrored = replace(
        plain,
        points=np.stack([plain.width - 1 - plain.points[:, 0], plain.points[:, 1]], 1),
        angles=180 - plain.angles,
        descriptors=cells[:, ::-1][..., MIRRORED_DIRECTIONS].reshape(plain.descriptors.shape),
    )
    turned = cells[:, ::-1, ::-1].reshape(plain.descriptors.shape)
    negative = replace(plain, angles=plain.angles + 180, descriptors=turned)
    return {"plain": _packed(plain), "mirrored": _packed(mirrored), "negative": _packed(negative)}


@dataclass(frozen=True, slots=True)
class _Detection:
    """What SIFT found, in pixels of the picture as it came."""

    width: int
    height: int
    points: NDArray[np.float32]
    sizes: NDArray[np.float32]
    angles: NDArray[np.float32]
    descriptors: NDArray[np.float32]


def _detect_part(rgb: NDArray[np.uint8], most: int, part: Part) -> _Detection:
    """Return what is found in an enlarged part, as if all of the picture were enlarged so."""
    height, width = rgb.shape[:2]
    # A part of a banner of two lines is one line at the least.
    left, top = min(round(part[0] * width), width - 1), min(round(part[1] * height), height - 1)
    inside = rgb[top : max(top + 1, round(part[3] * height)), left : max(left + 1, round(part[2] * width))]
    sides = max(PARAMETERS.min_side_px, *inside.shape[:2])
    scale = PARAMETERS.long_side_px / sides if part != WHOLE else 1.0
    if scale > 1.0:
        inside = np.asarray(cv2.resize(inside, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
    found = _detect(inside, most)
    corner = np.array([left, top], np.float32) * scale
    return replace(found, width=round(width * scale), height=round(height * scale), points=(found.points + corner))


def _detect(rgb: NDArray[np.uint8], most: int) -> _Detection:
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    height, width = gray.shape
    found: Sequence[cv2.KeyPoint] = ()
    if min(height, width) >= PARAMETERS.min_side_px:
        found, descriptors = _detector(most, PARAMETERS.min_contrast).detectAndCompute(gray, None)
    if not found:
        none = np.zeros(0, np.float32)
        return _Detection(
            width, height, none.reshape(0, 2), none, none, np.zeros((0, math.prod(DESCRIPTOR_SHAPE)), np.float32)
        )
    found = found[:most]
    return _Detection(
        width,
        height,
        np.array([point.pt for point in found], np.float32),
        np.array([point.size for point in found], np.float32),
        np.array([point.angle for point in found], np.float32),
        descriptors[:most].astype(np.float32),
    )


def _packed(found: _Detection) -> LocalFeatures:
    unit = PARAMETERS.long_side_px / max(found.width, found.height)
    octaves = np.log2(np.maximum(found.sizes * unit, 1))
    around = PARAMETERS.angle_steps_per_turn
    return LocalFeatures(
        points=_stored(found.points * (unit * PARAMETERS.point_steps_per_px), np.uint16),
        scales=_stored(octaves * PARAMETERS.scale_steps_per_octave, np.uint8),
        angles=(np.rint(found.angles * (around / 360)).astype(np.int64) % around).astype(np.uint8),
        codes=_codes(found.descriptors),
    )


def _stored(steps: NDArray[np.float32], form: type[Stored]) -> NDArray[Stored]:
    """Return whole steps, cut off at the largest number of a form."""
    return np.clip(np.rint(steps), 0, np.iinfo(form).max).astype(form)


def _codes(descriptors: NDArray[np.float32]) -> NDArray[np.int8]:
    sums = np.maximum(descriptors.sum(1, keepdims=True), PARAMETERS.min_descriptor_sum)
    roots = np.sqrt(descriptors / sums)
    data = trained()
    projected = (roots - data.local_mean) @ data.local_basis
    return np.asarray(np.clip(np.rint(projected / PARAMETERS.code_step), -127, 127), np.int8)
