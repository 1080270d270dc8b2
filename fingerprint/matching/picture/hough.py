"""Proposes the straight lines that correspondences lie on.

Votes over offset for a grid of speeds (a Hough transform, as Douze et al. 2008 use it for video), over long and short
stretches of the query, propose lines; a line fit with free slope makes them exact. For `n` similarities and `k` lines
the cost is `n log n` a speed and `n k` for the fits.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.picture.correspondences import Run, log_odds_along, speed_prior
from fingerprint.matching.time_map import TimeMap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.picture.correspondences import Correspondences

__all__ = ["propose_lines"]

#: Speeds that are tried: the common ones, and enough between them for the fit to lock in over ten seconds.
TRIED_SPEEDS = (1.0, 0.95, 1.05, 0.9, 1.1, 0.8, 1.2, 1.3, 0.72, 1.4, 0.65, 1.5, 1.65, 0.58, 1.8, 0.5, 2.0)

#: How far a fitted speed may be from 1 and still count as none, when that is cheaper.
MAX_PLAIN_SPEED_ERROR = 0.004

#: Speeds that a fit may give, from the slowest.
MIN_FITTED_SPEED = 0.45

#: To the fastest.
MAX_FITTED_SPEED = 2.2

#: Width of an offset bin, seconds.
HOUGH_BIN_S = 0.5

#: Query seconds that vote together: long ones for weak similarities, short ones so that a short span does not drown.
VOTING_WINDOWS_S = (16.0, 4.0)

#: Lines of each stretch that are looked at closely.
MAX_LINES_PER_STRETCH = 3

#: Lines of all stretches together that are looked at closely.
MAX_LINES = 96

#: Votes that a line needs to be looked at, log-odds.
MIN_VOTES_LOG_ODDS = 1.5

#: The same as a share of what the best line has.
MIN_VOTES_SHARE = 0.05

#: Up to so many cells, room for all of them takes less time than sorting those that have votes: ten times less for ten
#: minutes in ten.
MAX_COUNTED_CELLS = 2_000_000

#: Moments of motion that fit a line by themselves, without looks.
MIN_MOTION_MOMENTS = 4

#: Moments from which on a line's slope is free.
MIN_FREE_SLOPE_MOMENTS = 6

#: Seconds from the first moment to the last from which on a slope that is fitted to motion is free.
MIN_FREE_SLOPE_MOTION_S = 3.0

#: The same for one that is fitted to looks, which are placed less exactly.
MIN_FREE_SLOPE_LOOKS_S = 6.0

#: Variance of places about a line that is no reason for another speed, by motion, seconds squared.
MOTION_NOISE_S2 = 0.002

#: The same by looks.
LOOK_NOISE_S2 = 0.01

#: A line that a stretch of the query proposes: votes, speed, offset bin, and where the stretch starts and ends.
PROPOSAL = np.dtype([("votes", "f8"), ("speed", "f8"), ("bin", "i8"), ("start", "f8"), ("end", "f8")])


def propose_lines(correspondences: Correspondences) -> list[TimeMap]:
    """Return the lines that the stretches with the most votes propose, fitted, each line once.

    Args:
        correspondences: The similarities; without any there is no line.
    """
    if not len(correspondences.rows):
        return []
    votes = correspondences.weights * correspondences.gaps[correspondences.rows]
    found = [
        _proposed(correspondences, votes, speed, window, phase)
        for speed in TRIED_SPEEDS
        for window in VOTING_WINDOWS_S
        for phase in (0.0, 0.5)
    ]
    proposals = np.concatenate(found)
    proposals = proposals[
        proposals["votes"] >= max(MIN_VOTES_LOG_ODDS, MIN_VOTES_SHARE * float(proposals["votes"].max()))
    ]
    left: Counter[tuple[float, float]] = Counter()
    tried: set[tuple[float, int]] = set()
    lines: dict[TimeMap, None] = {}
    for one in proposals[np.argsort(-proposals["votes"], kind="stable")]:
        stretch = (float(one["start"]), float(one["end"]))
        key = (float(one["speed"]), int(one["bin"]))
        if key in tried or left[stretch] == MAX_LINES_PER_STRETCH:
            continue
        left[stretch] += 1
        tried.add(key)
        if not any(_same(line, TimeMap(key[0], (key[1] + 0.5) * HOUGH_BIN_S), *stretch) for line in lines):
            lines[_fitted(correspondences, _line_of(correspondences, votes, *key, *stretch))] = None
        if len(tried) == MAX_LINES:
            break
    return list(lines)


def _same(line: TimeMap, other: TimeMap, start: float, end: float) -> bool:
    """Tell whether two lines take a stretch of the query to the same place: similarities near both would be fitted."""
    return abs(line.at(start) - other.at(start)) < HOUGH_BIN_S and abs(line.at(end) - other.at(end)) < HOUGH_BIN_S


def _proposed(
    correspondences: Correspondences, votes: NDArray[np.float64], speed: float, window: float, phase: float
) -> NDArray[np.void]:
    """Return for each stretch of the query its two best lines of one speed, as `PROPOSAL`.

    Args:
        correspondences: The similarities.
        votes: What each counts, log-odds, float64 `(n,)`.
        speed: The lines' slope.
        window: Length of a stretch, seconds.
        phase: Where stretches begin, share of their length.
    """
    times = correspondences.samples[correspondences.rows]
    bins = np.floor((correspondences.places - speed * times) / HOUGH_BIN_S).astype(np.int64)
    lowest = int(bins.min()) - 1
    width = int(bins.max()) - lowest + 2
    stretches = np.floor(times / window + phase).astype(np.int64)
    earliest = int(stretches.min())
    stretches -= earliest
    cells, own = _occupied(stretches * width + (bins - lowest), votes)
    beside = np.diff(cells) == 1  # a line's votes spread over neighbouring offsets
    sums = own.copy()
    sums[1:] += np.where(beside, own[:-1], 0.0)
    sums[:-1] += np.where(beside, own[1:], 0.0)
    borders = _distinct(cells // width)
    best = _largest(sums, borders)
    others = sums.copy()
    others[best] = 0.0
    chosen = np.union1d(best, _largest(others, borders))
    found = np.zeros(len(chosen), PROPOSAL)
    found["votes"] = sums[chosen] - speed_prior(speed)
    found["speed"] = speed
    found["bin"] = cells[chosen] % width + lowest
    found["start"] = (cells[chosen] // width + earliest - phase) * window
    found["end"] = found["start"] + window
    return found


def _occupied(cells: NDArray[np.int64], votes: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return which cells have votes, rising, and how many each has."""
    if int(cells.max()) < MAX_COUNTED_CELLS:
        sums = np.bincount(cells, votes)
        occupied: NDArray[np.int64] = np.flatnonzero(sums).astype(np.int64)
        return occupied, np.asarray(sums[occupied], np.float64)
    occupied, inverse = np.unique(cells, return_inverse=True)
    return occupied, np.asarray(np.bincount(inverse, votes), np.float64)


