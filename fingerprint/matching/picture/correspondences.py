"""Correspondences of a query's moments to places in a reference, and what they say for or against a line.

A line through them is a time map: where each moment of the query lies in the reference. The Hough transform proposes
lines, and the Viterbi algorithm gives each moment to one of them; both weigh a line by what stands here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.time_map import TimeMap

__all__ = [
    "PARAMETERS",
    "CorrespondenceParameters",
    "Correspondences",
    "Hint",
    "Run",
    "counted_s",
    "log_odds_along",
    "speed_prior",
]


@dataclass(frozen=True, slots=True)
class CorrespondenceParameters:
    """What correspondences say for or against a line."""

    #: What a line of another speed than 1 must have more: there are many of them.
    speed_prior_log_odds: float = parameter(4.0, unit="log-odds", low=0.0, high=20.0, source="chosen, not measured")

    #: How far similarities lie off their line at most, in the reference.
    picture_tolerance_s: float = parameter(
        0.8,
        unit="s",
        low=0.25,
        high=5.0,
        source="by the stored form: it is described once a second; half of that, and a bit",
    )

    #: The same for similarities of motion.
    motion_tolerance_s: float = parameter(
        0.3,
        unit="s",
        low=0.1,
        high=2.0,
        source="by the grids: half a sample, and what a speed between two that were tried is off in a window",
    )

    #: Share of its weight that a similarity of motion loses at that distance.
    motion_loss_share: float = parameter(0.6, unit="share", low=0.0, high=1.0, source="chosen, not measured")

    #: What a second of the query that is not like the line's place counts against a run.
    miss_log_odds_per_s: float = parameter(1.2, unit="log-odds/s", low=0.0, high=10.0, source="chosen, not measured")

    #: What a second counts against a run that looks like the place but moves unlike it.
    unmoved_log_odds_per_s: float = parameter(2.0, unit="log-odds/s", low=0.0, high=10.0, source="chosen, not measured")

    #: Seconds that a moment counts for a line at most, also where the next one is farther off.
    max_counted_s: float = parameter(1.0, unit="s", low=0.25, high=10.0, source="chosen, not measured")

    #: Seconds that a moment which is not like the line's place counts against it at most.
    max_missed_s: float = parameter(2.0, unit="s", low=0.25, high=10.0, source="chosen, not measured")


PARAMETERS = CorrespondenceParameters()


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
        return np.asarray(self.off(line) <= self.tolerances())

    def tolerances(self) -> NDArray[np.float64]:
        """Return how far off a line each similarity may lie to be on it, seconds of the reference, float64 `(n,)`."""
        return np.where(self.motion, PARAMETERS.motion_tolerance_s, PARAMETERS.picture_tolerance_s)

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
    """A line that something else than the correspondences speaks for, from one moment of the query to another, s.

    It is `sure` where that is a copy by itself.
    """

    map: TimeMap
    start: float
    end: float
    sure: bool = False


def speed_prior(speed: float) -> float:
    """Return what a line of a speed must have more than one of speed 1 to be as likely, log-odds."""
    return 0.0 if speed == 1.0 else PARAMETERS.speed_prior_log_odds


def counted_s(gaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how many seconds moments count for a line, of how many seconds each stands for, float64 `(m,)`."""
    return np.minimum(gaps, PARAMETERS.max_counted_s)


def log_odds_along(correspondences: Correspondences, line: TimeMap) -> NDArray[np.float64]:
    """Return what each moment adds to a run on a line, or takes from it, log-odds, float64 `(m,)`.

    Of a moment's similarities near the line the strongest by look and the strongest by motion count: many alike
    pictures of a still scene are no more evidence than one.
    """
    off = correspondences.off(line)
    near = off <= correspondences.tolerances()
    by_look, by_motion = np.zeros(len(correspondences.samples)), np.zeros(len(correspondences.samples))
    of_look, of_motion = near & ~correspondences.motion, near & correspondences.motion
    np.maximum.at(by_look, correspondences.rows[of_look], correspondences.weights[of_look])
    exact = 1.0 - PARAMETERS.motion_loss_share * (off[of_motion] / PARAMETERS.motion_tolerance_s) ** 2
    np.maximum.at(by_motion, correspondences.rows[of_motion], correspondences.weights[of_motion] * exact)
    unmoved = correspondences.has_motion & (by_motion == 0)
    values = by_look + by_motion - np.where(unmoved, PARAMETERS.unmoved_log_odds_per_s, 0.0)
    missed = (by_look == 0) & (by_motion == 0)
    against = -PARAMETERS.miss_log_odds_per_s * np.minimum(correspondences.gaps, PARAMETERS.max_missed_s)
    return np.where(missed, against, values * counted_s(correspondences.gaps))
