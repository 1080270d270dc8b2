"""Which spans of a query's picture are which spans of a reference's.

Vectors of whole pictures propose; local features say where in the query's picture the reference's lies; what is seen
there then tells by its movement, and by its pattern of light, to which moment each moment belongs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.picture.localization import PicturePair, locate
from fingerprint.matching.picture.motion import STEP_S, WINDOW, find_motion
from fingerprint.matching.picture.query_frames import QueryFrames
from fingerprint.matching.picture.span_extension import extended
from fingerprint.matching.picture.views import REGIONS, VIEW_EDITS, VIEW_NAMES, Views, describe_views
from fingerprint.matching.picture.viterbi import SPEED_PRIOR, Correspondences, Hint, Run, find_runs
from fingerprint.matching.search_regions import LONG_S
from fingerprint.matching.time_map import Segment
from fingerprint.picture.embedding import background_score, dequantise
from fingerprint.picture.local_features import WHOLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fingerprint.matching.picture.localization import Located
    from fingerprint.matching.picture.motion import MotionHits
    from fingerprint.matching.time_map import TimeMap
    from fingerprint.picture.track import PictureTrack
    from fingerprint.query import Piece

__all__ = ["FLOOR", "PictureQuery", "align_picture"]

#: Similarity over chance below which two moments have nothing to do with each other: the 99.9th percentile of unrelated
#: ones, with every view tried.
FLOOR = 0.2

#: Log-odds for each unit of similarity over the floor, and most of a moment's: measured on the tuning footage.
GAIN, MOST = 14.0, 4.0

#: Described pictures of the reference that each query picture is held against: a still scene has many alike.
NEAREST = 32

#: Query rows compared at once.
ROWS_AT_ONCE = 512

#: Log-odds that a run needs to be looked at.
LEAST = 4.0

#: Similarity of two pictures of a reference: at the first figure the second one tells nothing new, at the other all.
SEEN, NEW = 0.8, 0.45

#: What a picture that tells nothing new still counts.
REPEATED = 0.05

#: Pairs of pictures whose local features are compared.
PAIRS = 8

#: Time maps told by sound that are looked at.
MOST_TOLD = 3

#: Moments of a query whose local features are taken, at most.
MOST_LOOKED = 240

#: Log-odds for each unit of a window's cosine over the floor of motion, and most of a window's.
MOTION_FLOOR, MOTION_GAIN, MOTION_MOST = 0.33, 10.0, 4.0

#: Where a place is told by motion, a look that is as good everywhere in the reference counts this share.
EVERYWHERE = 0.15

#: How far around what looks alike movement is compared, seconds: a copy's looks may be lost for a while.
REACH_S = 30.0

#: Long references are compared by movement only where they look alike: so many stretches of ten seconds.
LIKELY_CELLS = 12

#: Log-odds that motion adds to a segment at most, and the share of its windows' sum: they overlap.
MOST_BY_MOTION, MOTION_SHARE = 24.0, 0.5

#: How far off a line pictures with common features still speak for it in full, seconds: a still scene has many.
FEATURES_NEAR = 3.0

#: Share of what common features tell that tells the scene alone, log-odds that motion adds in each second of a copy in
#: which something moves (a cosine of 0.6, the least that is usual in copies, gives 1.35), and the share of its time in
#: which something must move for that to be known.
SCENE, USUAL_MOTION, MOSTLY = 0.5, 1.2, 0.6

#: Log-odds against a segment for each second that moves unlike the reference, beyond those that move alike, and at
#: most: another take in front of the same wall.
UNLIKE, MOST_AGAINST = 0.8, 8.0

#: Seconds between the moments that are placed.
SAMPLE_S = 0.5

#: Seconds that a still scene is described by one picture.
STILL_S = 10.0

#: How far from a run's line similarities are its own, seconds of the reference.
ON_LINE = 1.0


@dataclass(frozen=True)
class PictureQuery:
    """A query's pictures in all views, with what each scores by chance.

    Attributes:
        views: The vectors.
        background_score: What each is like by chance, float32 `(n,)`.
        samples: The moments that are placed, float64 `(m,)`.
        gaps: Seconds that each moment stands for, float64 `(m,)`.
        spoken: Index of a view and of a moment that it speaks for, int64 `(k, 2)`, sorted by view.
        query_frames: For a closer look.
    """

    views: Views
    background_score: NDArray[np.float32]
    samples: NDArray[np.float64]
    gaps: NDArray[np.float64]
    spoken: NDArray[np.int64]
    query_frames: QueryFrames

    @classmethod
    def of(cls, query: Piece, *, thorough: bool) -> PictureQuery | None:
        """Prepare a query; None when it has no picture."""
        track = query.fingerprint.picture
        if track is None or not len(track.grid_ms):
            return None
        views = describe_views(track, query.keyframes, thorough=thorough)
        query_frames = QueryFrames(query)
        _, firsts = np.unique(np.floor(query_frames.times / SAMPLE_S + 0.01), return_index=True)
        samples = query_frames.times[firsts]
        gaps = np.clip(np.diff(samples, append=samples[-1:] + SAMPLE_S), 0.1, 2.5)
        return cls(views, background_score(views.vectors), samples, gaps, _spoken(views, samples), query_frames)


def _spoken(views: Views, samples: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return which view speaks for which moment: the nearest of its kind; a still picture until the next one."""
    pairs = []
    for kind, reach in enumerate(views.reach):
        own = np.nonzero(views.kinds == kind)[0]
        if not len(own):
            continue
        times = views.times[own]
        right = np.clip(np.searchsorted(times, samples), 1, len(times) - 1) if len(times) > 1 else np.zeros(1, int)
        left = np.maximum(right - 1, 0)
        nearest = np.where(np.abs(times[right] - samples) < np.abs(times[left] - samples), right, left)
        off = samples - times[nearest]
        near = np.abs(off) <= reach
        if kind == 0:
            nearest = np.where(near, nearest, np.clip(np.searchsorted(times, samples, "right") - 1, 0, None))
            near |= (samples >= times[nearest]) & (samples - times[nearest] <= STILL_S)
        pairs.append(np.stack([own[nearest[near]], np.nonzero(near)[0]], 1))
    joined = np.concatenate(pairs) if pairs else np.zeros((0, 2), np.int64)
    return joined[np.argsort(joined[:, 0], kind="stable")]


