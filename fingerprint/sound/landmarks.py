"""Pairs of peaks as keys that two recordings of one sound share (Wang 2003), made again from peaks whenever needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Hypothesis", "Landmarks", "Votes", "landmarks", "shared"]

#: Later peaks that each peak is paired with.
PARTNERS = 5

#: Distance of partners, in frames, and in notes.
NEAREST, FARTHEST = 6, 160
MOST_NOTES = 40

#: Frames that one step of a key's distance stands for.
DISTANCE_STEP = 2


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """How a copy's sound may have been changed: played faster, and shifted in pitch (in notes of a 36th octave)."""

    speed: float = 1.0
    notes: int = 0


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Pairs, sorted by key.

    Attributes:
        keys: What two recordings share, int64 `(n,)`, rising.
        frames: When the first peak of each is, float64 `(n,)`, frames.
        ends: When the second one is.
    """

    keys: NDArray[np.int64]
    frames: NDArray[np.float64]
    ends: NDArray[np.float64]


def landmarks(frames: NDArray[np.int32], bins: NDArray[np.uint8], hypothesis: Hypothesis = Hypothesis()) -> Landmarks:
    """Return the pairs of a track's peaks, undoing what a hypothesis says was done to them.

    `frames` of the result stay those of the track, not of the undone time.
    """
    times = frames.astype(np.float64) * hypothesis.speed
    notes = bins.astype(np.int64) - hypothesis.notes
    keys, firsts, seconds = [], [], []
    taken = np.zeros(len(frames), np.int64)
    for step in range(1, 3 * PARTNERS + 1):  # neighbours in time, until each peak has its partners
        a, b = np.arange(len(frames) - step), np.arange(step, len(frames))
        distance, interval = times[b] - times[a], notes[b] - notes[a]
        fit = (distance >= NEAREST) & (distance <= FARTHEST) & (np.abs(interval) <= MOST_NOTES) & (taken[a] < PARTNERS)
        fit &= (notes[a] >= 0) & (notes[a] < 160)
        a, b, distance, interval = a[fit], b[fit], distance[fit], interval[fit]
        taken[a] += 1
        steps = np.rint(distance / DISTANCE_STEP).astype(np.int64)
        keys.append((notes[a] * 128 + interval + 64) * 128 + steps)
        firsts.append(frames[a].astype(np.float64))
        seconds.append(frames[b].astype(np.float64))
    joined = np.concatenate(keys)
    order = np.argsort(joined, kind="stable")
    return Landmarks(joined[order], np.concatenate(firsts)[order], np.concatenate(seconds)[order])


#: Equal keys of the reference that one of the query is held against: steady tones have thousands.
MOST_EQUAL = 64


@dataclass(frozen=True, slots=True)
class Votes:
    """Pairs that two recordings share, as parallel arrays of frames, float64 `(n,)`.

    Attributes:
        ours: When the first peak is in the query.
        ends: When the second peak is in the query.
        theirs: When the first peak is in the reference.
    """

    ours: NDArray[np.float64]
    ends: NDArray[np.float64]
    theirs: NDArray[np.float64]

    def __getitem__(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Votes:
        """Return some of the votes."""
        return Votes(self.ours[chosen], self.ends[chosen], self.theirs[chosen])

    def __len__(self) -> int:
        """Return how many votes there are."""
        return len(self.ours)


def shared(query: Landmarks, reference: Landmarks) -> Votes:
    """Return a vote for every pair of equal keys."""
    first = np.searchsorted(reference.keys, query.keys, "left")
    count = np.searchsorted(reference.keys, query.keys, "right") - first
    count = np.minimum(count, MOST_EQUAL)
    total = int(count.sum())
    starts = np.repeat(first - (np.cumsum(count) - count), count)
    theirs = reference.frames[starts + np.arange(total)]
    return Votes(np.repeat(query.frames, count), np.repeat(query.ends, count), theirs)
