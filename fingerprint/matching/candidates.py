"""Which references are worth a closer look: those whose windows are like the query's more often than chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.search_regions import SeedHits, hit_density
from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.types import Hits, ReferenceKey

__all__ = ["PARAMETERS", "Candidate", "CandidatesParameters", "rank_references"]


@dataclass(frozen=True, slots=True)
class CandidatesParameters:
    """Which vectors of a query are worth a search."""

    #: Similarity from which on a vector finds nothing that a neighbour does not find.
    same_similarity: float = parameter(
        0.8,
        unit="similarity",
        low=0.3,
        high=1.0,
        source="leaving such vectors out lost no candidate on the tuning footage, in a library of 50 hours",
    )

    #: How far apart such neighbours are at most.
    neighbour_s: float = parameter(5.0, unit="s", low=0.5, high=60.0, source="measured with the similarity above")


PARAMETERS = CandidatesParameters()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reference that is worth a closer look, and the hits that say so.

    Attributes:
        key: The reference.
        seed_hits: The hits.
        likest: The most similarity over chance that one of them has.
    """

    key: ReferenceKey
    seed_hits: SeedHits
    likest: float


def rank_references(
    hits: Hits,
    times: NDArray[np.float64],
    background_score: NDArray[np.float32],
    floor: float,
    most: int,
    *,
    faint: float,
) -> list[Candidate]:
    """Return the references with the most similarity in one place, best first; then those that are faintly alike.

    Similarity is summed over a minute of the query and one of the reference: all over a film there is more of it by
    chance than in a short copy. Faint similarity is as chance makes it now and then, and adds up to nothing: the likest
    picture counts. Where little else is found it is worth a closer look all the same.

    Args:
        hits: What the index found.
        times: When each query vector is, seconds, float64 `(n,)`; views of one moment count once.
        background_score: What each query vector scores by chance, float32 `(n,)`.
        floor: Similarity over chance that is summed from.
        most: How many to return.
        faint: Similarity over chance that a reference is proposed from at all, at most the floor.
    """
    if not len(hits.rows):
        return []
    similarity = hits.scores - background_score[hits.rows]
    alike = _seed_hits(hits, times, similarity, floor)
    crowded = np.zeros(len(hits.keys))
    cells = hit_density(*alike)
    np.maximum.at(crowded, cells.references, cells.weight)
    likest = np.full(len(hits.keys), faint, np.float64)
    np.maximum.at(likest, hits.references, similarity)
    order = [int(i) for i in np.lexsort((-likest, -crowded))[:most] if likest[i] > faint]
    faintly = _seed_hits(hits, times, similarity, faint)
    found = [(index, alike if crowded[index] > 0 else faintly) for index in order]
    return [
        Candidate(hits.keys[index], seed_hits.chosen(owners == index), float(likest[index]))
        for index, (seed_hits, owners) in found
    ]


def _seed_hits(
    hits: Hits, times: NDArray[np.float64], similarity: NDArray[np.float32], floor: float
) -> tuple[SeedHits, NDArray[np.int64]]:
    """Return the hits above a floor as seed hits, and which reference each is in, int64 `(n,)`."""
    good = similarity > floor
    weight = similarity[good].astype(np.float64) - floor
    seed_hits = SeedHits(times[hits.rows[good]], hits.starts_ms[good] / 1000, weight)
    return seed_hits, hits.references[good].astype(np.int64)
