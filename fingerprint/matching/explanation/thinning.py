"""Points of a plot, no more than can be told apart in it: some that lie evenly among all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.parameters import parameter
from schemas.evidence import PointSet, TrackPoints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["PARAMETERS", "PlotPointParameters", "Points", "evenly", "thinned"]


@dataclass(frozen=True, slots=True)
class PlotPointParameters:
    """How many points of a plot are told."""

    #: Points of one track.
    max_points: int = parameter(
        2000,
        unit="count",
        low=100,
        high=100_000,
        source="more cannot be told apart in a plot, and would make an answer of many megabytes; chosen, not measured",
    )

    #: Of these, what points on the lines of intervals may take where there are many of both kinds.
    max_inside_points: int = parameter(
        1200, unit="count", low=0, high=100_000, source="more than half: they are the evidence; chosen, not measured"
    )


PARAMETERS = PlotPointParameters()

#: Decimals of times, seconds, and of weights: a pixel of a plot is coarser.
TIME_DECIMALS, WEIGHT_DECIMALS = 2, 2


@dataclass(frozen=True)
class Points:
    """Pairs of moments that are alike, as parallel arrays.

    Attributes:
        moments: Seconds of the input, float64 `(n,)`.
        places: Seconds of the reference, float64 `(n,)`.
        weights: What each says for a copy, float64 `(n,)`.
        total: How many there are of them, where these are some of more.
    """

    moments: NDArray[np.float64]
    places: NDArray[np.float64]
    weights: NDArray[np.float64]
    total: int

    @classmethod
    def of(
        cls,
        moments: NDArray[np.float64],
        places: NDArray[np.float64],
        weights: NDArray[np.float64],
        total: int | None = None,
    ) -> Points:
        """Return points in order of the input, and of the reference."""
        order = np.lexsort((places, moments))
        return cls(moments[order], places[order], weights[order], len(moments) if total is None else total)

    @classmethod
    def joined(cls, parts: Sequence[Points]) -> Points:
        """Return several as one."""
        nothing = np.zeros(0)
        return cls.of(
            np.concatenate([nothing, *(part.moments for part in parts)]),
            np.concatenate([nothing, *(part.places for part in parts)]),
            np.concatenate([nothing, *(part.weights for part in parts)]),
            sum(part.total for part in parts),
        )


def evenly(count: int, most: int) -> NDArray[np.int64]:
    """Return indices of at most so many of a number of things, the first and the last among them, evenly apart."""
    if count <= most:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, most).astype(np.int64))


def thinned(inside: Points, outside: Points) -> TrackPoints:
    """Return the points of a track, no more than `max_points`: what one kind leaves free the other may take."""
    room = max(PARAMETERS.max_inside_points, PARAMETERS.max_points - len(outside.moments))
    on_lines = _some(inside, room)
    return TrackPoints(inside=on_lines, outside=_some(outside, PARAMETERS.max_points - len(on_lines.input)))


def _some(points: Points, most: int) -> PointSet:
    chosen = evenly(len(points.moments), most)
    why = f"{len(chosen):,} of {points.total:,}, evenly chosen: a plot cannot show more" * (points.total > len(chosen))
    return PointSet(
        input=tuple(np.round(points.moments[chosen], TIME_DECIMALS).tolist()),
        reference=tuple(np.round(points.places[chosen], TIME_DECIMALS).tolist()),
        weight=tuple(np.round(points.weights[chosen], WEIGHT_DECIMALS).tolist()),
        total=points.total,
        thinned=why,
    )
