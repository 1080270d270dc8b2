"""Which spans of a query's sound are which spans of a reference's: coincident peaks, re-timed over hypotheses.

The query's peaks are re-timed and shifted in pitch, never the sound itself, so the library holds one speed. What chance
gives is read from the same pair of sounds: from the best offset, or hypothesis, that is another one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.sound.offset_histogram import (
    CELL_FRAMES,
    MIN_LOOP_SHARE,
    Counts,
    counted,
    likelihood,
    stretches,
)
from fingerprint.matching.sound.peak_index import Hypothesis, QueryPeaks, ReferencePeaks
from fingerprint.matching.sound.span_extension import follow, rounded
from fingerprint.matching.time_map import Segment, TimeMap
from fingerprint.sound.track import FRAME_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fingerprint.matching.search_regions import SearchRegion
    from fingerprint.matching.sound.offset_histogram import Stretch
    from fingerprint.matching.sound.span_extension import Span
    from fingerprint.sound.track import SoundTrack

__all__ = ["SoundQuery", "align_sound", "explained"]

#: Log-odds by counts that unrelated sounds reach often. The best two of 3,600 pairs of unrelated tuning sounds, in 20
#: edits, had 1.9; none of 373 copies that were found had less than 2.1.
CHANCE_LOG_ODDS = 1.5

#: Evidence (log-odds that a segment is a copy) for each of the log-odds beyond: it is even at 2.1.
EVIDENCE_PER_LOG_ODDS = 15.0

#: Log-odds that a segment needs.
MIN_SEGMENT_LOG_ODDS = 3.0

#: Share of their peaks that unrelated sounds have in common at most, were they music on one drum machine at one beat
#: (0.4 was seen, more in single bars). More is a copy, even where the sound repeats itself: another offset is as good.
MAX_CHANCE_SHARE = 0.55

#: Moments at which peaks of a segment coincide at least.
MIN_MOMENTS = 6

#: Frames within which all peaks are one moment.
SAME_MOMENT_FRAMES = 3

#: Time before the first and after the last coincidence that belongs to a copy, in mean times between coincidences.
UNHEARD_MEAN_GAPS = 0.7

#: The same at most, seconds.
MAX_UNHEARD_S = 0.3

#: Share of a stretch, or of a segment, that one found before may cover.
MAX_COVERED_SHARE = 0.3

#: Stretches that are followed at most, for one hypothesis.
MAX_FOLLOWED_STRETCHES = 24

#: The sound as it is.
PLAIN = Hypothesis()

#: Log-odds of sound as it is from which on only small changes are looked for: of sound stretched in time, fragments go
#: on at the old speed.
SURE_LOG_ODDS = 15.0

#: Share of the query's time that such sound covers from which on no change is looked for.
SURE_COVERED_SHARE = 0.8

#: Changed tempi that are tried: close together near 1, where most are, and the common ones beyond.
TRIED_TEMPOS = (
    0.5, 0.67, 0.75, 0.8, 0.85, 0.9, 0.92, 0.95, 0.97,
    1.03, 1.05, 1.08, 1.1, 1.15, 1.2, 1.25, 1.33, 1.4, 1.5, 1.75, 2.0,
)  # fmt: skip

#: Changed speed with pitch, changed tempo, and changed pitch.
CHANGED_HYPOTHESES = tuple(
    [Hypothesis(speed, round(36 * np.log2(speed))) for speed in np.arange(0.8, 1.281, 0.02).round(2) if speed != 1.0]
    + [Hypothesis(tempo) for tempo in TRIED_TEMPOS]
    + [Hypothesis(1.0, notes) for notes in (-6, -4, -3, -2, -1, 1, 2, 3, 4, 6)]
)  # fmt: skip

#: Those near the sound as it is, and this itself.
NEAR_HYPOTHESES = (PLAIN, *(one for one in CHANGED_HYPOTHESES if 0.9 <= one.speed <= 1.1 and one.speed != 1.0))

#: Hypotheses whose speeds are nearer than this share coincidences, if their notes are near as well.
MIN_OTHER_SPEED_DISTANCE = 0.035

#: Notes up to which hypotheses are near.
MAX_SAME_NOTES_DISTANCE = 2

#: A speed that is off by more than this blurs stretches of 16 s.
MAX_SPEED_ERROR = 0.001

#: Frames of a query, times those of a reference, that each hypothesis is tried on: ten minutes on a minute. Of what is
#: longer, a film against a film, sections are enough: it is not copied by seconds.
MAX_TRIED_FRAMES_SQUARED = 600 * 60 / FRAME_S**2

#: Cells of the stretches that choose among hypotheses: at a speed that is off by 1 % longer ones blur.
SHORT_STRETCH_CELLS = (1, 2, 4)


class SoundQuery:
    """A query's sound in the form that references are held against."""

    def __init__(self, track: SoundTrack) -> None:
        self.track = track
        self.peaks = QueryPeaks.of(track)


