"""What is wanted of a media item, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Picture", "PictureWish", "SoundBlock", "SoundWish"]


@dataclass(frozen=True, slots=True)
class PictureWish:
    """How pictures are wanted.

    Attributes:
        rate: Points of the time grid a second: the first picture at or after each point `k / rate` is given, when
            there is one before the next point.
        long_side: Longest side in pixels that pictures are scaled down to; smaller ones stay as they are.
    """

    rate: float = 2.0
    long_side: int = 320


@dataclass(frozen=True, slots=True)
class SoundWish:
    """How sound is wanted.

    Attributes:
        rate: Samples a second, in one channel.
        margin_s: Seconds of sound before and after the span that come with it, for analysis windows that reach over
            its ends.
    """

    rate: int = 8000
    margin_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture.

    Attributes:
        number: Number `k` of its grid point: unique in the media item, whatever chunk it is decoded in.
        time: When it is shown, seconds on the media's own clock.
        rgb: Pixels, uint8 `(height, width, 3)`, upright, contiguous, R first.
    """

    number: int
    time: float
    rgb: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class SoundBlock:
    """A run of samples; each block starts where the one before ended.

    Attributes:
        first: Number of its first sample, counted from the start of the media item.
        time: Time of its first sample, `first / rate`, seconds on the media's own clock.
        samples: Samples, float32 `(n,)`, full scale at 1.
    """

    first: int
    time: float
    samples: NDArray[np.float32]
