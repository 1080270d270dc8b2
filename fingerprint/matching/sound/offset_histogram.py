"""Stretches of a query whose peaks coincide with a reference's at one offset far oftener than at any other.

For stretches of 2, 4, 8 and 16 seconds the coincidences at every offset are counted. What chance gives is read from
the same counts: the second best offset, somewhere else, says how well unrelated moments of just these two sounds agree,
be it noise or two pieces on one drum machine. Counts of longer stretches are sums of shorter ones' (as in Taylor's tree
for pulsars, 1974, without its slopes), so that the cost is that of the coincidences and a few passes over the offsets.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.parameters import parameter
from fingerprint.sound.track import frame_s

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from fingerprint.matching.sound.peak_index import Hypothesis, QueryPeaks, ReferencePeaks

__all__ = [
    "PARAMETERS",
    "Counts",
    "OffsetHistogramParameters",
    "Stretch",
    "counted",
    "demand_doubling",
    "likelihood",
    "stretches",
]


@dataclass(frozen=True, slots=True)
class OffsetHistogramParameters:
    """How coincidences are counted, and which stretches are looked at."""

    #: Seconds of the query that are counted together.
    cell_s: float = parameter(2.0, unit="s", low=0.5, high=8.0, source="chosen, not measured")

    #: Cells that a stretch may have, powers of 2, rising.
    stretch_cells: tuple[int, ...] = parameter(
        (1, 2, 4, 8), unit="cells", low=1, high=64, source="Taylor 1974: each is the sum of two shorter ones"
    )

    #: Offsets nearer to each other than this are not told apart: 0.18 s.
    block_frames: int = parameter(24, unit="frames", low=4, high=133, source="chosen, not measured")

    #: Coincidences of fewer peaks are none.
    min_count: int = parameter(6, unit="count", low=1, high=60, source="chosen, not measured")

    #: Coincidences that the second best offset is taken to have at least: in sparse sound a click that meets a click
    #: makes several at once.
    min_other_count: int = parameter(6, unit="count", low=1, high=60, source="chosen, not measured")

    #: The best of many stretches is best by chance too: it is held against what this share of them stays under
    #: elsewhere.
    chance_quantile: float = parameter(0.9, unit="share", low=0.5, high=1.0, source="chosen, not measured")

    #: Share of a stretch's peaks that coincide from which on it is looked at even if another offset is as good: a loop.
    min_loop_share: float = parameter(
        0.4, unit="share", low=0.1, high=1.0, source="what music on one drum machine at one beat was seen to share"
    )

    #: Log-odds from which on a stretch is looked at.
    min_stretch_log_odds: float = parameter(
        0.6, unit="log-odds", low=0.0, high=1.5, source="a bound on cost, well below what makes a segment"
    )

    #: Counters that are held at a time.
    max_counters: int = parameter(
        12_000_000, unit="count", low=1_000_000, high=100_000_000, source="a bound on cost: 24 MB of memory"
    )

    #: Coincidences that are held at a time.
    max_coincidences: int = parameter(
        4_000_000, unit="count", low=500_000, high=50_000_000, source="a bound on cost: 64 MB of memory"
    )

    def __post_init__(self) -> None:
        """Refuse lengths that are no sums of shorter ones."""
        demand_doubling(self.stretch_cells)

    @property
    def cell_frames(self) -> int:
        """Frames of the query that are counted together."""
        return round(self.cell_s / frame_s())


def demand_doubling(cells: tuple[int, ...]) -> None:
    """Let the lengths of stretches pass, or not: counts of each are sums of shorter ones' counts.

    Raises:
        ValueError: They are no powers of 2, or do not rise.
    """
    if any(cell & (cell - 1) for cell in cells) or any(one >= next_ for one, next_ in itertools.pairwise(cells)):
        raise ValueError(f"the cells of stretches are rising powers of 2, not {cells}")


PARAMETERS = OffsetHistogramParameters()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some seconds of a query that coincide with a reference.

    Attributes:
        start: First frame of the query.
        end: One more than the last one.
        offset: The reference's frame less the query's at the hypothesis's speed.
        count: Coincidences at this offset.
        other: Coincidences at the next best offset that is somewhere else.
        peaks: The query's peaks in the stretch.
    """

    start: int
    end: int
    offset: int
    count: int
    other: float
    peaks: int

    @property
    def odds(self) -> float:
        """Log-odds that it is no chance."""
        return likelihood(self.count, self.other)