def align_sound(
    query: SoundQuery,
    reference: SoundTrack,
    *,
    wide: bool,
    speeds: Sequence[float] = (),
    near: Sequence[SearchRegion] | None = None,
) -> list[Segment]:
    """Return the spans of the query that sound like the reference.

    Args:
        query: The query's sound.
        reference: The reference's sound.
        wide: Try changed speed and pitch, where the sound as it is gives nothing.
        speeds: Speeds that the picture tells; tried in any case.
        near: Where to look; everywhere if None.
    """
    if near is None:
        return _aligned(query.peaks, reference, wide=wide, speeds=speeds)
    found = []
    for region in near:
        part = query.peaks.between(round(region.start / FRAME_S), round(region.end / FRAME_S))
        first = max(0, round(region.first / FRAME_S))
        theirs = reference.between(first, round(region.last / FRAME_S))
        segments = _aligned(part, theirs, wide=wide, speeds=speeds)
        found += [replace(one, map=TimeMap(one.map.speed, one.map.offset + first * FRAME_S)) for one in segments]
    return found


def _aligned(query: QueryPeaks, reference: SoundTrack, *, wide: bool, speeds: Sequence[float]) -> list[Segment]:
    if not len(reference.frames) or not len(query):
        return []
    stored = ReferencePeaks(reference)
    found = _segments(query, stored, PLAIN)
    hint = [Hypothesis(s, n) for s in speeds for n in {0, round(36 * float(np.log2(s)))} if abs(s - 1) > 0.01]
    for hypothesis in hint:
        found += _segments(query, stored, hypothesis)
    if wide and not _explained(query, found):
        best = _likeliest(query, stored, CHANGED_HYPOTHESES if _total(found) < SURE_LOG_ODDS else NEAR_HYPOTHESES)
        if best is not None and best[0] != PLAIN:
            found = max(found, _segments(query, stored, *best), key=_total)
    return found


def explained(query: SoundQuery, found: Sequence[Segment]) -> bool:
    """Return whether segments leave nothing to ask: they are sure, and cover the query."""
    return _explained(query.peaks, found)


def _explained(query: QueryPeaks, found: Sequence[Segment]) -> bool:
    if not len(query):
        return True
    sounding = float(np.ptp(query.frames)) * FRAME_S
    return _total(found) >= SURE_LOG_ODDS and sum(segment.length for segment in found) >= SURE_COVERED_SHARE * sounding


def _likeliest(
    query: QueryPeaks, reference: ReferencePeaks, hypotheses: Sequence[Hypothesis]
) -> tuple[Hypothesis, float] | None:
    """Return how the sound was changed, if one hypothesis stands out, and what others reach in each cell."""
    sections = _sections(query, reference)
    counts = [
        Counts.joined([counted(section, reference, hypothesis, SHORT_STRETCH_CELLS) for section in sections])
        for hypothesis in hypotheses
    ]
    best = np.stack([one.best for one in counts])
    rows = np.arange(best.shape[1])
    winners = best.argmax(0)
    differ = np.array([[_differ(one, another) for one in hypotheses] for another in hypotheses])
    others = np.where(differ[winners].T, best, 0).max(0)
    others = np.maximum(others, np.stack([one.others for one in counts])[winners, rows])
    odds = [likelihood(count, other) for count, other in zip(best[winners, rows], others, strict=True)]
    row = int(np.argmax(odds))
    return (hypotheses[winners[row]], float(others[row] / counts[0].cells[row])) if odds[row] > 0 else None


def _sections(query: QueryPeaks, reference: ReferencePeaks) -> list[QueryPeaks]:
    """Return the parts of a query that hypotheses are tried on: all of it, or some that lie evenly in it."""
    begin, length = int(query.frames[0]), int(query.frames[-1] - query.frames[0]) + 1
    section = SHORT_STRETCH_CELLS[-1] * CELL_FRAMES
    most = max(1, int(MAX_TRIED_FRAMES_SQUARED / (max(reference.length, CELL_FRAMES) * section)))
    if length <= most * section:
        return [query]
    starts = [begin + round((length - section) * (number + 0.5) / most) for number in range(most)]
    sections = [query.between(start, start + section) for start in starts]
    return [part for part in sections if len(part)] or [query.between(begin, begin + section)]


def _differ(one: Hypothesis, another: Hypothesis) -> bool:
    return (
        abs(one.speed - another.speed) >= MIN_OTHER_SPEED_DISTANCE
        or abs(one.notes - another.notes) > MAX_SAME_NOTES_DISTANCE
    )


