"""Correspondences of a query's moments to places in a reference, and what they say for or against a line.

A line through them is a time map: where each moment of the query lies in the reference. The Hough transform proposes
lines, and the Viterbi algorithm gives each moment to one of them; both weigh a line by what stands here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.time_map import TimeMap

__all__ = ["Correspondences", "Hint", "Run", "log_odds_along", "speed_prior"]

#: What a line of another speed than 1 must have more, log-odds: there are many of them.
SPEED_PRIOR_LOG_ODDS = 4.0

#: How far similarities lie off their line at most, seconds of the reference: it is described once a second.
PICTURE_TOLERANCE_S = 0.8

#: The same for similarities of motion: half a sample, and what a speed between two that were tried is off in a window.
MOTION_TOLERANCE_S = 0.3

#: Share of its weight that a similarity of motion loses at that distance.
MOTION_LOSS_SHARE = 0.6

#: What a second of the query that is not like the line's place counts against a run, log-odds.
MISS_LOG_ODDS_PER_S = 1.2

#: What a second counts against a run that looks like the place but moves unlike it, log-odds.
UNMOVED_LOG_ODDS_PER_S = 2.0


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
        """Return the similarities of the moments from `first` to `last`, both included; all moments stay."""
        inside = slice(int(np.searchsorted(self.rows, first)), int(np.searchsorted(self.rows, last, "right")))
        return replace(
            self,
            rows=self.rows[inside],
            places=self.places[inside],
            weights=self.weights[inside],
            motion=self.motion[inside],
        )

    def near(self, line: TimeMap) -> NDArray[np.bool_]:
        """Return which similarities are on a line, bool `(n,)`."""
        return np.asarray(self.off(line) <= np.where(self.motion, MOTION_TOLERANCE_S, PICTURE_TOLERANCE_S))

    def off(self, line: TimeMap) -> NDArray[np.float64]:
        """Return how far similarities lie off a line, seconds of the reference, float64 `(n,)`."""
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


def speed_prior(speed: float) -> float:
    """Return what a line of a speed must have more than one of speed 1 to be as likely, log-odds."""
    return 0.0 if speed == 1.0 else SPEED_PRIOR_LOG_ODDS


def log_odds_along(correspondences: Correspondences, line: TimeMap) -> NDArray[np.float64]:
    """Return what each moment adds to a run on a line, or takes from it, log-odds, float64 `(m,)`.

    Of a moment's similarities near the line the strongest by look and the strongest by motion count: many alike
    pictures of a still scene are no more evidence than one.
    """
    off = correspondences.off(line)
    near = off <= np.where(correspondences.motion, MOTION_TOLERANCE_S, PICTURE_TOLERANCE_S)
    by_look, by_motion = np.zeros(len(correspondences.samples)), np.zeros(len(correspondences.samples))
    of_look, of_motion = near & ~correspondences.motion, near & correspondences.motion
    np.maximum.at(by_look, correspondences.rows[of_look], correspondences.weights[of_look])
    exact = 1.0 - MOTION_LOSS_SHARE * (off[of_motion] / MOTION_TOLERANCE_S) ** 2
    np.maximum.at(by_motion, correspondences.rows[of_motion], correspondences.weights[of_motion] * exact)
    unmoved = correspondences.has_motion & (by_motion == 0)
    values = by_look + by_motion - np.where(unmoved, UNMOVED_LOG_ODDS_PER_S, 0.0)
    missed = (by_look == 0) & (by_motion == 0)
    return np.where(
        missed,
        -MISS_LOG_ODDS_PER_S * np.minimum(correspondences.gaps, 2.0),
        values * np.minimum(correspondences.gaps, 1.0),
    )
