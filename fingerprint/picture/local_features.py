"""Local features of a picture, small enough to keep: place, size, direction and appearance of each.

SIFT (Lowe 2004) as RootSIFT (Arandjelovic and Zisserman 2012), projected onto few principal directions and stored with
8 bits. One feature of a copy and its partner in the original fix scale, turn and shift between the pictures, so every
tentative pair is a hypothesis that the others vote on: geometry is checked without random sampling.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fingerprint.picture.weights import trained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["EMPTY", "LONG_SIDE", "WHOLE", "LocalFeatures", "Part", "describe_local", "describe_variants"]

#: A part of a picture as shares of its sides: left, top, right, bottom.
Part = tuple[float, float, float, float]
WHOLE: Part = (0.0, 0.0, 1.0, 1.0)

#: Longest side of pictures, pixels: positions count in these.
LONG_SIDE = 320

#: Longest side that a library's pictures are brought to first: two thirds of the time, and the strongest features are
#: no worse.
KEPT_SIDE = 256

#: Contrast below which SIFT drops a point. Lower than usual: dark and blurred copies keep only faint points.
CONTRAST = 0.015

#: Shorter side of a picture below which there is nothing to find: SIFT's pyramid needs some pixels.
LEAST_SIDE = 16

#: Steps of 8-bit scales: features from 1 to 256 pixels in 256 steps.
SCALE_STEPS = 32.0

#: Steps of 8-bit angles.
ANGLE_STEPS = 256 / 360

#: What one step of a code is worth: projected RootSIFT stays within ±0.9.
CODE_STEP = 1 / 140


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
        parts = [EMPTY, *parts]
        return cls(
            np.concatenate([part.points for part in parts]),
            np.concatenate([part.scales for part in parts]),
            np.concatenate([part.angles for part in parts]),
            np.concatenate([part.codes for part in parts]),
        )


@functools.cache
def _detector(most: int) -> cv2.SIFT:
    return cv2.SIFT.create(nfeatures=most, contrastThreshold=CONTRAST)


def describe_local(rgb: NDArray[np.uint8], most: int) -> LocalFeatures:
    """Return at most `most` features of a picture, uint8 `(h, w, 3)`, as a library keeps them."""
    height, width = rgb.shape[:2]
    scale = min(1.0, KEPT_SIDE / max(height, width))
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
    cells = plain.descriptors.reshape(-1, 4, 4, 8)
    mirrored = replace(
        plain,
        points=np.stack([plain.width - 1 - plain.points[:, 0], plain.points[:, 1]], 1),
        angles=180 - plain.angles,
        descriptors=cells[:, ::-1][..., MIRRORED_DIRECTIONS].reshape(-1, 128),
    )
    negative = replace(plain, angles=plain.angles + 180, descriptors=cells[:, ::-1, ::-1].reshape(-1, 128))
    return {"plain": _packed(plain), "mirrored": _packed(mirrored), "negative": _packed(negative)}


#: Where each of a descriptor's eight directions goes in a mirror.
MIRRORED_DIRECTIONS = [0, 7, 6, 5, 4, 3, 2, 1]


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
    scale = LONG_SIDE / max(LEAST_SIDE, *inside.shape[:2]) if part != WHOLE else 1.0
    if scale > 1.0:
        inside = np.asarray(cv2.resize(inside, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
    found = _detect(inside, most)
    corner = np.array([left, top], np.float32) * scale
    return replace(found, width=round(width * scale), height=round(height * scale), points=(found.points + corner))


def _detect(rgb: NDArray[np.uint8], most: int) -> _Detection:
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    height, width = gray.shape
    found: Sequence[cv2.KeyPoint] = ()
    if min(height, width) >= LEAST_SIDE:
        found, descriptors = _detector(most).detectAndCompute(gray, None)
    if not found:
        none = np.zeros(0, np.float32)
        return _Detection(width, height, none.reshape(0, 2), none, none, none.reshape(0, 128))
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
    unit = LONG_SIDE / max(found.width, found.height)
    return LocalFeatures(
        points=np.clip(np.rint(found.points * (unit * 4)), 0, 65535).astype(np.uint16),
        scales=np.clip(np.rint(np.log2(np.maximum(found.sizes * unit, 1)) * SCALE_STEPS), 0, 255).astype(np.uint8),
        angles=(np.rint(found.angles * ANGLE_STEPS).astype(np.int64) % 256).astype(np.uint8),
        codes=_codes(found.descriptors),
    )


def _codes(descriptors: NDArray[np.float32]) -> NDArray[np.int8]:
    roots = np.sqrt(descriptors / np.maximum(descriptors.sum(1, keepdims=True), 1e-6))
    data = trained()
    projected = (roots - data.local_mean) @ data.local_basis
    return np.asarray(np.clip(np.rint(projected / CODE_STEP), -127, 127), np.int8)


def _empty() -> LocalFeatures:
    nothing = np.zeros(0, np.uint8)
    return LocalFeatures(np.zeros((0, 2), np.uint16), nothing, nothing, np.zeros((0, CODE_LENGTH), np.int8))


#: Numbers in a code.
CODE_LENGTH = 24

#: The features of a picture that has none.
EMPTY = _empty()