@dataclass(frozen=True)
class _Likenesses:
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


def align_picture(query: PictureQuery, reference: PictureTrack, hint: Sequence[Hint] = ()) -> list[Segment]:
    """Return the spans of the query that look like the reference.

    Their evidence counts what is seen again and again once: a wall is no more of a copy for being looked at longer.

    Args:
        query: The query's picture.
        reference: The reference's picture.
        hint: Time maps that the sound tells, where a closer look is worth it; strongest first.
    """
    if not len(reference.numbers) or not len(query.samples) or not len(query.views.vectors):
        return []
    stored = dequantise(reference.codes)
    similarities = _likenesses(query, stored, reference.times_ms / 1000)
    pairs = [
        *_pairs(query, similarities),
        *(pair for one in hint[:MOST_TOLD] for pair in _told(query, reference, one.map)),
    ]
    located = locate(query.query_frames, reference, pairs)
    if located.region is None:
        correspondences = _cloud(query, similarities, None)
        return [
            _segment(query, correspondences, similarities, stored, run, located)
            for run in find_runs(correspondences, LEAST, hint)
        ]
    seen = query.query_frames.miniatures(located.region, _promising(query, similarities, located, hint))
    likely = _likely(similarities, reference, hint)
    motion = find_motion(seen, reference.grid_ms[likely] / 1000, reference.thumbnails[likely])
    correspondences = _cloud(query, similarities, motion)
    segments = [
        _segment(query, correspondences, similarities, stored, run, located)
        for run in find_runs(correspondences, LEAST, hint)
    ]
    starts = [*(segment.start for segment in segments[1:]), np.inf]
    grown: list[Segment] = []
    for segment, before in zip(segments, starts, strict=False):
        after = grown[-1].end if grown else 0.0
        grown.append(extended(segment, seen, reference, after=after, before=before))
    return grown


def _likenesses(query: PictureQuery, stored: NDArray[np.float32], times: NDArray[np.float64]) -> _Likenesses:
    rows, columns, values, typical = [], [], [], []
    limit = min(NEAREST, len(stored))
    for first in range(0, len(query.views.vectors), ROWS_AT_ONCE):
        part = slice(first, first + ROWS_AT_ONCE)
        similarity = query.views.vectors[part] @ stored.T - query.background_score[part, None]
        best = np.argpartition(-similarity, limit - 1, axis=1)[:, :limit]
        found = np.take_along_axis(similarity, best, 1)
        row, column = np.nonzero(found > FLOOR / 2)
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
    return _Likenesses(
        views=row[each],
        moments=moments,
        columns=column[each],
        places=times[column[each]] + off,
        values=np.concatenate(values)[each],
        typical=np.concatenate(typical)[each],
    )


