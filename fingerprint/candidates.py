"""Which references are worth a closer look: those whose windows are like the query's more often than chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.ports import Hits, ReferenceKey

__all__ = ["rank_references"]


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
