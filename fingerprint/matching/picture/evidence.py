"""Log-odds that a run of moments is a copy: by its looks, its movement and the features that it has in common.

What is seen again and again counts once: a wall is no more of a copy for being looked at longer. What moves and should
move alike and does not counts against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.findings import PictureFinding
from fingerprint.matching.picture import similarity as picture_similarity
from fingerprint.matching.picture import span_extension
from fingerprint.matching.picture.correspondences import counted_s, speed_prior
from fingerprint.matching.picture.similarity import look_log_odds
from fingerprint.matching.picture.views import edits_of_view, view_names
from fingerprint.matching.time_map import Segment
from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fingerprint.matching.picture.correspondences import Correspondences, Run
    from fingerprint.matching.picture.localization import Located
    from fingerprint.matching.picture.query import PictureQuery
    from fingerprint.matching.picture.similarity import Similarities
    from fingerprint.matching.time_map import TimeMap

__all__ = ["PARAMETERS", "EvidenceParameters", "segments_of"]


@dataclass(frozen=True, slots=True)
class EvidenceParameters:
    """What a run's looks, movement and common features count, and how alike it is taken to be."""

    #: Similarity of two pictures of a reference from which on the second one tells nothing new.
    known_similarity: float = parameter(0.8, unit="similarity", low=0.5, high=1.0, source="chosen, not measured")

    #: The same up to which all that it tells is new.
    novel_similarity: float = parameter(0.45, unit="similarity", low=0.0, high=0.79, source="chosen, not measured")

    #: What a picture that tells nothing new still counts, as a share.
    min_novelty_share: float = parameter(0.05, unit="share", low=0.0, high=1.0, source="chosen, not measured")

    #: How far apart the maps of two runs may be, seconds of the reference, for one to go on with what the other shows.
    same_map_s: float = parameter(
        0.4, unit="s", low=0.05, high=2.0, source="as near as maps of segments are that are joined, and added up"
    )

    #: How far from a run's line similarities are its own, in the reference.
    line_tolerance_s: float = parameter(
        1.0, unit="s", low=0.25, high=5.0, source="by the stored form: a reference is described once a second"
    )

    #: Log-odds that motion adds to a segment at most.
    max_motion_log_odds: float = parameter(24.0, unit="log-odds", low=0.0, high=200.0, source="chosen, not measured")

    #: The share of its windows' sum that motion adds: they overlap.
    motion_overlap_share: float = parameter(0.5, unit="share", low=0.0, high=1.0, source="chosen, not measured")

    #: How far off a line pictures with common features still speak for it in full: a still scene has many.
    feature_tolerance_s: float = parameter(3.0, unit="s", low=0.5, high=30.0, source="chosen, not measured")

    #: Share that such pictures count where they lie farther off: they tell the scene, and not this moment.
    elsewhere_feature_share: float = parameter(0.5, unit="share", low=0.0, high=1.0, source="chosen, not measured")

    #: Share of what common features tell that tells the scene alone, whatever moves there.
    scene_share: float = parameter(0.5, unit="share", low=0.0, high=1.0, source="chosen, not measured")

    #: Log-odds that motion adds in each second of a copy in which something moves.
    usual_motion_log_odds_per_s: float = parameter(
        1.2,
        unit="log-odds/s",
        low=0.1,
        high=10.0,
        source="chosen below 1.35: a cosine of 0.6, the least that is usual in copies on the tuning footage, gives it",
    )

    #: Share of a run's time in which something must move for the moment to be told by it.
    min_moving_share: float = parameter(0.6, unit="share", low=0.0, high=1.0, source="chosen, not measured")

    #: Log-odds against a segment for each second that moves unlike the reference, beyond those that move alike: another
    #: take in front of the same wall.
    unlike_log_odds_per_s: float = parameter(0.8, unit="log-odds/s", low=0.0, high=10.0, source="chosen, not measured")

    #: The same at most.
    max_unlike_log_odds: float = parameter(8.0, unit="log-odds", low=0.0, high=100.0, source="chosen, not measured")

    #: How alike the moments of a segment are taken to be where no closer look measures it: where local features find no
    #: region, or less than a second of pictures lies along the line, or nothing there tells its moment. There it
    #: reaches the answer: it bounds an interval's similarity, unless its sound is more alike.
    unmeasured_similarity: float = parameter(
        0.8, unit="similarity", low=0.0, high=1.0, source="a stand-in, chosen and not measured"
    )


PARAMETERS = EvidenceParameters()


def segments_of(  # noqa: PLR0917 (what one pair of media items is told by)
    query: PictureQuery,
    correspondences: Correspondences,
    similarities: Similarities,
    stored: NDArray[np.float32],
    runs: Sequence[Run],
    located: Located,
) -> list[Segment]:
    """Return the segments that runs of moments are, with the log-odds that each is a copy.

    Args:
        query: The query's picture.
        correspondences: What the runs were found in.
        similarities: To the reference's described pictures.
        stored: Unit vectors of those pictures, float32 `(r, d)`.
        runs: The runs, in order of time.
        located: What local features say of the pair; where they found no region, the view that is likest tells the
            edits.
    """
    found: list[Segment] = []
    since = 0
    for index, run in enumerate(runs):
        if not index or not _goes_on(query, runs[index - 1], run):
            since = run.first
        found.append(_segment_of(query, correspondences, similarities, stored, run, since, located))
    return found


