"""Finds where in the query's picture a reference's picture lies, from local features of a few pairs of pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.picture.geometric_verification import compare_local
from fingerprint.matching.picture.region import Region
from fingerprint.parameters import parameter
from fingerprint.picture.local_features import WHOLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fingerprint.matching.picture.query_frames import QueryFrames
    from fingerprint.picture.local_features import Part
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

    #: Similarity over chance of two pictures from which on a closer look is taken.
    min_promising_similarity: float = parameter(
        0.2,
        unit="similarity",
        low=0.0,
        high=0.8,
        source="a bound on cost: of 600 tuning references that were no source, one in six has such a pair",
    )

    #: The same from which on no closer look is in vain: all pairs are looked at, with all their neighbours.
    min_insisting_similarity: float = parameter(
        0.35,
        unit="similarity",
        low=0.0,
        high=1.0,
        source="of these 600, 4 have such a pair; of sources, all but the hardest copies'",
    )

    #: Closer looks that find nothing, at pairs that are less alike, after which such pairs are given up.
    max_vain_looks: int = parameter(
        3, unit="count", low=1, high=100, source="a bound on cost: most references that are looked at are no source"
    )

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
        similarity: How alike the two look, over chance; 1 where something else is sure of it.
    """

    time: float
    row: int
    part: Part = WHOLE
    similarity: float = 1.0


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
        found = _looked_closer(query_frames, pairs, reference, found)
    tried = [
        (pair.time, float(reference.times_ms[pair.row] / 1000), _log_odds(region))
        for pair, region in zip(pairs, found, strict=True)
    ]
    believed = [
        (pair.row, region)
        for pair, region in zip(pairs, found, strict=True)
        if region is not None and region.inliers >= PARAMETERS.min_inliers
    ]
    return Located(_agreed(believed), tuple(tried), tuple(map(_inliers, found)))


def _agreed(found: Sequence[tuple[int, Region]]) -> Region | None:
    """Return the region that most inliers of all pairs together speak for, by its best pair; None where there is none.

    A picture that is like itself elsewhere (a ladder, a fence, a face and its shadow) has now and then a pair with more
    inliers for a wrong region than any has for the right one, on which all the others agree. Of each picture of the
    reference the best pair counts: of a still scene many are one pair, seen again and again.

    Args:
        found: Index of the reference's described picture, and the region, of each pair that is believed.
    """
    ranked = []
    for _, one in found:
        together: dict[int, int] = {}
        for row, other in found:
            if one.agrees(other):
                together[row] = max(together.get(row, 0), other.inliers)
        ranked.append((sum(together.values()), one.inliers))
    return found[max(range(len(found)), key=ranked.__getitem__)][1] if found else None


def _is_sure(region: Region | None) -> bool:
    return region is not None and region.inliers >= PARAMETERS.min_sure_inliers


def _log_odds(region: Region | None) -> float:
    """Return what the inliers of a pair of pictures say beyond what chance makes."""
    over = max(0, _inliers(region) - PARAMETERS.max_chance_inliers)
    return min(PARAMETERS.max_pair_log_odds, PARAMETERS.log_odds_per_inlier * over)


def _better(one: Region | None, other: Region | None) -> Region | None:
    if one is None or other is None:
        return one or other
    return other if other.inliers > one.inliers else one


def _looked_closer(
    query_frames: QueryFrames, pairs: Sequence[PicturePair], reference: PictureTrack, found: Sequence[Region | None]
) -> list[Region | None]:
    """Return what a closer look finds where that is better; it is given up when it finds nothing a few times."""
    best, vain = list(found), 0
    for place, pair in enumerate(pairs):
        insisting = pair.similarity >= PARAMETERS.min_insisting_similarity
        promising = pair.similarity >= PARAMETERS.min_promising_similarity and vain < PARAMETERS.max_vain_looks
        if not (insisting or promising or _speaks(best[place])):
            continue
        for part in dict.fromkeys([pair.part, WHOLE]):
            looked = _compared(query_frames, replace(pair, part=part), reference, closer=True)
            best[place] = _better(best[place], looked)
            vain += not (insisting or _speaks(looked))
    return best


def _speaks(region: Region | None) -> bool:
    """Return whether two pictures have more in common than chance makes."""
    return _inliers(region) > PARAMETERS.max_chance_inliers


def _inliers(region: Region | None) -> int:
    return 0 if region is None else region.inliers


def _compared(query_frames: QueryFrames, pair: PicturePair, reference: PictureTrack, *, closer: bool) -> Region | None:
    """Return the region that a pair of pictures, or what is kept of those around them, agrees on."""
    place = float(reference.times_ms[pair.row] / 1000)
    local_times = reference.times_ms[reference.local_rows] / 1000
    size = (int(reference.size[0]), int(reference.size[1]))
    insisting = pair.similarity >= PARAMETERS.min_insisting_similarity
    best: Region | None = None
    for index in np.argsort(np.abs(local_times - place))[: PARAMETERS.max_neighbours]:
        # The reference keeps local features of few pictures: the query's is taken as much earlier or later.
        time = pair.time + local_times[index] - place
        looks = query_frames.features(time, pair.part) if closer else {"plain": query_frames.kept(time)}
        for variant, features in looks.items():
            found = compare_local(features, reference.features(int(index)))
            if found is not None:
                best = _better(best, Region(variant, found.matrix, size, found.inliers))
        if _is_sure(best) or (closer and not insisting and not _speaks(best)):
            break
    return best
