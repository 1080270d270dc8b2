"""Which spans of a query's sound are which spans of a reference's: votes of landmarks, re-timed over hypotheses.

The query's peaks are re-timed and shifted in pitch, never the sound itself, so the library holds one speed. Votes for
an offset are judged against what chance gives: a Poisson rate taken from the same pair of tracks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fingerprint.align.segment import Segment, TimeMap
from fingerprint.sound.landmarks import Hypothesis, Landmarks, Votes, landmarks, shared
from fingerprint.sound.track import FRAME_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fingerprint.sound.track import SoundTrack

__all__ = ["SoundQuery", "align_sound"]

#: Width of an offset bin, frames of the reference.
BIN = 5.0

#: Query seconds that vote together.
STRETCH = 8.0

#: Votes a line needs at least: fewer are chance, whatever the rate.
LEAST_VOTES = 6

#: Votes are not independent, since each peak has several partners: what one is worth beside its log-likelihood.
WORTH = 0.35

#: Log-odds a segment needs.
LEAST_EVIDENCE = 3.0

#: Longest pause between votes within one segment, seconds.
PAUSE = 3.0

#: A longer pause than this, seconds, ends a segment where the query's sound goes on by at least a share of its usual
#: peaks: that is other sound. Where the query is as quiet as the reference, the copy goes on.
LONG_PAUSE, GOES_ON = 6.0, 0.4

#: Votes a second that chance gives at the least.
LEAST_RATE = 0.02

#: Share of a copy's mean rate of votes that its quiet stretches still have.
QUIET = 0.3

#: Time before the first and after the last vote that belongs to a copy, in mean times between its peaks, and at most.
UNHEARD, MOST_UNHEARD = 0.7, 0.6

#: Seconds from which on a run's slope is free, how far it may be off its hypothesis, and off 1 to count as none.
FREE_SLOPE_S, SLOPE_OFF, SAME_SPEED = 3.0, 0.03, 0.004

#: Segments of one pair of tracks at most.
MOST_SEGMENTS = 24

PLAIN = Hypothesis()

#: Changed tempi that are tried: close together near 1, where most are, and the common ones beyond.
TEMPOS = (
    0.5, 0.67, 0.75, 0.8, 0.85, 0.9, 0.92, 0.95, 0.97,
    1.03, 1.05, 1.08, 1.1, 1.15, 1.2, 1.25, 1.33, 1.4, 1.5, 1.75, 2.0,
)  # fmt: skip

#: Changed speed with pitch, changed tempo, and changed pitch.
CHANGED = tuple(
    [Hypothesis(speed, round(36 * np.log2(speed))) for speed in np.arange(0.8, 1.281, 0.02).round(2) if speed != 1.0]
    + [Hypothesis(tempo) for tempo in TEMPOS]
    + [Hypothesis(1.0, notes) for notes in (-6, -4, -3, -2, -1, 1, 2, 3, 4, 6)]
)  # fmt: skip


class SoundQuery:
    """A query's landmarks, kept for all references it is held against."""

    def __init__(self, track: SoundTrack) -> None:
        self.track = track
        self.heard = np.asarray(np.sort(track.frames) * FRAME_S, np.float64)
        self._made: dict[Hypothesis, Landmarks] = {}

    def landmarks(self, hypothesis: Hypothesis) -> Landmarks:
        """Return the landmarks under a hypothesis."""
        if hypothesis not in self._made:
            self._made[hypothesis] = landmarks(self.track.frames, self.track.bins, hypothesis)
        return self._made[hypothesis]


def align_sound(query: SoundQuery, reference: SoundTrack, *, wide: bool, speeds: Sequence[float] = ()) -> list[Segment]:
    """Return the spans of the query that sound like the reference.

    Args:
        query: The query's sound.
        reference: The reference's sound.
        wide: Try changed speed and pitch, where the sound as it is gives nothing.
        speeds: Speeds that the picture tells; tried in any case.
    """
    if not len(reference.frames) or not len(query.track.frames):
        return []
    stored = landmarks(reference.frames, reference.bins)
    found = _segments(query, stored, PLAIN)
    told = [Hypothesis(s, n) for s in speeds for n in {0, round(36 * float(np.log2(s)))} if abs(s - 1) > 0.01]
    for hypothesis in told:
        found += _segments(query, stored, hypothesis)
    if not found and wide:
        tried = [(_best_votes(query, stored, hypothesis), hypothesis) for hypothesis in CHANGED]
        best = max(tried, key=lambda pair: pair[0])[1]
        found = _segments(query, stored, best, tried=len(CHANGED))
    return found