def _largest(values: NDArray[np.float64], borders: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the index of the largest value of each group of neighbours; groups begin at the borders."""
    largest = np.repeat(np.maximum.reduceat(values, borders), np.diff(borders, append=len(values)))
    reached = np.flatnonzero(values == largest)
    return reached[_distinct(np.searchsorted(borders, reached, "right"))]


def _line_of(  # noqa: PLR0917 (a proposal's fields)
    correspondences: Correspondences,
    votes: NDArray[np.float64],
    speed: float,
    offset_bin: int,
    start: float,
    end: float,
) -> Run:
    """Return a proposed line over its stretch, by the mean of its votes rather than the middle of its bin."""
    first = int(np.searchsorted(correspondences.samples, start))
    last = max(first, int(np.searchsorted(correspondences.samples, end)) - 1)
    exact = correspondences.places - speed * correspondences.samples[correspondences.rows]
    chosen = (
        (np.floor(exact / HOUGH_BIN_S) == offset_bin) & (correspondences.rows >= first) & (correspondences.rows <= last)
    )
    if (chosen & correspondences.motion).any():
        chosen &= correspondences.motion
    offset = (
        float(np.average(exact[chosen], weights=votes[chosen])) if chosen.any() else (offset_bin + 0.5) * HOUGH_BIN_S
    )
    return Run(first, last, TimeMap(speed, offset), 0.0)


def _fitted(correspondences: Correspondences, run: Run) -> TimeMap:
    """Fit a line to what is near it, first in its stretch, then over the best run on it (Kadane's maximum subarray)."""
    line = run.map
    for _ in range(3):
        inside = correspondences.part(run.first, run.last)
        line = _fit(inside, inside.near(line), line)
        sums = np.concatenate([[0.0], np.cumsum(log_odds_along(correspondences, line))])
        last = int(np.argmax(sums - np.minimum.accumulate(sums)))
        first = int(np.argmin(sums[: last + 1]))
        run = Run(first, max(first, last - 1), line, 0.0)
    return TimeMap(round(line.speed, 4), round(line.offset, 2))


def _fit(correspondences: Correspondences, near: NDArray[np.bool_], line: TimeMap) -> TimeMap:
    """Return the line of least squares through what is near one, by motion alone where there is enough of it.

    The slope stays as it is where the moments are too few or too close to tell it; it is 1 unless another one fits
    clearly better.
    """
    exact = near & correspondences.motion
    by_motion = len(_distinct(correspondences.rows[exact])) >= MIN_MOTION_MOMENTS
    chosen = exact if by_motion else near
    rows, weights = correspondences.rows[chosen], correspondences.weights[chosen] ** 2
    firsts = _distinct(rows)
    if len(firsts) < 2:
        return line
    mass = np.add.reduceat(weights, firsts)
    times = correspondences.samples[rows[firsts]]
    # A moment between two described pictures is like both: their weighted mean is nearer than either.
    places = np.add.reduceat(weights * correspondences.places[chosen], firsts) / mass
    mass /= mass.sum()
    middle, centre = mass @ times, mass @ places
    least = MIN_FREE_SLOPE_MOTION_S if by_motion else MIN_FREE_SLOPE_LOOKS_S
    if times[-1] - times[0] < least or len(times) < MIN_FREE_SLOPE_MOMENTS:
        return TimeMap(line.speed, float(centre - line.speed * middle))
    offset1 = float(centre - middle)
    free_speed = mass @ ((times - middle) * (places - centre)) / (mass @ (times - middle) ** 2)
    free_offset = centre - free_speed * middle
    error1 = float(mass @ (places - times - offset1) ** 2)
    error = float(mass @ (places - free_speed * times - free_offset) ** 2)
    # Straight time is by far the likeliest: another speed must fit clearly better.
    noise = MOTION_NOISE_S2 if by_motion else LOOK_NOISE_S2
    if (
        not MIN_FITTED_SPEED <= free_speed <= MAX_FITTED_SPEED
        or error1 < 1.5 * error + noise
        or abs(free_speed - 1) < MAX_PLAIN_SPEED_ERROR
    ):
        return TimeMap(1.0, offset1)
    return TimeMap(float(free_speed), float(free_offset))


def _distinct(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where in rising numbers each new one begins."""
    return np.flatnonzero(np.diff(rows, prepend=-1))