def _pairs(query: PictureQuery, similarities: _Likenesses) -> list[PicturePair]:
    """Return the likeliest pairs of pictures, of different moments, spread over the query."""
    moments = similarities.moments
    # Of a long query fewer moments are looked at for all references together: their features are kept.
    step = max(1, len(query.samples) // MOST_LOOKED)
    order = np.nonzero(moments % step == 0)[0]
    order = order[np.lexsort((-similarities.values[order], moments[order]))]
    _, firsts = np.unique(moments[order], return_index=True)
    best = order[firsts]
    best = best[np.argsort(-similarities.values[best])]
    chosen: list[PicturePair] = []
    for index in best.tolist():
        time = float(query.samples[moments[index]])
        if all(abs(time - other.time) > 1.0 for other in chosen):
            part = REGIONS.get(VIEW_NAMES[query.views.kinds[similarities.views[index]]], WHOLE)
            chosen.append(PicturePair(time, int(similarities.columns[index]), part))
        if len(chosen) == PAIRS:
            break
    return chosen


def _told(query: PictureQuery, reference: PictureTrack, line: TimeMap) -> list[PicturePair]:
    """Return pairs of pictures along a time map, spread over all of it that lies in the reference."""
    places = line.speed * query.samples + line.offset
    times = reference.times_ms / 1000
    inside = query.samples[(places >= times[0]) & (places <= times[-1])]
    chosen = inside[np.unique(np.linspace(0, len(inside) - 1, PAIRS // 2).astype(int))] if len(inside) else inside
    return [PicturePair(float(time), int(np.argmin(np.abs(times - line.at(time))))) for time in chosen]


def _promising(
    query: PictureQuery, similarities: _Likenesses, located: Located, hint: Sequence[Hint]
) -> NDArray[np.bool_]:
    """Return which of the query's pictures lie near something that speaks for the reference."""
    times = query.query_frames.times
    moments = np.unique(
        np.concatenate(
            [
                query.samples[similarities.moments[similarities.values > FLOOR]],
                [time for time, _, weight in located.pairs if weight > 0],
            ]
        )
    )
    wanted = np.zeros(len(times), bool)
    spans = [(moment, moment) for moment in moments] + [(one.start, one.end) for one in hint]
    for start, end in spans:
        wanted[np.searchsorted(times, start - REACH_S) : np.searchsorted(times, end + REACH_S, "right")] = True
    return wanted


def _likely(similarities: _Likenesses, reference: PictureTrack, hint: Sequence[Hint]) -> NDArray[np.bool_]:
    """Return where in the reference movement is compared: all of a short one, the likeliest minutes of a long one."""
    grid = reference.grid_ms / 1000
    if grid[-1] - grid[0] <= LONG_S:
        return np.ones(len(grid), bool)
    alike = similarities.values > FLOOR
    cells = np.floor(similarities.places[alike] / STILL_S).astype(np.int64)
    sums = np.bincount(np.maximum(cells, 0), similarities.values[alike] - FLOOR)
    best = np.argsort(-sums, kind="stable")[:LIKELY_CELLS]
    spans = [(cell * STILL_S, (cell + 1) * STILL_S) for cell in best[sums[best] > 0].tolist()]
    spans += [(one.map.at(one.start), one.map.at(one.end)) for one in hint[:MOST_TOLD]]
    likely = np.zeros(len(grid), bool)
    for start, end in spans:
        likely[np.searchsorted(grid, start - STILL_S) : np.searchsorted(grid, end + STILL_S, "right")] = True
    return likely


def _cloud(query: PictureQuery, similarities: _Likenesses, motion: MotionHits | None) -> Correspondences:
    good = similarities.values > FLOOR
    weights = np.minimum((similarities.values[good] - FLOOR) * GAIN, MOST)
    if motion is not None and len(motion.moving):
        here = similarities.values[good] - np.maximum(similarities.typical[good], FLOOR)
        weights = EVERYWHERE * weights + (1 - EVERYWHERE) * np.clip(here * GAIN, 0, MOST)
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
    return order[np.arange(len(order)) - firsts < NEAREST]


def _in_order(correspondences: Correspondences) -> Correspondences:
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
    length = WINDOW * STEP_S
    first = np.searchsorted(correspondences.samples, motion.starts - 0.05)
    count = np.searchsorted(correspondences.samples, motion.starts + length + 0.05) - first
    window = np.repeat(np.arange(len(count)), count)
    rows = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + first[window]
    places = motion.places[window] + motion.speeds[window] * (correspondences.samples[rows] - motion.starts[window])
    weights = np.clip((motion.cosines[window] - MOTION_FLOOR) * MOTION_GAIN, 0, MOTION_MOST)
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


def _segment(  # noqa: PLR0917 (what one pair of media items is told by)
    query: PictureQuery,
    correspondences: Correspondences,
    similarities: _Likenesses,
    stored: NDArray[np.float32],
    run: Run,
    located: Located,
) -> Segment:
    start, end = float(query.samples[run.first]), float(query.samples[run.last])
    by_look, kinds = _look_evidence(query, similarities, stored, run)
    by_motion = _motion_evidence(correspondences, run)
    by_features = max((_feature_worth(pair, run.map) for pair in located.pairs if start <= pair[0] <= end), default=0.0)
    by_features *= _same_moment(correspondences, run, by_motion)
    if located.region is not None:
        edits = located.region.edits(query.query_frames.size)
    else:
        edits = VIEW_EDITS.get(VIEW_NAMES[int(kinds.argmax())], ())
    return Segment(
        start=start,
        end=end,
        map=run.map,
        log_odds=by_look + by_motion + by_features - (0.0 if run.map.speed == 1.0 else SPEED_PRIOR),
        similarity=0.8,
        picture=True,
        transforms=edits,
    )


def _same_moment(correspondences: Correspondences, run: Run, by_motion: float) -> float:
    """Return which share of common features counts: they tell the scene, and what moves there tells the moment."""
    span = slice(run.first, run.last + 1)
    seconds = np.minimum(correspondences.gaps[span], 1.0)
    moving = float(seconds[correspondences.has_motion[span]].sum())
    if moving < MOSTLY * seconds.sum():
        return 1.0
    return float(np.clip(by_motion / min(USUAL_MOTION * moving, MOST_BY_MOTION), SCENE, 1.0))


def _feature_worth(pair: tuple[float, float, float], line: TimeMap) -> float:
    """Return what a pair of pictures that has common features adds to a line: less when it lies elsewhere."""
    time, place, weight = pair
    return weight if abs(line.at(time) - place) < FEATURES_NEAR else weight / 2


def _look_evidence(
    query: PictureQuery, similarities: _Likenesses, stored: NDArray[np.float32], run: Run
) -> tuple[float, NDArray[np.float64]]:
    """Return log-odds of a run's looks, each counted as far as it is new, and the votes for each view."""
    moments = similarities.moments
    times = query.samples[moments]
    off = np.abs(similarities.places - run.map.speed * times - run.map.offset)
    near = np.nonzero((moments >= run.first) & (moments <= run.last) & (off < ON_LINE) & (similarities.values > FLOOR))[
        0
    ]
    weights = np.minimum((similarities.values - FLOOR) * GAIN, MOST).astype(np.float64)
    votes = np.bincount(query.views.kinds[similarities.views[near]], weights[near], len(VIEW_NAMES)).astype(np.float64)
    order = near[np.lexsort((-weights[near], moments[near]))]
    _, firsts = np.unique(moments[order], return_index=True)
    best = order[firsts]
    weight = weights[best] * np.minimum(query.gaps[moments[best]], 1.0) * _novelty(stored[similarities.columns[best]])
    return float(weight.sum()), votes


def _motion_evidence(correspondences: Correspondences, run: Run) -> float:
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
    alike = min(MOST_BY_MOTION, MOTION_SHARE * float((best * seconds).sum()))
    unlike = float(seconds[correspondences.has_motion[span] & (best == 0)].sum() - seconds[best > 0].sum())
    return alike - min(MOST_AGAINST, UNLIKE * max(0.0, unlike))


def _novelty(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return for each of a sequence of vectors how much it tells that those before it did not, 0..1."""
    weight = np.ones(len(vectors))
    kept: list[NDArray[np.float32]] = []
    for index, vector in enumerate(vectors):
        alike = float((np.array(kept) @ vector).max()) if kept else 0.0
        weight[index] = np.clip((SEEN - alike) / (SEEN - NEW), REPEATED, 1.0)
        if weight[index] > REPEATED:
            kept.append(vector)
    return weight