def _cells(votes: Votes, hypothesis: Hypothesis) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the offset bin of each vote, and the stretch of the query that it lies in."""
    offsets = np.floor((votes.theirs - votes.ours * hypothesis.speed) / BIN).astype(np.int64)
    return offsets, np.floor(votes.ours * FRAME_S / STRETCH).astype(np.int64)


def _best_votes(query: SoundQuery, stored: Landmarks, hypothesis: Hypothesis) -> int:
    votes = shared(query.landmarks(hypothesis), stored)
    if not len(votes):
        return 0
    offsets, stretches = _cells(votes, hypothesis)
    _, counts = np.unique(offsets * 100_000 + stretches, return_counts=True)
    return int(counts.max())


def _segments(query: SoundQuery, stored: Landmarks, hypothesis: Hypothesis, tried: int = 1) -> list[Segment]:
    votes = shared(query.landmarks(hypothesis), stored)
    offsets, stretches = _cells(votes, hypothesis)
    segments: list[Segment] = []
    left = np.ones(len(votes), bool)
    span = float(stored.frames.max(initial=0) + query.track.frames.max(initial=0) * hypothesis.speed)
    cells = max(1.0, span / BIN)
    for _ in range(MOST_SEGMENTS):
        if left.sum() < LEAST_VOTES:
            break
        keys, counts = np.unique(offsets[left] * 100_000 + stretches[left], return_counts=True)
        offset = int(keys[int(np.argmax(counts))]) // 100_000
        line = left & (np.abs(offsets - offset) <= 1)
        segment = _run(votes[line], query.heard, hypothesis, len(votes) / cells * 3, cells * tried)
        if segment is None:
            if counts.max() < LEAST_VOTES:
                break
            left &= ~line
            continue
        segments.append(segment)
        # What sounds at a span found is explained: a loop's other offsets are true too, but say nothing new.
        times = votes.ours * FRAME_S
        near = (times >= segment.start - PAUSE) & (times <= segment.end + PAUSE)
        left &= ~(line & near) & ~((times >= segment.start) & (times <= segment.end))
    return segments


def _run(
    votes: Votes, heard: NDArray[np.float64], hypothesis: Hypothesis, rate: float, trials: float
) -> Segment | None:
    """Return the strongest run of votes along a line, if chance does not explain it.

    Args:
        votes: The line's votes.
        heard: Times of the query's peaks, seconds, rising.
        hypothesis: How the sound is taken to be changed.
        rate: Votes that chance gives on the whole line.
        trials: Lines that were to choose from.
    """
    votes = votes[np.argsort(votes.ours, kind="stable")]
    times = votes.ours * FRAME_S
    by_chance = max(rate / max(float(np.ptp(times)), 1.0), LEAST_RATE)
    first, last = _busiest(times, by_chance)
    first, last = _unbroken(times, heard, first, last)
    run = votes[np.arange(first, last + 1)]
    times = run.ours * FRAME_S
    length = float(np.ptp(times))
    peaks = len(np.unique(run.ours))  # one peak's partners count once
    chance = max(by_chance * (length + 1.0), 0.5)
    if peaks < LEAST_VOTES or peaks <= chance:
        return None
    count = len(run)
    evidence = WORTH * (count * np.log(count / chance) - count + chance) - np.log(trials)
    if evidence < LEAST_EVIDENCE:
        return None
    speed, offset = _line(times, run.theirs * FRAME_S, hypothesis.speed)
    density = peaks / max(length, 1.0)
    unheard = min(MOST_UNHEARD, UNHEARD / density)
    return Segment(
        start=max(0.0, float(times[0]) - unheard),
        end=float(run.ends.max()) * FRAME_S + unheard,
        map=TimeMap(speed, offset),
        evidence=float(evidence),
        likeness=float(np.clip(0.5 + density / 16, 0, 1)),
        sound=True,
    )


def _busiest(times: NDArray[np.float64], by_chance: float) -> tuple[int, int]:
    """Return the first and last vote of the stretch that is told best from chance.

    Votes come at one rate within a copy and at another by chance (Poisson): each vote gains the logarithm of the rates'
    ratio and each second costs their difference, and the stretch with the largest sum is taken (Kadane).
    """
    breaks = np.nonzero(np.diff(times) > PAUSE)[0] + 1
    longest = max(np.split(np.arange(len(times)), breaks), key=len)
    first, last = int(longest[0]), int(longest[-1])
    for _ in range(2):
        rate = (last - first + 1) / max(times[last] - times[first], 0.5)
        rate = max(QUIET * rate, 3.0 * by_chance)
        gain, cost = np.log(rate / by_chance), rate - by_chance
        steps = gain - cost * np.diff(times, prepend=times[0])
        sums = np.concatenate([[0.0], np.cumsum(steps)])
        lowest = np.minimum.accumulate(sums[:-1])
        last = int(np.argmax(sums[1:] - lowest))
        first = int(np.argmin(sums[: last + 1]))
    return first, last


def _unbroken(times: NDArray[np.float64], heard: NDArray[np.float64], first: int, last: int) -> tuple[int, int]:
    """Return the part with the most votes of a stretch that is cut where other sound stands between."""
    within = times[first : last + 1]
    gaps = np.diff(within)
    before = np.searchsorted(heard, within)
    between = np.diff(before)
    usual = (before[-1] - before[0] - between[gaps > PAUSE].sum()) / max(float(gaps[gaps <= PAUSE].sum()), 1.0)
    cuts = np.nonzero((gaps > LONG_PAUSE) & (between > GOES_ON * usual * gaps))[0]
    starts, ends = np.append(0, cuts + 1), np.append(cuts, len(within) - 1)
    longest = int(np.argmax(ends - starts))
    return first + int(starts[longest]), first + int(ends[longest])


def _line(times: NDArray[np.float64], places: NDArray[np.float64], speed: float) -> tuple[float, float]:
    if np.ptp(times) > FREE_SLOPE_S:
        fitted = np.polyfit(times, places, 1)[0]
        if abs(fitted - speed) < SLOPE_OFF:
            speed = 1.0 if abs(fitted - 1.0) < SAME_SPEED else float(fitted)
    return speed, float(np.median(places - speed * times))
