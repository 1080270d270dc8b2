"""From a stretch that coincides to the span and the line that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.sound.offset_histogram import CELL_FRAMES
from fingerprint.matching.time_map import TimeMap
from fingerprint.sound.track import FRAME_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.sound.offset_histogram import Stretch
    from fingerprint.matching.sound.peak_index import Coincidences, Hypothesis, QueryPeaks, ReferencePeaks

__all__ = ["Span", "follow", "rounded"]

#: How far off its line a coincidence may be, frames.
LINE_TOLERANCE_FRAMES = 2.0

#: How far the speed may be off its hypothesis.
MAX_SPEED_ERROR = 0.06

#: The steps in which the speed is looked for.
SPEED_STEP = 0.002

#: Cells before and after a stretch in which its speed is looked for.
BESIDE_CELLS = 2

#: Frames before and after a stretch in which its span is looked for at first: 32 s; where it reaches farther, twice
#: that.
MIN_BESIDE_FRAMES = 16 * CELL_FRAMES

#: Peaks that tell together where a stretch coincides best: its span is looked for from there.
SEED_PEAKS = 9

#: Rounds of fitting a line to a span and of looking for the span along the line; it grows as the line gets better.
MAX_ROUNDS = 10

#: Coincidences from which on a line's slope is free.
MIN_FIT_COINCIDENCES = 8

#: Frames between the first and the last coincidence from which on a line's slope is free: 1.5 s.
MIN_FREE_SLOPE_FRAMES = 1.5 / FRAME_S

#: Speeds this near to 1 are 1.
MAX_PLAIN_SPEED_ERROR = 0.004

#: Share of a copy's mean rate of coincidences that its poorest parts still have.
POOR_RATE_SHARE = 0.4

#: Share of the count of the best offset that is none which chance gives beside it.
CHANCE_RATE_SHARE = 0.6

#: How much oftener than by chance peaks coincide in a copy at least.
MIN_RATE_RATIO = 1.5

#: Log-odds that a span may lose before it ends: that much other sound is no pause.
MAX_LOST_LOG_ODDS = 30.0


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
    by_chance = min(0.5, CHANCE_RATE_SHARE * stretch.other / max(stretch.peaks, 1))
    usual = stretch.count / max(stretch.peaks, 1)
    beside = MIN_BESIDE_FRAMES
    span: Span | None = None
    for _ in range(MAX_ROUNDS):
        low, high = np.searchsorted(query.frames, [stretch.start - beside, stretch.end + beside])
        hits = reference.along(query, line, hypothesis.notes, LINE_TOLERANCE_FRAMES, first=int(low), last=int(high))
        rate = max(POOR_RATE_SHARE * usual, MIN_RATE_RATIO * by_chance)
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
    low, high = np.searchsorted(
        query.frames, [stretch.start - BESIDE_CELLS * CELL_FRAMES, stretch.end + BESIDE_CELLS * CELL_FRAMES]
    )
    within = MAX_SPEED_ERROR * np.abs(query.frames[low:high] - middle) + LINE_TOLERANCE_FRAMES
    expected = TimeMap(hypothesis.speed, stretch.offset)
    hits = reference.along(query, expected, hypothesis.notes, within, first=int(low), last=int(high))
    away, off = query.frames[hits.ours] - middle, hits.theirs - centre
    speeds = hypothesis.speed + SPEED_STEP * np.arange(
        -round(MAX_SPEED_ERROR / SPEED_STEP), round(MAX_SPEED_ERROR / SPEED_STEP) + 1
    )
    on = np.abs(off[None] - (speeds[:, None] - hypothesis.speed) * away[None]) <= LINE_TOLERANCE_FRAMES
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
    seed = low + int(np.argmax(np.convolve(scores[low:high], np.ones(min(SEED_PEAKS, high - low)), "same")))
    last = seed + _reach(scores[seed:])
    first = seed - _reach(scores[: seed + 1][::-1])
    inside = np.nonzero(coincide[first : last + 1])[0]
    if not len(inside):
        return None
    return lowest + first + int(inside[0]), lowest + first + int(inside[-1])


def _reach(scores: NDArray[np.float64]) -> int:
    """Return how far the sum of scores still rises, before it falls by more than is allowed."""
    sums = np.cumsum(scores)
    fallen = np.nonzero(np.maximum.accumulate(sums) - sums > MAX_LOST_LOG_ODDS)[0]
    return int(np.argmax(sums[: int(fallen[0])] if len(fallen) else sums))


def _fitted(ours: NDArray[np.int64], theirs: NDArray[np.int64], line: TimeMap, hypothesis: Hypothesis) -> TimeMap:
    """Return the line through a span's coincidences."""
    if len(ours) >= MIN_FIT_COINCIDENCES and np.ptp(ours) > MIN_FREE_SLOPE_FRAMES:
        middle = ours.mean()
        speed, place = np.polyfit(ours - middle, theirs, 1)
        if abs(speed - hypothesis.speed) <= MAX_SPEED_ERROR:
            return TimeMap(float(speed), float(place - speed * middle))
    return TimeMap(line.speed, float(np.median(theirs - line.speed * ours)))


def rounded(span: Span, query: QueryPeaks, reference: ReferencePeaks, notes: int) -> TimeMap:
    """Return a span's line, in frames: at a speed of exactly 1 where it is near that, through most of its peaks."""
    line = span.line
    if abs(line.speed - 1.0) >= MAX_PLAIN_SPEED_ERROR:
        return line
    middle = float(query.frames[span.first] + query.frames[span.last]) / 2
    level = TimeMap(1.0, line.speed * middle + line.offset - middle)
    hits = reference.along(query, level, notes, 3 * LINE_TOLERANCE_FRAMES, first=span.first, last=span.last + 1)
    if not len(hits.ours):
        return level
    offsets = hits.theirs - query.frames[hits.ours]
    lowest = int(offsets.min())
    # Not "same", which of fewer bins than the kernel has makes as many as that: the fullest one would be another.
    counts = np.convolve(np.bincount(offsets - lowest), np.ones(3), "full")[1:-1]
    return TimeMap(1.0, float(lowest + np.argmax(counts)))
