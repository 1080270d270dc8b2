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

from fingerprint.sound.track import FRAME_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from fingerprint.matching.sound.peak_index import Hypothesis, QueryPeaks, ReferencePeaks

__all__ = ["CELL_FRAMES", "Counts", "Stretch", "counted", "likelihood", "stretches"]

#: Frames of the query that are counted together: 2 s.
CELL_FRAMES = round(2.0 / FRAME_S)

#: Cells that a stretch may have.
STRETCH_CELLS = (1, 2, 4, 8)

#: Offsets nearer to each other than this are not told apart, frames: 0.18 s.
BLOCK_FRAMES = 24

#: Coincidences of fewer peaks are none.
MIN_COUNT = 6

#: Coincidences that the second best offset is taken to have at least: in sparse sound a click that meets a click makes
#: several at once.
MIN_OTHER_COUNT = 6

#: The best of many stretches is best by chance too: it is held against what this share of them stays under elsewhere.
CHANCE_QUANTILE = 0.9

#: Share of a stretch's peaks that coincide from which on it is looked at even if another offset is as good: a loop.
MIN_LOOP_SHARE = 0.4

#: Log-odds from which on a stretch is looked at.
MIN_STRETCH_LOG_ODDS = 0.6

#: Counters that are held at a time.
MAX_COUNTERS = 12_000_000

#: Coincidences that are held at a time.
MAX_COINCIDENCES = 4_000_000


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
    counts = counted(query, reference, hypothesis, STRETCH_CELLS)
    odds = counts.best * np.log(np.maximum(counts.best, 1) / counts.others) - (counts.best - counts.others)
    odds[counts.best < counts.others] = 0.0
    weight = (odds >= MIN_STRETCH_LOG_ODDS) | (counts.best >= MIN_LOOP_SHARE * counts.peaks)
    chosen = np.nonzero((counts.best >= MIN_COUNT) & weight)[0]
    return [
        Stretch(
            start=int(counts.starts[row]),
            end=int(counts.starts[row] + counts.cells[row] * CELL_FRAMES),
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
            counts.others[same] = np.maximum(counts.others[same], np.quantile(counts.others[same], CHANCE_QUANTILE))
    return counts


def _bounds(query: QueryPeaks) -> NDArray[np.int64]:
    """Return the first peak of each cell, and the number of peaks, int64 `(cells + 1,)`."""
    cells = (int(query.frames[-1]) - int(query.frames[0])) // CELL_FRAMES + 1
    return np.asarray(np.searchsorted(query.frames, query.frames[0] + CELL_FRAMES * np.arange(cells + 1)), np.int64)


def _blocks(
    query: QueryPeaks, reference: ReferencePeaks, hypothesis: Hypothesis, longest: int
) -> Iterator[tuple[int, int]]:
    """Yield ranges of cells that fit into memory, which overlap by the longest stretch."""
    bounds = _bounds(query)
    cells = len(bounds) - 1
    width = reference.length + 2 * CELL_FRAMES * max(1.0, hypothesis.speed)
    pairs = np.concatenate([[0], np.cumsum(reference.count(query.notes - hypothesis.notes))])[bounds]
    most = max(2 * longest, int(MAX_COUNTERS / width))
    first = 0
    while True:
        last = min(first + most, int(np.searchsorted(pairs, pairs[first] + MAX_COINCIDENCES, "right")))
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
    starts = query.frames[0] + CELL_FRAMES * np.arange(first, last)
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
    cells = len(bases)
    margin = int(np.ceil(CELL_FRAMES * hypothesis.speed)) + 2
    width = -(-(reference.length + margin + 3) // BLOCK_FRAMES) * BLOCK_FRAMES
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
    rows = np.arange(len(counts))
    place = counts.argmax(1)
    best = counts[rows, place].astype(np.int64)
    blocks = counts.reshape(len(counts), -1, BLOCK_FRAMES).max(2)
    for near in (-1, 0, 1):
        blocks[rows, np.clip(place // BLOCK_FRAMES + near, 0, blocks.shape[1] - 1)] = 0
    return best, place, np.maximum(blocks.max(1), MIN_OTHER_COUNT).astype(np.float64)
