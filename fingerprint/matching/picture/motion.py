"""What moves, and how: where a span of the query lies in a reference to a tenth of a second.

A fixed camera looks the same all day, so similarity of pictures says nothing there. What changes from one quarter of a
second to the next does: two seconds of such changes, seen where the reference's picture lies in the query's, are alike
at the right place (a cosine of 0.6 to 0.95 on the tuning footage) and at no other (0.15 in 95 of 100).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import uniform_filter1d

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.picture.query_frames import Miniatures

__all__ = ["MotionHits", "at_times", "changes", "find_motion", "levelled"]

#: Time between samples, seconds.
STEP_S = 0.25

#: Changes from one sample to the next in a window: two seconds.
WINDOW_STEPS = 8

#: Windows start this many samples apart.
HOP_STEPS = 2

#: Speeds that are tried; over two seconds, one that is 5 % off is a tenth of a second off.
TRIED_SPEEDS = (
    1.0, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.86, 0.93,
    1.08, 1.16, 1.25, 1.34, 1.44, 1.55, 1.68, 1.82, 2.0,
)  # fmt: skip

#: Seconds between two pictures beyond which what lies between them is not known.
MAX_GAP_S = 2.0

#: What another speed than 1 must be better, cosine.
SPEED_COST_COSINE = 0.1

#: Gray levels beyond which a change counts no more: a cut must not outweigh all movement.
MAX_CHANGE_GRAY_LEVELS = 24.0

#: Gray levels of change that are nothing: cells that move less do not count more for it.
USUAL_CHANGE_GRAY_LEVELS = 1.0

#: Energy of a window that is noise: root mean square of its changes, in units of what is usual.
NOISE_RMS = 0.1

#: Places in the reference that each window is given at each speed.
MAX_PLACES = 4

#: Cosine from which on windows count.
MIN_COSINE = 0.33

#: Cells of the tables of cosines that are made at most; of longer pairs the common speeds alone are tried.
MAX_COSINE_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class MotionHits:
    """Windows of the query and places in the reference that move alike.

    Attributes:
        starts: When each window starts in the query, seconds, float64 `(n,)`.
        places: When the like one starts in the reference, seconds, float64 `(n,)`.
        speeds: Seconds of the reference for each of the query, float64 `(n,)`.
        cosines: How alike, float64 `(n,)`.
        moving: Starts of all windows of the query in which something moves, float64 `(m,)`.
    """

    starts: NDArray[np.float64]
    places: NDArray[np.float64]
    speeds: NDArray[np.float64]
    cosines: NDArray[np.float64]
    moving: NDArray[np.float64]


def find_motion(query: Miniatures, grid: NDArray[np.float64], thumbnails: NDArray[np.uint8]) -> MotionHits:
    """Return where in the reference each window of the query moves alike.

    Args:
        query: What the query shows where the reference's picture lies.
        grid: When the reference's pictures are shown, seconds, float64 `(g,)`, rising; there may be gaps.
        thumbnails: Their miniatures, uint8 `(g, 64)`.
    """
    nothing = np.zeros(0)
    first, last = (query.times[0], query.times[-1]) if len(query.times) else (0.0, 0.0)
    moments = np.arange(first, last + 1e-6, STEP_S)
    # Many pictures may lie in a short time: it is the time that is too short for a window then.
    if min(len(query.times), len(moments), len(grid)) <= WINDOW_STEPS:
        return MotionHits(nothing, nothing, nothing, nothing, nothing)
    ours = levelled(changes(at_times(query.times, query.thumbnails, moments)) * query.covered)
    windows, norms = _windows(ours, HOP_STEPS)
    starts = moments[: len(ours)][: len(ours) - WINDOW_STEPS + 1 : HOP_STEPS]
    noise = NOISE_RMS * np.sqrt(WINDOW_STEPS * max(1, int(query.covered.sum())))
    moving = (norms > noise) & _is_seen(starts, query.times, WINDOW_STEPS * STEP_S)
    windows, starts, norms = windows[moving], starts[moving], norms[moving]
    found: list[tuple[NDArray[np.float64], ...]] = []
    cells = len(starts) * len(grid) * 2
    for speed in TRIED_SPEEDS if cells <= MAX_COSINE_CELLS else TRIED_SPEEDS[:1]:
        for phase in (0.0, 0.5):
            times = np.arange(grid[0] + phase * STEP_S * speed, grid[-1], STEP_S * speed)
            if len(times) <= WINDOW_STEPS or not len(starts):
                continue
            theirs = levelled(changes(at_times(grid, thumbnails, times)) * query.covered)
            others, other_norms = _windows(theirs, 1)
            known = _is_seen(times[: len(others)], grid, WINDOW_STEPS * STEP_S * speed)
            others, other_norms, times = others[known], other_norms[known], times[: len(others)][known]
            if not len(others):
                continue
            cosines = (windows @ others.T) / (norms[:, None] * other_norms + noise**2)
            best = np.argpartition(-cosines, min(MAX_PLACES, cosines.shape[1]) - 1, axis=1)[:, :MAX_PLACES]
            values = np.take_along_axis(cosines, best, 1) - (0.0 if speed == 1.0 else SPEED_COST_COSINE)
            row, column = np.nonzero(values > MIN_COSINE)
            part = (starts[row], times[best[row, column]], np.full(len(row), speed), values[row, column])
            found.append(part)
    if not found:
        return MotionHits(nothing, nothing, nothing, nothing, starts)
    joined = [np.concatenate(part).astype(np.float64) for part in zip(*found, strict=True)]
    return MotionHits(joined[0], joined[1], joined[2], joined[3], starts)


def _is_seen(starts: NDArray[np.float64], times: NDArray[np.float64], length: float) -> NDArray[np.bool_]:
    """Tell which windows no gap between pictures reaches into: what lies between is made up there."""
    gaps = np.nonzero(np.diff(times) > MAX_GAP_S)[0]
    begins, ends = times[gaps], times[gaps + 1]
    reached = (starts[:, None] < ends) & (starts[:, None] + length > begins)
    return np.asarray(~reached.any(1))


def at_times(
    times: NDArray[np.float64], thumbnails: NDArray[np.float32] | NDArray[np.uint8], moments: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return miniatures at moments, between two of them where need be."""
    right = np.clip(np.searchsorted(times, moments), 1, len(times) - 1)
    share = (moments - times[right - 1]) / np.maximum(times[right] - times[right - 1], 1e-3)
    before, after = thumbnails[right - 1].astype(np.float32), thumbnails[right].astype(np.float32)
    return np.asarray(before + (after - before) * np.clip(share, 0, 1)[:, None], np.float32)


def changes(thumbnails: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what changes between samples, without what changes everywhere (fades, flicker)."""
    change = np.diff(thumbnails, axis=0)
    return np.asarray(
        np.clip(change - np.median(change, axis=1, keepdims=True), -MAX_CHANGE_GRAY_LEVELS, MAX_CHANGE_GRAY_LEVELS),
        np.float32,
    )


def levelled(changes_of: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return changes relative to what is usual in their cell then: a lively inset must not drown all others."""
    energy = uniform_filter1d(changes_of**2, 2 * WINDOW_STEPS + 1, axis=0, mode="nearest")
    usual = np.sqrt(np.maximum(energy, 0.0)) + USUAL_CHANGE_GRAY_LEVELS  # a running sum may end a little below zero
    return np.asarray(changes_of / usual, np.float32)


def _windows(series: NDArray[np.float32], hop: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return windows, `(n, WINDOW_STEPS * 64)`, and their lengths."""
    view = np.lib.stride_tricks.sliding_window_view(series, WINDOW_STEPS, axis=0)[::hop]
    flat = np.ascontiguousarray(view).reshape(len(view), -1)
    return flat, np.asarray(np.linalg.norm(flat, axis=1), np.float32)
