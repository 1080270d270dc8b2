"""When an ad ran: from the matches of one medium with references in `ads` libraries to its airings.

Three steps, each of which gives the same in whatever order matches and intervals come:

1. The intervals of each match are put together into *showings*: what follows from playing the ad once.
2. Where showings explain the same seconds of the medium, the longer one wins. So an ad and its cut-down, which both
   match wherever either ran, are one airing; and an ad whose first and last seconds are alike does not run twice.
3. Showings of one ad that go on where the one before had come to are one airing, however long the engine had nothing to
   match in between, as long as no other ad ran there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from fingerprint.intervals import covered_s
from schemas.matches import Interval, Track

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from schemas.matches import Match

__all__ = ["BORDER_S", "Airing", "airings_of", "is_complete"]

#: Seconds by which two airings may overlap, and by which two intervals may miss each other and still be of one playing:
#: each of the two bounds that meet there is within half a second of the truth.
BORDER_S = 1.0
#: Seconds without a match inside one showing: a card, black or silence, which match nothing. The shortest spot that is
#: sold has five seconds, so no other ad fits into less.
MOST_GAP_S = 5.0
#: From which share of its seconds on a showing is taken for another reading of what a longer one explains better.
MOSTLY = 0.5
#: Share of an ad that may be missing from a complete airing, and the seconds that may always be: half a second at
#: either end are within what bounds are told to.
MISSING_SHARE, MISSING_S = 0.05, 1.0


class Airing(msgspec.Struct, frozen=True, kw_only=True):
    """One run of an ad in a medium. Times are seconds on the medium's own clock."""

    #: Where the ad is.
    library: str
    #: The ad.
    ad: str
    #: In the medium.
    start: float
    #: In the medium.
    end: float
    #: Which part of the ad ran, 0..1; what ran twice counts once.
    share: float
    #: Whether all of it ran, as far as bounds can be told.
    complete: bool
    #: What carried it.
    track: Track
    #: How fast it ran: 2.0 is twice as fast as the ad.
    speed: float

    @property
    def seconds(self) -> float:
        """How long it ran."""
        return self.end - self.start


class _Showing(NamedTuple):
    """Intervals of one playing of an ad, by their place in the medium. Times are seconds."""

    library: str
    ad: str
    #: Of the ad.
    duration: float
    intervals: tuple[Interval, ...]
    #: In the medium.
    start: float
    #: In the medium.
    end: float
    #: Of the medium, covered by intervals.
    explained_s: float
    #: Of the ad, covered by intervals.
    ran_s: float

    @classmethod
    def of(cls, library: str, ad: str, duration: float, intervals: Sequence[Interval]) -> _Showing:
        """Return the showing that intervals are, of which there is at least one."""
        return cls(
            library=library,
            ad=ad,
            duration=duration,
            intervals=tuple(intervals),
            start=min(one.input_start for one in intervals),
            end=max(one.input_end for one in intervals),
            explained_s=covered_s((one.input_start, one.input_end) for one in intervals),
            ran_s=covered_s((one.reference_start, one.reference_end) for one in intervals),
        )

    @property
    def place(self) -> tuple[object, ...]:
        """What orders showings: by time, and no two alike."""
        return self.start, self.end, self.library, self.ad, tuple(map(_key, self.intervals))

    @property
    def similarity(self) -> float:
        """That of its surest interval."""
        return max(one.similarity for one in self.intervals)

    @property
    def share(self) -> float:
        """Which part of the ad ran."""
        return min(1.0, self.ran_s / self.duration) if self.duration > 0 else 0.0

    @property
    def last(self) -> Interval:
        """The interval with which it ends."""
        return max(self.intervals, key=lambda one: one.input_end)

    def taken_by(self, others: Iterable[_Showing]) -> list[tuple[float, float]]:
        """Return the spans of it that others cover too."""
        spans = ((max(one.start, self.start), min(one.end, self.end)) for one in others)
        return [(start, end) for start, end in spans if end > start]

    def is_mostly(self, spans: Iterable[tuple[float, float]]) -> bool:
        """Whether spans are more than half of it."""
        return covered_s(spans) > MOSTLY * (self.end - self.start)


def airings_of(matches: Iterable[Match], durations: Mapping[tuple[str, str], float] | None = None) -> list[Airing]:
    """Return the airings in a medium, in their order. No two overlap by more than `BORDER_S`.

    Args:
        matches: Of the medium with ads.
        durations: Seconds that each ad has, by library and MediaId. Where one is not given, or 0, it is what the
            match's own coverage of the ad makes it.
    """
    known = durations or {}
    showings = [
        showing
        for match in matches
        for showing in _showings(match, known.get((match.library, match.media_id), 0.0) or _duration(match))
    ]
    return [_airing(one) for one in _joined(_explained_once(showings))]


def is_complete(ran_s: float, duration: float) -> bool:
    """Whether an ad that ran for so many of its seconds ran as a whole."""
    return duration - ran_s <= max(MISSING_S, MISSING_SHARE * duration)


def _key(one: Interval) -> tuple[float, ...]:
    return one.input_start, one.reference_start, one.input_end, one.reference_end, one.similarity


def _duration(match: Match) -> float:
    """Return how long an ad is, as its match tells: what is covered of it, and which share of it that is."""
    covered = covered_s((one.reference_start, one.reference_end) for one in match.intervals)
    return covered / match.reference_coverage if match.reference_coverage > 0 else covered


