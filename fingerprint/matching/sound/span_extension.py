"""From a stretch that coincides to the span and the line that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.sound import offset_histogram
from fingerprint.matching.time_map import TimeMap
from fingerprint.parameters import parameter
from fingerprint.sound.track import frame_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.sound.offset_histogram import Stretch
    from fingerprint.matching.sound.peak_index import Coincidences, Hypothesis, QueryPeaks, ReferencePeaks

__all__ = ["PARAMETERS", "SoundSpanExtensionParameters", "Span", "follow", "rounded"]


@dataclass(frozen=True, slots=True)
class SoundSpanExtensionParameters:
    """How a span's line is found and fitted, and how far the span goes along it."""

    #: How far off its line a coincidence may be.
    line_tolerance_frames: float = parameter(
        2.0,
        unit="frames",
        low=0.5,
        high=13.0,
        source="times are rounded to frames in both sounds; chosen, not measured",
    )

    #: How far the speed may be off its hypothesis.
    max_speed_error: float = parameter(0.06, unit="ratio", low=0.01, high=0.2, source="chosen, not measured")

    #: The steps in which the speed is looked for.
    speed_step: float = parameter(
        0.002, unit="ratio", low=0.0002, high=0.01, source="at 0.1 % beside it a stretch of 16 s blurs by two frames"
    )

    #: Cells before and after a stretch in which its speed is looked for.
    beside_cells: int = parameter(2, unit="cells", low=0, high=16, source="chosen, not measured")

    #: Cells before and after a stretch in which its span is looked for at first: 32 s; where it reaches farther, twice
    #: that.
    min_beside_cells: int = parameter(16, unit="cells", low=2, high=128, source="a bound on cost; chosen, not measured")

    #: Peaks that tell together where a stretch coincides best: its span is looked for from there.
    seed_peaks: int = parameter(9, unit="count", low=1, high=99, source="chosen, not measured")

    #: Rounds of fitting a line to a span and of looking for the span along the line; it grows as the line gets better.
    max_rounds: int = parameter(10, unit="count", low=1, high=50, source="a bound on cost; chosen, not measured")

    #: Coincidences from which on a line's slope is free.
    min_fit_coincidences: int = parameter(8, unit="count", low=3, high=60, source="chosen, not measured")

    #: Time between the first and the last coincidence from which on a line's slope is free.
    min_free_slope_s: float = parameter(1.5, unit="s", low=0.2, high=10.0, source="chosen, not measured")

    #: Speeds this near to 1 are 1.
    max_plain_speed_error: float = parameter(
        0.004,
        unit="ratio",
        low=0.0,
        high=0.02,
        source="fitted speeds were measured to be right to 0.1 %, and to 0.34 % at worst",
    )

    #: Tolerances within which a line at a speed of exactly 1 is looked for.
    plain_line_tolerances: float = parameter(3, unit="ratio", low=1, high=20, source="chosen, not measured")

    #: Share of a copy's mean rate of coincidences that its poorest parts still have.
    poor_rate_share: float = parameter(0.4, unit="share", low=0.05, high=1.0, source="chosen, not measured")

    #: Share of the count of the best offset that is none which chance gives beside it.
    chance_rate_share: float = parameter(0.6, unit="share", low=0.1, high=1.0, source="chosen, not measured")

    #: The largest share of peaks that chance is taken to make coincide.
    max_chance_rate: float = parameter(0.5, unit="share", low=0.1, high=0.65, source="chosen, not measured")

    #: How much oftener than by chance peaks coincide in a copy at least.
    min_rate_ratio: float = parameter(1.5, unit="ratio", low=1.05, high=1.95, source="chosen, not measured")

    #: Log-odds that a span may lose before it ends: that much other sound is no pause.
    max_lost_log_odds: float = parameter(
        30.0, unit="log-odds", low=3.0, high=200.0, source="X-drop (Altschul 1990); the value is chosen, not measured"
    )


