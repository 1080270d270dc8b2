"""What is kept of a media item's sound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.codec import rising, stored
from fingerprint.types import Windows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fingerprint.codec import Arrays

__all__ = ["FRAME_S", "LENGTH", "WINDOW_MS", "SoundTrack"]

#: Time between two frames of the analysis, seconds: peaks are placed on these. 546 of them are 32,768 samples at 8 kHz.
FRAME_S = 32768 / 546 / 8000

#: Numbers in a window's vector.
LENGTH = 100

#: How long a window is, milliseconds.
WINDOW_MS = 2000


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """The library form of a sound track, or of a chunk of one.

    Attributes:
        frames: When the peaks are, int32 `(p,)`, in frames from the item's start, rising.
        bins: Which note they are, uint8 `(p,)`, 36 an octave.
        numbers: Window numbers, int32 `(n,)`, rising.
        starts_ms: Where the windows start, int32 `(n,)`, milliseconds.
        codes: The windows' vectors with 8 bits a number, int8 `(n, d)`.
    """

    frames: NDArray[np.int32]
    bins: NDArray[np.uint8]
    numbers: NDArray[np.int32]
    starts_ms: NDArray[np.int32]
    codes: NDArray[np.int8]

    @classmethod
    def nothing(cls) -> SoundTrack:
        """Return the track of no sound at all."""
        none = np.zeros(0, np.int32)
        return cls(none, none.astype(np.uint8), none, none, np.zeros((0, LENGTH), np.int8))

    def vectors(self) -> NDArray[np.float32]:
        """Return the windows' unit vectors, float32 `(n, d)`."""
        vectors = self.codes.astype(np.float32)
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)

    def between(self, first: int, last: int) -> SoundTrack:
        """Return the peaks from one frame on and before another, counted from the first; windows are left out."""
        inside = slice(*np.searchsorted(self.frames, [first, last]).tolist())
        return replace(SoundTrack.nothing(), frames=self.frames[inside] - np.int32(first), bins=self.bins[inside])

    def windows(self) -> Windows:
        """Return the rows for the index."""
        return Windows(self.numbers, self.starts_ms, (self.starts_ms + WINDOW_MS).astype(np.int32), self.vectors())

    def identity(self) -> Arrays:
        """Return the arrays that name the content."""
        return {"sound.frames": self.frames, "sound.bins": self.bins}

    def to_arrays(self) -> Arrays:
        """Return the arrays to store."""
        return {
            "sound.frames": np.diff(self.frames, prepend=np.int32(0)).astype(np.int32),
            "sound.bins": self.bins,
            "sound.numbers": self.numbers,
            "sound.starts": self.starts_ms,
            "sound.codes": self.codes,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> SoundTrack:
        """Return the track that was stored.

        Raises:
            BadFingerprintError: Arrays are missing, or do not fit together.
        """
        frames = stored(arrays, "sound.frames", np.int32, -1)
        numbers = stored(arrays, "sound.numbers", np.int32, -1)
        return cls(
            rising(frames),
            stored(arrays, "sound.bins", np.uint8, len(frames)),
            numbers,
            stored(arrays, "sound.starts", np.int32, len(numbers)),
            stored(arrays, "sound.codes", np.int8, len(numbers), LENGTH),
        )

    @classmethod
    def join(cls, parts: Sequence[SoundTrack]) -> SoundTrack:
        """Return neighbouring chunks' tracks as one."""
        return cls(
            np.concatenate([part.frames for part in parts]),
            np.concatenate([part.bins for part in parts]),
            np.concatenate([part.numbers for part in parts]),
            np.concatenate([part.starts_ms for part in parts]),
            np.concatenate([part.codes for part in parts]),
        )
