"""Straight runs in a correspondences of (query time, reference time) similarities.

Votes over offset for a grid of speeds (a Hough transform, as Douze et al. 2008 use it for video), over long and short
stretches of the query, propose lines; a line fit with free slope makes them exact. Then each moment of the query is
given to one of the lines or to none, so that similarities less the cost of each change add up to the most (the Viterbi
algorithm): spans in any order and of any number come out. For `n` similarities, `m` moments and `k` lines the cost is
`n log n` a speed, `n k` for the fits and `m k` for the path.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fingerprint.matching.time_map import TimeMap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["SPEED_PRIOR", "Correspondences", "Hint", "Run", "find_runs"]

#: Speeds that are tried: the common ones, and enough between them for the fit to lock in over ten seconds.
SPEEDS = (1.0, 0.95, 1.05, 0.9, 1.1, 0.8, 1.2, 1.3, 0.72, 1.4, 0.65, 1.5, 1.65, 0.58, 1.8, 0.5, 2.0)

#: What a line of another speed must have more, log-odds: there are many of them.
SPEED_PRIOR = 4.0

#: How far a fitted speed may be from 1 and still count as none, when that is cheaper.
SAME_SPEED = 0.004

#: How far similarities lie off their line at most, seconds of the reference: it is described once a second.
TOLERANCE = 0.8

#: The same for similarities of motion: half a sample, and what a speed between two that were tried is off in a window.
MOTION_TOLERANCE = 0.3

#: Share of its weight that a similarity of motion loses at that distance.
MOTION_LOSS = 0.6

#: Width of an offset bin, seconds.
BIN = 0.5

#: Query seconds that vote together: long ones for weak similarities, short ones so that a short span does not drown.
WINDOWS = (16.0, 4.0)

#: Lines of each stretch, and of all, that are looked at closely.
LINES_A_STRETCH, LINES = 3, 96

#: Votes that a line needs to be looked at, log-odds, and as a share of what the best one has.
LEAST_VOTES, LEAST_SHARE = 1.5, 0.05

#: Up to so many cells, room for all of them takes less time than sorting those that have votes: ten times less for ten
#: minutes in ten.
COUNTED_CELLS = 2_000_000

#: What a second of the query that is not like the line's place counts against a run, log-odds.
MISS = 1.2

#: What a second counts against a run that looks like the place but moves unlike it.
UNMOVED = 2.0

#: Log-odds that a change to another line must gain: cuts are rare.
CHANGE = 3.0

#: Log-odds that a second on a line gains where something else speaks for the line.
TOLD = 1.5

#: Moments of motion that fit a line by themselves, and moments and seconds from which on its slope is free.
ENOUGH_MOTION, FREE_MOMENTS, FREE_MOTION_S, FREE_LOOKS_S = 4, 6, 3.0, 6.0

#: Variance of places about a line that is no reason for another speed, by motion and by looks, seconds squared.
MOTION_NOISE, LOOK_NOISE = 0.002, 0.01

#: Speeds that a fit may give.
SLOWEST, FASTEST = 0.45, 2.2


@dataclass(frozen=True, slots=True)
class Correspondences:
    """Similarities of a query's moments to a reference's, by look and by motion.

    Attributes:
        samples: The query's moments, seconds, float64 `(m,)`, rising.
        gaps: Seconds of the query that each moment stands for, float64 `(m,)`.
        has_motion: Whether something moves there that could be compared, bool `(m,)`.
        rows: Index into `samples`, int64 `(n,)`, rising.
        places: Times in the reference, seconds, float64 `(n,)`.
        weights: Log-odds of each similarity, over 0, float64 `(n,)`.
        motion: Which similarities are of motion, bool `(n,)`; they are exact to a tenth of a second.
    """

    samples: NDArray[np.float64]
    gaps: NDArray[np.float64]
    has_motion: NDArray[np.bool_]
    rows: NDArray[np.int64]
    places: NDArray[np.float64]
    weights: NDArray[np.float64]
    motion: NDArray[np.bool_]

    def part(self, first: int, last: int) -> Correspondences:
        """Return the similarities of the moments from `first` to `last`."""
        inside = slice(int(np.searchsorted(self.rows, first)), int(np.searchsorted(self.rows, last, "right")))
        return replace(
            self,
            rows=self.rows[inside],
            places=self.places[inside],
            weights=self.weights[inside],
            motion=self.motion[inside],
        )

    def near(self, line: TimeMap) -> NDArray[np.bool_]:
        """Return which similarities are on a line."""
        return np.asarray(self.off(line) <= np.where(self.motion, MOTION_TOLERANCE, TOLERANCE))

    def off(self, line: TimeMap) -> NDArray[np.float64]:
        """Return how far similarities lie off a line, seconds of the reference."""
        return np.asarray(np.abs(self.places - line.speed * self.samples[self.rows] - line.offset))


@dataclass(frozen=True, slots=True)
class Run:
    """A run of moments on one line.

    Attributes:
        first: Index of its first moment.
        last: Index of its last moment.
        map: The line.
        score: Log-odds, summed over the run.
    """

    first: int
    last: int
    map: TimeMap
    score: float


class Hint(NamedTuple):
    """A line that something else than the correspondences speaks for, from one moment of the query to another, s."""

    map: TimeMap
    start: float
    end: float


def find_runs(correspondences: Correspondences, least: float, hint: Sequence[Hint] = ()) -> list[Run]:
    """Return the runs that explain the correspondences best, in order of time; each scores at least `least`.

    Args:
        correspondences: The similarities.
        least: Log-odds.
        hint: Lines that something else speaks for, and where.
    """
    lines = _promising(correspondences)
    return [run for run in _best_path(correspondences, lines, hint) if run.score - _prior(run.map) >= least]


def _promising(correspondences: Correspondences) -> list[TimeMap]:
    """Return the lines that the stretches with the most votes propose, fitted, each line once."""
    if not len(correspondences.rows):
        return []
    votes = correspondences.weights * correspondences.gaps[correspondences.rows]
    found = [
        _proposed(correspondences, votes, speed, window, phase)
        for speed in SPEEDS
        for window in WINDOWS
        for phase in (0.0, 0.5)
    ]
    proposals = np.concatenate(found)
    proposals = proposals[proposals["votes"] >= max(LEAST_VOTES, LEAST_SHARE * float(proposals["votes"].max()))]
    left: Counter[tuple[float, float]] = Counter()
    tried: set[tuple[float, int]] = set()
    lines: dict[TimeMap, None] = {}
    for one in proposals[np.argsort(-proposals["votes"], kind="stable")]:
        stretch = (float(one["start"]), float(one["end"]))
        key = (float(one["speed"]), int(one["bin"]))
        if key in tried or left[stretch] == LINES_A_STRETCH:
            continue
        left[stretch] += 1
        tried.add(key)
        if not any(_same(line, TimeMap(key[0], (key[1] + 0.5) * BIN), *stretch) for line in lines):
            lines[_fitted(correspondences, _line_of(correspondences, votes, *key, *stretch))] = None
        if len(tried) == LINES:
            break
    return list(lines)


def _same(line: TimeMap, other: TimeMap, start: float, end: float) -> bool:
    """Tell whether two lines take a stretch of the query to the same place: similarities near both would be fitted."""
    return abs(line.at(start) - other.at(start)) < BIN and abs(line.at(end) - other.at(end)) < BIN


#: A line that a stretch of the query proposes: votes, speed, offset bin, and where the stretch starts and ends.
PROPOSAL = np.dtype([("votes", "f8"), ("speed", "f8"), ("bin", "i8"), ("start", "f8"), ("end", "f8")])


def _proposed(
    correspondences: Correspondences, votes: NDArray[np.float64], speed: float, window: float, phase: float
) -> NDArray[np.void]:
    """Return for each stretch of the query its two best lines, as `PROPOSAL`."""
    times = correspondences.samples[correspondences.rows]
    bins = np.floor((correspondences.places - speed * times) / BIN).astype(np.int64)
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
    found["votes"] = sums[chosen] - (0.0 if speed == 1.0 else SPEED_PRIOR)
    found["speed"] = speed
    found["bin"] = cells[chosen] % width + lowest
    found["start"] = (cells[chosen] // width + earliest - phase) * window
    found["end"] = found["start"] + window
    return found


def _occupied(cells: NDArray[np.int64], votes: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return which cells have votes, rising, and how many each has."""
    if int(cells.max()) < COUNTED_CELLS:
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
    """Return a proposed line, by the mean of its votes rather than the middle of its bin."""
    first = int(np.searchsorted(correspondences.samples, start))
    last = max(first, int(np.searchsorted(correspondences.samples, end)) - 1)
    exact = correspondences.places - speed * correspondences.samples[correspondences.rows]
    chosen = (np.floor(exact / BIN) == offset_bin) & (correspondences.rows >= first) & (correspondences.rows <= last)
    if (chosen & correspondences.motion).any():
        chosen &= correspondences.motion
    offset = float(np.average(exact[chosen], weights=votes[chosen])) if chosen.any() else (offset_bin + 0.5) * BIN
    return Run(first, last, TimeMap(speed, offset), 0.0)


