"""Proposes the straight lines that correspondences lie on.

Votes over offset for a grid of speeds (a Hough transform, as Douze et al. 2008 use it for video), over long and short
stretches of the query, propose lines; a line fit with free slope makes them exact. For `n` similarities and `k` lines
the cost is `n log n` a speed and `n k` for the fits.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.picture.correspondences import Run, log_odds_along, speed_prior
from fingerprint.matching.time_map import TimeMap
from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.picture.correspondences import Correspondences

__all__ = ["PARAMETERS", "HoughParameters", "propose_lines"]


@dataclass(frozen=True, slots=True)
class HoughParameters:
    """How lines are voted for, and from where on a fit tells their slope."""

    #: Speeds that are tried: the common ones, and enough between them for the fit to lock in over ten seconds.
    tried_speeds: tuple[float, ...] = parameter(
        (1.0, 0.95, 1.05, 0.9, 1.1, 0.8, 1.2, 1.3, 0.72, 1.4, 0.65, 1.5, 1.65, 0.58, 1.8, 0.5, 2.0),
        unit="ratio",
        low=0.25,
        high=4.0,
        source="a grid: copies are known from half speed to double",
    )

    #: Width of an offset bin.
    bin_s: float = parameter(0.5, unit="s", low=0.1, high=2.0, source="chosen, not measured")

    #: Query seconds that vote together: long ones for weak similarities, short ones so that a short span does not
    #: drown.
    voting_windows_s: tuple[float, ...] = parameter(
        (16.0, 4.0), unit="s", low=1.0, high=120.0, source="chosen, not measured"
    )

    #: Where in its length a stretch that votes together may begin, so that none falls apart between two.
    window_phases: tuple[float, ...] = parameter(
        (0.0, 0.5), unit="share of a window", low=0.0, high=1.0, source="a bound on cost: stretches overlap by half"
    )

    #: Lines of each stretch that are looked at closely.
    max_lines_per_stretch: int = parameter(
        3, unit="count", low=1, high=32, source="a bound on cost; chosen, not measured"
    )

    #: Lines of all stretches together that are looked at closely.
    max_lines: int = parameter(96, unit="count", low=1, high=10_000, source="a bound on cost; chosen, not measured")

    #: Votes that a line needs to be looked at.
    min_votes_log_odds: float = parameter(1.5, unit="log-odds", low=0.0, high=20.0, source="chosen, not measured")

    #: The same as a share of what the best line has.
    min_votes_share: float = parameter(
        0.05, unit="share", low=0.0, high=1.0, source="a bound on cost; chosen, not measured"
    )

    #: Up to so many cells, room for all of them takes less time than sorting those that have votes.
    max_counted_cells: int = parameter(
        2_000_000,
        unit="count",
        low=0,
        high=1_000_000_000,
        source="measured: ten times less time for ten minutes in ten",
    )

    #: How often a line is fitted anew to what is near it.
    refits: int = parameter(3, unit="count", low=1, high=10, source="chosen, not measured")

    #: Moments of motion that fit a line by themselves, without looks.
    min_motion_moments: int = parameter(4, unit="count", low=2, high=64, source="chosen, not measured")

    #: Moments from which on a line's slope is free.
    min_free_slope_moments: int = parameter(6, unit="count", low=2, high=64, source="chosen, not measured")

    #: Seconds from the first moment to the last from which on a slope that is fitted to motion is free.
    min_free_slope_motion_s: float = parameter(3.0, unit="s", low=0.5, high=60.0, source="chosen, not measured")

    #: The same for one that is fitted to looks, which are placed less exactly.
    min_free_slope_looks_s: float = parameter(6.0, unit="s", low=0.5, high=60.0, source="chosen, not measured")

    #: Variance of places about a line that is no reason for another speed, by motion.
    motion_noise_s2: float = parameter(0.002, unit="s^2", low=0.0, high=1.0, source="chosen, not measured")

    #: The same by looks.
    look_noise_s2: float = parameter(0.01, unit="s^2", low=0.0, high=1.0, source="chosen, not measured")

    #: Times the variance about the line of its own speed that speed 1 must leave, besides, to be given up for it.
    min_variance_ratio: float = parameter(1.5, unit="ratio", low=1.0, high=10.0, source="chosen, not measured")

    #: How far a fitted speed may be from 1 and still count as none, when that is cheaper.
    max_plain_speed_error: float = parameter(0.004, unit="ratio", low=0.0, high=0.05, source="chosen, not measured")

    #: Speeds that a fit may give, from the slowest.
    min_fitted_speed: float = parameter(
        0.45, unit="ratio", low=0.1, high=1.0, source="chosen: a little beyond the slowest that is tried"
    )

    #: To the fastest.
    max_fitted_speed: float = parameter(
        2.2, unit="ratio", low=1.0, high=10.0, source="chosen: a little beyond the fastest that is tried"
    )

    #: Decimals of a fitted line's speed: lines that are the same so far are one.
    speed_decimals: int = parameter(
        4, unit="decimals", low=2, high=9, source="chosen: a ten-thousandth is a hundredth of a second in two minutes"
    )

    #: The same of its offset, in seconds.
    offset_decimals: int = parameter(2, unit="decimals", low=1, high=9, source="chosen: well below what a fit tells")


PARAMETERS = HoughParameters()

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
        for speed in PARAMETERS.tried_speeds
        for window in PARAMETERS.voting_windows_s
        for phase in PARAMETERS.window_phases
    ]
    proposals = np.concatenate(found)
    least = max(PARAMETERS.min_votes_log_odds, PARAMETERS.min_votes_share * float(proposals["votes"].max()))
    proposals = proposals[proposals["votes"] >= least]
    left: Counter[tuple[float, float]] = Counter()
    tried: set[tuple[float, int]] = set()
    lines: dict[TimeMap, None] = {}
    for one in proposals[np.argsort(-proposals["votes"], kind="stable")]:
        stretch = (float(one["start"]), float(one["end"]))
        key = (float(one["speed"]), int(one["bin"]))
        if key in tried or left[stretch] == PARAMETERS.max_lines_per_stretch:
            continue
        left[stretch] += 1
        tried.add(key)
        proposed = TimeMap(key[0], _middle(key[1]))
        if not any(_same(line, proposed, *stretch) for line in lines):
            lines[_fitted(correspondences, _line_of(correspondences, votes, *key, *stretch))] = None
        if len(tried) == PARAMETERS.max_lines:
            break
    return list(lines)


def _same(line: TimeMap, other: TimeMap, start: float, end: float) -> bool:
    """Tell whether two lines take a stretch of the query to the same place: similarities near both would be fitted."""
    near = PARAMETERS.bin_s
    return abs(line.at(start) - other.at(start)) < near and abs(line.at(end) - other.at(end)) < near


def _middle(offset_bin: int) -> float:
    """Return the offset in the middle of a bin, seconds."""
    return (offset_bin + 0.5) * PARAMETERS.bin_s


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
    bins = np.floor((correspondences.places - speed * times) / PARAMETERS.bin_s).astype(np.int64)
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
    if int(cells.max()) < PARAMETERS.max_counted_cells:
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
    chosen = np.floor(exact / PARAMETERS.bin_s) == offset_bin
    chosen &= (correspondences.rows >= first) & (correspondences.rows <= last)
    if (chosen & correspondences.motion).any():
        chosen &= correspondences.motion
    offset = float(np.average(exact[chosen], weights=votes[chosen])) if chosen.any() else _middle(offset_bin)
    return Run(first, last, TimeMap(speed, offset), 0.0)


def _fitted(correspondences: Correspondences, run: Run) -> TimeMap:
    """Fit a line to what is near it, first in its stretch, then over the best run on it (Kadane's maximum subarray)."""
    line = run.map
    for _ in range(PARAMETERS.refits):
        inside = correspondences.part(run.first, run.last)
        line = _fit(inside, inside.near(line), line)
        sums = np.concatenate([[0.0], np.cumsum(log_odds_along(correspondences, line))])
        last = int(np.argmax(sums - np.minimum.accumulate(sums)))
        first = int(np.argmin(sums[: last + 1]))
        run = Run(first, max(first, last - 1), line, 0.0)
    return TimeMap(round(line.speed, PARAMETERS.speed_decimals), round(line.offset, PARAMETERS.offset_decimals))


def _fit(correspondences: Correspondences, near: NDArray[np.bool_], line: TimeMap) -> TimeMap:
    """Return the line of least squares through what is near one, by motion alone where there is enough of it.

    The slope stays as it is where the moments are too few or too close to tell it; it is 1 unless another one fits
    clearly better.
    """
    exact = near & correspondences.motion
    by_motion = len(_distinct(correspondences.rows[exact])) >= PARAMETERS.min_motion_moments
    chosen = exact if by_motion else near
    rows, weights = correspondences.rows[chosen], correspondences.weights[chosen] ** 2
    firsts = _distinct(rows)
    if len(firsts) <= 1:
        return line
    mass = np.add.reduceat(weights, firsts)
    times = correspondences.samples[rows[firsts]]
    # A moment between two described pictures is like both: their weighted mean is nearer than either.
    places = np.add.reduceat(weights * correspondences.places[chosen], firsts) / mass
    mass /= mass.sum()
    middle, centre = mass @ times, mass @ places
    least = PARAMETERS.min_free_slope_motion_s if by_motion else PARAMETERS.min_free_slope_looks_s
    if times[-1] - times[0] < least or len(times) < PARAMETERS.min_free_slope_moments:
        return TimeMap(line.speed, float(centre - line.speed * middle))
    offset1 = float(centre - middle)
    free_speed = mass @ ((times - middle) * (places - centre)) / (mass @ (times - middle) ** 2)
    free_offset = centre - free_speed * middle
    error1 = float(mass @ (places - times - offset1) ** 2)
    error = float(mass @ (places - free_speed * times - free_offset) ** 2)
    # Straight time is by far the likeliest: another speed must fit clearly better.
    noise = PARAMETERS.motion_noise_s2 if by_motion else PARAMETERS.look_noise_s2
    if (
        not PARAMETERS.min_fitted_speed <= free_speed <= PARAMETERS.max_fitted_speed
        or error1 < PARAMETERS.min_variance_ratio * error + noise
        or abs(free_speed - 1) < PARAMETERS.max_plain_speed_error
    ):
        return TimeMap(1.0, offset1)
    return TimeMap(float(free_speed), float(free_offset))


def _distinct(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where in rising numbers each new one begins."""
    return np.flatnonzero(np.diff(rows, prepend=-1))
