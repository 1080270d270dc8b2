"""One unit vector a picture: near for edited versions of one picture, far for different ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from fingerprint.picture.weights import trained, trunk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["SIDE", "STEP", "background_score", "dequantise", "describe", "quantise", "squeezed"]

#: Side of the square that pictures are squeezed into: a copy with another aspect ratio looks the same there.
SIDE = 160

#: Pictures that go through the network at once: a tenth faster than one by one; larger batches are no faster.
BATCH = 8

#: Background pictures whose mean similarity is what a vector scores by chance.
NEIGHBOURS = 5

#: Vectors are stored with 8 bits a number; unit vectors of some hundred numbers stay below 0.42.
STEP = 1 / 300


def describe(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Return unit vectors, float32 `(n, d)`, of RGB pictures, uint8 `(h, w, 3)` of any size."""
    data = trained()
    if not pictures:
        return np.zeros((0, data.projection.shape[1]), np.float32)
    squares = np.stack([squeezed(picture) for picture in pictures])
    batches = [squares[i : i + BATCH] for i in range(0, len(squares), BATCH)]
    features = np.vstack([trunk().run(None, {"pictures": batch})[0] for batch in batches])
    return unit((features - data.mean) @ data.projection)


def squeezed(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture, uint8 `(h, w, 3)`, squeezed into the square that vectors are made of."""
    return np.asarray(cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale vectors `(n, d)` to length 1."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)


def background_score(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how like each vector is to what it has nothing to do with, float32 `(n,)`.

    Pictures that are like everything (black, blurred, plain) score high; subtract it from a similarity (score
    normalisation, as the winners of the Video Similarity Challenge 2022 do).
    """
    if not len(vectors):  # of no pictures, as sound alone has them, not even the length of a vector is known
        return np.zeros(0, np.float32)
    similarity = vectors @ trained().background.T
    return np.asarray(np.partition(similarity, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS:].mean(1), np.float32)


def quantise(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """Return unit vectors with 8 bits a number."""
    return np.asarray(np.clip(np.rint(vectors / STEP), -127, 127), np.int8)


def dequantise(codes: NDArray[np.int8]) -> NDArray[np.float32]:
    """Return stored vectors at unit length."""
    return unit(codes.astype(np.float32))
