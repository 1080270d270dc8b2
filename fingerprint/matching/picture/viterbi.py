"""Finds the spans of a query that lie on straight lines into a reference.

Each moment of the query is given to one of the lines that were proposed or to none, so that similarities less the cost
of each change add up to the most (the Viterbi algorithm): spans in any order and of any number come out. For `m`
moments and `k` lines the cost is `m k`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.picture.correspondences import Run, counted_s, log_odds_along, speed_prior
from fingerprint.matching.picture.hough import propose_lines
from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fingerprint.matching.picture.correspondences import Correspondences, Hint
    from fingerprint.matching.time_map import TimeMap

__all__ = ["PARAMETERS", "ViterbiParameters", "find_runs"]


@dataclass(frozen=True, slots=True)
class ViterbiParameters:
    """What it takes to go over to another line."""

    #: Log-odds that a change to another line must gain: cuts are rare.
    line_change_log_odds: float = parameter(3.0, unit="log-odds", low=0.0, high=20.0, source="chosen, not measured")

    #: Log-odds that a second on a line gains where something else speaks for the line.
    hint_log_odds_per_s: float = parameter(1.5, unit="log-odds/s", low=0.0, high=10.0, source="chosen, not measured")


PARAMETERS = ViterbiParameters()


def find_runs(correspondences: Correspondences, least: float, hints: Sequence[Hint] = ()) -> list[Run]:
    """Return the runs that explain the correspondences best, in order of time.

    Args:
        correspondences: The similarities.
        least: Log-odds that a run must have, beyond those that its speed costs.
        hints: Lines that something else speaks for, and where.
    """
    lines = propose_lines(correspondences)
    return [run for run in _best_path(correspondences, lines, hints) if run.score - speed_prior(run.map.speed) >= least]


def _best_path(correspondences: Correspondences, lines: Sequence[TimeMap], hints: Sequence[Hint]) -> list[Run]:
    """Return the runs of the best way through the lines; being on none gains and costs nothing."""
    change = PARAMETERS.line_change_log_odds
    costs = [change + speed_prior(line.speed) for line in lines] + [change] * len(hints)
    lines = [*lines, *(one.map for one in hints)]
    if not lines:
        return []
    gains = np.stack(
        [*(log_odds_along(correspondences, line) for line in lines), np.zeros(len(correspondences.samples))]
    )
    for row, one in enumerate(hints, len(lines) - len(hints)):
        there = (correspondences.samples >= one.start) & (correspondences.samples <= one.end) & (gains[row] > 0)
        gains[row, there] += PARAMETERS.hint_log_odds_per_s * counted_s(correspondences.gaps[there])
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
    """Return the runs of a path: of each stretch of moments on one line its bounds and what it gains there.

    Args:
        path: Index of the line that each moment is given to, one more than the last one for none, int64 `(m,)`.
        gains: What each moment gains on each line, log-odds, float64 `(k + 1, m)`.
        lines: The `k` lines.
    """
    borders = np.nonzero(np.diff(path))[0] + 1
    found = []
    for moments in np.split(np.arange(len(path)), borders):
        state = int(path[moments[0]])
        if state < len(lines):
            score = float(gains[state, moments].sum())
            found.append(Run(int(moments[0]), int(moments[-1]), lines[state], score))
    return found
