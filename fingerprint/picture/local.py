"""Local features of a picture, small enough to keep: place, size, direction and appearance of each.

SIFT (Lowe 2004) as RootSIFT (Arandjelovic and Zisserman 2012), projected onto few principal directions and stored with
8 bits. One feature of a copy and its partner in the original fix scale, turn and shift between the pictures, so every
tentative pair is a hypothesis that the others vote on: geometry is checked without random sampling.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fingerprint.picture.trained import trained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["EMPTY", "LocalFeatures", "describe_local"]

#: Longest side of a picture that features are taken from, pixels. Positions count in these.
LONG_SIDE = 320

#: Contrast below which SIFT drops a point. Lower than usual: dark and blurred copies keep only faint points.
CONTRAST = 0.015

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
    """Return at most `most` features of a picture, uint8 `(h, w, 3)` with the longer side 320 or less."""
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    if min(gray.shape) < 16:  # nothing to find, and SIFT's pyramid needs some pixels
        return EMPTY
    found, descriptors = _detector(most).detectAndCompute(gray, None)
    if not found:
        return EMPTY
    descriptors, found = descriptors[:most], found[:most]
    unit = LONG_SIDE / max(gray.shape)
    points = np.array([point.pt for point in found], np.float32) * unit
    sizes = np.array([point.size for point in found], np.float32) * unit
    angles = np.array([point.angle for point in found], np.float32)
    return LocalFeatures(
        points=np.clip(np.rint(points * 4), 0, 65535).astype(np.uint16),
        scales=np.clip(np.rint(np.log2(np.maximum(sizes, 1)) * SCALE_STEPS), 0, 255).astype(np.uint8),
        angles=(np.rint(angles * ANGLE_STEPS).astype(np.int64) % 256).astype(np.uint8),
        codes=_codes(descriptors.astype(np.float32)),
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