def _goes_on(query: PictureQuery, before: Run, run: Run) -> bool:
    """Return whether a run may come to be one with the run before it: what is seen again is not new then."""
    start = float(query.samples[run.first])
    pause = start - float(query.samples[before.last])
    grown = span_extension.PARAMETERS.max_growth_s
    return pause < grown and abs(before.map.at(start) - run.map.at(start)) < PARAMETERS.same_map_s


def _segment_of(  # noqa: PLR0917 (what one pair of media items is told by)
    query: PictureQuery,
    correspondences: Correspondences,
    similarities: Similarities,
    stored: NDArray[np.float32],
    run: Run,
    since: int,
    located: Located,
) -> Segment:
    """Return the segment that a run is; from the moment `since` on what it goes on with was shown."""
    start, end = float(query.samples[run.first]), float(query.samples[run.last])
    by_look, kinds, novelty = _look_log_odds(query, similarities, stored, run, since)
    by_motion = _motion_log_odds(correspondences, run)
    by_features = max(
        (_feature_log_odds(pair, run.map) for pair in located.pairs if start <= pair[0] <= end), default=0.0
    )
    by_features *= _same_moment_share(correspondences, run, by_motion)
    if since < run.first:
        by_features *= novelty
    if located.region is not None:
        edits = located.region.edits(query.query_frames.size)
    else:
        edits = edits_of_view(view_names()[int(kinds.argmax())])
    return Segment(
        start=start,
        end=end,
        map=run.map,
        log_odds=by_look + by_motion + by_features - speed_prior(run.map.speed),
        similarity=PARAMETERS.unmeasured_similarity,
        picture=True,
        transforms=edits,
        findings=(PictureFinding(by_look, by_motion, by_features),),
    )


def _same_moment_share(correspondences: Correspondences, run: Run, by_motion: float) -> float:
    """Return which share of common features counts: they tell the scene, and what moves there tells the moment."""
    span = slice(run.first, run.last + 1)
    seconds = counted_s(correspondences.gaps[span])
    moving = float(seconds[correspondences.has_motion[span]].sum())
    if moving < PARAMETERS.min_moving_share * seconds.sum():
        return 1.0
    usual = min(PARAMETERS.usual_motion_log_odds_per_s * moving, PARAMETERS.max_motion_log_odds)
    return float(np.clip(by_motion / usual, PARAMETERS.scene_share, 1.0))


def _feature_log_odds(pair: tuple[float, float, float], line: TimeMap) -> float:
    """Return what a pair of pictures that has common features adds to a line, log-odds: less when it lies elsewhere."""
    time, place, weight = pair
    near = abs(line.at(time) - place) < PARAMETERS.feature_tolerance_s
    return weight if near else weight * PARAMETERS.elsewhere_feature_share


def _look_log_odds(
    query: PictureQuery, similarities: Similarities, stored: NDArray[np.float32], run: Run, since: int
) -> tuple[float, NDArray[np.float64], float]:
    """Return log-odds of a run's looks, each as far as it is new, the votes for each view, and what is newest, 0..1."""
    moments = similarities.moments
    times = query.samples[moments]
    off = np.abs(similarities.places - run.map.speed * times - run.map.offset)
    near = np.nonzero(
        (moments >= since)
        & (moments <= run.last)
        & (off < PARAMETERS.line_tolerance_s)
        & (similarities.values > picture_similarity.PARAMETERS.similarity_floor)
    )[0]
    weights = look_log_odds(similarities.values).astype(np.float64)
    own = near[moments[near] >= run.first]
    votes = np.bincount(query.views.kinds[similarities.views[own]], weights[own], len(view_names())).astype(np.float64)
    order = near[np.lexsort((-weights[near], moments[near]))]
    _, firsts = np.unique(moments[order], return_index=True)
    best = order[firsts]
    novelty = _novelty(stored[similarities.columns[best]])[moments[best] >= run.first]
    best = best[moments[best] >= run.first]
    weight = weights[best] * counted_s(query.gaps[moments[best]]) * novelty
    return float(weight.sum()), votes, float(novelty.max(initial=0.0))


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
    best, seconds = best[span], counted_s(correspondences.gaps[span])
    together = PARAMETERS.motion_overlap_share * float((best * seconds).sum())
    alike = min(PARAMETERS.max_motion_log_odds, together)
    unlike = float(seconds[correspondences.has_motion[span] & (best == 0)].sum() - seconds[best > 0].sum())
    return alike - min(PARAMETERS.max_unlike_log_odds, PARAMETERS.unlike_log_odds_per_s * max(0.0, unlike))


def _novelty(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return for each of a sequence of vectors how much it tells that those before it did not, 0..1."""
    known, least = PARAMETERS.known_similarity, PARAMETERS.min_novelty_share
    span = known - PARAMETERS.novel_similarity
    weight = np.ones(len(vectors))
    kept: list[NDArray[np.float32]] = []
    for index, vector in enumerate(vectors):
        alike = float((np.array(kept) @ vector).max()) if kept else 0.0
        weight[index] = np.clip((known - alike) / span, least, 1.0)
        if weight[index] > least:
            kept.append(vector)
    return weight
