"""From a stretch that coincides to the span and the line that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.sound.offset_histogram import CELL
from fingerprint.matching.time_map import TimeMap
from fingerprint.sound.track import FRAME_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.sound.offset_histogram import Stretch
    from fingerprint.matching.sound.peak_index import Coincidences, Hypothesis, QueryPeaks, ReferencePeaks

__all__ = ["Span", "follow", "rounded"]

#: How far off its line a coincidence may be, frames.
WITHIN = 2.0

#: How far the speed may be off its hypothesis, and the steps in which it is looked for.
SPEED_OFF, SPEED_STEP = 0.06, 0.002

#: Cells before and after a stretch in which its speed is looked for.
BESIDE = 2

#: Frames before and after a stretch in which its span is looked for at first: 32 s; where it reaches farther, twice
#: that.
LEAST_BESIDE = 16 * CELL

#: Peaks that tell together where a stretch coincides best: its span is looked for from there.
SEED = 9

#: Rounds of fitting a line to a span and of looking for the span along the line; it grows as the line gets better.
ROUNDS = 10

#: Coincidences, and frames between the first and the last one, from which on a line's slope is free.
LEAST_TO_FIT, FREE_SLOPE = 8, 1.5 / FRAME_S

#: Speeds this near to 1 are 1.
SAME_SPEED = 0.004

#: Share of a copy's mean rate of coincidences that its poorest parts still have, and what chance gives beside the best
#: offset that is none.
POOR, BY_CHANCE = 0.4, 0.6

#: How much oftener than by chance peaks coincide in a copy at least.
LEAST_GAIN = 1.5

#: Log-odds that a span may lose before it ends: that much other sound is no pause.
MOST_LOST = 30.0


@dataclass(frozen=True, slots=True)
class Span:
    """A span of the query on one line.

    Attributes:
        line: Where it lies in the reference, in frames of both.
        first: Its first peak that coincides.
        last: Its last one.
        heard: When its peaks that coincide are, int64 `(n,)`, frames, rising.
    """

    line: TimeMap
    first: int
    last: int
    heard: NDArray[np.int64]


def follow(query: QueryPeaks, reference: ReferencePeaks, hypothesis: Hypothesis, stretch: Stretch) -> Span | None:
    """Return the span that a stretch is part of; None if nothing holds it together."""
    line = _slope(query, reference, hypothesis, stretch)
    by_chance = min(0.5, BY_CHANCE * stretch.other / max(stretch.peaks, 1))
    usual = stretch.count / max(stretch.peaks, 1)
    beside = LEAST_BESIDE
    span: Span | None = None
    for _ in range(ROUNDS):
        low, high = np.searchsorted(query.frames, [stretch.start - beside, stretch.end + beside])
        hits = reference.along(query, line, hypothesis.notes, WITHIN, first=int(low), last=int(high))
        rate = max(POOR * usual, LEAST_GAIN * by_chance)
        found = _run(query, hits, stretch, (int(low), int(high)), rate=rate, by_chance=by_chance)
        if found is None:
            return span
        first, last = found
        inside = (hits.ours >= first) & (hits.ours <= last)
        coincide = np.unique(hits.ours[inside])
        usual = len(coincide) / (last - first + 1)
        grown = span is None or (first, last) != (span.first, span.last)
        line = _fitted(query.frames[hits.ours[inside]], hits.theirs[inside], line, hypothesis)
        span = Span(line, first, last, query.frames[coincide])
        begins, ends = query.frames[first] - stretch.start, query.frames[last] - stretch.end
        wider = max(beside, 2 * int(max(-begins, ends, 0)))
        if not grown and wider == beside:
            break
        beside = wider
    return span


def _slope(query: QueryPeaks, reference: ReferencePeaks, hypothesis: Hypothesis, stretch: Stretch) -> TimeMap:
    """Return the line through a stretch's middle on which most peaks nearby coincide."""
    middle = (stretch.start + stretch.end) // 2
    centre = middle * hypothesis.speed + stretch.offset
    low, high = np.searchsorted(query.frames, [stretch.start - BESIDE * CELL, stretch.end + BESIDE * CELL])
    within = SPEED_OFF * np.abs(query.frames[low:high] - middle) + WITHIN
    expected = TimeMap(hypothesis.speed, stretch.offset)
    hits = reference.along(query, expected, hypothesis.notes, within, first=int(low), last=int(high))
    away, off = query.frames[hits.ours] - middle, hits.theirs - centre
    speeds = hypothesis.speed + SPEED_STEP * np.arange(
        -round(SPEED_OFF / SPEED_STEP), round(SPEED_OFF / SPEED_STEP) + 1
    )
    on = np.abs(off[None] - (speeds[:, None] - hypothesis.speed) * away[None]) <= WITHIN
    counts = on.sum(1)
    # Of speeds that do as well, the one that was expected, or nearest to it.
    good = speeds[counts >= counts.max() - 1] if len(away) else speeds
    speed = float(good[np.argmin(np.abs(good - hypothesis.speed))])
    return TimeMap(speed, centre - speed * middle)


