"""What moves, and how: where a span of the query lies in a reference to a tenth of a second.

A fixed camera looks the same all day, so similarity of pictures says nothing there. What changes from one quarter of a
second to the next does: two seconds of such changes, seen where the reference's picture lies in the query's, are alike
at the right place (a cosine of 0.6 to 0.95 on the tuning footage) and at no other (0.15 in 95 of 100).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from fingerprint.parameters import parameter
from fingerprint.picture import extractor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.picture.query_frames import Miniatures

__all__ = ["PARAMETERS", "MotionHits", "MotionParameters", "at_times", "changes", "find_motion", "levelled", "window_s"]


@dataclass(frozen=True, slots=True)
class MotionParameters:
    """How movement is told apart. Samples are as far apart as the stored miniatures."""

    #: Changes from one sample to the next in a window.
    window_steps: int = parameter(
        8,
        unit="samples",
        low=3,
        high=64,
        source="chosen: over two seconds cosines are 0.6 to 0.95 at the right place and 0.15 elsewhere, in 95 of 100",
    )

    #: Windows of the query start this many samples apart.
    hop_steps: int = parameter(2, unit="samples", low=1, high=8, source="a bound on cost; chosen, not measured")

    #: Where in a step windows of the reference start: those of the query start anywhere.
    phases: tuple[float, ...] = parameter(
        (0.0, 0.5), unit="share of a step", low=0.0, high=1.0, source="a bound on cost; chosen, not measured"
    )

    #: Speeds that are tried, the commonest first.
    tried_speeds: tuple[float, ...] = parameter(
        (
            1.0, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.86, 0.93,
            1.08, 1.16, 1.25, 1.34, 1.44, 1.55, 1.68, 1.82, 2.0,
        ),
        unit="ratio",
        low=0.25,
        high=4.0,
        source="a grid: one that is 5 % off is a tenth of a second off over the two seconds of a window",
    )  # fmt: skip

    #: Seconds between two pictures beyond which what lies between them is not known.
    max_gap_s: float = parameter(2.0, unit="s", low=0.5, high=10.0, source="chosen, not measured")

    #: Seconds that two pictures are taken to be apart at the least.
    min_gap_s: float = parameter(
        1e-3, unit="s", low=1e-6, high=0.1, source="a guard: stored times are whole milliseconds, and may be the same"
    )

    #: How far behind the last picture the last sample may lie.
    end_slack_s: float = parameter(1e-6, unit="s", low=1e-9, high=1e-3, source="a guard: what rounding takes")

    #: What another speed than 1 must be better.
    speed_cost_cosine: float = parameter(0.1, unit="cosine", low=0.0, high=0.5, source="chosen, not measured")

    #: Gray levels beyond which a change counts no more: a cut must not outweigh all movement.
    max_change_gray_levels: float = parameter(
        24.0, unit="gray levels", low=2.0, high=255.0, source="chosen, not measured"
    )

    #: Gray levels of change that are nothing: cells that move less do not count more for it.
    usual_change_gray_levels: float = parameter(
        1.0, unit="gray levels", low=0.1, high=20.0, source="chosen, not measured"
    )

    #: Energy of a window that is noise: root mean square of its changes, in units of what is usual.
    noise_rms: float = parameter(0.1, unit="ratio", low=0.0, high=1.0, source="chosen, not measured")

    #: Places in the reference that each window is given at each speed.
    max_places: int = parameter(4, unit="count", low=1, high=64, source="a bound on cost; chosen, not measured")

    #: Cosine from which on windows count.
    min_cosine: float = parameter(
        0.33,
        unit="cosine",
        low=0.0,
        high=0.9,
        source="chosen between what copies have on the tuning footage, 0.6 to 0.95, and what other places have, 0.15",
    )

    #: Cells of the tables of cosines that are made at most; of longer pairs the common speeds alone are tried.
    max_cosine_cells: int = parameter(
        4_000_000, unit="count", low=10_000, high=1_000_000_000, source="a bound on cost; chosen, not measured"
    )


PARAMETERS = MotionParameters()


def window_s() -> float:
    """Return the length of a window at speed 1, seconds."""
    return PARAMETERS.window_steps * extractor.PARAMETERS.grid_step_s


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
    step, size, hop = extractor.PARAMETERS.grid_step_s, PARAMETERS.window_steps, PARAMETERS.hop_steps
    moments = np.arange(first, last + PARAMETERS.end_slack_s, step)
    # Many pictures may lie in a short time: it is the time that is too short for a window then.
    if min(len(query.times), len(moments), len(grid)) <= size:
        return MotionHits(nothing, nothing, nothing, nothing, nothing)
    ours = levelled(changes(at_times(query.times, query.thumbnails, moments)) * query.covered)
    windows, norms = _windows(ours, hop)
    starts = moments[: len(ours)][: len(ours) - size + 1 : hop]
    noise = PARAMETERS.noise_rms * np.sqrt(size * max(1, int(query.covered.sum())))
    moving = (norms > noise) & _is_seen(starts, query.times, window_s())
    windows, starts, norms = windows[moving], starts[moving], norms[moving]
    found: list[tuple[NDArray[np.float64], ...]] = []
    speeds, most = PARAMETERS.tried_speeds, PARAMETERS.max_places
    cells = len(starts) * len(grid) * len(PARAMETERS.phases)
    for speed in speeds if cells <= PARAMETERS.max_cosine_cells else speeds[:1]:
        for phase in PARAMETERS.phases:
            times = np.arange(grid[0] + phase * step * speed, grid[-1], step * speed)
            if len(times) <= size or not len(starts):
                continue
            theirs = levelled(changes(at_times(grid, thumbnails, times)) * query.covered)
            others, other_norms = _windows(theirs, 1)
            known = _is_seen(times[: len(others)], grid, window_s() * speed)
            others, other_norms, times = others[known], other_norms[known], times[: len(others)][known]
            if not len(others):
                continue
            cosines = (windows @ others.T) / (norms[:, None] * other_norms + noise**2)
            best = np.argpartition(-cosines, min(most, cosines.shape[1]) - 1, axis=1)[:, :most]
            values = np.take_along_axis(cosines, best, 1) - (0.0 if speed == 1.0 else PARAMETERS.speed_cost_cosine)
            row, column = np.nonzero(values > PARAMETERS.min_cosine)
            part = (starts[row], times[best[row, column]], np.full(len(row), speed), values[row, column])
            found.append(part)
    if not found:
        return MotionHits(nothing, nothing, nothing, nothing, starts)
    joined = [np.concatenate(part).astype(np.float64) for part in zip(*found, strict=True)]
    return MotionHits(joined[0], joined[1], joined[2], joined[3], starts)


def _is_seen(starts: NDArray[np.float64], times: NDArray[np.float64], length: float) -> NDArray[np.bool_]:
    """Tell which windows no gap between pictures reaches into: what lies between is made up there."""
    gaps = np.nonzero(np.diff(times) > PARAMETERS.max_gap_s)[0]
    begins, ends = times[gaps], times[gaps + 1]
    reached = (starts[:, None] < ends) & (starts[:, None] + length > begins)
    return np.asarray(~reached.any(1))


def at_times(
    times: NDArray[np.float64], thumbnails: NDArray[np.float32] | NDArray[np.uint8], moments: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return miniatures at moments, between two of them where need be."""
    right = np.clip(np.searchsorted(times, moments), 1, len(times) - 1)
    share = (moments - times[right - 1]) / np.maximum(times[right] - times[right - 1], PARAMETERS.min_gap_s)
    before, after = thumbnails[right - 1].astype(np.float32), thumbnails[right].astype(np.float32)
    return np.asarray(before + (after - before) * np.clip(share, 0, 1)[:, None], np.float32)


def changes(thumbnails: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what changes between samples, without what changes everywhere (fades, flicker)."""
    change, most = np.diff(thumbnails, axis=0), PARAMETERS.max_change_gray_levels
    return np.asarray(np.clip(change - np.median(change, axis=1, keepdims=True), -most, most), np.float32)


def levelled(changes_of: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return changes relative to what is usual in their cell then: a lively inset must not drown all others."""
    around = 2 * PARAMETERS.window_steps + 1
    energy = scipy.ndimage.uniform_filter1d(changes_of**2, around, axis=0, mode="nearest")
    energy = np.maximum(energy, 0.0)  # a running sum may end a little below zero
    usual = np.sqrt(energy) + PARAMETERS.usual_change_gray_levels
    return np.asarray(changes_of / usual, np.float32)


def _windows(series: NDArray[np.float32], hop: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return windows, `(n, window_steps * 64)`, and their lengths."""
    view = np.lib.stride_tricks.sliding_window_view(series, PARAMETERS.window_steps, axis=0)[::hop]
    flat = np.ascontiguousarray(view).reshape(len(view), -1)
    return flat, np.asarray(np.linalg.norm(flat, axis=1), np.float32)
