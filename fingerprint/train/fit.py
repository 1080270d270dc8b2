"""Learns the projections of picture vectors and local features, and picks the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from fingerprint.picture import embedding, local_features
from fingerprint.picture.embedding import quantise, unit
from fingerprint.picture.weights import trunk
from fingerprint.train.augment import edited, mildly_edited
from fingerprint.train.synthetic import plain_pictures
from fingerprint.train.whiten import learn_whitening

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

__all__ = ["learn", "small_square"]

#: Numbers in a picture vector: more are hardly better (first place for 0.72 of strongly edited pictures with 256, 0.73
#: with 512) and cost every search.
DIMENSIONS = 384

#: Pictures kept as the background of score normalisation.
BACKGROUND = 1000

#: Pictures and features a picture that the directions of local features are learned from.
LOCAL_PICTURES, LOCAL_FEATURES = 800, 100


def learn(paths: Sequence[Path], views: int) -> dict[str, NDArray[Any]]:
    """Return the arrays of `fingerprint.picture.weights.Trained`, compact."""
    rng = np.random.default_rng(1)
    images = [_small(path) for path in paths]
    rows = []
    for number, image in enumerate(images):
        other = images[number - 1]
        versions = [image, mildly_edited(image, other, rng)]
        versions += [edited(image, other, rng) for _ in range(views - 1)]
        rows.append(_features(versions))
    features = np.stack(rows)
    mean, projection = learn_whitening(features[:, 0], features[:, 1:], DIMENSIONS)
    plain = _features(plain_pictures())
    chosen = np.vstack([features[rng.permutation(len(features))[:BACKGROUND], 0], plain])
    local_mean, local_basis = _local_directions(images[:LOCAL_PICTURES])
    return {
        "mean": mean,
        "projection": projection.astype(np.float16),
        "background": quantise(unit((chosen - mean) @ projection.astype(np.float16).astype(np.float32))),
        "local_mean": local_mean,
        "local_basis": local_basis,
    }


def small_square(path: Path) -> Image:
    """Return a picture file as the trunk takes it, uint8 `(160, 160, 3)`, red first."""
    return _square(_small(path))


def _square(image: Image) -> Image:
    side = embedding.PARAMETERS.side_px
    small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[..., ::-1]).astype(np.uint8)


def _small(path: Path) -> Image:
    image = cv2.imread(str(path))
    if image is None:
        raise ValueError(f"{path} is no picture")
    scale = min(1.0, local_features.PARAMETERS.long_side_px / max(image.shape[:2]))
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _features(images: Sequence[Image]) -> NDArray[np.float32]:
    return np.asarray(trunk().run(None, {"pictures": np.stack([_square(image) for image in images])})[0], np.float32)


def _local_directions(images: Sequence[Image]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    kept = local_features.PARAMETERS
    detector = cv2.SIFT.create(nfeatures=LOCAL_FEATURES, contrastThreshold=kept.min_contrast)
    found = [detector.detectAndCompute(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), None) for image in images]
    descriptors = np.vstack([descriptors for points, descriptors in found if points]).astype(np.float32)
    roots = np.sqrt(descriptors / np.maximum(descriptors.sum(1, keepdims=True), 1e-6))
    mean = roots.mean(0)
    _, directions = np.linalg.eigh(np.cov((roots - mean).T))
    return mean.astype(np.float32), directions[:, ::-1][:, : kept.code_length].astype(np.float32)