PARAMETERS = SoundSpanExtensionParameters()


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
    by_chance = min(PARAMETERS.max_chance_rate, PARAMETERS.chance_rate_share * stretch.other / max(stretch.peaks, 1))
    usual = stretch.count / max(stretch.peaks, 1)
    beside = PARAMETERS.min_beside_cells * offset_histogram.PARAMETERS.cell_frames
    tolerance = PARAMETERS.line_tolerance_frames
    span: Span | None = None
    for _ in range(PARAMETERS.max_rounds):
        low, high = np.searchsorted(query.frames, [stretch.start - beside, stretch.end + beside])
        hits = reference.along(query, line, hypothesis.notes, tolerance, first=int(low), last=int(high))
        rate = max(PARAMETERS.poor_rate_share * usual, PARAMETERS.min_rate_ratio * by_chance)
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
    beside = PARAMETERS.beside_cells * offset_histogram.PARAMETERS.cell_frames
    tolerance, most, step = PARAMETERS.line_tolerance_frames, PARAMETERS.max_speed_error, PARAMETERS.speed_step
    low, high = np.searchsorted(query.frames, [stretch.start - beside, stretch.end + beside])
    within = most * np.abs(query.frames[low:high] - middle) + tolerance
    expected = TimeMap(hypothesis.speed, stretch.offset)
    hits = reference.along(query, expected, hypothesis.notes, within, first=int(low), last=int(high))
    away, off = query.frames[hits.ours] - middle, hits.theirs - centre
    speeds = hypothesis.speed + step * np.arange(-round(most / step), round(most / step) + 1)
    on = np.abs(off[None] - (speeds[:, None] - hypothesis.speed) * away[None]) <= tolerance
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
    seed = low + int(np.argmax(np.convolve(scores[low:high], np.ones(min(PARAMETERS.seed_peaks, high - low)), "same")))
    last = seed + _reach(scores[seed:])
    first = seed - _reach(scores[: seed + 1][::-1])
    inside = np.nonzero(coincide[first : last + 1])[0]
    if not len(inside):
        return None
    return lowest + first + int(inside[0]), lowest + first + int(inside[-1])


def _reach(scores: NDArray[np.float64]) -> int:
    """Return how far the sum of scores still rises, before it falls by more than is allowed."""
    sums = np.cumsum(scores)
    fallen = np.nonzero(np.maximum.accumulate(sums) - sums > PARAMETERS.max_lost_log_odds)[0]
    return int(np.argmax(sums[: int(fallen[0])] if len(fallen) else sums))


def _fitted(ours: NDArray[np.int64], theirs: NDArray[np.int64], line: TimeMap, hypothesis: Hypothesis) -> TimeMap:
    """Return the line through a span's coincidences."""
    is_free = len(ours) >= PARAMETERS.min_fit_coincidences and np.ptp(ours) > PARAMETERS.min_free_slope_s / frame_s()
    if is_free:
        middle = ours.mean()
        speed, place = np.polyfit(ours - middle, theirs, 1)
        if abs(speed - hypothesis.speed) <= PARAMETERS.max_speed_error:
            return TimeMap(float(speed), float(place - speed * middle))
    return TimeMap(line.speed, float(np.median(theirs - line.speed * ours)))


def rounded(span: Span, query: QueryPeaks, reference: ReferencePeaks, notes: int) -> TimeMap:
    """Return a span's line, in frames: at a speed of exactly 1 where it is near that, through most of its peaks."""
    line = span.line
    if abs(line.speed - 1.0) >= PARAMETERS.max_plain_speed_error:
        return line
    middle = float(query.frames[span.first] + query.frames[span.last]) / 2
    level = TimeMap(1.0, line.speed * middle + line.offset - middle)
    within = PARAMETERS.plain_line_tolerances * PARAMETERS.line_tolerance_frames
    hits = reference.along(query, level, notes, within, first=span.first, last=span.last + 1)
    if not len(hits.ours):
        return level
    offsets = hits.theirs - query.frames[hits.ours]
    lowest = int(offsets.min())
    # Not "same", which of fewer bins than the kernel has makes as many as that: the fullest one would be another.
    counts = np.convolve(np.bincount(offsets - lowest), np.ones(3), "full")[1:-1]
    return TimeMap(1.0, float(lowest + np.argmax(counts)))
