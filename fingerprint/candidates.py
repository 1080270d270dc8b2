"""Which references are worth a closer look: those whose windows are like the query's more often than chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.align.zones import Leads, crowds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.ports import Hits, ReferenceKey

__all__ = ["Candidate", "distinct", "rank_references"]

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


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reference that is worth a closer look, and the hits that say so."""

    key: ReferenceKey
    leads: Leads


def rank_references(
    hits: Hits, times: NDArray[np.float64], chance: NDArray[np.float32], floor: float, most: int
) -> list[Candidate]:
    """Return the references with the most likeness in one place, best first.

    Likeness is summed over a minute of the query and one of the reference: all over a film there is more of it by
    chance than in a short copy.

    Args:
        hits: What the index found.
        times: When each query vector is, seconds, float64 `(n,)`; views of one moment count once.
        chance: What each query vector scores by chance, float32 `(n,)`.
        floor: Likeness over chance that counts from.
        most: How many to return.
    """
    if not len(hits.rows):
        return []
    likeness = hits.scores - chance[hits.rows] - floor
    good = likeness > 0
    references = hits.references[good].astype(np.int64)
    leads = Leads(times[hits.rows[good]], hits.starts_ms[good] / 1000, likeness[good].astype(np.float64))
    cells = crowds(leads, references)
    best = np.zeros(len(hits.keys))
    np.maximum.at(best, cells.references, cells.worth)
    order = [int(i) for i in np.argsort(-best, kind="stable")[:most] if best[i] > 0]
    return [Candidate(hits.keys[i], leads.chosen(references == i)) for i in order]