@dataclass(frozen=True, slots=True)
class Counts:
    """What the best offset of each stretch is, as parallel arrays.

    Attributes:
        starts: First frames in the query, int64 `(n,)`.
        cells: Cells that each is long, int64 `(n,)`.
        offsets: The best offset, int64 `(n,)`.
        best: Coincidences at it, int64 `(n,)`.
        others: Coincidences at the next best offset that is somewhere else, float64 `(n,)`.
        peaks: The query's peaks, int64 `(n,)`.
    """

    starts: NDArray[np.int64]
    cells: NDArray[np.int64]
    offsets: NDArray[np.int64]
    best: NDArray[np.int64]
    others: NDArray[np.float64]
    peaks: NDArray[np.int64]

    @classmethod
    def joined(cls, parts: Sequence[Counts]) -> Counts:
        """Return several as one."""
        return cls(*(np.concatenate([getattr(part, name.name) for part in parts]) for name in fields(cls)))


def likelihood(count: float, other: float) -> float:
    """Return the log-likelihood ratio of a count under its own rate and under another, lower one (Poisson)."""
    return float(count * np.log(count / other) - (count - other)) if count > other else 0.0


def stretches(query: QueryPeaks, reference: ReferencePeaks, hypothesis: Hypothesis) -> list[Stretch]:
    """Return the stretches that may be copies, best first.

    Args:
        query: The query's peaks.
        reference: The reference's.
        hypothesis: How the sound is taken to be changed.
    """
    counts = counted(query, reference, hypothesis, PARAMETERS.stretch_cells)
    odds = counts.best * np.log(np.maximum(counts.best, 1) / counts.others) - (counts.best - counts.others)
    odds[counts.best < counts.others] = 0.0
    weight = (odds >= PARAMETERS.min_stretch_log_odds) | (counts.best >= PARAMETERS.min_loop_share * counts.peaks)
    chosen = np.nonzero((counts.best >= PARAMETERS.min_count) & weight)[0]
    cell = PARAMETERS.cell_frames
    return [
        Stretch(
            start=int(counts.starts[row]),
            end=int(counts.starts[row] + counts.cells[row] * cell),
            offset=int(counts.offsets[row]),
            count=int(counts.best[row]),
            other=float(counts.others[row]),
            peaks=int(counts.peaks[row]),
        )
        for row in chosen[np.argsort(-odds[chosen], kind="stable")]
    ]


def counted(query: QueryPeaks, reference: ReferencePeaks, hypothesis: Hypothesis, lengths: tuple[int, ...]) -> Counts:
    """Return the best offset of every stretch, one cell apart.

    Args:
        query: The query's peaks.
        reference: The reference's.
        hypothesis: How the sound is taken to be changed.
        lengths: Cells that a stretch may have, powers of 2, rising.
    """
    counts = Counts.joined(
        [
            part
            for first, last in _blocks(query, reference, hypothesis, lengths[-1])
            for part in _in_block(query, reference, hypothesis, lengths, first=first, last=last)
        ]
    )
    for length in lengths:
        same = np.nonzero(counts.cells == length)[0]
        if len(same):
            usual = np.quantile(counts.others[same], PARAMETERS.chance_quantile)
            counts.others[same] = np.maximum(counts.others[same], usual)
    return counts


def _bounds(query: QueryPeaks) -> NDArray[np.int64]:
    """Return the first peak of each cell, and the number of peaks, int64 `(cells + 1,)`."""
    cell = PARAMETERS.cell_frames
    cells = (int(query.frames[-1]) - int(query.frames[0])) // cell + 1
    return np.asarray(np.searchsorted(query.frames, query.frames[0] + cell * np.arange(cells + 1)), np.int64)


