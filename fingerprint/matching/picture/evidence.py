"""Log-odds that a run of moments is a copy: by its looks, its movement and the features that it has in common.

What is seen again and again counts once: a wall is no more of a copy for being looked at longer. What moves and should
move alike and does not counts against it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.picture.correspondences import speed_prior
from fingerprint.matching.picture.similarity import SIMILARITY_FLOOR, look_log_odds
from fingerprint.matching.picture.views import VIEW_EDITS, VIEW_NAMES
from fingerprint.matching.time_map import Segment

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.picture.correspondences import Correspondences, Run
    from fingerprint.matching.picture.localization import Located
    from fingerprint.matching.picture.query import PictureQuery
    from fingerprint.matching.picture.similarity import Similarities
    from fingerprint.matching.time_map import TimeMap

__all__ = ["segment_of"]

#: Similarity of two pictures of a reference from which on the second one tells nothing new.
KNOWN_SIMILARITY = 0.8

#: The same up to which all that it tells is new.
NOVEL_SIMILARITY = 0.45

#: What a picture that tells nothing new still counts, as a share.
MIN_NOVELTY_SHARE = 0.05

#: Log-odds that motion adds to a segment at most.
MAX_MOTION_LOG_ODDS = 24.0

#: The share of its windows' sum that motion adds: they overlap.
MOTION_OVERLAP_SHARE = 0.5

#: How far off a line pictures with common features still speak for it in full, seconds: a still scene has many.
FEATURE_TOLERANCE_S = 3.0

#: Share of what common features tell that tells the scene alone, whatever moves there.
SCENE_SHARE = 0.5

#: Log-odds that motion adds in each second of a copy in which something moves: a cosine of 0.6, the least that is usual
#: in copies, gives 1.35.
USUAL_MOTION_LOG_ODDS_PER_S = 1.2

#: Share of a run's time in which something must move for the moment to be told by it.
MIN_MOVING_SHARE = 0.6

#: Log-odds against a segment for each second that moves unlike the reference, beyond those that move alike: another
#: take in front of the same wall.
UNLIKE_LOG_ODDS_PER_S = 0.8

#: The same at most.
MAX_UNLIKE_LOG_ODDS = 8.0

#: How far from a run's line similarities are its own, seconds of the reference.
LINE_TOLERANCE_S = 1.0

#: How alike the moments of a segment are taken to be, 0..1, where no closer look measures it.
UNMEASURED_SIMILARITY = 0.8


def segment_of(  # noqa: PLR0917 (what one pair of media items is told by)
    query: PictureQuery,
    correspondences: Correspondences,
    similarities: Similarities,
    stored: NDArray[np.float32],
    run: Run,
    located: Located,
) -> Segment:
    """Return the segment that a run of moments is, with the log-odds that it is a copy.

    Args:
        query: The query's picture.
        correspondences: What the run was found in.
        similarities: To the reference's described pictures.
        stored: Unit vectors of those pictures, float32 `(r, d)`.
        run: The run.
        located: What local features say of the pair; where they found no region, the view that is likest tells the
            edits.
    """
    start, end = float(query.samples[run.first]), float(query.samples[run.last])
    by_look, kinds = _look_log_odds(query, similarities, stored, run)
    by_motion = _motion_log_odds(correspondences, run)
    by_features = max(
        (_feature_log_odds(pair, run.map) for pair in located.pairs if start <= pair[0] <= end), default=0.0
    )
    by_features *= _same_moment_share(correspondences, run, by_motion)
    if located.region is not None:
        edits = located.region.edits(query.query_frames.size)
    else:
        edits = VIEW_EDITS.get(VIEW_NAMES[int(kinds.argmax())], ())
    return Segment(
        start=start,
        end=end,
        map=run.map,
        log_odds=by_look + by_motion + by_features - speed_prior(run.map.speed),
        similarity=UNMEASURED_SIMILARITY,
        picture=True,
        transforms=edits,
    )


def _same_moment_share(correspondences: Correspondences, run: Run, by_motion: float) -> float:
    """Return which share of common features counts: they tell the scene, and what moves there tells the moment."""
    span = slice(run.first, run.last + 1)
    seconds = np.minimum(correspondences.gaps[span], 1.0)
    moving = float(seconds[correspondences.has_motion[span]].sum())
    if moving < MIN_MOVING_SHARE * seconds.sum():
        return 1.0
    return float(np.clip(by_motion / min(USUAL_MOTION_LOG_ODDS_PER_S * moving, MAX_MOTION_LOG_ODDS), SCENE_SHARE, 1.0))


def _feature_log_odds(pair: tuple[float, float, float], line: TimeMap) -> float:
    """Return what a pair of pictures that has common features adds to a line, log-odds: less when it lies elsewhere."""
    time, place, weight = pair
    return weight if abs(line.at(time) - place) < FEATURE_TOLERANCE_S else weight / 2


def _look_log_odds(
    query: PictureQuery, similarities: Similarities, stored: NDArray[np.float32], run: Run
) -> tuple[float, NDArray[np.float64]]:
    """Return log-odds of a run's looks, each counted as far as it is new, and the votes for each view."""
    moments = similarities.moments
    times = query.samples[moments]
    off = np.abs(similarities.places - run.map.speed * times - run.map.offset)
    near = np.nonzero(
        (moments >= run.first)
        & (moments <= run.last)
        & (off < LINE_TOLERANCE_S)
        & (similarities.values > SIMILARITY_FLOOR)
    )[0]
    weights = look_log_odds(similarities.values).astype(np.float64)
    votes = np.bincount(query.views.kinds[similarities.views[near]], weights[near], len(VIEW_NAMES)).astype(np.float64)
    order = near[np.lexsort((-weights[near], moments[near]))]
    _, firsts = np.unique(moments[order], return_index=True)
    best = order[firsts]
    weight = weights[best] * np.minimum(query.gaps[moments[best]], 1.0) * _novelty(stored[similarities.columns[best]])
    return float(weight.sum()), votes


def _motion_log_odds(correspondences: Correspondences, run: Run) -> float:
    """Return log-odds of what moves alike in a run, less what moves and should move alike and does not."""
    inside = (
        correspondences.near(run.map)
        & correspondences.motion
        & (correspondences.rows >= run.first)
        & (correspondences.rows <= run.last)
    )
    best = np.zeros(len(correspondences.samples))
    np.maximum.at(best, correspondences.rows[inside], correspondences.weights[inside])
    span = slice(run.first, run.last + 1)
    best, seconds = best[span], np.minimum(correspondences.gaps[span], 1.0)
    alike = min(MAX_MOTION_LOG_ODDS, MOTION_OVERLAP_SHARE * float((best * seconds).sum()))
    unlike = float(seconds[correspondences.has_motion[span] & (best == 0)].sum() - seconds[best > 0].sum())
    return alike - min(MAX_UNLIKE_LOG_ODDS, UNLIKE_LOG_ODDS_PER_S * max(0.0, unlike))


def _novelty(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return for each of a sequence of vectors how much it tells that those before it did not, 0..1."""
    weight = np.ones(len(vectors))
    kept: list[NDArray[np.float32]] = []
    for index, vector in enumerate(vectors):
        alike = float((np.array(kept) @ vector).max()) if kept else 0.0
        weight[index] = np.clip(
            (KNOWN_SIMILARITY - alike) / (KNOWN_SIMILARITY - NOVEL_SIMILARITY), MIN_NOVELTY_SHARE, 1.0
        )
        if weight[index] > MIN_NOVELTY_SHARE:
            kept.append(vector)
    return weight