def _showings(match: Match, duration: float) -> Iterator[_Showing]:
    """Put the intervals of a match together: each goes to the showing that it goes on with, or begins another one."""
    open_ones: list[list[Interval]] = []
    for interval in sorted(match.intervals, key=lambda one: (*_key(one), one.track)):
        if interval.input_end <= interval.input_start:
            continue
        of = next((one for one in reversed(open_ones) if _goes_on(one, interval)), None)
        if of is None:
            open_ones.append([interval])
        else:
            of.append(interval)
    for intervals in open_ones:
        yield _Showing.of(match.library, match.media_id, duration, intervals)


def _goes_on(intervals: Sequence[Interval], then: Interval) -> bool:
    """Whether an interval is a later part, or the other track, of what others play."""
    last = max(intervals, key=lambda one: one.input_end)
    gap = then.input_start - last.input_end
    if gap > MOST_GAP_S:
        return False
    if _is_on_line(last, then):
        return True
    # A cut inside the ad: it goes on at once, and further on. A jump back is the ad again.
    return abs(gap) <= BORDER_S and then.reference_start >= last.reference_end - BORDER_S


def _is_on_line(before: Interval, then: Interval) -> bool:
    """Whether both are where one playing from the beginning to the end would be."""
    rate = (before.reference_end - before.reference_start) / (before.input_end - before.input_start)
    expected = before.reference_end + (then.input_start - before.input_end) * rate
    return abs(then.reference_start - expected) <= BORDER_S


def _explained_once(showings: Iterable[_Showing]) -> list[_Showing]:
    """Return the showings that are left where the longest explanation of each second wins, in their order."""
    kept = [one for together in _overlapping(showings) for one in _winners(together)]
    return sorted(kept, key=lambda one: one.place)


def _overlapping(showings: Iterable[_Showing]) -> Iterator[list[_Showing]]:
    """Yield the showings that overlap each other, one through the other, together."""
    together: list[_Showing] = []
    reached = 0.0
    for showing in sorted(showings, key=lambda one: one.place):
        if together and showing.start >= reached:
            yield together
            together = []
        reached = max(reached, showing.end) if together else showing.end
        together.append(showing)
    if together:
        yield together


def _winners(showings: Sequence[_Showing]) -> list[_Showing]:
    """Return what is left of showings that overlap, when the best explanation has been taken again and again."""
    left = sorted(showings, key=lambda one: (-one.explained_s, one.place))
    kept: list[_Showing] = []
    while left:
        best = _best(left)
        left.remove(best)
        taken = best.taken_by(kept)
        if best.is_mostly(taken):
            continue
        rest = best if covered_s(taken) <= BORDER_S else _within(best, taken)
        kept += [] if rest is None else [rest]
    return kept


def _best(left: Sequence[_Showing]) -> _Showing:
    """Return the longest showing, or one that explains the same about as long, and better: its ad ran as a whole.

    Where a cut-down runs, the ad that it was cut from explains as many seconds, but for how exact bounds are; where
    neither ran as a whole it is the one of which more did.
    """
    longest = left[0]
    rivals = [
        one
        for one in left
        if one.explained_s >= longest.explained_s - BORDER_S and one.is_mostly(one.taken_by([longest]))
    ]
    return max(rivals, key=_goodness)


def _goodness(one: _Showing) -> tuple[bool, float, float]:
    complete = is_complete(one.ran_s, one.duration)
    return complete, one.explained_s if complete else one.share, one.similarity


def _within(showing: _Showing, taken: Iterable[tuple[float, float]]) -> _Showing | None:
    """Return the longest part of a showing that nothing else has taken; None where that is next to nothing."""
    start, free = showing.start, []
    for begin, end in sorted(taken):
        free.append((start, begin))
        start = max(start, end)
    free.append((start, showing.end))
    longest = max(free, key=lambda one: (one[1] - one[0], -one[0]))
    parts = [part for one in showing.intervals if (part := _cut(one, *longest)) is not None]
    if covered_s((one.input_start, one.input_end) for one in parts) <= BORDER_S:
        return None
    return _Showing.of(showing.library, showing.ad, showing.duration, parts)


def _cut(one: Interval, start: float, end: float) -> Interval | None:
    """Return what of an interval lies in a span of the medium."""
    begin, finish = max(one.input_start, start), min(one.input_end, end)
    if finish <= begin:
        return None
    rate = (one.reference_end - one.reference_start) / (one.input_end - one.input_start)
    return msgspec.structs.replace(
        one,
        input_start=begin,
        input_end=finish,
        reference_start=one.reference_start + (begin - one.input_start) * rate,
        reference_end=one.reference_end - (one.input_end - finish) * rate,
    )


def _joined(showings: Iterable[_Showing]) -> list[_Showing]:
    """Put neighbours together that are of one playing, with nothing that another ad explains between them."""
    joined: list[_Showing] = []
    for showing in showings:
        before = joined[-1] if joined else None
        if (
            before is not None
            and (before.library, before.ad) == (showing.library, showing.ad)
            and _is_on_line(before.last, showing.intervals[0])
        ):
            intervals = (*before.intervals, *showing.intervals)
            joined[-1] = _Showing.of(before.library, before.ad, before.duration, intervals)
        else:
            joined.append(showing)
    return joined


def _airing(showing: _Showing) -> Airing:
    tracks = {one.track for one in showing.intervals}
    longest = max(showing.intervals, key=lambda one: (one.input_end - one.input_start, -one.input_start))
    return Airing(
        library=showing.library,
        ad=showing.ad,
        start=showing.start,
        end=showing.end,
        share=showing.share,
        complete=is_complete(showing.ran_s, showing.duration),
        track=tracks.pop() if len(tracks) == 1 else Track.BOTH,
        speed=longest.speed,
    )
