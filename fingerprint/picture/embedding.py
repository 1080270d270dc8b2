"""One unit vector a picture: near for edited versions of one picture, far for different ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fingerprint.parameters import parameter
from fingerprint.picture.weights import trained, trunk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "PARAMETERS",
    "EmbeddingParameters",
    "background_score",
    "dequantise",
    "describe",
    "quantise",
    "squeezed",
    "unit",
]


@dataclass(frozen=True, slots=True)
class EmbeddingParameters:
    """How a picture becomes a vector, and how that is stored."""

    #: Side of the square that pictures are squeezed into: a copy with another aspect ratio looks the same there.
    side_px: int = parameter(
        160,
        unit="pixels",
        low=96,
        high=320,
        source="by the stored form; measured: the right moment is first for 0.962 of query pictures, and at 224 px, in"
        " twice the time, for 0.963",
    )

    #: Pictures that go through the network at once.
    batch_pictures: int = parameter(
        8, unit="count", low=1, high=256, source="measured: a tenth faster than one by one, larger ones are no faster"
    )

    #: Background pictures whose mean similarity is what a vector scores by chance: the nearest ones.
    background_neighbours: int = parameter(
        5,
        unit="count",
        low=1,
        high=100,
        source="measured: less their mean, the best cosine of an unrelated video falls from 0.57 to 0.30",
    )

    #: What one step of a stored number is worth: vectors are stored with 8 bits a number.
    code_step: float = parameter(
        1 / 300,
        unit="share of the vector's length",
        low=1 / 1000,
        high=1 / 127,
        source="by the stored form: the numbers of unit vectors of some hundred numbers stay below 0.42",
    )

    #: Length that a vector is taken to have at the least when it is scaled to 1.
    min_norm: float = parameter(
        1e-9, unit="length", low=1e-30, high=1e-3, source="a guard: vectors of zeros stay zeros, all others are longer"
    )


PARAMETERS = EmbeddingParameters()


def describe(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Return unit vectors, float32 `(n, d)`, of RGB pictures, uint8 `(h, w, 3)` of any size."""
    data = trained()
    if not pictures:
        return np.zeros((0, data.projection.shape[1]), np.float32)
    squares = np.stack([squeezed(picture) for picture in pictures])
    size = PARAMETERS.batch_pictures
    batches = [squares[first : first + size] for first in range(0, len(squares), size)]
    features = np.vstack([trunk().run(None, {"pictures": batch})[0] for batch in batches])
    return unit((features - data.mean) @ data.projection)


def squeezed(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture, uint8 `(h, w, 3)`, squeezed into the square that vectors are made of."""
    side = PARAMETERS.side_px
    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale vectors `(n, d)` to length 1."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, PARAMETERS.min_norm), np.float32)


def background_score(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how like each vector is to what it has nothing to do with, float32 `(n,)`.

    Pictures that are like everything (black, blurred, plain) score high; subtract it from a similarity (score
    normalisation, as the winners of the Video Similarity Challenge 2022 do).
    """
    if not len(vectors):  # of no pictures, as sound alone has them, not even the length of a vector is known
        return np.zeros(0, np.float32)
    similarity = vectors @ trained().background.T
    nearest = PARAMETERS.background_neighbours
    return np.asarray(np.partition(similarity, -nearest, axis=1)[:, -nearest:].mean(1), np.float32)


def quantise(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """Return unit vectors with 8 bits a number."""
    return np.asarray(np.clip(np.rint(vectors / PARAMETERS.code_step), -127, 127), np.int8)


def dequantise(codes: NDArray[np.int8]) -> NDArray[np.float32]:
    """Return stored vectors at unit length."""
    return unit(codes.astype(np.float32))
