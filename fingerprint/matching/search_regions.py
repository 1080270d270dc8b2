"""Where a query and a long reference are worth a closer look: where hits of the index crowd.

A film has moments that are a little like a query all over it. To look at all of it would cost more than the query's
fingerprint did; what it is copied from, the index has pointed at.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

__all__ = [
    "LONG_REFERENCE_S",
    "HitDensity",
    "SearchRegion",
    "SeedHits",
    "around",
    "hit_density",
    "search_regions",
    "united",
]

#: References up to this length are looked at everywhere, seconds.
LONG_REFERENCE_S = 900.0

#: Side of the cells in which seed hits are counted, seconds of the query and of the reference. There are cells between
#: cells, so that no crowd falls apart.
DENSITY_CELL_S = 60.0

#: Seed hits of one moment count once, seconds: they are views of one picture.
SAME_MOMENT_S = 0.5

#: How far around something is looked, seconds: seed hits may end half a minute before a copy does.
REGION_MARGIN_S = 30.0

#: Weight that seed hits of a cell have together where chance is no explanation: all such cells are looked at.
MIN_CROWDED_WEIGHT = 1.5

#: Cells that are looked at in any case, some six places as they overlap.
MIN_CELLS = 24

#: Cells that are looked at at most: a copy of many minutes has some for each minute.
MAX_CELLS = 128


class SearchRegion(NamedTuple):
    """A span of a query and a span of a reference, seconds."""

    start: float
    end: float
    first: float
    last: float

    def meets(self, other: SearchRegion) -> bool:
        """Tell whether two search regions have something in common."""
        in_query = self.start < other.end and other.start < self.end
        return in_query and self.first < other.last and other.first < self.last

    def joined(self, other: SearchRegion) -> SearchRegion:
        """Return the search region that holds both."""
        return SearchRegion(
            min(self.start, other.start),
            max(self.end, other.end),
            min(self.first, other.first),
            max(self.last, other.last),
        )


@dataclass(frozen=True, slots=True)
class SeedHits:
    """Moments of a query and places in a reference that are alike, as parallel arrays.

    Attributes:
        moments: Seconds of the query, float64 `(n,)`.
        places: Seconds of the reference, float64 `(n,)`.
        weight: Similarity over chance, float64 `(n,)`.
    """

    moments: NDArray[np.float64]
    places: NDArray[np.float64]
    weight: NDArray[np.float64]

    @classmethod
    def joined(cls, parts: Sequence[SeedHits]) -> SeedHits:
        """Return several as one."""
        nothing = np.zeros(0)
        return cls(
            np.concatenate([nothing, *(part.moments for part in parts)]),
            np.concatenate([nothing, *(part.places for part in parts)]),
            np.concatenate([nothing, *(part.weight for part in parts)]),
        )

    def chosen(self, which: NDArray[np.bool_]) -> SeedHits:
        """Return some of them."""
        return SeedHits(self.moments[which], self.places[which], self.weight[which])


@dataclass(frozen=True, slots=True)
class HitDensity:
    """Cells that seed hits are in, as parallel arrays.

    Attributes:
        references: Which reference, int64 `(n,)`.
        starts: Where the cell starts in the query, seconds, float64 `(n,)`.
        firsts: Where it starts in the reference, seconds, float64 `(n,)`.
        weight: What its seed hits weigh together, float64 `(n,)`.
    """

    references: NDArray[np.int64]
    starts: NDArray[np.float64]
    firsts: NDArray[np.float64]
    weight: NDArray[np.float64]


def hit_density(seed_hits: SeedHits, references: NDArray[np.int64]) -> HitDensity:
    """Return what seed hits weigh by cells: of each moment its best one counts.

    Args:
        seed_hits: The seed hits in all references.
        references: Which reference each is in, int64 `(n,)`.
    """
    parts = [_counted(seed_hits, references, *phases) for phases in itertools.product((0.0, 0.5), repeat=2)]
    return HitDensity(
        np.concatenate([part.references for part in parts]),
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.firsts for part in parts]),
        np.concatenate([part.weight for part in parts]),
    )


def _counted(
    seed_hits: SeedHits, references: NDArray[np.int64], query_phase: float, reference_phase: float
) -> HitDensity:
    instants = np.floor(seed_hits.moments / SAME_MOMENT_S)
    rows = np.stack([references, np.floor(seed_hits.places / DENSITY_CELL_S + reference_phase), instants]).astype(
        np.int64
    )
    distinct, inverse = np.unique(rows, axis=1, return_inverse=True)
    best = np.zeros(distinct.shape[1])
    np.maximum.at(best, inverse.reshape(-1), seed_hits.weight)
    distinct[2] = np.floor(distinct[2] * (SAME_MOMENT_S / DENSITY_CELL_S) + query_phase)
    cells, inverse = np.unique(distinct, axis=1, return_inverse=True)
    return HitDensity(
        references=cells[0],
        starts=(cells[2] - query_phase) * DENSITY_CELL_S,
        firsts=(cells[1] - reference_phase) * DENSITY_CELL_S,
        weight=np.asarray(np.bincount(inverse.reshape(-1), best, cells.shape[1]), np.float64),
    )


def search_regions(seed_hits: SeedHits) -> list[SearchRegion]:
    """Return where to look, best first: where seed hits crowd, and some other places; what meets is one region."""
    if not len(seed_hits.moments):
        return []
    cells = hit_density(seed_hits, np.zeros(len(seed_hits.moments), np.int64))
    order = np.argsort(-cells.weight, kind="stable")[:MAX_CELLS]
    chosen = [cell for rank, cell in enumerate(order) if rank < MIN_CELLS or cells.weight[cell] >= MIN_CROWDED_WEIGHT]
    return united(
        around(SearchRegion(start, start + DENSITY_CELL_S, first, first + DENSITY_CELL_S))
        for start, first in zip(cells.starts[chosen].tolist(), cells.firsts[chosen].tolist(), strict=True)
    )


def around(region: SearchRegion) -> SearchRegion:
    """Return a search region with some time before and after it."""
    return SearchRegion(
        region.start - REGION_MARGIN_S,
        region.end + REGION_MARGIN_S,
        region.first - REGION_MARGIN_S,
        region.last + REGION_MARGIN_S,
    )


def united(search_regions: Iterable[SearchRegion]) -> list[SearchRegion]:
    """Return search regions that are apart, in order of their first ones; those that meet become one."""
    found: list[SearchRegion] = []
    for region in search_regions:
        place, whole = len(found), region
        while met := [other for other in found if whole.meets(other)]:
            place = min(place, found.index(met[0]))
            found = [other for other in found if other not in met]
            for other in met:
                whole = whole.joined(other)
        found.insert(place, whole)
    return found
