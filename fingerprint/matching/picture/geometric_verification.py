"""Whether one picture is an edited view of another, and by which similarity or affine transform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.picture.local_features import LocalFeatures

__all__ = ["Geometry", "compare_local"]

#: Best over second-best distance of a tentative pair (Lowe's test). Loose, since geometry decides.
MAX_DISTANCE_RATIO = 0.86

#: Tentative pairs that are tried, nearest first.
MAX_TENTATIVE_PAIRS = 120

#: How far a point may be off its place, pixels of the original: perspective and film warp that much.
POINT_TOLERANCE_PX = 8.0

#: How much a pair's own scale may differ from the common one: octaves.
SCALE_TOLERANCE_OCTAVES = 0.6

#: How much a pair's own direction may differ from the common one: steps of a 256th of a turn.
ANGLE_TOLERANCE_STEPS = 20

#: Copies are scaled at most this much: octaves.
MAX_SCALING_OCTAVES = 3.0


@dataclass(frozen=True, slots=True)
class Geometry:
    """How the original's points lie in the copy.

    Attributes:
        inliers: Pairs of distinct places that agree.
        matrix: Original to copy, float64 `(2, 3)`, pixels of pictures with the longer side 320.
    """

    inliers: int
    matrix: NDArray[np.float64]


def compare_local(copy: LocalFeatures, original: LocalFeatures) -> Geometry | None:
    """Return the transform that most pairs of features agree on; None when none has three pairs."""
    pairs = _tentative(copy, original)
    if len(pairs) < 3:
        return None
    theirs, ours = original.points[pairs[:, 1]] / 4.0, copy.points[pairs[:, 0]] / 4.0
    octaves = (copy.scales[pairs[:, 0]].astype(np.float64) - original.scales[pairs[:, 1]]) / 32.0
    turns = (copy.angles[pairs[:, 0]].astype(np.int64) - original.angles[pairs[:, 1]].astype(np.int64)) % 256
    agree = _agreement(theirs, ours, octaves, turns)
    best = agree[int(np.argmax(agree.sum(1)))]
    matrix = _fit(theirs[best], ours[best])
    for _ in range(2):  # the fit over all is better than the one pair that proposed it
        moved = theirs @ matrix[:, :2].T + matrix[:, 2]
        near = (np.hypot(*(moved - ours).T) < POINT_TOLERANCE_PX) & _like(octaves, turns, best)
        if near.sum() < 3:
            break
        best = near
        matrix = _fit(theirs[best], ours[best])
    determinant = float(np.linalg.det(matrix[:, :2]))
    if determinant <= 0 or not 2.0 ** (-2 * MAX_SCALING_OCTAVES) < determinant < 2.0 ** (2 * MAX_SCALING_OCTAVES):
        return None
    return Geometry(
        inliers=_distinct(theirs[best], ours[best]),
        matrix=matrix,
    )


def _tentative(copy: LocalFeatures, original: LocalFeatures) -> NDArray[np.int64]:
    """Return pairs (copy, original): of each of the original's the best that passes the ratio test, nearest first."""
    if len(copy) < 3 or len(original) < 3:
        return np.zeros((0, 2), np.int64)
    a, b = copy.codes.astype(np.float32), original.codes.astype(np.float32)
    distances = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * a @ b.T
    for_original = distances.argmin(0)
    columns = np.arange(len(b))
    best = distances[for_original, columns]
    distances[for_original, columns] = np.inf
    ratio = np.sqrt(np.maximum(best, 0) / np.maximum(distances.min(0), 1))
    order = np.argsort(ratio)[:MAX_TENTATIVE_PAIRS]
    order = order[ratio[order] < MAX_DISTANCE_RATIO]
    return np.stack([for_original[order], order], 1)


def _agreement(
    theirs: NDArray[np.float64], ours: NDArray[np.float64], octaves: NDArray[np.float64], turns: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return for the similarity that each pair implies which pairs agree with it, `(n, n)`."""
    factor = 2.0**octaves * np.exp(1j * turns * (2 * np.pi / 256))
    a, b = theirs @ (1, 1j), ours @ (1, 1j)
    error = np.abs(factor[:, None] * (a[None] - a[:, None]) + b[:, None] - b[None])
    scale_ok = np.abs(octaves[:, None] - octaves[None]) < SCALE_TOLERANCE_OCTAVES
    angle_ok = np.abs((turns[:, None] - turns[None] + 128) % 256 - 128) < ANGLE_TOLERANCE_STEPS
    # One pair's own scale and direction are rough: the further a point, the larger its error may be.
    allowed = POINT_TOLERANCE_PX * 1.5 + 0.12 * np.abs(factor)[:, None] * np.abs(a[None] - a[:, None])
    return np.asarray((error < allowed) & scale_ok & angle_ok)


def _like(octaves: NDArray[np.float64], turns: NDArray[np.int64], chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    turn = np.angle(np.exp(1j * turns[chosen] * (2 * np.pi / 256)).mean()) * 256 / (2 * np.pi)
    off = np.abs((turns - turn + 128) % 256 - 128)
    return np.asarray(
        (np.abs(octaves - np.median(octaves[chosen])) < 2 * SCALE_TOLERANCE_OCTAVES)
        & (off < 1.5 * ANGLE_TOLERANCE_STEPS)
    )


def _fit(theirs: NDArray[np.float64], ours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the similarity (few pairs) or affine transform of least squares."""
    if len(theirs) >= 8:
        design = np.hstack([theirs, np.ones((len(theirs), 1))])
        return np.asarray(np.linalg.lstsq(design, ours, rcond=None)[0].T)
    x, y = theirs.T
    one, zero = np.ones_like(x), np.zeros_like(x)
    design = np.vstack([np.stack([x, -y, one, zero], 1), np.stack([y, x, zero, one], 1)])
    a, b, c, d = np.linalg.lstsq(design, ours.T.reshape(-1), rcond=None)[0]
    return np.array([[a, -b, c], [b, a, d]])


def _distinct(theirs: NDArray[np.float64], ours: NDArray[np.float64]) -> int:
    """Count the pairs whose places are not the same as another's: one corner gives several features."""
    cells = np.hstack([np.rint(theirs / 4), np.rint(ours / 4)]).astype(int)
    return min(len(np.unique(cells[:, :2], axis=0)), len(np.unique(cells[:, 2:], axis=0)))
