"""Which spans of a query's sound are which spans of a reference's: coincident peaks, re-timed over hypotheses.

The query's peaks are re-timed and shifted in pitch, never the sound itself, so the library holds one speed. What chance
gives is read from the same pair of sounds: from the best offset, or hypothesis, that is another one.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.findings import SoundFinding
from fingerprint.matching.sound import offset_histogram
from fingerprint.matching.sound.offset_histogram import Counts, counted, demand_doubling, likelihood, stretches
from fingerprint.matching.sound.peak_index import Hypothesis, QueryPeaks, ReferencePeaks
from fingerprint.matching.sound.span_extension import follow, rounded
from fingerprint.matching.time_map import Segment, TimeMap
from fingerprint.parameters import parameter
from fingerprint.sound import track
from fingerprint.sound.track import frame_s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fingerprint.matching.search_regions import SearchRegion
    from fingerprint.matching.sound.offset_histogram import Stretch
    from fingerprint.matching.sound.span_extension import Span
    from fingerprint.sound.track import SoundTrack

__all__ = ["PARAMETERS", "SoundAlignerParameters", "SoundQuery", "align_sound", "explained"]


@dataclass(frozen=True, slots=True)
class SoundAlignerParameters:
    """What evidence a stretch gives, and how other speeds and pitches are tried."""

    #: Log-odds by counts that unrelated sounds reach often. The best two of 3,600 pairs of unrelated tuning sounds, in
    #: 20 edits, had 1.9; none of 373 copies that were found had less than 2.1.
    chance_log_odds: float = parameter(
        1.5,
        unit="log-odds",
        low=0.2,
        high=2.1,
        source="3,600 pairs of unrelated tuning sounds, and 373 copies, in 20 edits",
    )

    #: Evidence (log-odds that a segment is a copy) for each of the log-odds beyond: it is even at 2.1.
    evidence_per_log_odds: float = parameter(
        15.0,
        unit="ratio",
        low=2.0,
        high=60.0,
        source="the same pairs: copies of theirs begin at 2.1, and unrelated ones end at 1.9",
    )

    #: Log-odds that a segment needs.
    min_segment_log_odds: float = parameter(3.0, unit="log-odds", low=0.5, high=9.0, source="chosen, not measured")

    #: Share of their peaks that unrelated sounds have in common at most, were they music on one drum machine at one
    #: beat. More is a copy, even where the sound repeats itself: another offset is as good.
    max_chance_share: float = parameter(
        0.55, unit="share", low=0.4, high=0.95, source="0.4 was seen of music on one drum machine, more in single bars"
    )

    #: Moments at which peaks of a segment coincide at least.
    min_moments: int = parameter(6, unit="count", low=2, high=30, source="chosen, not measured")

    #: Frames within which all peaks are one moment.
    same_moment_frames: int = parameter(3, unit="frames", low=0, high=20, source="chosen, not measured")

    #: Time before the first and after the last coincidence that belongs to a copy, in mean times between coincidences.
    unheard_mean_gaps: float = parameter(0.7, unit="ratio", low=0.0, high=3.0, source="chosen, not measured")

    #: The same at most.
    max_unheard_s: float = parameter(0.3, unit="s", low=0.0, high=2.0, source="chosen, not measured")

    #: A segment's rate of coincidences is taken over this at least: a click is no second of sound.
    min_rate_length_s: float = parameter(1.0, unit="s", low=0.1, high=5.0, source="chosen, not measured")

    #: Share of a stretch, or of a segment, that one found before may cover.
    max_covered_share: float = parameter(0.3, unit="share", low=0.05, high=0.95, source="chosen, not measured")

    #: Stretches that are followed at most, for one hypothesis.
    max_followed_stretches: int = parameter(
        24, unit="count", low=1, high=200, source="a bound on cost; chosen, not measured"
    )

    #: Log-odds of sound as it is from which on only small changes are looked for: of sound stretched in time, fragments
    #: go on at the old speed.
    sure_log_odds: float = parameter(15.0, unit="log-odds", low=9.0, high=100.0, source="chosen, not measured")

    #: Share of the query's time that such sound covers from which on no change is looked for.
    sure_covered_share: float = parameter(0.8, unit="share", low=0.3, high=1.0, source="chosen, not measured")

    #: Changed speeds, with pitch, that are tried.
    tried_speeds: tuple[float, ...] = parameter(
        (
            0.8, 0.82, 0.84, 0.86, 0.88, 0.9, 0.92, 0.94, 0.96, 0.98, 1.02, 1.04, 1.06, 1.08, 1.1, 1.12,
            1.14, 1.16, 1.18, 1.2, 1.22, 1.24, 1.26, 1.28,
        ),
        unit="speed",
        low=0.4,
        high=2.5,
        source="steps of 2 %: of speeds from 0.8 to 1.5 that are tried so, 0.86 to 0.93 were found in 10 s queries",
    )  # fmt: skip

    #: Changed tempi that are tried: close together near 1, where most are, and the common ones beyond.
    tried_tempos: tuple[float, ...] = parameter(
        (
            0.5, 0.67, 0.75, 0.8, 0.85, 0.9, 0.92, 0.95, 0.97, 1.03, 1.05, 1.08, 1.1, 1.15, 1.2, 1.25,
            1.33, 1.4, 1.5, 1.75, 2.0,
        ),
        unit="speed",
        low=0.3,
        high=2.5,
        source="tempi that players and editors offer; of 0.8 to 1.5, 0.86 to 0.93 were found in 10 s queries",
    )  # fmt: skip

    #: Changed pitches that are tried.
    tried_notes: tuple[int, ...] = parameter(
        (-6, -4, -3, -2, -1, 1, 2, 3, 4, 6),
        unit="notes",
        low=-36,
        high=36,
        source="up to 12 %: of 2 to 10 %, 0.86 to 0.93 were found in 10 s queries",
    )

    #: Speeds that are off by no more than this are near the sound as it is.
    max_near_speed_change: float = parameter(0.1, unit="ratio", low=0.02, high=0.5, source="chosen, not measured")

    #: Hypotheses whose speeds are nearer than this share coincidences, if their notes are near as well.
    min_other_speed_distance: float = parameter(0.035, unit="ratio", low=0.005, high=0.2, source="chosen, not measured")

    #: Notes up to which hypotheses are near.
    max_same_notes_distance: int = parameter(2, unit="notes", low=0, high=12, source="chosen, not measured")

    #: A speed that the picture tells is tried where it is off by more than this.
    min_hinted_speed_change: float = parameter(0.01, unit="ratio", low=0.001, high=0.06, source="chosen, not measured")

    #: A speed that is off by more than this blurs stretches of 16 s.
    max_blurring_speed_error: float = parameter(
        0.001, unit="ratio", low=0.0001, high=0.01, source="two frames in 16 s, the tolerance of a line"
    )

    #: Seconds of a query, times those of a reference, that each hypothesis is tried on: ten minutes on a minute. Of
    #: what is longer, a film against a film, sections are enough: it is not copied by seconds.
    max_tried_area_s2: float = parameter(
        600.0 * 60.0, unit="s²", low=60.0 * 60.0, high=3600.0 * 600.0, source="a bound on cost; chosen, not measured"
    )

    #: Cells of the stretches that choose among hypotheses, powers of 2: at a speed that is off by 1 % longer ones blur.
    short_stretch_cells: tuple[int, ...] = parameter(
        (1, 2, 4),
        unit="cells",
        low=1,
        high=8,
        source="steps of 2 % between hypotheses: half a step blurs 8 s by 11 frames",
    )

    #: Similarity of a segment none of whose peaks coincide.
    base_similarity: float = parameter(0.5, unit="similarity", low=0.0, high=1.0, source="chosen, not measured")

    #: Similarity that the share of peaks that coincide adds to it.
    similarity_per_share: float = parameter(0.7, unit="similarity", low=0.0, high=2.0, source="chosen, not measured")

    def __post_init__(self) -> None:
        """Refuse lengths that are no sums of shorter ones."""
        demand_doubling(self.short_stretch_cells)


PARAMETERS = SoundAlignerParameters()

#: The sound as it is.
PLAIN = Hypothesis()


@functools.cache
def _changed_hypotheses(parameters: SoundAlignerParameters, notes_per_octave: int) -> tuple[Hypothesis, ...]:
    """Return changed speed with pitch, changed tempo, and changed pitch."""
    return (
        *(Hypothesis(speed, _raised(speed, notes_per_octave)) for speed in parameters.tried_speeds),
        *(Hypothesis(tempo) for tempo in parameters.tried_tempos),
        *(Hypothesis(1.0, notes) for notes in parameters.tried_notes),
    )


@functools.cache
def _near_hypotheses(parameters: SoundAlignerParameters, notes_per_octave: int) -> tuple[Hypothesis, ...]:
    """Return those near the sound as it is, and this itself."""
    slowest, fastest = 1 - parameters.max_near_speed_change, 1 + parameters.max_near_speed_change
    changed = _changed_hypotheses(parameters, notes_per_octave)
    return (PLAIN, *(one for one in changed if slowest <= one.speed <= fastest and one.speed != 1.0))


def _raised(speed: float, notes_per_octave: int) -> int:
    """Return how many notes a speed raises sound by."""
    return round(notes_per_octave * float(np.log2(speed)))


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
    found, frame = [], frame_s()
    for region in near:
        part = query.peaks.between(round(region.start / frame), round(region.end / frame))
        first = max(0, round(region.first / frame))
        theirs = reference.between(first, round(region.last / frame))
        segments = _aligned(part, theirs, wide=wide, speeds=speeds)
        found += [replace(one, map=TimeMap(one.map.speed, one.map.offset + first * frame)) for one in segments]
    return found


def _aligned(query: QueryPeaks, reference: SoundTrack, *, wide: bool, speeds: Sequence[float]) -> list[Segment]:
    if not len(reference.frames) or not len(query):
        return []
    stored, octave = ReferencePeaks(reference), track.PARAMETERS.notes_per_octave
    found = _segments(query, stored, PLAIN)
    changed = [speed for speed in speeds if abs(speed - 1) > PARAMETERS.min_hinted_speed_change]
    for hypothesis in [Hypothesis(speed, notes) for speed in changed for notes in {0, _raised(speed, octave)}]:
        found += _segments(query, stored, hypothesis)
    if wide and not _explained(query, found):
        tried = _changed_hypotheses if _total(found) < PARAMETERS.sure_log_odds else _near_hypotheses
        best = _likeliest(query, stored, tried(PARAMETERS, octave))
        if best is not None and best[0] != PLAIN:
            found = max(found, _segments(query, stored, *best), key=_total)
    return found


def explained(query: SoundQuery, found: Sequence[Segment]) -> bool:
    """Return whether segments leave nothing to ask: they are sure, and cover the query."""
    return _explained(query.peaks, found)


def _explained(query: QueryPeaks, found: Sequence[Segment]) -> bool:
    if not len(query):
        return True
    sounding = float(np.ptp(query.frames)) * frame_s()
    covered = sum(segment.length for segment in found)
    return _total(found) >= PARAMETERS.sure_log_odds and covered >= PARAMETERS.sure_covered_share * sounding


def _likeliest(
    query: QueryPeaks, reference: ReferencePeaks, hypotheses: Sequence[Hypothesis]
) -> tuple[Hypothesis, float] | None:
    """Return how the sound was changed, if one hypothesis stands out, and what others reach in each cell."""
    sections = _sections(query, reference)
    counts = [
        Counts.joined([counted(section, reference, hypothesis, PARAMETERS.short_stretch_cells) for section in sections])
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
    cell = offset_histogram.PARAMETERS.cell_frames
    section = PARAMETERS.short_stretch_cells[-1] * cell
    area = PARAMETERS.max_tried_area_s2 / frame_s() ** 2
    most = max(1, int(area / (max(reference.length, cell) * section)))
    if length <= most * section:
        return [query]
    starts = [begin + round((length - section) * (number + 0.5) / most) for number in range(most)]
    sections = [query.between(start, start + section) for start in starts]
    return [part for part in sections if len(part)] or [query.between(begin, begin + section)]


def _differ(one: Hypothesis, another: Hypothesis) -> bool:
    return (
        abs(one.speed - another.speed) >= PARAMETERS.min_other_speed_distance
        or abs(one.notes - another.notes) > PARAMETERS.max_same_notes_distance
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
    if span is None or abs(span.line.speed - hypothesis.speed) < PARAMETERS.max_blurring_speed_error:
        return None
    return Hypothesis(span.line.speed, hypothesis.notes)


def _followed(
    query: QueryPeaks, reference: ReferencePeaks, hypothesis: Hypothesis, ranked: Sequence[Stretch], other: float
) -> list[Segment]:
    """Return the segments that stretches belong to, each once."""
    found: list[Segment] = []
    followed, frame, share = 0, frame_s(), PARAMETERS.max_covered_share
    for stretch in ranked:
        start, end = stretch.start * frame, stretch.end * frame
        if any(_common(one, start, end) > share * min(end - start, one.length) for one in found):
            continue
        others = other * (stretch.end - stretch.start) / offset_histogram.PARAMETERS.cell_frames
        if not _promising(stretch, others):
            continue
        followed += 1
        if followed > PARAMETERS.max_followed_stretches:
            break
        span = follow(query, reference, hypothesis, stretch)
        if span is None:
            continue
        log_odds = _evidence(span, stretch, others)
        if log_odds < PARAMETERS.min_segment_log_odds:
            continue
        finding = SoundFinding(
            start=start,
            end=end,
            count=stretch.count,
            other=max(stretch.other, others),
            peaks=stretch.peaks,
            notes=hypothesis.notes,
            log_odds=log_odds,
        )
        segment = _segment(query, reference, span, finding)
        if not any(_common(one, segment.start, segment.end) > share * min(one.length, segment.length) for one in found):
            found.append(segment)
    return found


def _promising(stretch: Stretch, other: float) -> bool:
    """Return whether a stretch may have evidence enough, by one of the two ways to come by it."""
    odds = likelihood(stretch.count, max(stretch.other, other))
    return (
        PARAMETERS.evidence_per_log_odds * (odds - PARAMETERS.chance_log_odds) >= PARAMETERS.min_segment_log_odds
        or stretch.count >= offset_histogram.PARAMETERS.min_loop_share * stretch.peaks
    )


def _common(segment: Segment, start: float, end: float) -> float:
    return min(end, segment.end) - max(start, segment.start)


def _evidence(span: Span, stretch: Stretch, other: float) -> float:
    moments = 1 + int((np.diff(span.heard) > PARAMETERS.same_moment_frames).sum())
    if moments < PARAMETERS.min_moments:
        return 0.0
    distinct = moments / len(span.heard)
    odds = distinct * likelihood(stretch.count, max(stretch.other, other))
    odds = max(odds, _in_common(min(stretch.count, stretch.peaks), stretch.peaks))
    return PARAMETERS.evidence_per_log_odds * (odds - PARAMETERS.chance_log_odds)


def _in_common(count: int, peaks: int) -> float:
    """Return the log-likelihood ratio of so many peaks in common against what unrelated sounds have at most."""
    share, by_chance = count / peaks, PARAMETERS.max_chance_share
    if share <= by_chance:
        return 0.0
    missed = (peaks - count) * np.log((1 - share) / (1 - by_chance)) if count < peaks else 0.0
    return float(count * np.log(share / by_chance) + missed)


def _segment(query: QueryPeaks, reference: ReferencePeaks, span: Span, finding: SoundFinding) -> Segment:
    line = rounded(span, query, reference, finding.notes)
    frame = frame_s()
    start, end = float(span.heard[0]) * frame, float(span.heard[-1]) * frame
    density = len(span.heard) / max(end - start, PARAMETERS.min_rate_length_s)
    unheard = min(PARAMETERS.max_unheard_s, PARAMETERS.unheard_mean_gaps / density)
    similarity = PARAMETERS.base_similarity + PARAMETERS.similarity_per_share * len(span.heard) / (
        span.last - span.first + 1
    )
    return Segment(
        start=max(0.0, start - unheard),
        end=end + unheard,
        map=TimeMap(line.speed, line.offset * frame),
        log_odds=finding.log_odds,
        similarity=float(np.clip(similarity, 0, 1)),
        sound=True,
        findings=(finding,),
    )
