"""How far a copied span reaches: each quarter of a second along its time map is held against the reference."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.picture.motion import NOISE_RMS, at_times, changes, levelled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.picture.query_frames import Miniatures
    from fingerprint.matching.time_map import Segment
    from fingerprint.picture.track import PictureTrack

__all__ = ["extended"]

#: Seconds by which a span may grow at each end.
MAX_GROWTH_S = 6.0

#: Seconds by which a span may shrink at each end.
MAX_TRIM_S = 1.5

#: Cells of a miniature that must lie inside of the query's picture for its pattern of light to tell something.
MIN_COVERED_CELLS = 12

#: Spread of a pattern of light, gray levels, below which it is none.
FAINT_SPREAD_GRAY_LEVELS = 3.0

#: Correlation of patterns, or cosine of movement, in the middle of a span below which it says nothing about its ends.
MIN_CORRELATION = 0.3

#: Log-odds of one sample by its pattern at most.
MAX_PATTERN_LOG_ODDS = 1.2

#: Log-odds of one sample by its movement at most.
MAX_MOTION_LOG_ODDS = 1.0

#: Log-odds that are none.
NEGLIGIBLE_LOG_ODDS = 0.3

#: Samples over which movement is taken together.
MOTION_SAMPLES = 4

#: Samples on either side of one that are taken together with it where the middle of a span is looked for.
BESIDE_SAMPLES = 2

#: Cosine of movement that is as likely by chance as in a copy.
EVEN_MOTION_COSINE = 0.35


def extended(segment: Segment, seen: Miniatures, reference: PictureTrack, *, after: float, before: float) -> Segment:
    """Return the segment with its ends where the query stops to show what the reference shows, and how alike it is.

    Args:
        segment: What to extend, or to cut back.
        seen: What the query shows where the reference's picture lies.
        reference: The reference.
        after: Where the segment before ends, seconds of the query: this one starts no earlier.
        before: Where the one that follows starts.
    """
    grid = reference.grid_ms / 1000
    places = segment.map.speed * seen.times + segment.map.offset
    near = (seen.times >= max(after, segment.start - MAX_GROWTH_S)) & (
        seen.times <= min(before, segment.end + MAX_GROWTH_S)
    )
    chosen = np.nonzero(near & (places >= grid[0] - 0.3) & (places <= grid[-1] + 0.3))[0]
    if len(chosen) < MOTION_SAMPLES or len(grid) < 2 or not seen.covered.any():
        return segment
    times = seen.times[chosen]
    ours = seen.thumbnails[chosen]
    theirs = at_times(grid, reference.thumbnails, places[chosen])
    core = (times >= segment.start) & (times <= segment.end)
    if core.sum() < MOTION_SAMPLES:
        return segment
    gains = np.zeros(len(times))
    pattern = _patterns(ours[:, seen.covered], theirs[:, seen.covered])
    typical = float(np.median(pattern[core]))
    if seen.covered.sum() >= MIN_COVERED_CELLS and typical >= MIN_CORRELATION:
        # What looks like every moment of the reference does not tell this one; what looks like none tells against it.
        telling = max(0.0, 1.0 - _pattern_elsewhere(ours[core], reference, seen) / typical)
        like = np.clip((pattern - 0.55 * typical) / (0.25 * typical), -MAX_PATTERN_LOG_ODDS, MAX_PATTERN_LOG_ODDS)
        gains += np.where(like > 0, telling * like, like)
    motion, moving = _movement(ours * seen.covered, theirs * seen.covered)
    typical_motion = float(np.median(motion[core & moving])) if (core & moving).any() else 0.0
    if typical_motion >= MIN_CORRELATION:
        gains += np.where(
            moving, np.clip((motion - EVEN_MOTION_COSINE) * 3.0, -MAX_MOTION_LOG_ODDS, MAX_MOTION_LOG_ODDS), 0.0
        )
    if not gains.any():
        return segment
    inner = (times >= segment.start + MAX_TRIM_S) & (times <= segment.end - MAX_TRIM_S)
    first, last = _stretch(np.where(inner, np.maximum(gains, 0.0), gains), core)
    similarity = float(np.clip(0.5 + 0.5 * max(typical, typical_motion), 0.0, 1.0))
    return replace(segment, start=float(times[first]), end=float(times[last]), similarity=similarity)


def _stretch(gains: NDArray[np.float64], core: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the stretch with the largest sum of gains that has a part of the core in it."""
    # Not mode="same", which of fewer samples than the kernel has makes as many as that.
    smooth = np.convolve(gains, np.ones(2 * BESIDE_SAMPLES + 1), mode="full")[BESIDE_SAMPLES:-BESIDE_SAMPLES]
    middle = int(np.argmax(np.where(core, smooth, -np.inf)))
    return middle - _farthest(gains[: middle + 1][::-1]), middle + _farthest(gains[middle:])


def _farthest(gains: NDArray[np.float64]) -> int:
    """Return how far to go for the largest sum; over what tells nothing either way, on."""
    sums = np.cumsum(gains)
    return int(np.nonzero(sums >= sums.max() - NEGLIGIBLE_LOG_ODDS)[0][-1])


def _pattern_elsewhere(ours: NDArray[np.float32], reference: PictureTrack, seen: Miniatures) -> float:
    """Return how like any other moment of the reference the span's pictures are, 0..1: a still scene is like all."""
    rng = np.random.default_rng(0)
    chosen = rng.integers(0, len(reference.thumbnails), len(ours))
    theirs = reference.thumbnails[chosen].astype(np.float32)
    return float(np.clip(np.median(_patterns(ours[:, seen.covered], theirs[:, seen.covered])), 0, 1))


def _patterns(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the correlation of each pair of patterns; 0 where one is hardly any."""
    a, b = ours - ours.mean(1, keepdims=True), theirs - theirs.mean(1, keepdims=True)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    faint = FAINT_SPREAD_GRAY_LEVELS * FAINT_SPREAD_GRAY_LEVELS * max(1, ours.shape[1])
    return np.asarray((a * b).sum(1) / np.maximum(norms, faint), np.float64)


def _movement(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the cosine of what changes around each sample, and where enough changes to tell."""
    a, b = levelled(changes(ours)), levelled(changes(theirs))
    kernel = np.ones(MOTION_SAMPLES)

    def together(values: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.convolve(np.append(values, values[-1:]), kernel, mode="same")

    products, energy_a, energy_b = together((a * b).sum(1)), together((a * a).sum(1)), together((b * b).sum(1))
    noise = NOISE_RMS * NOISE_RMS * MOTION_SAMPLES * ours.shape[1]
    return products / (np.sqrt(energy_a * energy_b) + noise), energy_a > 2 * noise