def _prior(line: TimeMap) -> float:
    return 0.0 if line.speed == 1.0 else SPEED_PRIOR


def _gains(correspondences: Correspondences, line: TimeMap) -> NDArray[np.float64]:
    """Return what each moment adds to a run on a line, or takes from it, log-odds."""
    off = correspondences.off(line)
    near = off <= np.where(correspondences.motion, MOTION_TOLERANCE, TOLERANCE)
    query_frames, moves = np.zeros(len(correspondences.samples)), np.zeros(len(correspondences.samples))
    of_look, of_motion = near & ~correspondences.motion, near & correspondences.motion
    np.maximum.at(query_frames, correspondences.rows[of_look], correspondences.weights[of_look])
    exact = 1.0 - MOTION_LOSS * (off[of_motion] / MOTION_TOLERANCE) ** 2
    np.maximum.at(moves, correspondences.rows[of_motion], correspondences.weights[of_motion] * exact)
    unmoved = correspondences.has_motion & (moves == 0)
    values = query_frames + moves - np.where(unmoved, UNMOVED, 0.0)
    missed = (query_frames == 0) & (moves == 0)
    return np.where(
        missed, -MISS * np.minimum(correspondences.gaps, 2.0), values * np.minimum(correspondences.gaps, 1.0)
    )


