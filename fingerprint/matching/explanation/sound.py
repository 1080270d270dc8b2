"""What the sound says for the intervals of a match: peaks that coincide on its line, and how many do beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.explanation import thinning
from fingerprint.matching.explanation.thinning import Points, evenly, thinned
from fingerprint.matching.findings import SoundFinding
from fingerprint.matching.sound import offset_histogram, span_extension
from fingerprint.matching.sound.peak_index import QueryPeaks, ReferencePeaks
from fingerprint.matching.time_map import TimeMap
from fingerprint.parameters import parameter
from fingerprint.sound.track import frame_s
from schemas.evidence import SoundEvidence, SoundStretch, TrackPoints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fingerprint.matching.explanation.lines import Line
    from fingerprint.matching.sound.peak_index import Coincidences
    from fingerprint.matching.time_map import Segment
    from fingerprint.sound.track import SoundTrack

__all__ = ["PARAMETERS", "PairOfSounds", "SoundEvidenceParameters"]


@dataclass(frozen=True, slots=True)
class SoundEvidenceParameters:
    """How far around an interval, and at how many of its peaks, coincidences are counted."""

    #: How far beside an interval's own offset coincidences are counted.
    beside_s: float = parameter(
        10.0,
        unit="s",
        low=1.0,
        high=60.0,
        source="far enough for a beat or a word to have passed, near enough that the same parts of both sounds meet; "
        "chosen, not measured",
    )

    #: Offsets of which a count is told, on either side of the interval's own.
    told_offsets: int = parameter(20, unit="count", low=1, high=200, source="one each half second")

    #: Share of an interval's peaks that another offset must leave inside of the reference to be counted.
    min_shared: float = parameter(0.25, unit="share", low=0.01, high=1.0, source="chosen, not measured")

    #: Peaks of an interval that are counted at the most.
    max_counted_peaks: int = parameter(
        20_000, unit="count", low=100, high=1_000_000, source="a bound on cost: some of a long one tell the same"
    )

    #: Coincidences of two sounds up to which all of them are looked at.
    max_all_coincidences: int = parameter(
        200_000, unit="count", low=1000, high=10_000_000, source="a bound on cost; chosen, not measured"
    )

    #: Peaks whose coincidences are looked at where there are more.
    sampled_peaks: int = parameter(
        200, unit="count", low=10, high=10_000, source="a bound on cost; chosen, not measured"
    )


PARAMETERS = SoundEvidenceParameters()

#: Decimals of what is told of times, seconds; of log-odds; and of counts that are means.
TIME_DECIMALS, LOG_ODDS_DECIMALS, MEAN_DECIMALS = 2, 1, 1


@dataclass(frozen=True)
class _Line:
    """An interval's line in frames of both sounds, the first and one more than the last peak on it, and the pitch."""

    map: TimeMap
    first: int
    last: int
    notes: int