def _segments(
    query: QueryPeaks, reference: ReferencePeaks, hypothesis: Hypothesis, other: float = 0.0
) -> list[Segment]:
    """Return the segments under a hypothesis.

    Args:
        query: The query's peaks.
        reference: The reference's.
        hypothesis: How the sound is taken to be changed.
        other: What other hypotheses reach in each cell.
    """
    ranked = stretches(query, reference, hypothesis)
    nearby = _refined(query, reference, hypothesis, ranked)
    found = _followed(query, reference, hypothesis, ranked, other)
    if nearby is None:
        return found
    better = _followed(query, reference, nearby, stretches(query, reference, nearby), other)
    return max(found, better, key=_total)


def _total(segments: Sequence[Segment]) -> float:
    return sum(segment.log_odds for segment in segments)


def _refined(
    query: QueryPeaks, reference: ReferencePeaks, hypothesis: Hypothesis, ranked: Sequence[Stretch]
) -> Hypothesis | None:
    """Return the hypothesis with the speed that the best stretch has; None if it has that already."""
    span = follow(query, reference, hypothesis, ranked[0]) if ranked else None
    if span is None or abs(span.line.speed - hypothesis.speed) < MAX_SPEED_ERROR:
        return None
    return Hypothesis(span.line.speed, hypothesis.notes)


def _followed(
    query: QueryPeaks, reference: ReferencePeaks, hypothesis: Hypothesis, ranked: Sequence[Stretch], other: float
) -> list[Segment]:
    """Return the segments that stretches belong to, each once."""
    found: list[Segment] = []
    followed = 0
    for stretch in ranked:
        start, end = stretch.start * FRAME_S, stretch.end * FRAME_S
        if any(_common(one, start, end) > MAX_COVERED_SHARE * min(end - start, one.length) for one in found):
            continue
        others = other * (stretch.end - stretch.start) / CELL_FRAMES
        if not _promising(stretch, others):
            continue
        followed += 1
        if followed > MAX_FOLLOWED_STRETCHES:
            break
        span = follow(query, reference, hypothesis, stretch)
        if span is None:
            continue
        log_odds = _evidence(span, stretch, others)
        if log_odds < MIN_SEGMENT_LOG_ODDS:
            continue
        segment = _segment(query, reference, hypothesis, span, log_odds)
        if not any(
            _common(one, segment.start, segment.end) > MAX_COVERED_SHARE * min(one.length, segment.length)
            for one in found
        ):
            found.append(segment)
    return found


def _promising(stretch: Stretch, other: float) -> bool:
    """Return whether a stretch may have evidence enough, by one of the two ways to come by it."""
    odds = likelihood(stretch.count, max(stretch.other, other))
    return (
        EVIDENCE_PER_LOG_ODDS * (odds - CHANCE_LOG_ODDS) >= MIN_SEGMENT_LOG_ODDS
        or stretch.count >= MIN_LOOP_SHARE * stretch.peaks
    )


def _common(segment: Segment, start: float, end: float) -> float:
    return min(end, segment.end) - max(start, segment.start)


def _evidence(span: Span, stretch: Stretch, other: float) -> float:
    moments = 1 + int((np.diff(span.heard) > SAME_MOMENT_FRAMES).sum())
    if moments < MIN_MOMENTS:
        return 0.0
    distinct = moments / len(span.heard)
    odds = distinct * likelihood(stretch.count, max(stretch.other, other))
    return EVIDENCE_PER_LOG_ODDS * (
        max(odds, _in_common(min(stretch.count, stretch.peaks), stretch.peaks)) - CHANCE_LOG_ODDS
    )


def _in_common(count: int, peaks: int) -> float:
    """Return the log-likelihood ratio of so many peaks in common against what unrelated sounds have at most."""
    share = count / peaks
    if share <= MAX_CHANCE_SHARE:
        return 0.0
    missed = (peaks - count) * np.log((1 - share) / (1 - MAX_CHANCE_SHARE)) if count < peaks else 0.0
    return float(count * np.log(share / MAX_CHANCE_SHARE) + missed)


def _segment(
    query: QueryPeaks, reference: ReferencePeaks, hypothesis: Hypothesis, span: Span, log_odds: float
) -> Segment:
    line = rounded(span, query, reference, hypothesis.notes)
    start, end = float(span.heard[0]) * FRAME_S, float(span.heard[-1]) * FRAME_S
    density = len(span.heard) / max(end - start, 1.0)
    unheard = min(MAX_UNHEARD_S, UNHEARD_MEAN_GAPS / density)
    return Segment(
        start=max(0.0, start - unheard),
        end=end + unheard,
        map=TimeMap(line.speed, line.offset * FRAME_S),
        log_odds=log_odds,
        similarity=float(np.clip(0.5 + 0.7 * len(span.heard) / (span.last - span.first + 1), 0, 1)),
        sound=True,
    )
