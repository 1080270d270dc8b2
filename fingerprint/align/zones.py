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
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["LONG_S", "Crowds", "Leads", "Zone", "crowds", "zones"]

#: References up to this length are looked at everywhere, seconds.
LONG_S = 900.0

#: Side of the cells in which leads are counted, seconds of the query and of the reference. There are cells between
#: cells, so that no crowd falls apart.
CELL_S = 60.0

#: Leads of one moment count once, seconds: they are views of one picture.
MOMENT_S = 0.5

#: How far around a cell is looked, seconds: leads may end half a minute before a copy does.
AROUND_S = 30.0

#: What leads of a cell are worth together where chance is no explanation: all such cells are looked at.
CROWDED = 1.5

#: Cells that are looked at in any case, some six places as they overlap, and at most: a copy of many minutes has some
#: for each minute.
FEWEST, MOST = 24, 128


class Zone(NamedTuple):
    """A span of a query and a span of a reference, seconds."""

    start: float
    end: float
    first: float
    last: float

    def meets(self, other: Zone) -> bool:
        """Tell whether two zones have something in common."""
        in_query = self.start < other.end and other.start < self.end
        return in_query and self.first < other.last and other.first < self.last

    def around(self, other: Zone) -> Zone:
        """Return the zone that holds both."""
        return Zone(
            min(self.start, other.start),
            max(self.end, other.end),
            min(self.first, other.first),
            max(self.last, other.last),
        )


@dataclass(frozen=True, slots=True)
class Leads:
    """Moments of a query and places in a reference that are alike, as parallel arrays.

    Attributes:
        moments: Seconds of the query, float64 `(n,)`.
        places: Seconds of the reference, float64 `(n,)`.
        worth: Likeness over chance, float64 `(n,)`.
    """

    moments: NDArray[np.float64]
    places: NDArray[np.float64]
    worth: NDArray[np.float64]

    @classmethod
    def joined(cls, parts: Sequence[Leads]) -> Leads:
        """Return several as one."""
        nothing = np.zeros(0)
        return cls(
            np.concatenate([nothing, *(part.moments for part in parts)]),
            np.concatenate([nothing, *(part.places for part in parts)]),
            np.concatenate([nothing, *(part.worth for part in parts)]),
        )

    def chosen(self, which: NDArray[np.bool_]) -> Leads:
        """Return some of them."""
        return Leads(self.moments[which], self.places[which], self.worth[which])


@dataclass(frozen=True, slots=True)
class Crowds:
    """Cells that leads are in, as parallel arrays.

    Attributes:
        references: Which reference, int64 `(n,)`.
        starts: Where the cell starts in the query, seconds, float64 `(n,)`.
        firsts: Where it starts in the reference, seconds, float64 `(n,)`.
        worth: What its leads are worth together, float64 `(n,)`.
    """

    references: NDArray[np.int64]
    starts: NDArray[np.float64]
    firsts: NDArray[np.float64]
    worth: NDArray[np.float64]


def crowds(leads: Leads, references: NDArray[np.int64]) -> Crowds:
    """Return what leads are worth by cells: of each moment its best one counts.

    Args:
        leads: The leads into all references.
        references: Which reference each leads to, int64 `(n,)`.
    """
    parts = [_counted(leads, references, *phases) for phases in itertools.product((0.0, 0.5), repeat=2)]
    return Crowds(
        np.concatenate([part.references for part in parts]),
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.firsts for part in parts]),
        np.concatenate([part.worth for part in parts]),
    )


def _counted(leads: Leads, references: NDArray[np.int64], query_phase: float, reference_phase: float) -> Crowds:
    instants = np.floor(leads.moments / MOMENT_S)
    rows = np.stack([references, np.floor(leads.places / CELL_S + reference_phase), instants]).astype(np.int64)
    distinct, inverse = np.unique(rows, axis=1, return_inverse=True)
    best = np.zeros(distinct.shape[1])
    np.maximum.at(best, inverse.reshape(-1), leads.worth)
    distinct[2] = np.floor(distinct[2] * (MOMENT_S / CELL_S) + query_phase)
    cells, inverse = np.unique(distinct, axis=1, return_inverse=True)
    return Crowds(
        references=cells[0],
        starts=(cells[2] - query_phase) * CELL_S,
        firsts=(cells[1] - reference_phase) * CELL_S,
        worth=np.asarray(np.bincount(inverse.reshape(-1), best, cells.shape[1]), np.float64),
    )


def zones(leads: Leads) -> list[Zone]:
    """Return where to look, best first: where leads crowd, and some of the other places; what meets is one zone."""
    found: list[Zone] = []
    if not len(leads.moments):
        return found
    cells = crowds(leads, np.zeros(len(leads.moments), np.int64))
    for rank, cell in enumerate(np.argsort(-cells.worth, kind="stable")[:MOST]):
        if cells.worth[cell] < CROWDED and rank >= FEWEST:
            break
        start, first = float(cells.starts[cell]), float(cells.firsts[cell])
        side = CELL_S + AROUND_S
        found = _with(found, Zone(start - AROUND_S, start + side, first - AROUND_S, first + side))
    return found


def _with(zones: Sequence[Zone], zone: Zone) -> list[Zone]:
    """Return zones and another one, which takes in what it meets."""
    apart = [other for other in zones if not zone.meets(other)]
    if len(apart) == len(zones):
        return [*apart, zone]
    for other in zones:
        if zone.meets(other):
            zone = zone.around(other)
    return _with(apart, zone)
