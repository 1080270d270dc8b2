"""Which spans of a query's picture are which spans of a reference's.

Vectors of whole pictures propose; local features say where in the query's picture the reference's lies; what is seen
there then tells by its movement, and by its pattern of light, to which moment each moment belongs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching import search_regions
from fingerprint.matching.picture.evidence import segment_of
from fingerprint.matching.picture.localization import PicturePair, locate
from fingerprint.matching.picture.motion import find_motion
from fingerprint.matching.picture.query import STILL_SCENE_S
from fingerprint.matching.picture.similarity import SIMILARITY_FLOOR, correspondences_of, find_similarities
from fingerprint.matching.picture.span_extension import extended
from fingerprint.matching.picture.views import REGIONS, VIEW_NAMES
from fingerprint.matching.picture.viterbi import find_runs
from fingerprint.picture.embedding import dequantise
from fingerprint.picture.local_features import WHOLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fingerprint.matching.picture.correspondences import Hint
    from fingerprint.matching.picture.localization import Located
    from fingerprint.matching.picture.query import PictureQuery
    from fingerprint.matching.picture.similarity import Similarities
    from fingerprint.matching.time_map import Segment, TimeMap
    from fingerprint.picture.track import PictureTrack

__all__ = ["align_picture"]

#: Log-odds that a run needs to be looked at.
MIN_RUN_LOG_ODDS = 4.0

#: Pairs of pictures whose local features are compared.
MAX_PICTURE_PAIRS = 8

#: Time maps told by sound that are looked at.
MAX_HINTS = 3

#: Moments of a query whose local features are taken, at most.
MAX_FEATURE_MOMENTS = 240

#: How far around what looks alike movement is compared, seconds: a copy's looks may be lost for a while.
MOTION_MARGIN_S = 30.0

#: Long references are compared by movement only where they look alike: so many stretches of ten seconds.
MAX_MOTION_CELLS = 12


def align_picture(query: PictureQuery, reference: PictureTrack, hints: Sequence[Hint] = ()) -> list[Segment]:
    """Return the spans of the query that look like the reference.

    Their evidence counts what is seen again and again once: a wall is no more of a copy for being looked at longer.

    Args:
        query: The query's picture.
        reference: The reference's picture.
        hints: Time maps that the sound tells, where a closer look is worth it; strongest first.
    """
    if not len(reference.numbers) or not len(query.samples) or not len(query.views.vectors):
        return []
    stored = dequantise(reference.codes)
    similarities = find_similarities(query, stored, reference.times_ms / 1000)
    pairs = [
        *_likeliest_pairs(query, similarities),
        *(pair for one in hints[:MAX_HINTS] for pair in _hinted_pairs(query, reference, one.map)),
    ]
    located = locate(query.query_frames, reference, pairs)
    if located.region is None:
        correspondences = correspondences_of(query, similarities, None)
        return [
            segment_of(query, correspondences, similarities, stored, run, located)
            for run in find_runs(correspondences, MIN_RUN_LOG_ODDS, hints)
        ]
    seen = query.query_frames.miniatures(located.region, _promising(query, similarities, located, hints))
    likely = _likely(similarities, reference, hints)
    motion = find_motion(seen, reference.grid_ms[likely] / 1000, reference.thumbnails[likely])
    correspondences = correspondences_of(query, similarities, motion)
    segments = [
        segment_of(query, correspondences, similarities, stored, run, located)
        for run in find_runs(correspondences, MIN_RUN_LOG_ODDS, hints)
    ]
    starts = [*(segment.start for segment in segments[1:]), np.inf]
    grown: list[Segment] = []
    for segment, before in zip(segments, starts, strict=False):
        after = grown[-1].end if grown else 0.0
        grown.append(extended(segment, seen, reference, after=after, before=before))
    return grown


def _likeliest_pairs(query: PictureQuery, similarities: Similarities) -> list[PicturePair]:
    """Return the likeliest pairs of pictures, of different moments, spread over the query."""
    moments = similarities.moments
    # Of a long query fewer moments are looked at for all references together: their features are kept.
    step = max(1, len(query.samples) // MAX_FEATURE_MOMENTS)
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
        if len(chosen) == MAX_PICTURE_PAIRS:
            break
    return chosen


def _hinted_pairs(query: PictureQuery, reference: PictureTrack, line: TimeMap) -> list[PicturePair]:
    """Return pairs of pictures along a time map, spread over all of it that lies in the reference."""
    places = line.speed * query.samples + line.offset
    times = reference.times_ms / 1000
    inside = query.samples[(places >= times[0]) & (places <= times[-1])]
    if not len(inside):
        return []
    chosen = inside[np.unique(np.linspace(0, len(inside) - 1, MAX_PICTURE_PAIRS // 2).astype(int))]
    return [PicturePair(float(time), int(np.argmin(np.abs(times - line.at(time))))) for time in chosen]


def _promising(
    query: PictureQuery, similarities: Similarities, located: Located, hints: Sequence[Hint]
) -> NDArray[np.bool_]:
    """Return which of the query's pictures lie near something that speaks for the reference."""
    times = query.query_frames.times
    moments = np.unique(
        np.concatenate(
            [
                query.samples[similarities.moments[similarities.values > SIMILARITY_FLOOR]],
                [time for time, _, weight in located.pairs if weight > 0],
            ]
        )
    )
    spans = [(moment, moment) for moment in moments] + [(one.start, one.end) for one in hints]
    return _within(times, spans, MOTION_MARGIN_S)


def _likely(similarities: Similarities, reference: PictureTrack, hints: Sequence[Hint]) -> NDArray[np.bool_]:
    """Return where in the reference movement is compared: all of a short one, the likeliest minutes of a long one."""
    grid = reference.grid_ms / 1000
    if grid[-1] - grid[0] <= search_regions.PARAMETERS.long_reference_s:
        return np.ones(len(grid), bool)
    alike = similarities.values > SIMILARITY_FLOOR
    cells = np.floor(similarities.places[alike] / STILL_SCENE_S).astype(np.int64)
    sums = np.bincount(np.maximum(cells, 0), similarities.values[alike] - SIMILARITY_FLOOR)
    best = np.argsort(-sums, kind="stable")[:MAX_MOTION_CELLS]
    spans = [(cell * STILL_SCENE_S, (cell + 1) * STILL_SCENE_S) for cell in best[sums[best] > 0].tolist()]
    spans += [(one.map.at(one.start), one.map.at(one.end)) for one in hints[:MAX_HINTS]]
    return _within(grid, spans, STILL_SCENE_S)


def _within(times: NDArray[np.float64], spans: Sequence[tuple[float, float]], margin_s: float) -> NDArray[np.bool_]:
    """Return which of some rising times lie in one of some spans, or so many seconds around one, bool `(n,)`."""
    inside = np.zeros(len(times), bool)
    for start, end in spans:
        inside[np.searchsorted(times, start - margin_s) : np.searchsorted(times, end + margin_s, "right")] = True
    return inside
