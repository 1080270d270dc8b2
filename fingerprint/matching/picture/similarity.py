"""Similarities of a query's moments to a reference's described pictures, and the correspondences that they make.

A similarity counts as far as it is over what a view scores by chance. Where movement could be compared it tells the
place, and looks that are as good everywhere in the reference step back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.picture.correspondences import Correspondences
from fingerprint.matching.picture.motion import STEP_S, WINDOW_STEPS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.picture.motion import MotionHits
    from fingerprint.matching.picture.query import PictureQuery

__all__ = ["SIMILARITY_FLOOR", "Similarities", "correspondences_of", "find_similarities", "look_log_odds"]

#: Similarity over chance below which two moments have nothing to do with each other: the 99.9th percentile of unrelated
#: ones, with every view tried.
SIMILARITY_FLOOR = 0.2

#: Log-odds for each unit of similarity over the floor: measured on the tuning footage.
LOG_ODDS_PER_SIMILARITY = 14.0

#: Log-odds of a moment by its look at most: measured on the tuning footage.
MAX_LOOK_LOG_ODDS = 4.0

#: Described pictures of the reference that each query picture is held against: a still scene has many alike.
MAX_NEAREST_PICTURES = 32

#: Query rows compared at once.
MAX_ROWS_AT_ONCE = 512

#: Cosine of a window's movement from which on it counts.
MOTION_COSINE_FLOOR = 0.33

#: Log-odds for each unit of a window's cosine over the floor.
LOG_ODDS_PER_MOTION_COSINE = 10.0

#: Log-odds of a window by its movement at most.
MAX_MOTION_WINDOW_LOG_ODDS = 4.0

#: Where a place is told by motion, a look that is as good everywhere in the reference counts this share.
EVERYWHERE_SHARE = 0.15


@dataclass(frozen=True)
class Similarities:
    """Similarities over chance of a query's moments to described pictures of a reference.

    Attributes:
        views: Index of the view, int64 `(n,)`.
        moments: Index of the moment, int64 `(n,)`.
        columns: Index of the reference's described picture, int64 `(n,)`.
        places: Time in the reference that belongs to the moment, seconds, float64 `(n,)`.
        values: Similarity over chance, float32 `(n,)`.
        typical: Mean similarity over chance of the view to the reference's pictures, float32 `(n,)`.
    """

    views: NDArray[np.int64]
    moments: NDArray[np.int64]
    columns: NDArray[np.int64]
    places: NDArray[np.float64]
    values: NDArray[np.float32]
    typical: NDArray[np.float32]


def find_similarities(query: PictureQuery, stored: NDArray[np.float32], times: NDArray[np.float64]) -> Similarities:
    """Return the described pictures of a reference that each moment of the query is most like.

    From half the floor on: what is below the floor tells nothing by itself, but which pictures are the likest.

    Args:
        query: The query's picture.
        stored: Unit vectors of the reference's described pictures, float32 `(r, d)`, at least one.
        times: When they are shown, seconds, float64 `(r,)`.
    """
    rows, columns, values, typical = [], [], [], []
    limit = min(MAX_NEAREST_PICTURES, len(stored))
    for first in range(0, len(query.views.vectors), MAX_ROWS_AT_ONCE):
        part = slice(first, first + MAX_ROWS_AT_ONCE)
        similarity = query.views.vectors[part] @ stored.T - query.background_score[part, None]
        best = np.argpartition(-similarity, limit - 1, axis=1)[:, :limit]
        found = np.take_along_axis(similarity, best, 1)
        row, column = np.nonzero(found > SIMILARITY_FLOOR / 2)
        rows.append(row + first)
        columns.append(best[row, column])
        values.append(found[row, column])
        typical.append(similarity.mean(1)[row])
    row, column = np.concatenate(rows), np.concatenate(columns)
    # Each similarity of a view is one of every moment that the view speaks for.
    begin = np.searchsorted(query.spoken[:, 0], row, "left")
    count = np.searchsorted(query.spoken[:, 0], row, "right") - begin
    each = np.repeat(np.arange(len(row)), count)
    moments = query.spoken[np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + begin[each], 1]
    off = query.samples[moments] - query.views.times[row[each]]
    return Similarities(
        views=row[each],
        moments=moments,
        columns=column[each],
        places=times[column[each]] + off,
        values=np.concatenate(values)[each],
        typical=np.concatenate(typical)[each],
    )


def look_log_odds(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what similarities over chance are worth, log-odds, float32 of the same shape; below 0 under the floor."""
    return np.asarray(np.minimum((values - SIMILARITY_FLOOR) * LOG_ODDS_PER_SIMILARITY, MAX_LOOK_LOG_ODDS))


