"""Similarities of a query's moments to a reference's described pictures, and the correspondences that they make.

A similarity counts as far as it is over what a view scores by chance. Where movement could be compared it tells the
place, and looks that are as good everywhere in the reference step back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.picture import motion as picture_motion
from fingerprint.matching.picture.correspondences import Correspondences
from fingerprint.matching.picture.motion import window_s
from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.picture.motion import MotionHits
    from fingerprint.matching.picture.query import PictureQuery

__all__ = [
    "PARAMETERS",
    "Similarities",
    "SimilarityParameters",
    "correspondences_of",
    "find_similarities",
    "look_log_odds",
]


@dataclass(frozen=True, slots=True)
class SimilarityParameters:
    """What a similarity by look or by movement is worth."""

    #: Similarity over chance below which two moments have nothing to do with each other.
    similarity_floor: float = parameter(
        0.2,
        unit="similarity",
        low=0.0,
        high=0.8,
        source="measured on the tuning footage: the 99.9th percentile of unrelated moments, with every view tried",
    )

    #: Share of the floor from which on similarities are kept at all: they tell which pictures are the likest.
    kept_floor_share: float = parameter(
        0.5, unit="share", low=0.0, high=1.0, source="a bound on cost; chosen, not measured"
    )

    #: Log-odds for each unit of similarity over the floor.
    log_odds_per_similarity: float = parameter(
        14.0, unit="log-odds", low=1.0, high=100.0, source="measured on the tuning footage"
    )

    #: Log-odds of a moment by its look at most.
    max_look_log_odds: float = parameter(
        4.0, unit="log-odds", low=0.5, high=20.0, source="measured on the tuning footage"
    )

    #: Described pictures of the reference that each query picture is held against: a still scene has many alike.
    max_nearest_pictures: int = parameter(
        32, unit="count", low=1, high=1000, source="a bound on cost; chosen, not measured"
    )

    #: Query rows compared at once.
    max_rows_at_once: int = parameter(
        512, unit="count", low=1, high=65536, source="a bound on memory: a few megabytes against a film of an hour"
    )

    #: Log-odds for each unit of a window's cosine over the least that counts.
    log_odds_per_motion_cosine: float = parameter(
        10.0, unit="log-odds", low=1.0, high=100.0, source="chosen, not measured"
    )

    #: Log-odds of a window by its movement at most.
    max_motion_window_log_odds: float = parameter(
        4.0, unit="log-odds", low=0.5, high=20.0, source="chosen, not measured"
    )

    #: How far outside of a window that moves alike a moment may lie and still be told by it.
    window_slack_s: float = parameter(
        0.05, unit="s", low=0.0, high=0.25, source="chosen, not measured: pictures are not quite evenly apart"
    )

    #: Where a place is told by motion, a look that is as good everywhere in the reference counts this share.
    everywhere_share: float = parameter(0.15, unit="share", low=0.0, high=1.0, source="chosen, not measured")


PARAMETERS = SimilarityParameters()


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
    limit, size = min(PARAMETERS.max_nearest_pictures, len(stored)), PARAMETERS.max_rows_at_once
    least = PARAMETERS.kept_floor_share * PARAMETERS.similarity_floor
    for first in range(0, len(query.views.vectors), size):
        part = slice(first, first + size)
        similarity = query.views.vectors[part] @ stored.T - query.background_score[part, None]
        best = np.argpartition(-similarity, limit - 1, axis=1)[:, :limit]
        found = np.take_along_axis(similarity, best, 1)
        row, column = np.nonzero(found > least)
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


def look_log_odds(values: NDArray[np.float32], floor: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """Return what similarities over chance are worth, log-odds, float32 of the same shape; below 0 under the floor.

    Args:
        values: Similarities over chance, float32.
        floor: From where on each counts, where that is not the floor of all.
    """
    over = values - (PARAMETERS.similarity_floor if floor is None else floor)
    return np.asarray(np.minimum(over * PARAMETERS.log_odds_per_similarity, PARAMETERS.max_look_log_odds))


def correspondences_of(query: PictureQuery, similarities: Similarities, motion: MotionHits | None) -> Correspondences:
    """Return the similarities over the floor as correspondences, with what moves alike.

    Args:
        query: The query's picture.
        similarities: To the reference's described pictures.
        motion: Windows that move alike; None where it is not known where in the query's picture to look.
    """
    good = similarities.values > PARAMETERS.similarity_floor
    weights = look_log_odds(similarities.values[good])
    if motion is not None and len(motion.moving):
        everywhere = np.maximum(similarities.typical[good], PARAMETERS.similarity_floor)
        here = look_log_odds(similarities.values[good], everywhere).clip(0)
        share = PARAMETERS.everywhere_share
        weights = np.asarray(share * weights + (1 - share) * here, np.float32)
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
    return order[np.arange(len(order)) - firsts < PARAMETERS.max_nearest_pictures]


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
    length, slack = window_s(), PARAMETERS.window_slack_s
    first = np.searchsorted(correspondences.samples, motion.starts - slack)
    count = np.searchsorted(correspondences.samples, motion.starts + length + slack) - first
    window = np.repeat(np.arange(len(count)), count)
    rows = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + first[window]
    places = motion.places[window] + motion.speeds[window] * (correspondences.samples[rows] - motion.starts[window])
    over = motion.cosines[window] - picture_motion.PARAMETERS.min_cosine
    weights = np.clip(over * PARAMETERS.log_odds_per_motion_cosine, 0, PARAMETERS.max_motion_window_log_odds)
    inside = (correspondences.samples[:, None] >= motion.moving - slack) & (
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
