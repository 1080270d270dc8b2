"""Whether one picture is an edited view of another, and by which similarity or affine transform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from fingerprint.parameters import parameter
from fingerprint.picture import local_features

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.picture.local_features import LocalFeatures

__all__ = ["PARAMETERS", "GeometricVerificationParameters", "Geometry", "compare_local"]


#: Whole steps, or parts of steps.
Steps = TypeVar("Steps", np.int64, np.float64)


@dataclass(frozen=True, slots=True)
class GeometricVerificationParameters:
    """From where on local features of two pictures agree on a transform."""

    #: Pairs of features that a transform needs: one proposes a similarity, and two more agree with it.
    min_pairs: int = parameter(3, unit="count", low=3, high=16, source="by geometry: an affine transform has three")

    #: Pairs from which on an affine transform is fitted rather than a similarity.
    min_affine_pairs: int = parameter(8, unit="count", low=3, high=32, source="chosen, not measured")

    #: Best over second-best distance of a tentative pair (Lowe's test). Loose, since geometry decides.
    max_distance_ratio: float = parameter(
        0.86, unit="ratio", low=0.5, high=1.0, source="chosen, not measured; Lowe 2004 has 0.8"
    )

    #: Tentative pairs that are tried, nearest first.
    max_tentative_pairs: int = parameter(
        120, unit="count", low=8, high=1000, source="a bound on cost: as many as a library keeps of a picture"
    )

    #: How far a point may be off its place, pixels of the original: perspective and film warp that much.
    point_tolerance_px: float = parameter(8.0, unit="pixels", low=1.0, high=40.0, source="chosen, not measured")

    #: Times that tolerance that a point may be off where the one pair that proposes a similarity puts it.
    proposal_tolerance_ratio: float = parameter(1.5, unit="ratio", low=1.0, high=5.0, source="chosen, not measured")

    #: Share of its distance from that pair, in the copy, that a point may be off besides: a pair's own scale and
    #: direction are rough.
    proposal_leverage_share: float = parameter(0.12, unit="share", low=0.0, high=1.0, source="chosen, not measured")

    #: How much a pair's own scale may differ from that of the pair that proposes.
    scale_tolerance_octaves: float = parameter(0.6, unit="octaves", low=0.1, high=2.0, source="chosen, not measured")

    #: Times that tolerance that its scale may differ from the common one once there is one.
    common_scale_ratio: float = parameter(2.0, unit="ratio", low=0.5, high=5.0, source="chosen, not measured")

    #: How much a pair's own direction may differ from that of the pair that proposes.
    angle_tolerance_steps: int = parameter(
        20, unit="256ths of a turn", low=2, high=64, source="chosen, not measured: 28 degrees"
    )

    #: Times that tolerance that its direction may differ from the common one once there is one.
    common_angle_ratio: float = parameter(1.5, unit="ratio", low=0.5, high=5.0, source="chosen, not measured")

    #: How often a transform is fitted anew to what is near it.
    refits: int = parameter(2, unit="count", low=0, high=10, source="chosen, not measured")

    #: Copies are scaled at most this much.
    max_scaling_octaves: float = parameter(
        3.0, unit="octaves", low=1.0, high=6.0, source="chosen, not measured: to an eighth of the width"
    )

    #: Side of the cells in which places are the same.
    same_place_px: float = parameter(4.0, unit="pixels", low=1.0, high=20.0, source="chosen, not measured")


PARAMETERS = GeometricVerificationParameters()


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
    """Return the transform that most pairs of features agree on; None when none has enough pairs."""
    pairs = _tentative(copy, original)
    if len(pairs) < PARAMETERS.min_pairs:
        return None
    form = local_features.PARAMETERS
    theirs = original.points[pairs[:, 1]] / form.point_steps_per_px
    ours = copy.points[pairs[:, 0]] / form.point_steps_per_px
    steps = copy.scales[pairs[:, 0]].astype(np.float64) - original.scales[pairs[:, 1]]
    octaves = steps / form.scale_steps_per_octave
    turns = copy.angles[pairs[:, 0]].astype(np.int64) - original.angles[pairs[:, 1]].astype(np.int64)
    turns %= form.angle_steps_per_turn
    agree = _agreement(theirs, ours, octaves, turns)
    best = agree[int(np.argmax(agree.sum(1)))]
    matrix = _fit(theirs[best], ours[best])
    for _ in range(PARAMETERS.refits):  # the fit over all is better than the one pair that proposed it
        moved = theirs @ matrix[:, :2].T + matrix[:, 2]
        near = (np.hypot(*(moved - ours).T) < PARAMETERS.point_tolerance_px) & _like(octaves, turns, best)
        if near.sum() < PARAMETERS.min_pairs:
            break
        best = near
        matrix = _fit(theirs[best], ours[best])
    determinant = float(np.linalg.det(matrix[:, :2]))
    largest = 2.0 ** (2 * PARAMETERS.max_scaling_octaves)  # of areas
    if determinant <= 0 or not 1 / largest < determinant < largest:
        return None
    return Geometry(
        inliers=_distinct(theirs[best], ours[best]),
        matrix=matrix,
    )


def _tentative(copy: LocalFeatures, original: LocalFeatures) -> NDArray[np.int64]:
    """Return pairs (copy, original): of each of the original's the best that passes the ratio test, nearest first."""
    if min(len(copy), len(original)) < PARAMETERS.min_pairs:
        return np.zeros((0, 2), np.int64)
    a, b = copy.codes.astype(np.float32), original.codes.astype(np.float32)
    distances = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * a @ b.T
    for_original = distances.argmin(0)
    columns = np.arange(len(b))
    best = distances[for_original, columns]
    distances[for_original, columns] = np.inf
    ratio = np.sqrt(np.maximum(best, 0) / np.maximum(distances.min(0), 1))
    order = np.argsort(ratio)[: PARAMETERS.max_tentative_pairs]
    order = order[ratio[order] < PARAMETERS.max_distance_ratio]
    return np.stack([for_original[order], order], 1)