def _run(
    query: QueryPeaks,
    hits: Coincidences,
    stretch: Stretch,
    among: tuple[int, int],
    *,
    rate: float,
    by_chance: float,
) -> tuple[int, int] | None:
    """Return the first and the last peak of the run of coincidences that a stretch is in.

    Each peak of the query tells a little, whether it coincides (more often in a copy) or not (more often elsewhere):
    the run is the one with the highest sum, and it ends where the sum falls by too much (X-drop, as in BLAST, Altschul
    1990). Where nothing sounds, nothing is lost.

    Args:
        query: The query's peaks.
        hits: What coincides.
        stretch: Some of the run.
        among: The first peak that was looked at, and one more than the last.
        rate: Share of peaks that coincide in the poorest part of a copy.
        by_chance: Share that coincides elsewhere.
    """
    lowest, highest = among
    coincide = np.zeros(highest - lowest, bool)
    coincide[hits.ours - lowest] = True
    low, high = np.searchsorted(query.frames[lowest:highest], [stretch.start, stretch.end])
    if not coincide[low:high].any():
        return None
    gain, loss = float(np.log(rate / by_chance)), float(np.log((1 - rate) / (1 - by_chance)))
    scores = np.where(coincide, gain, loss).astype(np.float64)
    seed = low + int(np.argmax(np.convolve(scores[low:high], np.ones(min(SEED, high - low)), "same")))
    last = seed + _reach(scores[seed:])
    first = seed - _reach(scores[: seed + 1][::-1])
    inside = np.nonzero(coincide[first : last + 1])[0]
    if not len(inside):
        return None
    return lowest + first + int(inside[0]), lowest + first + int(inside[-1])


def _reach(scores: NDArray[np.float64]) -> int:
    """Return how far the sum of scores still rises, before it falls by more than is allowed."""
    sums = np.cumsum(scores)
    fallen = np.nonzero(np.maximum.accumulate(sums) - sums > MOST_LOST)[0]
    return int(np.argmax(sums[: int(fallen[0])] if len(fallen) else sums))


def _fitted(ours: NDArray[np.int64], theirs: NDArray[np.int64], line: TimeMap, hypothesis: Hypothesis) -> TimeMap:
    """Return the line through a span's coincidences."""
    if len(ours) >= LEAST_TO_FIT and np.ptp(ours) > FREE_SLOPE:
        middle = ours.mean()
        speed, place = np.polyfit(ours - middle, theirs, 1)
        if abs(speed - hypothesis.speed) <= SPEED_OFF:
            return TimeMap(float(speed), float(place - speed * middle))
    return TimeMap(line.speed, float(np.median(theirs - line.speed * ours)))


def rounded(span: Span, query: QueryPeaks, reference: ReferencePeaks, notes: int) -> TimeMap:
    """Return a span's line, in frames: at a speed of exactly 1 where it is near that, through most of its peaks."""
    line = span.line
    if abs(line.speed - 1.0) >= SAME_SPEED:
        return line
    middle = float(query.frames[span.first] + query.frames[span.last]) / 2
    level = TimeMap(1.0, line.speed * middle + line.offset - middle)
    hits = reference.along(query, level, notes, 3 * WITHIN, first=span.first, last=span.last + 1)
    if not len(hits.ours):
        return level
    offsets = hits.theirs - query.frames[hits.ours]
    lowest = int(offsets.min())
    # Not "same", which of fewer bins than the kernel has makes as many as that: the fullest one would be another.
    counts = np.convolve(np.bincount(offsets - lowest), np.ones(3), "full")[1:-1]
    return TimeMap(1.0, float(lowest + np.argmax(counts)))
