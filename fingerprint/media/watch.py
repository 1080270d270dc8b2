"""When there was something to see or to hear in a span of a track, and when a decoder has given it."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fingerprint.media.coverage import TrackCoverage
from fingerprint.parameters import parameter
from schemas.coverage import Cause

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["PARAMETERS", "TrackWatch", "WatchParameters"]


@dataclass(frozen=True, slots=True)
class WatchParameters:
    """What is nothing missed of a track."""

    #: Times are kept in ticks of this length: of a span there are so many at the most, whatever is in the file.
    tick_s: float = parameter(
        0.01, unit="s", low=0.001, high=0.02, source="a bound on cost; shorter than any picture is on show"
    )

    #: Time without a picture that is nothing missed, though packets lie in it.
    picture_gap_s: float = parameter(
        0.4, unit="s", low=0.1, high=5.0, source="pictures that no other needs are skipped for up to 0.4 s"
    )

    #: The same for sound.
    sound_gap_s: float = parameter(
        0.2, unit="s", low=0.05, high=5.0, source="decoders run in for a tenth of a second or two"
    )

    #: Packets without a picture that are nothing missed in a longer gap, if the decoder refused none. Encoders place no
    #: more pictures between two that others need, and these are skipped; VP8 has packets that are never shown.
    skipped_pictures: int = parameter(
        16, unit="count", low=1, high=64, source="what encoders place between two pictures that others need"
    )

    #: The same for sound: a decoder may hold one back.
    skipped_sounds: int = parameter(1, unit="count", low=0, high=16, source="what decoders hold back")


PARAMETERS = WatchParameters()


class TrackWatch:
    """Compares what a decoder was given with what came out.

    A frame stays on show until the next one, so a still, a pause between pictures and sound that ends early are nothing
    missed. What is missed begins with the first packet that gave no frame, and ends with the next frame.

    Args:
        start: Where the span starts, seconds.
        end: Where it ends, seconds.
        gap_s: Time without a frame that is nothing missed.
        skipped: Packets without a frame, and without a complaint, that are nothing missed.
    """

    def __init__(self, start: float, end: float, gap_s: float, skipped: int) -> None:
        self._start, self._end = max(0.0, start), end
        self._gap_s = gap_s
        self._skipped = skipped
        self.restart()

    @classmethod
    def of_picture(cls, start: float, end: float) -> TrackWatch:
        """Return the watch of a picture track."""
        return cls(start, end, PARAMETERS.picture_gap_s, PARAMETERS.skipped_pictures)

    @classmethod
    def of_sound(cls, start: float, end: float) -> TrackWatch:
        """Return the watch of a sound track."""
        return cls(start, end, PARAMETERS.sound_gap_s, PARAMETERS.skipped_sounds)

    def restart(self) -> None:
        """Forget everything: reading goes on elsewhere."""
        self._asked: dict[int, Cause | None] = {}
        self._seen: set[int] = set()
        self._asked_before = -math.inf
        self._cause_before: Cause | None = None
        self._seen_before = -math.inf
        self._causes: set[Cause | None] = set()
        self._first, self._until, self._next = math.inf, 0.0, 0.0

    def ask(self, time: float | None, length: float) -> float:
        """Note a packet that the decoder gets, and return when what it holds is shown.

        Args:
            time: When that is, seconds; None where the file does not say: right after the packet before.
            length: For how long, seconds; 0 where nobody knows.
        """
        time = self._next if time is None else time
        self._next = time + length
        self._first, self._until = min(self._first, time), max(self._until, self._next)
        self.refuse(time, None)
        return time

    def refuse(self, time: float, cause: Cause | None) -> None:
        """Note why the packet of that time did not decode."""
        self._causes.add(cause)
        if self._start <= time < self._end:
            tick = int(time / PARAMETERS.tick_s)
            self._asked[tick] = _worst([self._asked.get(tick), cause])
        elif self._asked_before <= time < self._start:
            self._asked_before, self._cause_before = time, cause

    def lose(self) -> None:
        """Note that packets may be lost behind the last one: what follows at once shows that none were."""
        self.refuse(self._next, Cause.DAMAGED)

    def see(self, time: float) -> None:
        """Note a frame that came out and is shown from that time on."""
        if time < self._start:
            self._seen_before = max(self._seen_before, time)
        else:
            self._seen.add(int(min(time, self._end) / PARAMETERS.tick_s))

    def finish(self) -> None:
        """Note that all that was wanted of the span has come out: what else lies in it was not asked for."""
        self._until = max(self._until, self._end)
        self.see(self._end)

    def asks_between(self, one: float, other: float) -> bool:
        """Tell whether the decoder was given something that is shown after the one time and before the other."""
        first, last = int(one / PARAMETERS.tick_s) + 1, int(min(other, self._end) / PARAMETERS.tick_s)
        return one + PARAMETERS.tick_s < self._asked_before < other or any(
            tick in self._asked for tick in range(first, last)
        )

    def coverage(self) -> TrackCoverage:
        """Return how much there was to see in the span, and how much of that was missed."""
        begin, until = max(self._start, self._first), min(self._end, self._until)
        if until <= begin:
            return TrackCoverage()
        asked = dict(self._asked)
        before = int(self._start / PARAMETERS.tick_s) - 1
        if self._asked_before - self._seen_before > self._gap_s:  # what is on show at the start was not seen
            asked[before] = self._cause_before
        ticks = sorted(asked)
        missed: dict[Cause, float] = {}
        borders = [before - 1, *sorted(self._seen), math.ceil(until / PARAMETERS.tick_s)]
        for number, (one, other) in enumerate(itertools.pairwise(borders)):
            lost = ticks[bisect_right(ticks, one) : bisect_left(ticks, other)]
            gap_s = (other - (one if number else lost[0])) * PARAMETERS.tick_s if lost else 0.0
            cause = _worst([asked[tick] for tick in lost])
            if gap_s > self._gap_s and (cause is not None or len(lost) > self._skipped):
                seconds = min(until, other * PARAMETERS.tick_s) - max(begin, lost[0] * PARAMETERS.tick_s)
                # Where packets have no times, those that were refused seem to lie elsewhere.
                cause = cause or _worst(self._causes) or Cause.DAMAGED
                missed[cause] = missed.get(cause, 0.0) + max(0.0, seconds)
        return TrackCoverage(until - begin, missed)


def _worst(causes: Collection[Cause | None]) -> Cause | None:
    return next((cause for cause in Cause if cause in causes), None)
