"""Finds where in the query's picture a reference's picture lies, from local features of a few pairs of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.picture.geometric_verification import compare_local
from fingerprint.matching.picture.region import Region
from fingerprint.parameters import parameter
from fingerprint.picture.local_features import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fingerprint.matching.picture.query_frames import QueryFrames
    from fingerprint.picture.local_features import LocalFeatures, Part
    from fingerprint.picture.track import PictureTrack

__all__ = ["PARAMETERS", "LocalizationParameters", "Located", "PicturePair", "locate"]


@dataclass(frozen=True, slots=True)
class LocalizationParameters:
    """What inliers of pairs of pictures say, and how many pairs are looked at."""

    #: Inliers of two pictures that have nothing in common, at most.
    max_chance_inliers: int = parameter(
        3, unit="count", low=0, high=16, source="measured: no more in a thousand pairs of unrelated pictures"
    )

    #: Inliers from which on a region is believed.
    min_inliers: int = parameter(
        7, unit="count", low=3, high=64, source="chosen, not measured: well over what chance makes"
    )

    #: Inliers of a pair of pictures from which on a closer look at it would say nothing new.
    min_sure_inliers: int = parameter(
        16, unit="count", low=4, high=120, source="a bound on cost: a closer look takes twenty times as long"
    )

    #: Pairs of pictures with so many inliers from which on a closer look at any would say nothing new.
    min_sure_pairs: int = parameter(
        2, unit="count", low=1, high=8, source="a bound on cost: a closer look takes twenty times as long"
    )

    #: Pictures with local features that are tried for each pair, nearest in time first: they are some seconds apart.
    max_neighbours: int = parameter(2, unit="count", low=1, high=8, source="a bound on cost; chosen, not measured")

    #: Log-odds of each inlier beyond chance.
    log_odds_per_inlier: float = parameter(1.2, unit="log-odds", low=0.0, high=10.0, source="chosen, not measured")

    #: Log-odds of one pair of pictures at most.
    max_pair_log_odds: float = parameter(12.0, unit="log-odds", low=0.0, high=100.0, source="chosen, not measured")


PARAMETERS = LocalizationParameters()


@dataclass(frozen=True, slots=True)
class PicturePair:
    """A picture of the query that may show one of the reference.

    Attributes:
        time: In the query, seconds.
        row: Index of the reference's described picture.
        part: Where in the query's picture it seems to show it.
    """

    time: float
    row: int
    part: Part = WHOLE


@dataclass(frozen=True, slots=True)
class Located:
    """What local features say of a query and a reference.

    Attributes:
        region: Where the reference's picture lies; None when nothing agrees.
        pairs: For each pair that was tried: time in the query, time in the reference, log-odds.
        inliers: Features that each of these pairs has in common.
    """

    region: Region | None
    pairs: tuple[tuple[float, float, float], ...]
    inliers: tuple[int, ...] = ()


def locate(query_frames: QueryFrames, reference: PictureTrack, pairs: Sequence[PicturePair]) -> Located:
    """Compare pairs of pictures; return the region that the best of them agree on.

    What the query's fingerprint keeps is tried first. A closer look costs twenty times as much, so it is only taken
    where that leaves doubt.
    """
    if not len(reference.local_rows):
        return Located(None, ())
    found = [_compared(query_frames, pair, reference, closer=False) for pair in pairs]
    sure = sum(_is_sure(one) for one in found)
    if query_frames.can_look_closer and sure < min(PARAMETERS.min_sure_pairs, len(pairs)):
        closer = [_compared(query_frames, pair, reference, closer=True) for pair in pairs]
        found = [_better(one, other) for one, other in zip(found, closer, strict=True)]
    best: Region | None = None
    tried = []
    for pair, region in zip(pairs, found, strict=True):
        best = _better(best, region)
        place = float(reference.times_ms[pair.row] / 1000)
        tried.append((pair.time, place, _log_odds(region)))
    if best is not None and best.inliers < PARAMETERS.min_inliers:
        best = None
    return Located(best, tuple(tried), tuple(0 if one is None else one.inliers for one in found))


def _is_sure(region: Region | None) -> bool:
    return region is not None and region.inliers >= PARAMETERS.min_sure_inliers


def _log_odds(region: Region | None) -> float:
    """Return what the inliers of a pair of pictures say beyond what chance makes."""
    inliers = 0 if region is None else region.inliers
    over = max(0, inliers - PARAMETERS.max_chance_inliers)
    return min(PARAMETERS.max_pair_log_odds, PARAMETERS.log_odds_per_inlier * over)


def _better(one: Region | None, other: Region | None) -> Region | None:
    if one is None or other is None:
        return one or other
    return other if other.inliers > one.inliers else one


def _compared(query_frames: QueryFrames, pair: PicturePair, reference: PictureTrack, *, closer: bool) -> Region | None:
    """Return the region that a pair of pictures, or what is kept of those around them, agrees on."""
    place = float(reference.times_ms[pair.row] / 1000)
    local_times = reference.times_ms[reference.local_rows] / 1000
    size = (int(reference.size[0]), int(reference.size[1]))
    best: Region | None = None
    for index in np.argsort(np.abs(local_times - place))[: PARAMETERS.max_neighbours]:
        # The reference keeps local features of few pictures: the query's is taken as much earlier or later.
        time = pair.time + local_times[index] - place
        for variant, features in _features(query_frames, time, pair.part, closer=closer):
            found = compare_local(features, reference.features(int(index)))
            if found is not None:
                best = _better(best, Region(variant, found.matrix, size, found.inliers))
        if _is_sure(best):
            break
    return best


def _features(
    query_frames: QueryFrames, time: float, part: Part, *, closer: bool
) -> Iterator[tuple[str, LocalFeatures]]:
    if not closer:
        yield "plain", query_frames.kept(time)
        return
    for one in dict.fromkeys([WHOLE, part]):
        yield from query_frames.features(time, one).items()
