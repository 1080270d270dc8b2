"""Which spans of a query's picture are which spans of a reference's.

Vectors of whole pictures propose; local features say where in the query's picture the reference's lies; what is seen
there then tells by its movement, and by its pattern of light, to which moment each moment belongs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching import search_regions
from fingerprint.matching.picture import similarity as picture_similarity
from fingerprint.matching.picture.evidence import segments_of
from fingerprint.matching.picture.localization import PicturePair, locate
from fingerprint.matching.picture.motion import find_motion
from fingerprint.matching.picture.similarity import correspondences_of, find_similarities
from fingerprint.matching.picture.span_extension import extended
from fingerprint.matching.picture.views import regions, view_names
from fingerprint.matching.picture.viterbi import find_runs
from fingerprint.parameters import parameter
from fingerprint.picture import extractor
from fingerprint.picture.embedding import dequantise
from fingerprint.picture.local_features import WHOLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fingerprint.matching.picture.correspondences import Correspondences, Hint
    from fingerprint.matching.picture.localization import Located
    from fingerprint.matching.picture.query import PictureQuery
    from fingerprint.matching.picture.similarity import Similarities
    from fingerprint.matching.time_map import Segment
    from fingerprint.picture.track import PictureTrack

__all__ = ["PARAMETERS", "AlignerParameters", "PictureAlignment", "align_picture", "compare_pictures"]


@dataclass(frozen=True, slots=True)
class AlignerParameters:
    """How much of a query and a reference is looked at closely."""

    #: Log-odds that a run needs to be looked at.
    min_run_log_odds: float = parameter(4.0, unit="log-odds", low=0.0, high=20.0, source="chosen, not measured")

    #: Similarity over chance in another view from which on a closer look is taken in it.
    min_telling_similarity: float = parameter(
        0.25,
        unit="similarity",
        low=0.1,
        high=0.6,
        source="a bound on cost: one in twenty of the references that copies nothing are held against reaches it",
    )

    #: Views of one reference that a closer look is taken in.
    max_telling_views: int = parameter(
        3, unit="count", low=1, high=18, source="a bound on cost: an edit turns or frames a picture in one way"
    )

    #: Pairs of pictures whose local features are compared, of those that look alike.
    max_picture_pairs: int = parameter(8, unit="count", low=1, high=100, source="a bound on cost; chosen, not measured")

    #: Seconds of the query between two such pairs, more than which they are apart: near ones show the same.
    min_pair_spacing_s: float = parameter(1.0, unit="s", low=0.0, high=10.0, source="chosen, not measured")

    #: Time maps told by sound that are looked at.
    max_hints: int = parameter(3, unit="count", low=0, high=20, source="a bound on cost; chosen, not measured")

    #: Pairs of pictures along each of them whose local features are compared.
    max_hinted_pairs: int = parameter(4, unit="count", low=1, high=100, source="a bound on cost; chosen, not measured")

    #: Moments of a query whose local features are taken, at most.
    max_feature_moments: int = parameter(
        240, unit="count", low=8, high=10_000, source="a bound on cost and on memory; chosen, not measured"
    )

    #: How far around what looks alike movement is compared: a copy's looks may be lost for a while.
    motion_margin_s: float = parameter(30.0, unit="s", low=0.0, high=600.0, source="chosen, not measured")

    #: Long references are compared by movement only where they look alike: so many stretches of a still scene's length.
    max_motion_cells: int = parameter(
        12, unit="count", low=1, high=1000, source="a bound on cost; chosen, not measured"
    )


PARAMETERS = AlignerParameters()


@dataclass(frozen=True)
class PictureAlignment:
    """Which spans of a query look like a reference, and what they were found in.

    Attributes:
        segments: The spans.
        correspondences: Moments that look, or move, alike; None where there is nothing to compare.
        located: What local features say; None as well.
    """

    segments: list[Segment] = field(default_factory=list)
    correspondences: Correspondences | None = None
    located: Located | None = None


def align_picture(query: PictureQuery, reference: PictureTrack, hints: Sequence[Hint] = ()) -> list[Segment]:
    """Return the spans of the query that look like the reference: see `compare_pictures`."""
    return compare_pictures(query, reference, hints).segments


def compare_pictures(query: PictureQuery, reference: PictureTrack, hints: Sequence[Hint] = ()) -> PictureAlignment:
    """Return the spans of the query that look like the reference, and what they were found in.

    Their evidence counts what is seen again and again once: a wall is no more of a copy for being looked at longer.

    Args:
        query: The query's picture.
        reference: The reference's picture.
        hints: Time maps that the sound tells, where a closer look is worth it; strongest first.
    """
    if not len(reference.numbers) or not len(query.samples) or not len(query.views.vectors):
        return PictureAlignment()
    stored = dequantise(reference.codes)
    similarities = find_similarities(query, stored, reference.times_ms / 1000)
    closely = _telling_views(query, similarities)
    if closely:
        query = query.closer(closely)
        similarities = find_similarities(query, stored, reference.times_ms / 1000)
    pairs = [
        *_likeliest_pairs(query, similarities),
        *(pair for one in hints[: PARAMETERS.max_hints] for pair in _hinted_pairs(query, reference, one)),
    ]
    located = locate(query.query_frames, reference, pairs)
    if located.region is None:
        correspondences = correspondences_of(query, similarities, None)
        runs = find_runs(correspondences, PARAMETERS.min_run_log_odds, hints)
        segments = segments_of(query, correspondences, similarities, stored, runs, located)
        return PictureAlignment(segments, correspondences, located)
    seen = query.query_frames.miniatures(located.region, _promising(query, similarities, located, hints))
    likely = _likely(similarities, reference, hints)
    motion = find_motion(seen, reference.grid_ms[likely] / 1000, reference.thumbnails[likely])
    correspondences = correspondences_of(query, similarities, motion)
    runs = find_runs(correspondences, PARAMETERS.min_run_log_odds, hints)
    segments = segments_of(query, correspondences, similarities, stored, runs, located)
    starts = [*(segment.start for segment in segments[1:]), np.inf]
    grown: list[Segment] = []
    for segment, before in zip(segments, starts, strict=False):
        after = grown[-1].end if grown else 0.0
        grown.append(extended(segment, seen, reference, after=after, before=before))
    return PictureAlignment(grown, correspondences, located)


def _telling_views(query: PictureQuery, similarities: Similarities) -> frozenset[int]:
    """Return the kinds of views, but the plain one, in which something looks so alike that it is worth a closer look.

    Of one moment the likest view counts: the others are like it because they show much of the same.
    """
    telling = np.nonzero(similarities.values >= PARAMETERS.min_telling_similarity)[0]
    order = telling[np.lexsort((-similarities.values[telling], similarities.moments[telling]))]
    _, firsts = np.unique(similarities.moments[order], return_index=True)
    kinds, votes = np.unique(query.views.kinds[similarities.views[order[firsts]]], return_counts=True)
    likest = kinds[np.argsort(-votes, kind="stable")]
    return frozenset(int(kind) for kind in likest[: PARAMETERS.max_telling_views] if kind != 0)


def _likeliest_pairs(query: PictureQuery, similarities: Similarities) -> list[PicturePair]:
    """Return the likeliest pairs of pictures, of different moments, spread over the query."""
    moments = similarities.moments
    # Of a long query fewer moments are looked at for all references together: their features are kept.
    step = max(1, len(query.samples) // PARAMETERS.max_feature_moments)
    order = np.nonzero(moments % step == 0)[0]
    order = order[np.lexsort((-similarities.values[order], moments[order]))]
    _, firsts = np.unique(moments[order], return_index=True)
    best = order[firsts]
    best = best[np.argsort(-similarities.values[best])]
    names, parts, spacing = view_names(), regions(), PARAMETERS.min_pair_spacing_s
    chosen: list[PicturePair] = []
    for index in best.tolist():
        time = float(query.samples[moments[index]])
        if all(abs(time - other.time) > spacing for other in chosen):
            part = parts.get(names[query.views.kinds[similarities.views[index]]], WHOLE)
            alike = float(similarities.values[index])
            chosen.append(PicturePair(time, int(similarities.columns[index]), part, alike))
        if len(chosen) == PARAMETERS.max_picture_pairs:
            break
    return chosen


def _hinted_pairs(query: PictureQuery, reference: PictureTrack, hint: Hint) -> list[PicturePair]:
    """Return pairs of pictures along a hint's time map, spread over all of it that lies in the reference."""
    line = hint.map
    places = line.speed * query.samples + line.offset
    times = reference.times_ms / 1000
    inside = query.samples[(places >= times[0]) & (places <= times[-1])]
    if not len(inside):
        return []
    chosen = inside[np.unique(np.linspace(0, len(inside) - 1, PARAMETERS.max_hinted_pairs).astype(int))]
    alike = 1.0 if hint.sure else 0.0  # a copy by its sound: what it looks like is worth knowing
    return [
        PicturePair(float(time), int(np.argmin(np.abs(times - line.at(time)))), similarity=alike) for time in chosen
    ]


