"""Where a span starts and ends, to a fraction of a second: at cuts of the query, and at the ends of both items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.time_map import Segment, TimeMap
    from fingerprint.picture.track import PictureTrack

__all__ = ["PARAMETERS", "BoundariesParameters", "clipped", "find_cuts", "snapped"]

#: Pictures before and after a change that the differences around it are taken from.
AROUND = 2

#: Pictures from which on there are differences around one.
MIN_PICTURES = 3


@dataclass(frozen=True, slots=True)
class BoundariesParameters:
    """What a cut is, and how far a span's bounds go to one."""

    #: Mean difference of two miniatures that is a cut.
    min_cut_gray_levels: float = parameter(10.0, unit="gray levels", low=1.0, high=100.0, source="chosen, not measured")

    #: How far a cut stands out of the differences around it: times their median.
    min_cut_contrast: float = parameter(3.0, unit="ratio", low=1.0, high=20.0, source="chosen, not measured")

    #: How far outside of the first and last matching picture a cut counts as the span's bound: two pictures, and a bit.
    outer_cut_reach_s: float = parameter(
        1.3,
        unit="s",
        low=0.3,
        high=5.0,
        source="two pictures, of which there is one a second by the stored form; the value is chosen, not measured",
    )

    #: The same inside of them.
    inner_cut_reach_s: float = parameter(0.3, unit="s", low=0.0, high=2.0, source="chosen, not measured")

    #: A span that comes this near to an end of the query goes up to it.
    end_margin_s: float = parameter(0.9, unit="s", low=0.0, high=3.0, source="chosen, not measured")

    #: A span that would be shorter than this keeps its bounds.
    min_length_s: float = parameter(0.5, unit="s", low=0.1, high=2.0, source="chosen, not measured")


PARAMETERS = BoundariesParameters()


def find_cuts(picture: PictureTrack | None) -> NDArray[np.float64]:
    """Return when a query's picture changes at once, seconds, rising."""
    if picture is None or len(picture.grid_ms) < MIN_PICTURES:
        return np.zeros(0)
    change = np.abs(np.diff(picture.thumbnails.astype(np.int16), axis=0)).mean(1)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(change, AROUND, mode="edge"), 2 * AROUND + 1)
    around = np.delete(windows, AROUND, axis=1)
    is_cut = (change > PARAMETERS.min_cut_gray_levels) & (
        change > PARAMETERS.min_cut_contrast * np.median(around, axis=1)
    )
    times = picture.grid_ms / 1000
    return np.asarray(((times[:-1] + times[1:]) / 2)[is_cut])


def snapped(segment: Segment, cuts: NDArray[np.float64], duration: float) -> tuple[Segment, bool, bool]:
    """Return a segment that ends where the query's picture changes; and whether its start and end are such places."""
    outside, inside, margin = PARAMETERS.outer_cut_reach_s, PARAMETERS.inner_cut_reach_s, PARAMETERS.end_margin_s
    start, starts = _snap(segment.start, cuts, -outside, inside)
    end, ends = _snap(segment.end, cuts, -inside, outside)
    if segment.start < margin and not starts:
        start, starts = 0.0, True
    if duration - segment.end < margin and not ends:
        end, ends = duration, True
    if end - start < PARAMETERS.min_length_s:
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
