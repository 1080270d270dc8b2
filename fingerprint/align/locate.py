"""Finds where in the query's picture a reference's picture lies, from local features of a few pairs of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.picture.geometry import compare_local
from fingerprint.picture.local import WHOLE
from fingerprint.picture.region import Region

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fingerprint.picture.local import Part
    from fingerprint.picture.look import Looks
    from fingerprint.picture.track import PictureTrack

__all__ = ["LEAST_INLIERS", "Located", "PicturePair", "locate"]

#: Inliers of two pictures that have nothing in common: 3 at most in a thousand pairs.
CHANCE_INLIERS = 3

#: Inliers from which on a region is believed.
LEAST_INLIERS = 7

#: Inliers from which on a closer look would say nothing new.
SURE_INLIERS = 16

#: Pictures with local features that are tried for each pair, nearest in time first: they are 3 s apart.
NEIGHBOURS = 2

#: Log-odds of each inlier beyond chance, and of one pair of pictures at most.
WORTH, MOST_WORTH = 1.2, 12.0


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
    """

    region: Region | None
    pairs: tuple[tuple[float, float, float], ...]


def locate(looks: Looks, reference: PictureTrack, pairs: Sequence[PicturePair]) -> Located:
    """Compare pairs of pictures; return the region that the best of them agree on."""
    local_times = reference.times_ms[reference.local_rows] / 1000
    if not len(local_times):
        return Located(None, ())
    best: Region | None = None
    tried = []
    for pair in pairs:
        place = float(reference.times_ms[pair.row] / 1000)
        top = 0
        for index in np.argsort(np.abs(local_times - place))[:NEIGHBOURS]:
            if top >= SURE_INLIERS:
                break
            # The reference keeps local features of few pictures: the query's is taken as much earlier or later.
            time = pair.time + local_times[index] - place
            found = _compared(looks, time, pair.part, reference, int(index))
            if found is not None and found.inliers > top:
                top = found.inliers
                best = found if best is None or top > best.inliers else best
        tried.append((pair.time, place, min(MOST_WORTH, WORTH * max(0, top - CHANCE_INLIERS))))
    if best is not None and best.inliers < LEAST_INLIERS:
        best = None
    return Located(best, tuple(tried))


def _compared(looks: Looks, time: float, part: Part, reference: PictureTrack, index: int) -> Region | None:
    """Return the region that a picture of the query and one of the reference agree on.

    What the query's fingerprint keeps is tried first; a closer look costs twenty times as much.
    """
    stored = reference.features(index)
    size = (int(reference.size[0]), int(reference.size[1]))
    found = compare_local(looks.kept(time), stored)
    best = None if found is None else Region("plain", found.matrix, size, found.inliers)
    for one in dict.fromkeys([WHOLE, part]) if looks.can_look_closer else ():
        if best is not None and best.inliers >= SURE_INLIERS:
            break
        for variant, features in looks.features(time, one).items():
            found = compare_local(features, stored)
            if found is not None and (best is None or found.inliers > best.inliers):
                best = Region(variant, found.matrix, size, found.inliers)
    return best
