"""Small pictures that a query carries along, so that it can be looked at again in other ways.

A library stores one form of each picture; finding edited copies is the query's work. Describing every query picture in
every view while it is decoded would cost more than decoding, so the pictures wait as JPEG until somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fingerprint.codec import BadFingerprintError, stored
from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fingerprint.codec import Arrays

__all__ = ["PARAMETERS", "KeyframeParameters", "Keyframes", "encode_still"]


@dataclass(frozen=True, slots=True)
class KeyframeParameters:
    """How a query's pictures are kept until they are looked at again."""

    #: JPEG quality of the pictures.
    jpeg_quality: int = parameter(
        80,
        unit="JPEG quality",
        low=1,
        high=100,
        source="seen while it was built: below it, small features drown in blocks",
    )


PARAMETERS = KeyframeParameters()


@dataclass(frozen=True, slots=True)
class Keyframes:
    """Pictures of a query.

    Attributes:
        times_ms: When they are shown, int32 `(n,)`, milliseconds.
        sizes: Bytes of each, int32 `(n,)`.
        data: Their JPEGs, one after the other, uint8 `(sum(sizes),)`.
    """

    times_ms: NDArray[np.int32]
    sizes: NDArray[np.int32]
    data: NDArray[np.uint8]

    def __len__(self) -> int:
        """Return how many pictures there are."""
        return len(self.times_ms)

    @classmethod
    def of(cls, pictures: Sequence[tuple[int, NDArray[np.uint8]]]) -> Keyframes:
        """Return keyframes of (milliseconds, JPEG) pairs."""
        return cls(
            np.array([time for time, _ in pictures], np.int32),
            np.array([len(jpeg) for _, jpeg in pictures], np.int32),
            np.concatenate([np.zeros(0, np.uint8), *(jpeg for _, jpeg in pictures)]),
        )

    def decode(self, index: int) -> NDArray[np.uint8]:
        """Return a picture, uint8 `(h, w, 3)`, red first."""
        return np.asarray(cv2.imdecode(self._jpeg(index), cv2.IMREAD_COLOR_RGB), np.uint8)

    def decode_small(self, index: int) -> NDArray[np.uint8]:
        """Return a picture at half its size and without colours, uint8 `(h, w)`, in a fraction of the time."""
        return np.asarray(cv2.imdecode(self._jpeg(index), cv2.IMREAD_REDUCED_GRAYSCALE_2), np.uint8)

    def _jpeg(self, index: int) -> NDArray[np.uint8]:
        last = int(self.sizes[: index + 1].sum())
        return self.data[last - int(self.sizes[index]) : last]

    def to_arrays(self) -> Arrays:
        """Return the arrays to store."""
        return {"stills.times": self.times_ms, "stills.sizes": self.sizes, "stills.data": self.data}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Keyframes:
        """Return the keyframes that were stored.

        Raises:
            BadFingerprintError: Arrays are missing, or do not fit together.
        """
        sizes = stored(arrays, "stills.sizes", np.int32, -1)
        if (sizes <= 0).any():
            raise BadFingerprintError("the chunk has pictures of no size")
        return cls(
            stored(arrays, "stills.times", np.int32, len(sizes)),
            sizes,
            stored(arrays, "stills.data", np.uint8, int(sizes.sum(dtype=np.int64))),
        )

    @classmethod
    def join(cls, parts: Sequence[Keyframes]) -> Keyframes:
        """Return neighbouring chunks' keyframes as one."""
        return cls(
            np.concatenate([part.times_ms for part in parts]),
            np.concatenate([part.sizes for part in parts]),
            np.concatenate([part.data for part in parts]),
        )


def encode_still(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture, uint8 `(h, w, 3)`, as JPEG bytes, uint8 `(n,)`."""
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    quality = [cv2.IMWRITE_JPEG_QUALITY, PARAMETERS.jpeg_quality]
    return np.asarray(cv2.imencode(".jpg", bgr, quality)[1], np.uint8).reshape(-1)
