"""Where a query and a long reference are worth a closer look: where hits of the index crowd.

A film has moments that are a little like a query all over it. To look at all of it would cost more than the query's
fingerprint did; what it is copied from, the index has pointed at.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

__all__ = [
    "PARAMETERS",
    "HitDensity",
    "SearchRegion",
    "SearchRegionsParameters",
    "SeedHits",
    "around",
    "hit_density",
    "search_regions",
    "united",
]

#: Where cells begin, in cells: there are cells between cells, so that no crowd falls apart.
PHASES = (0.0, 0.5)


@dataclass(frozen=True, slots=True)
class SearchRegionsParameters:
    """How seed hits are counted, and how much of a long reference is looked at."""

    #: References up to this length are looked at everywhere.
    long_reference_s: float = parameter(
        900.0, unit="s", low=60.0, high=7200.0, source="a bound on cost; chosen, not measured"
    )

    #: Side of the cells in which seed hits are counted, seconds of the query and of the reference.
    density_cell_s: float = parameter(60.0, unit="s", low=10.0, high=600.0, source="chosen, not measured")

    #: Seed hits of one moment count once: they are views of one picture.
    same_moment_s: float = parameter(0.5, unit="s", low=0.1, high=5.0, source="chosen, not measured")

    #: How far around something is looked: seed hits may end half a minute before a copy does.
    region_margin_s: float = parameter(30.0, unit="s", low=0.0, high=120.0, source="chosen, not measured")

    #: Weight that seed hits of a cell have together where chance is no explanation: all such cells are looked at.
    min_crowded_weight: float = parameter(1.5, unit="similarity", low=0.1, high=20.0, source="chosen, not measured")

    #: Cells that are looked at in any case, some six places as they overlap.
    min_cells: int = parameter(24, unit="cells", low=1, high=128, source="a bound on cost; chosen, not measured")

    #: Cells that are looked at at most: a copy of many minutes has some for each minute.
    max_cells: int = parameter(128, unit="cells", low=24, high=1024, source="a bound on cost; chosen, not measured")


PARAMETERS = SearchRegionsParameters()


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
    parts = [_counted(seed_hits, references, *phases) for phases in itertools.product(PHASES, repeat=2)]
    return HitDensity(
        np.concatenate([part.references for part in parts]),
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.firsts for part in parts]),
        np.concatenate([part.weight for part in parts]),
    )


def _counted(
    seed_hits: SeedHits, references: NDArray[np.int64], query_phase: float, reference_phase: float
) -> HitDensity:
    cell_s, moment_s = PARAMETERS.density_cell_s, PARAMETERS.same_moment_s
    instants = np.floor(seed_hits.moments / moment_s)
    places = np.floor(seed_hits.places / cell_s + reference_phase)
    rows = np.stack([references, places, instants]).astype(np.int64)
    distinct, inverse = np.unique(rows, axis=1, return_inverse=True)
    best = np.zeros(distinct.shape[1])
    np.maximum.at(best, inverse.reshape(-1), seed_hits.weight)
    distinct[2] = np.floor(distinct[2] * (moment_s / cell_s) + query_phase)
    cells, inverse = np.unique(distinct, axis=1, return_inverse=True)
    return HitDensity(
        references=cells[0],
        starts=(cells[2] - query_phase) * cell_s,
        firsts=(cells[1] - reference_phase) * cell_s,
        weight=np.asarray(np.bincount(inverse.reshape(-1), best, cells.shape[1]), np.float64),
    )


def search_regions(seed_hits: SeedHits) -> list[SearchRegion]:
    """Return where to look, best first: where seed hits crowd, and some other places; what meets is one region."""
    if not len(seed_hits.moments):
        return []
    cells = hit_density(seed_hits, np.zeros(len(seed_hits.moments), np.int64))
    side, least, crowded = PARAMETERS.density_cell_s, PARAMETERS.min_cells, PARAMETERS.min_crowded_weight
    order = np.argsort(-cells.weight, kind="stable")[: PARAMETERS.max_cells]
    chosen = [cell for rank, cell in enumerate(order) if rank < least or cells.weight[cell] >= crowded]
    return united(
        around(SearchRegion(start, start + side, first, first + side))
        for start, first in zip(cells.starts[chosen].tolist(), cells.firsts[chosen].tolist(), strict=True)
    )


def around(region: SearchRegion) -> SearchRegion:
    """Return a search region with some time before and after it."""
    margin = PARAMETERS.region_margin_s
    return SearchRegion(region.start - margin, region.end + margin, region.first - margin, region.last + margin)


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