class PairOfSounds:
    """Two sounds that are to be told of."""

    def __init__(self, query: QueryPeaks, reference: SoundTrack) -> None:
        self._query = query
        self._reference = ReferencePeaks(reference)

    def evidence(self, line: Line, again: Segment | None) -> SoundEvidence:
        """Return what the sound says for an interval.

        Args:
            line: Where the interval lies.
            again: The segment that the fingerprints give there.
        """
        finding = _strongest(again)
        placed = self._placed(line, again)
        some = placed.first + evenly(placed.last - placed.first, PARAMETERS.max_counted_peaks)
        part = QueryPeaks(self._query.frames[some], self._query.notes[some])
        scale = (placed.last - placed.first) / max(len(part), 1)
        offsets, counts, known = self._counts(part, placed)
        block = offset_histogram.PARAMETERS.block_frames
        elsewhere = known & (np.abs(offsets) > block)
        rates = counts[elsewhere] * scale
        told = self._told(offsets, np.where(known, counts, 0) * scale)
        return SoundEvidence(
            peaks=placed.last - placed.first,
            common=len(np.unique(self._along(placed).ours)),
            by_chance=round(float(rates.mean()), MEAN_DECIMALS) if len(rates) else None,
            most_elsewhere=round(float(rates.max())) if len(rates) else None,
            pitch_steps=placed.notes,
            offsets_s=[round(step * _step_s(), TIME_DECIMALS) for step in _steps().tolist()],
            counts=told,
            stretch=None if finding is None else _stretch(finding),
            log_odds=None if finding is None else round(finding.log_odds, LOG_ODDS_DECIMALS),
        )

    def points(self, lines: Sequence[tuple[Line, Segment | None]]) -> TrackPoints:
        """Return which peaks coincide, on the intervals' lines and elsewhere."""
        if not len(self._query) or not len(self._reference):
            return TrackPoints()
        placed = [self._placed(line, again) for line, again in lines]
        inside = [self._along(one) for one in placed]
        ours = np.concatenate([np.zeros(0, np.int64), *(one.ours for one in inside)])
        theirs = np.concatenate([np.zeros(0, np.int64), *(one.theirs for one in inside)])
        total = int(self._reference.count(self._query.notes).sum())
        few = total <= PARAMETERS.max_all_coincidences
        chosen = evenly(len(self._query), len(self._query) if few else PARAMETERS.sampled_peaks)
        part = QueryPeaks(self._query.frames[chosen], self._query.notes[chosen])
        all_ = self._reference.coincidences(part, 0, len(part), 0)
        off_lines = np.ones(len(all_.ours), bool)
        for one in placed:
            peak = chosen[all_.ours]
            on_line = np.abs(all_.theirs - one.map.speed * part.frames[all_.ours] - one.map.offset) <= _tolerance()
            off_lines &= ~(on_line & (peak >= one.first) & (peak < one.last))
        return thinned(
            self._points(self._query.frames[ours], theirs, len(ours)),
            self._points(part.frames[all_.ours[off_lines]], all_.theirs[off_lines], max(0, total - len(ours))),
        )

    def _points(self, ours: NDArray[np.int64], theirs: NDArray[np.int64], total: int) -> Points:
        some = evenly(len(ours), 10 * thinning.PARAMETERS.max_points)  # of what is sorted to be thinned
        moments, places = (np.asarray(frames[some] * frame_s(), np.float64) for frames in (ours, theirs))
        return Points.of(moments, places, np.ones(len(some)), max(total, len(ours)))

    def _placed(self, line: Line, again: Segment | None) -> _Line:
        """Return a line in frames: as the sound tells it where it was found again, since that is exact to a frame."""
        frame, finding = frame_s(), _strongest(again)
        exact = line.map if again is None or finding is None else again.map
        first, last = np.searchsorted(self._query.frames, [line.start / frame, line.end / frame])
        placed = _Line(
            TimeMap(exact.speed, exact.offset / frame), int(first), int(last), 0 if finding is None else finding.notes
        )
        return placed if finding is not None else self._nearest(placed)

    def _nearest(self, line: _Line) -> _Line:
        """Return a line at the offset nearby on which the most peaks coincide: a picture's line is not exact."""
        some = line.first + evenly(line.last - line.first, PARAMETERS.max_counted_peaks)
        part = QueryPeaks(self._query.frames[some], self._query.notes[some])
        offsets, counts, known = self._counts(part, line)
        near = known & (np.abs(offsets) <= offset_histogram.PARAMETERS.block_frames)
        if not near.any():
            return line
        # A count takes in its neighbours, so that the best ones are several: their middle is meant.
        middle = np.convolve(counts, np.ones(_width()), "full")[_width() // 2 :][: len(counts)]
        best = int(offsets[np.argmax(np.where(near, middle, -1.0))])
        return _Line(TimeMap(line.map.speed, line.map.offset + best), line.first, line.last, line.notes)

    def _along(self, line: _Line) -> Coincidences:
        return self._reference.along(self._query, line.map, line.notes, _tolerance(), first=line.first, last=line.last)

    def _counts(
        self, part: QueryPeaks, line: _Line
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
        """Return offsets beside a line, frames; how many peaks coincide at each; and which of them are known.

        An offset that takes some peaks out of the reference counts as if the others were all.
        """
        reach = round(PARAMETERS.beside_s / frame_s())
        offsets = np.arange(-reach, reach + 1)
        hits = self._reference.along(part, line.map, line.notes, reach + _tolerance(), first=0, last=len(part))
        off = np.rint(hits.theirs - line.map.speed * part.frames[hits.ours] - line.map.offset).astype(np.int64) + reach
        exact = np.bincount(off[(off >= 0) & (off < len(offsets))], minlength=len(offsets)).astype(np.float64)
        counts = np.convolve(exact, np.ones(_width()), "full")[_width() // 2 :][: len(offsets)]
        places = line.map.speed * part.frames + line.map.offset
        shared = np.searchsorted(places, self._reference.length - offsets, "right") - np.searchsorted(places, -offsets)
        known = shared > PARAMETERS.min_shared * max(len(part), 1)
        return offsets, np.where(known, counts * len(part) / np.maximum(shared, 1), 0.0), known

    def _told(self, offsets: NDArray[np.int64], counts: NDArray[np.float64]) -> list[int]:
        """Return the highest count around each offset that is told of."""
        step = _step_s() / frame_s()
        nearest = np.rint(offsets / step).astype(np.int64) + PARAMETERS.told_offsets
        best = np.zeros(2 * PARAMETERS.told_offsets + 1)
        np.maximum.at(best, np.clip(nearest, 0, 2 * PARAMETERS.told_offsets), counts)
        return [round(count) for count in best.tolist()]


def _step_s() -> float:
    """Return how far apart the offsets are that are told of, seconds."""
    return PARAMETERS.beside_s / PARAMETERS.told_offsets


def _steps() -> NDArray[np.int64]:
    return np.arange(-PARAMETERS.told_offsets, PARAMETERS.told_offsets + 1)


def _width() -> int:
    """Return how many offsets are one, since times are rounded to frames."""
    return 2 * int(_tolerance()) + 1


def _tolerance() -> float:
    """Return how far off its line a coincidence may be, frames."""
    return span_extension.PARAMETERS.line_tolerance_frames


def _strongest(again: Segment | None) -> SoundFinding | None:
    findings = [one for one in again.findings if isinstance(one, SoundFinding)] if again is not None else []
    return max(findings, key=lambda one: one.log_odds, default=None)


def _stretch(finding: SoundFinding) -> SoundStretch:
    return SoundStretch(
        start=round(finding.start, TIME_DECIMALS),
        end=round(finding.end, TIME_DECIMALS),
        peaks=finding.peaks,
        common=finding.count,
        elsewhere=round(finding.other, MEAN_DECIMALS),
    )
