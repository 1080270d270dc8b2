"""Where a span starts and ends, to a fraction of a second: at cuts of the query, and at the ends of both items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.time_map import Segment, TimeMap
    from fingerprint.picture.track import PictureTrack

__all__ = ["clipped", "find_cuts", "snapped"]

#: Mean difference of two miniatures, gray levels, that is a cut.
MIN_CUT_GRAY_LEVELS = 10.0

#: How far a cut stands out of the differences around it: times their median.
MIN_CUT_CONTRAST = 3.0

#: How far from the first and last matching picture a cut counts as the span's bound, seconds: two pictures, and a bit.
CUT_REACH_S = 1.3

#: A span that comes this near to an end of the query goes up to it, seconds.
END_MARGIN_S = 0.9


def find_cuts(picture: PictureTrack | None) -> NDArray[np.float64]:
    """Return when a query's picture changes at once, seconds, rising."""
    if picture is None or len(picture.grid_ms) < 3:
        return np.zeros(0)
    change = np.abs(np.diff(picture.thumbnails.astype(np.int16), axis=0)).mean(1)
    padded = np.pad(change, 2, mode="edge")
    around = np.stack([padded[:-4], padded[1:-3], padded[3:-1], padded[4:]])
    is_cut = (change > MIN_CUT_GRAY_LEVELS) & (change > MIN_CUT_CONTRAST * np.median(around, axis=0))
    times = picture.grid_ms / 1000
    return np.asarray(((times[:-1] + times[1:]) / 2)[is_cut])


def snapped(segment: Segment, cuts: NDArray[np.float64], duration: float) -> tuple[Segment, bool, bool]:
    """Return a segment that ends where the query's picture changes; and whether its start and end are such places."""
    start, starts = _snap(segment.start, cuts, -CUT_REACH_S, 0.3)
    end, ends = _snap(segment.end, cuts, -0.3, CUT_REACH_S)
    if segment.start < END_MARGIN_S and not starts:
        start, starts = 0.0, True
    if duration - segment.end < END_MARGIN_S and not ends:
        end, ends = duration, True
    if end - start < 0.5:
        return segment, False, False
    return segment.between(start, end), starts, ends


def _snap(time: float, cuts: NDArray[np.float64], before: float, after: float) -> tuple[float, bool]:
    near = cuts[(cuts >= time + before) & (cuts <= time + after)]
    if not len(near):
        return time, False
    return float(near[np.argmin(np.abs(near - time))]), True


def clipped(start: float, end: float, line: TimeMap, duration: float) -> tuple[float, float]:
    """Return a query span without what lies outside of the reference."""
    first, last = -line.offset / line.speed, (duration - line.offset) / line.speed
    return max(start, first), min(end, last)