def _agreement(
    theirs: NDArray[np.float64], ours: NDArray[np.float64], octaves: NDArray[np.float64], turns: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return for the similarity that each pair implies which pairs agree with it, `(n, n)`."""
    factor = 2.0**octaves * np.exp(1j * turns * _step_radians())
    a, b = theirs @ (1, 1j), ours @ (1, 1j)
    error = np.abs(factor[:, None] * (a[None] - a[:, None]) + b[:, None] - b[None])
    scale_ok = np.abs(octaves[:, None] - octaves[None]) < PARAMETERS.scale_tolerance_octaves
    angle_ok = np.abs(_least_turn(turns[:, None] - turns[None])) < PARAMETERS.angle_tolerance_steps
    # One pair's own scale and direction are rough: the further a point, the larger its error may be.
    leverage = PARAMETERS.proposal_leverage_share * np.abs(factor)[:, None] * np.abs(a[None] - a[:, None])
    allowed = PARAMETERS.point_tolerance_px * PARAMETERS.proposal_tolerance_ratio + leverage
    return np.asarray((error < allowed) & scale_ok & angle_ok)


def _like(octaves: NDArray[np.float64], turns: NDArray[np.int64], chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    angle = np.angle(np.exp(1j * turns[chosen] * _step_radians()).mean())
    turn = angle * local_features.PARAMETERS.angle_steps_per_turn / (2 * np.pi)
    scale_off, angle_off = np.abs(octaves - np.median(octaves[chosen])), np.abs(_least_turn(turns - turn))
    return np.asarray(
        (scale_off < PARAMETERS.common_scale_ratio * PARAMETERS.scale_tolerance_octaves)
        & (angle_off < PARAMETERS.common_angle_ratio * PARAMETERS.angle_tolerance_steps)
    )


def _step_radians() -> float:
    """Return the angle of one step of a stored direction."""
    return 2 * np.pi / local_features.PARAMETERS.angle_steps_per_turn


def _least_turn(steps: NDArray[Steps]) -> NDArray[Steps]:
    """Return turns as the shorter way around, in steps of a stored direction: from minus half a turn to half a turn."""
    around = local_features.PARAMETERS.angle_steps_per_turn
    return np.asarray((steps + around // 2) % around - around // 2)


def _fit(theirs: NDArray[np.float64], ours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the similarity (few pairs) or affine transform of least squares."""
    if len(theirs) >= PARAMETERS.min_affine_pairs:
        design = np.hstack([theirs, np.ones((len(theirs), 1))])
        return np.asarray(np.linalg.lstsq(design, ours, rcond=None)[0].T)
    x, y = theirs.T
    one, zero = np.ones_like(x), np.zeros_like(x)
    design = np.vstack([np.stack([x, -y, one, zero], 1), np.stack([y, x, zero, one], 1)])
    a, b, c, d = np.linalg.lstsq(design, ours.T.reshape(-1), rcond=None)[0]
    return np.array([[a, -b, c], [b, a, d]])


def _distinct(theirs: NDArray[np.float64], ours: NDArray[np.float64]) -> int:
    """Count the pairs whose places are not the same as another's: one corner gives several features."""
    side = PARAMETERS.same_place_px
    cells = np.hstack([np.rint(theirs / side), np.rint(ours / side)]).astype(int)
    return min(len(np.unique(cells[:, :2], axis=0)), len(np.unique(cells[:, 2:], axis=0)))