def correspondences_of(query: PictureQuery, similarities: Similarities, motion: MotionHits | None) -> Correspondences:
    """Return the similarities over the floor as correspondences, with what moves alike.

    Args:
        query: The query's picture.
        similarities: To the reference's described pictures.
        motion: Windows that move alike; None where it is not known where in the query's picture to look.
    """
    good = similarities.values > SIMILARITY_FLOOR
    weights = look_log_odds(similarities.values[good])
    if motion is not None and len(motion.moving):
        here = similarities.values[good] - np.maximum(similarities.typical[good], SIMILARITY_FLOOR)
        weights = EVERYWHERE_SHARE * weights + (1 - EVERYWHERE_SHARE) * np.clip(
            here * LOG_ODDS_PER_SIMILARITY, 0, MAX_LOOK_LOG_ODDS
        )
    kept = _strongest(similarities.moments[good], weights)
    correspondences = Correspondences(
        samples=query.samples,
        gaps=query.gaps,
        has_motion=np.zeros(len(query.samples), bool),
        rows=similarities.moments[good][kept],
        places=similarities.places[good][kept],
        weights=weights[kept].astype(np.float64),
        motion=np.zeros(len(kept), bool),
    )
    return _in_order(correspondences if motion is None else _with_motion(correspondences, motion))


def _strongest(rows: NDArray[np.int64], weights: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the indices of each moment's strongest similarities, over all views."""
    order = np.lexsort((-weights, rows))
    firsts = np.searchsorted(rows[order], rows[order])
    return order[np.arange(len(order)) - firsts < MAX_NEAREST_PICTURES]


def _in_order(correspondences: Correspondences) -> Correspondences:
    """Return the correspondences in order of the query's moments."""
    order = np.argsort(correspondences.rows, kind="stable")
    return replace(
        correspondences,
        rows=correspondences.rows[order],
        places=correspondences.places[order],
        weights=correspondences.weights[order],
        motion=correspondences.motion[order],
    )


def _with_motion(correspondences: Correspondences, motion: MotionHits) -> Correspondences:
    """Add what moves alike: a window speaks for every moment in it."""
    length = WINDOW_STEPS * STEP_S
    first = np.searchsorted(correspondences.samples, motion.starts - 0.05)
    count = np.searchsorted(correspondences.samples, motion.starts + length + 0.05) - first
    window = np.repeat(np.arange(len(count)), count)
    rows = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + first[window]
    places = motion.places[window] + motion.speeds[window] * (correspondences.samples[rows] - motion.starts[window])
    weights = np.clip(
        (motion.cosines[window] - MOTION_COSINE_FLOOR) * LOG_ODDS_PER_MOTION_COSINE, 0, MAX_MOTION_WINDOW_LOG_ODDS
    )
    inside = (correspondences.samples[:, None] >= motion.moving - 0.05) & (
        correspondences.samples[:, None] <= motion.moving + length
    )
    return replace(
        correspondences,
        has_motion=np.asarray(inside.any(1)),
        rows=np.concatenate([correspondences.rows, rows]),
        places=np.concatenate([correspondences.places, places]),
        weights=np.concatenate([correspondences.weights, weights]),
        motion=np.concatenate([correspondences.motion, np.ones(len(rows), bool)]),
    )