def _promising(
    query: PictureQuery, similarities: Similarities, located: Located, hints: Sequence[Hint]
) -> NDArray[np.bool_]:
    """Return which of the query's pictures lie near something that speaks for the reference."""
    times = query.query_frames.times
    moments = np.unique(
        np.concatenate(
            [
                query.samples[
                    similarities.moments[similarities.values > picture_similarity.PARAMETERS.similarity_floor]
                ],
                [time for time, _, weight in located.pairs if weight > 0],
            ]
        )
    )
    spans = [(moment, moment) for moment in moments] + [(one.start, one.end) for one in hints]
    return _within(times, spans, PARAMETERS.motion_margin_s)


def _likely(similarities: Similarities, reference: PictureTrack, hints: Sequence[Hint]) -> NDArray[np.bool_]:
    """Return where in the reference movement is compared: all of a short one, the likeliest minutes of a long one."""
    grid = reference.grid_ms / 1000
    if grid[-1] - grid[0] <= search_regions.PARAMETERS.long_reference_s:
        return np.ones(len(grid), bool)
    floor, side = picture_similarity.PARAMETERS.similarity_floor, extractor.PARAMETERS.still_scene_s
    alike = similarities.values > floor
    cells = np.floor(similarities.places[alike] / side).astype(np.int64)
    sums = np.bincount(np.maximum(cells, 0), similarities.values[alike] - floor)
    best = np.argsort(-sums, kind="stable")[: PARAMETERS.max_motion_cells]
    spans = [(cell * side, (cell + 1) * side) for cell in best[sums[best] > 0].tolist()]
    spans += [(one.map.at(one.start), one.map.at(one.end)) for one in hints[: PARAMETERS.max_hints]]
    return _within(grid, spans, side)


def _within(times: NDArray[np.float64], spans: Sequence[tuple[float, float]], margin_s: float) -> NDArray[np.bool_]:
    """Return which of some rising times lie in one of some spans, or so many seconds around one, bool `(n,)`."""
    inside = np.zeros(len(times), bool)
    for start, end in spans:
        inside[np.searchsorted(times, start - margin_s) : np.searchsorted(times, end + margin_s, "right")] = True
    return inside
