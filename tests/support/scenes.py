"""Made-up pictures with much to tell them by, and films of them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fingerprint.media.request import Picture
from fingerprint.picture import extractor
from fingerprint.picture.extractor import PictureCollector
from fingerprint.picture.local_features import no_features
from fingerprint.picture.track import PictureTrack

Image = NDArray[np.uint8]

WIDTH, HEIGHT = 320, 180

#: A sky to put pictures into.
DUSK = np.asarray(np.linspace((40, 30, 90), (250, 140, 40), HEIGHT + WIDTH)[sum(np.ogrid[:HEIGHT, :WIDTH])], np.uint8)


def scene(seed: int = 0, width: int = WIDTH, height: int = HEIGHT) -> Image:
    """Return a picture with many corners and blobs of all sizes."""
    rng = np.random.default_rng(seed)
    image = np.full((height, width, 3), 128, np.uint8)
    for _ in range(80):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        w, h = (int(side) for side in rng.integers(4, 50, 2))
        colour = rng.integers(0, 256, 3).tolist()
        if rng.random() < 0.5:
            cv2.rectangle(image, (x, y), (x + w, y + h), colour, -1)
        else:
            cv2.ellipse(image, (x, y), (w // 2 + 1, h // 2 + 1), float(rng.uniform(0, 180)), 0, 360, colour, -1)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 1.0), np.uint8)


def mirrored(image: Image) -> Image:
    return np.ascontiguousarray(image[:, ::-1])


def negative(image: Image) -> Image:
    return np.asarray(255 - image, np.uint8)


def inset(image: Image, background: Image, corner: tuple[int, int], size: tuple[int, int]) -> Image:
    """Return a background with a picture put into it, as wide and high as is said."""
    (left, top), (width, height) = corner, size
    out = background.copy()
    out[top : top + height, left : left + width] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return out


def collected(pictures: dict[int, Image]) -> PictureCollector:
    """Return what is made of pictures by the numbers of their grid points."""
    collector = PictureCollector()
    for number, rgb in pictures.items():
        collector.add(Picture(number, number / extractor.PARAMETERS.grid_rate_hz, rgb))
    return collector


def miniature_track(thumbnails: NDArray[np.floating]) -> PictureTrack:
    """Return the track of nothing but miniatures, `(n, 64)`, four a second."""
    none = np.zeros(0, np.int32)
    return PictureTrack(
        numbers=none,
        times_ms=none,
        codes=np.zeros((0, 384), np.int8),
        local_rows=none,
        local_counts=none,
        local=no_features(),
        grid_ms=np.arange(len(thumbnails), dtype=np.int32) * 250,
        thumbnails=thumbnails.astype(np.uint8),
        size=np.array([320, 180], np.uint16),
    )
