"""Which references are worth a closer look: those whose windows are like the query's more often than chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.ports import Hits, ReferenceKey

__all__ = ["distinct", "rank_references"]

#: Likeness from which on a vector finds nothing that a neighbour does not find, and how far apart neighbours are,
#: seconds. Leaving such vectors out lost no candidate on the tuning footage, in a library of 50 hours.
SAME, NEIGHBOUR_S = 0.8, 5.0


def distinct(vectors: NDArray[np.float32], times: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the indices of the vectors that are worth a search: each unlike those before it that are near in time.

    A scene that stands still, and a view that hardly changes a picture (a mirror in front of a face), is searched once.

    Args:
        vectors: Unit vectors, float32 `(n, d)`; of two alike the first one is kept.
        times: When each is, seconds, float64 `(n,)`.
    """
    kept = np.zeros(len(vectors), np.int64)
    count = 0
    for index, vector in enumerate(vectors):
        near = kept[:count][np.abs(times[kept[:count]] - times[index]) <= NEIGHBOUR_S]
        if not len(near) or float((vectors[near] @ vector).max()) < SAME:
            kept[count] = index
            count += 1
    return kept[:count]


def rank_references(
    hits: Hits, moments: NDArray[np.int64], chance: NDArray[np.float32], floor: float, most: int
) -> list[ReferenceKey]:
    """Return the references with the most likeness, best first.

    Args:
        hits: What the index found.
        moments: Moment of each query vector, int64 `(n,)`: views of one moment count once.
        chance: What each query vector scores by chance, float32 `(n,)`.
        floor: Likeness over chance that counts from.
        most: How many to return.
    """
    if not len(hits.rows):
        return []
    likeness = hits.scores - chance[hits.rows] - floor
    good = likeness > 0
    cells = hits.references[good].astype(np.int64) * (int(moments.max()) + 1) + moments[hits.rows[good]]
    distinct, inverse = np.unique(cells, return_inverse=True)
    best = np.zeros(len(distinct))
    np.maximum.at(best, inverse, likeness[good])
    totals = np.bincount(distinct // (int(moments.max()) + 1), best, len(hits.keys))
    order = [int(i) for i in np.argsort(-totals, kind="stable")[:most] if totals[i] > 0]
    return [hits.keys[i] for i in order]
