"""Peaks of two sounds that coincide: the same note, at times that a line maps onto each other.

Single peaks are counted, not pairs of them (Wang 2003): a peak outlives noise, a second voice or a poor codec with some
probability, and a pair only with its square.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.matching.time_map import TimeMap
    from fingerprint.sound.track import SoundTrack

__all__ = ["PARAMETERS", "Coincidences", "Hypothesis", "PeakIndexParameters", "QueryPeaks", "ReferencePeaks"]

#: One more than any note that peaks have (they are stored in 8 bits), with what a change of pitch may add.
NOTE_COUNT = 512


@dataclass(frozen=True, slots=True)
class PeakIndexParameters:
    """Which peaks count as the same."""

    #: Notes apart that still count as the same: a peak between two notes falls to either.
    same_note_distance: int = parameter(
        1, unit="notes", low=0, high=3, source="follows from the grid: a tone between two notes is nearest to either"
    )


PARAMETERS = PeakIndexParameters()


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """How a copy's sound may have been changed: played faster, and shifted in pitch (in notes of a 36th octave)."""

    speed: float = 1.0
    notes: int = 0


@dataclass(frozen=True, slots=True)
class QueryPeaks:
    """A query's peaks, in order of time.

    Attributes:
        frames: When they are, int64 `(n,)`, rising.
        notes: Which note they are, int64 `(n,)`.
    """

    frames: NDArray[np.int64]
    notes: NDArray[np.int64]

    @classmethod
    def of(cls, track: SoundTrack) -> QueryPeaks:
        """Return the peaks of a track."""
        return cls(track.frames.astype(np.int64), track.bins.astype(np.int64))

    def between(self, start: int, end: int) -> QueryPeaks:
        """Return those from one frame on and before another."""
        first, last = np.searchsorted(self.frames, [start, end])
        return QueryPeaks(self.frames[first:last], self.notes[first:last])

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.frames)


@dataclass(frozen=True, slots=True)
class Coincidences:
    """Pairs of a query's peak and a reference's with the same note, as parallel arrays, in order of the query's.

    Attributes:
        ours: Which peak of the query, int64 `(n,)`, rising.
        theirs: When the reference's peak is, int64 `(n,)`, frames.
    """

    ours: NDArray[np.int64]
    theirs: NDArray[np.int64]


class ReferencePeaks:
    """A reference's peaks, sorted by note and then by time.

    Attributes:
        length: Frame of its last peak; -1 without any.
    """

    def __init__(self, track: SoundTrack) -> None:
        order = np.lexsort((track.frames, track.bins))
        frames, notes = track.frames[order].astype(np.int64), track.bins[order].astype(np.int64)
        self.length = int(frames.max(initial=-1))
        self._frames = frames
        self._starts = np.searchsorted(notes, np.arange(NOTE_COUNT + 1))
        self._stride = self.length + 2
        self._keys = notes * self._stride + frames

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._frames)

    def count(self, notes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many peaks have the same note, int64 `(n,)`, for each note of a query."""
        low, high = self._range(notes)
        return self._starts[high] - self._starts[low]

    def coincidences(self, query: QueryPeaks, first: int, last: int, shift: int) -> Coincidences:
        """Return all pairs of the same note.

        Args:
            query: The query's peaks.
            first: The first one that takes part.
            last: One more than the last one that takes part.
            shift: Notes that the query's peaks are taken to be raised by.
        """
        low, high = self._range(query.notes[first:last] - shift)
        return self._pairs(np.arange(first, last), self._starts[low], self._starts[high])

    def along(
        self,
        query: QueryPeaks,
        line: TimeMap,
        shift: int,
        within: NDArray[np.float64] | float,
        *,
        first: int,
        last: int,
    ) -> Coincidences:
        """Return the pairs near a line.

        Args:
            query: The query's peaks.
            line: Where the reference's peak ought to be, in frames of both.
            shift: Notes that the query's peaks are taken to be raised by.
            within: How far off it may be, frames, for all peaks that take part or for each one.
            first: The first one that takes part.
            last: One more than the last one that takes part.
        """
        places = line.speed * query.frames[first:last] + line.offset
        earliest, latest = np.ceil(places - within), np.floor(places + within)
        inside = (earliest <= latest) & (latest >= 0) & (earliest <= self.length)
        ours = first + np.nonzero(inside)[0]
        earliest = np.clip(earliest[inside], 0, self.length).astype(np.int64)
        latest = np.clip(latest[inside], 0, self.length).astype(np.int64)
        notes = query.notes[ours] - shift
        found = []
        same = PARAMETERS.same_note_distance
        for near in range(-same, same + 1):
            base = (notes + near) * self._stride
            low = np.searchsorted(self._keys, base + earliest, "left")
            high = np.searchsorted(self._keys, base + latest, "right")
            found.append(self._pairs(ours, low, high))
        joined = np.concatenate([pairs.ours for pairs in found])
        order = np.argsort(joined, kind="stable")
        return Coincidences(joined[order], np.concatenate([pairs.theirs for pairs in found])[order])

    def _range(self, notes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        same = PARAMETERS.same_note_distance
        return np.clip(notes - same, 0, NOTE_COUNT), np.clip(notes + same + 1, 0, NOTE_COUNT)

    def _pairs(self, ours: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64]) -> Coincidences:
        """Return the pairs of each of the query's peaks with a range of the reference's."""
        count = high - low
        starts = np.repeat(low - (np.cumsum(count) - count), count)
        return Coincidences(np.repeat(ours, count), self._frames[starts + np.arange(len(starts))])