def _fitted(correspondences: Correspondences, run: Run) -> TimeMap:
    """Fit a line to what is near it, first in its stretch, then over the best run on it (Kadane's maximum subarray)."""
    line = run.map
    for _ in range(3):
        inside = correspondences.part(run.first, run.last)
        line = _fit(inside, inside.near(line), line)
        sums = np.concatenate([[0.0], np.cumsum(_gains(correspondences, line))])
        last = int(np.argmax(sums - np.minimum.accumulate(sums)))
        first = int(np.argmin(sums[: last + 1]))
        run = Run(first, max(first, last - 1), line, 0.0)
    return TimeMap(round(line.speed, 4), round(line.offset, 2))


def _fit(correspondences: Correspondences, near: NDArray[np.bool_], line: TimeMap) -> TimeMap:
    exact = near & correspondences.motion
    by_motion = len(_distinct(correspondences.rows[exact])) >= ENOUGH_MOTION
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
    least = FREE_MOTION_S if by_motion else FREE_LOOKS_S
    if times[-1] - times[0] < least or len(times) < FREE_MOMENTS:
        return TimeMap(line.speed, float(centre - line.speed * middle))
    offset1 = float(centre - middle)
    free_speed = mass @ ((times - middle) * (places - centre)) / (mass @ (times - middle) ** 2)
    free_offset = centre - free_speed * middle
    error1 = float(mass @ (places - times - offset1) ** 2)
    error = float(mass @ (places - free_speed * times - free_offset) ** 2)
    # Straight time is by far the likeliest: another speed must fit clearly better.
    noise = MOTION_NOISE if by_motion else LOOK_NOISE
    if not SLOWEST <= free_speed <= FASTEST or error1 < 1.5 * error + noise or abs(free_speed - 1) < SAME_SPEED:
        return TimeMap(1.0, offset1)
    return TimeMap(float(free_speed), float(free_offset))


def _distinct(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where in rising numbers each new one begins."""
    return np.flatnonzero(np.diff(rows, prepend=-1))


def _best_path(correspondences: Correspondences, lines: Sequence[TimeMap], hint: Sequence[Hint]) -> list[Run]:
    """Return the runs of the best way through the lines; being on none gains and costs nothing."""
    costs = [CHANGE + _prior(line) for line in lines] + [CHANGE] * len(hint)
    lines = [*lines, *(one.map for one in hint)]
    if not lines:
        return []
    gains = np.stack([*(_gains(correspondences, line) for line in lines), np.zeros(len(correspondences.samples))])
    for row, one in enumerate(hint, len(lines) - len(hint)):
        there = (correspondences.samples >= one.start) & (correspondences.samples <= one.end) & (gains[row] > 0)
        gains[row, there] += TOLD * np.minimum(correspondences.gaps[there], 1.0)
    entry = np.array([*costs, 0.0])
    came_from = np.zeros(gains.shape[::-1], np.int64)
    states = np.arange(len(entry))
    score = np.array([*(-entry[:-1]), 0.0]) + gains[:, 0]
    came_from[0] = states
    for moment in range(1, len(correspondences.samples)):
        best = int(np.argmax(score))
        changed = score[best] - entry
        came_from[moment] = np.where(changed > score, best, states)
        score = np.maximum(score, changed) + gains[:, moment]
    path = np.zeros(len(correspondences.samples), np.int64)
    path[-1] = int(np.argmax(score))
    for moment in range(len(path) - 1, 0, -1):
        path[moment - 1] = came_from[moment, path[moment]]
    return _runs_of(path, gains, lines)


def _runs_of(path: NDArray[np.int64], gains: NDArray[np.float64], lines: Sequence[TimeMap]) -> list[Run]:
    borders = np.nonzero(np.diff(path))[0] + 1
    found = []
    for moments in np.split(np.arange(len(path)), borders):
        state = int(path[moments[0]])
        if state < len(lines):
            score = float(gains[state, moments].sum())
            found.append(Run(int(moments[0]), int(moments[-1]), lines[state], score))
    return found