def _blocks(
    query: QueryPeaks, reference: ReferencePeaks, hypothesis: Hypothesis, longest: int
) -> Iterator[tuple[int, int]]:
    """Yield ranges of cells that fit into memory, which overlap by the longest stretch."""
    bounds = _bounds(query)
    cells = len(bounds) - 1
    width = reference.length + 2 * PARAMETERS.cell_frames * max(1.0, hypothesis.speed)
    pairs = np.concatenate([[0], np.cumsum(reference.count(query.notes - hypothesis.notes))])[bounds]
    most = max(2 * longest, int(PARAMETERS.max_counters / width))
    first = 0
    while True:
        last = min(first + most, int(np.searchsorted(pairs, pairs[first] + PARAMETERS.max_coincidences, "right")))
        last = min(max(last, first + 2 * longest), cells)
        yield first, last
        if last == cells:
            return
        first = last - longest + 1


def _in_block(
    query: QueryPeaks,
    reference: ReferencePeaks,
    hypothesis: Hypothesis,
    lengths: tuple[int, ...],
    *,
    first: int,
    last: int,
) -> Iterator[Counts]:
    bounds = _bounds(query)[first : last + 1]
    starts = query.frames[0] + PARAMETERS.cell_frames * np.arange(first, last)
    # Where a cell's first frame lies in the reference, at offset 0: counters are relative to it, so that they are as
    # many as the reference has frames, however long the query is.
    bases = np.rint(starts * hypothesis.speed).astype(np.int64)
    counts, margin = _counters(query, reference, hypothesis, bounds, bases)
    cells = 1
    for length in lengths:
        while cells < length:
            counts = _doubled(counts, bases, cells)
            cells *= 2
        if not len(counts):
            return
        best, places, others = _best(counts)
        rows = np.arange(len(counts))
        yield Counts(
            starts=starts[rows],
            cells=np.full(len(counts), length),
            offsets=places - margin - bases[rows],
            best=best,
            others=others,
            peaks=bounds[length:] - bounds[:-length],
        )


def _counters(
    query: QueryPeaks,
    reference: ReferencePeaks,
    hypothesis: Hypothesis,
    bounds: NDArray[np.int64],
    bases: NDArray[np.int64],
) -> tuple[NDArray[np.int16], int]:
    """Return the coincidences of each cell at each place of its start, and the place that stands for frame 0.

    A count takes in its neighbours at either side: times are rounded to frames in both sounds.
    """
    cells, block = len(bases), PARAMETERS.block_frames
    # Times are rounded, at either end; and a count takes in a neighbour.
    margin = int(np.ceil(PARAMETERS.cell_frames * hypothesis.speed)) + 2
    width = -(-(reference.length + margin + 3) // block) * block
    pairs = reference.coincidences(query, int(bounds[0]), int(bounds[-1]), hypothesis.notes)
    frames = np.rint(query.frames[bounds[0] : bounds[-1]] * hypothesis.speed).astype(np.int64)
    at = margin + np.repeat(bases, np.diff(bounds)) - frames
    places = at[pairs.ours - bounds[0]] + pairs.theirs
    starts = np.searchsorted(pairs.ours, bounds)
    counts = np.empty((cells, width), np.int16)
    for row, (first, last) in enumerate(itertools.pairwise(starts)):
        exact = np.bincount(places[first:last], minlength=width).astype(np.int16)
        counts[row] = exact
        counts[row, 1:] += exact[:-1]
        counts[row, :-1] += exact[1:]
    return counts, margin


def _doubled(counts: NDArray[np.int16], bases: NDArray[np.int64], cells: int) -> NDArray[np.int16]:
    """Return the counts of stretches twice as long: of each one and the one that follows it."""
    if len(counts) <= cells:
        return counts[:0]
    summed = counts[:-cells].copy()
    width = counts.shape[1]
    later = (bases[cells:] - bases[:-cells])[: len(summed)]
    for step in np.unique(later[later < width]):  # two values at most: the cell's length at this speed, rounded
        chosen = slice(None) if (later == step).all() else later == step
        summed[chosen, : width - step] += counts[cells:][chosen, step:]
    return summed


def _best(counts: NDArray[np.int16]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return for each row the highest count, its place, and the highest count that is somewhere else."""
    rows, block = np.arange(len(counts)), PARAMETERS.block_frames
    place = counts.argmax(1)
    best = counts[rows, place].astype(np.int64)
    blocks = counts.reshape(len(counts), -1, block).max(2)
    for near in (-1, 0, 1):
        blocks[rows, np.clip(place // block + near, 0, blocks.shape[1] - 1)] = 0
    return best, place, np.maximum(blocks.max(1), PARAMETERS.min_other_count).astype(np.float64)
