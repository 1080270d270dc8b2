"""Straight runs in a cloud of (query time, reference time) likenesses.

Votes over offset for a grid of speeds (a Hough transform, as Douze et al. 2008 use it for video), the best run on each
promising line by maximum subarray, then a line fit with free slope; found runs are taken out and the search goes on, so
several spans in any order come out. For `n` likenesses the cost is `n log n` a speed and round.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.align.segment import TimeMap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Cloud", "Run", "find_runs"]

#: Speeds that are tried: the common ones, and enough between them for the fit to lock in over ten seconds.
SPEEDS = (1.0, 0.95, 1.05, 0.9, 1.1, 0.8, 1.2, 1.3, 0.72, 1.4, 0.65, 1.5, 1.65, 0.58, 1.8, 0.5, 2.0)

#: What a line of another speed must have more, log-odds: there are many of them.
SPEED_PRIOR = 2.0

#: How far likenesses lie off their line at most, seconds of the reference: it is described once a second.
TOLERANCE = 0.8

#: The same for likenesses of motion: half a sample, and what a speed between two that were tried is off in a window.
MOTION_TOLERANCE = 0.3

#: Width of an offset bin, seconds.
BIN = 0.5

#: Query seconds that vote together: a short span must not drown in a long query.
WINDOW = 16.0

#: Lines of each round that are looked at closely.
LINES = 6

#: What a second of the query that is not like the line's place counts against a run, log-odds.
MISS = 1.2

#: What a second counts against a run that looks like the place but moves unlike it.
UNMOVED = 2.0

#: Log-odds against a run within it that part it in two.
HOLE = 2.5

#: Runs of one pair of media items at most.
MOST_RUNS = 40


@dataclass(frozen=True, slots=True)
class Cloud:
    """Likenesses of a query's moments to a reference's, by look and by motion.

    Attributes:
        samples: The query's moments, seconds, float64 `(m,)`, rising.
        gaps: Seconds of the query that each moment stands for, float64 `(m,)`.
        restless: Whether something moves there that could be compared, bool `(m,)`.
        rows: Index into `samples`, int64 `(n,)`.
        places: Times in the reference, seconds, float64 `(n,)`.
        weights: Log-odds of each likeness, over 0, float64 `(n,)`.
        motion: Which likenesses are of motion, bool `(n,)`; they are exact to a tenth of a second.
    """

    samples: NDArray[np.float64]
    gaps: NDArray[np.float64]
    restless: NDArray[np.bool_]
    rows: NDArray[np.int64]
    places: NDArray[np.float64]
    weights: NDArray[np.float64]
    motion: NDArray[np.bool_]

    def without(self, taken: NDArray[np.bool_]) -> Cloud:
        """Return the cloud with some likenesses left out."""
        left = ~taken
        return replace(
            self, rows=self.rows[left], places=self.places[left], weights=self.weights[left], motion=self.motion[left]
        )

    def near(self, line: TimeMap, factor: float = 1.0) -> NDArray[np.bool_]:
        """Return which likenesses are on a line."""
        off = np.abs(self.places - line.speed * self.samples[self.rows] - line.offset)
        return np.asarray(off <= factor * np.where(self.motion, MOTION_TOLERANCE, TOLERANCE))


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


def find_runs(cloud: Cloud, least: float) -> Iterator[Run]:
    """Yield runs that score at least `least`, best first."""
    for _ in range(MOST_RUNS):
        runs = [_best_run(cloud, line) for line in _promising(cloud)]
        best = max(runs, key=_rank, default=None)
        if best is None or best.score < least:
            return
        best = _refined(cloud, best)
        if best.score < least:
            return
        yield from _parts(cloud, best)
        cloud = cloud.without(_covered(cloud, best))


def _rank(run: Run) -> float:
    return run.score - (SPEED_PRIOR if run.map.speed != 1.0 else 0.0)


def _promising(cloud: Cloud) -> list[TimeMap]:
    """Return the lines with the most votes in any stretch of the query."""
    found: list[tuple[float, float, float]] = []
    times = cloud.samples[cloud.rows]
    votes = cloud.weights * cloud.gaps[cloud.rows]
    for speed in SPEEDS:
        exact = cloud.places - speed * times
        offsets = np.floor(exact / BIN).astype(np.int64)
        for phase in (0.0, 0.5):
            stretch = np.floor(times / WINDOW + phase).astype(np.int64)
            key = (offsets - offsets.min(initial=0) + 2) * 100_000 + stretch
            cells, inverse = np.unique(key, return_inverse=True)
            sums = np.bincount(inverse, votes, len(cells))
            for step in (100_000, -100_000):  # a line's votes spread over neighbouring offsets
                other = np.searchsorted(cells, cells + step)
                there = (other < len(cells)) & (cells[np.minimum(other, len(cells) - 1)] == cells + step)
                sums = sums + np.where(
                    there, np.bincount(inverse, votes, len(cells))[np.minimum(other, len(cells) - 1)], 0
                )
            for cell in np.argsort(-sums)[:2]:
                members = inverse == cell
                if (members & cloud.motion).any():
                    members &= cloud.motion
                offset = float(np.average(exact[members], weights=votes[members]))
                found.append((float(sums[cell]) - (SPEED_PRIOR if speed != 1.0 else 0.0), speed, offset))
    found.sort(reverse=True)
    return [TimeMap(speed, offset) for _, speed, offset in found[:LINES]]


def _gains(cloud: Cloud, line: TimeMap) -> NDArray[np.float64]:
    """Return what each moment adds to a run on a line, or takes from it, log-odds."""
    near = cloud.near(line)
    looks, moves = np.zeros(len(cloud.samples)), np.zeros(len(cloud.samples))
    of_look, of_motion = near & ~cloud.motion, near & cloud.motion
    np.maximum.at(looks, cloud.rows[of_look], cloud.weights[of_look])
    np.maximum.at(moves, cloud.rows[of_motion], cloud.weights[of_motion])
    unmoved = cloud.restless & (moves == 0)
    values = looks + moves - np.where(unmoved, UNMOVED, 0.0)
    missed = (looks == 0) & (moves == 0)
    return np.where(missed, -MISS * np.minimum(cloud.gaps, 2.0), values * np.minimum(cloud.gaps, 1.0))


def _best_run(cloud: Cloud, line: TimeMap) -> Run:
    """Return the stretch of a line in which likenesses outweigh misses most (Kadane's maximum subarray)."""
    sums = np.concatenate([[0.0], np.cumsum(_gains(cloud, line))])
    lowest = np.minimum.accumulate(sums)
    last = int(np.argmax(sums - lowest))
    first = int(np.argmin(sums[: last + 1]))
    return Run(first, max(first, last - 1), line, float(sums[last] - sums[first]))


def _parts(cloud: Cloud, run: Run) -> Iterator[Run]:
    """Yield the parts of a run between stretches that tell against it: something else may be in between."""
    gains = _gains(cloud, run.map)[run.first : run.last + 1]
    sums = np.concatenate([[0.0], np.cumsum(gains)])
    begin, high, low = 0, 0, 0
    for here in range(1, len(sums)):
        if sums[here] >= sums[high] and low <= high:
            high = low = here
        elif sums[here] < sums[low]:
            low = here
        elif sums[high] - sums[low] >= HOLE and sums[here] - sums[low] >= HOLE:
            yield Run(run.first + begin, run.first + high - 1, run.map, float(sums[high] - sums[begin]))
            begin, high, low = low, here, here
    yield Run(run.first + begin, run.last, run.map, float(sums[-1] - sums[begin]))


def _refined(cloud: Cloud, run: Run) -> Run:
    """Fit the line to the run's likenesses, with free slope where the run is long enough to tell, and run again."""
    for _ in range(3):
        inside = (cloud.rows >= run.first) & (cloud.rows <= run.last)
        better = _best_run(cloud, _fit(cloud, inside & cloud.near(run.map), run.map))
        if better.score < run.score - 0.5:
            return run
        run = better
    return run


def _fit(cloud: Cloud, near: NDArray[np.bool_], line: TimeMap) -> TimeMap:
    exact = near & cloud.motion
    by_motion = len(np.unique(cloud.rows[exact])) >= 4
    chosen = exact if by_motion else near
    rows, weights = cloud.rows[chosen], cloud.weights[chosen] ** 2
    moments, inverse = np.unique(rows, return_inverse=True)
    if len(moments) < 2:
        return line
    mass = np.bincount(inverse, weights)
    times = cloud.samples[moments]
    # A moment between two described pictures is like both: their weighted mean is nearer than either.
    places = np.bincount(inverse, weights * cloud.places[chosen]) / mass
    least = 3.0 if by_motion else 6.0
    if np.ptp(times) < least or len(times) < 6:
        return TimeMap(line.speed, float(np.average(places - line.speed * times, weights=mass)))
    offset1 = float(np.average(places - times, weights=mass))
    free_speed, free_offset = np.polyfit(times, places, 1, w=np.sqrt(mass))
    error1 = float(np.average((places - times - offset1) ** 2, weights=mass))
    error = float(np.average((places - free_speed * times - free_offset) ** 2, weights=mass))
    # Straight time is by far the likeliest: another speed must fit clearly better.
    noise = 0.002 if by_motion else 0.01
    if not 0.45 <= free_speed <= 2.2 or error1 < 1.5 * error + noise:
        return TimeMap(1.0, offset1)
    return TimeMap(float(free_speed), float(free_offset))


def _covered(cloud: Cloud, run: Run) -> NDArray[np.bool_]:
    """Return the likenesses that a found run explains: all of its moments near its line."""
    inside = (cloud.rows >= run.first) & (cloud.rows <= run.last)
    return inside & cloud.near(run.map, 2.0)
