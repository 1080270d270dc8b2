"""Edits that copies undergo, made up at random on still pictures.

Mirrors and quarter turns are left out on purpose: a query is described in each of those views, so the vectors need not
forget them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    Edit = Callable[[Image, Image, np.random.Generator], Image]

__all__ = ["edited", "mildly_edited"]

#: Share of draws in which one of two things that are as usual is done.
EVEN_CHANCE = 0.5

#: Share of strongly edited pictures that are cropped.
CROP_CHANCE = 0.6

#: Share of pictures drawn for it that become negatives.
NEGATIVE_CHANCE = 0.3

#: Share of bars that are black.
BLACK_BARS_CHANCE = 0.6


def mildly_edited(image: Image, other: Image, rng: np.random.Generator) -> Image:
    """Return the picture as an ordinary rendition shows it: a little cropped, recoloured and compressed."""
    image = _crop(image, rng, 0.85, 1.0)
    if rng.random() < EVEN_CHANCE:
        image = _tone(image, other, rng)
    return _compress(image, rng, 30, 80)


def edited(image: Image, other: Image, rng: np.random.Generator) -> Image:
    """Return the picture after one to three strong edits; `other` is a foreign picture to compose it with."""
    if rng.random() < CROP_CHANCE:
        image = _crop(image, rng, 0.25, 1.0)
    for edit in rng.permutation(np.array(EDITS, dtype=object))[: rng.integers(1, 4)]:
        image = edit(image, other, rng)
    return _compress(image, rng, 6, 60)


def _crop(image: Image, rng: np.random.Generator, least: float, most: float) -> Image:
    height, width = image.shape[:2]
    area, ratio = rng.uniform(least, most), rng.uniform(0.75, 1.33)
    w = max(16, int(width * min(1.0, (area * ratio) ** 0.5)))
    h = max(16, int(height * min(1.0, (area / ratio) ** 0.5)))
    x, y = rng.integers(0, width - w + 1), rng.integers(0, height - h + 1)
    return image[y : y + h, x : x + w]


def _compress(image: Image, rng: np.random.Generator, least: int, most: int) -> Image:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(least, most))])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _rotate(image: Image, _other: Image, rng: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-25, 25), rng.uniform(0.9, 1.3))
    return np.asarray(cv2.warpAffine(image, turn, (width, height)), np.uint8)


def _perspective(image: Image, _other: Image, rng: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + rng.uniform(-0.14, 0.14, (4, 2)).astype(np.float32) * (width, height)
    warp = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    return np.asarray(cv2.warpPerspective(image, warp, (width, height)), np.uint8)


def _tone(image: Image, _other: Image, rng: np.random.Generator) -> Image:
    scaled = (image / 255.0) ** rng.uniform(0.5, 2.0) * rng.uniform(0.6, 1.2) + rng.uniform(-0.15, 0.15)
    return (np.clip(scaled, 0, 1) * 255).astype(np.uint8)


def _hue(image: Image, _other: Image, rng: np.random.Generator) -> Image:
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV).astype(np.int32)
    hsv[..., 0] = (hsv[..., 0] + rng.integers(10, 170)) % 180
    hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(0.3, 1.8), 0, 255)
    return np.asarray(cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR), np.uint8)


def _gray(image: Image, _other: Image, _rng: np.random.Generator) -> Image:
    return np.repeat(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None], 3, 2).astype(np.uint8)


def _negative(image: Image, _other: Image, rng: np.random.Generator) -> Image:
    return (255 - image).astype(np.uint8) if rng.random() < NEGATIVE_CHANCE else image


def _blur(image: Image, _other: Image, rng: np.random.Generator) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.8, 3.5)), np.uint8)


def _mosaic(image: Image, _other: Image, rng: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    cells = rng.uniform(20, 48)
    small = cv2.resize(image, (int(cells), max(2, int(cells * height / width))), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def _noise(image: Image, _other: Image, rng: np.random.Generator) -> Image:
    return np.clip(image + rng.normal(0, rng.uniform(6, 36), image.shape), 0, 255).astype(np.uint8)


def _boxes(image: Image, _other: Image, rng: np.random.Generator) -> Image:
    out = image.copy()
    height, width = out.shape[:2]
    for _ in range(rng.integers(1, 4)):
        w, h = int(width * rng.uniform(0.12, 0.4)), int(height * rng.uniform(0.08, 0.3))
        x, y = int(rng.integers(0, width - w)), int(rng.integers(0, height - h))
        cv2.rectangle(out, (x, y), (x + w, y + h), rng.integers(0, 256, 3).tolist(), -1)
    if rng.random() < EVEN_CHANCE:
        at = (int(width * rng.uniform(0, 0.3)), int(height * rng.uniform(0.2, 0.95)))
        colour = rng.integers(0, 256, 3).tolist()
        cv2.putText(out, "SEE THE REST IN BIO", at, cv2.FONT_HERSHEY_DUPLEX, width / 420, colour, 2)
    return out


def _bars(image: Image, _other: Image, rng: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    share = rng.uniform(0.05, 0.3)
    vertical = rng.random() < EVEN_CHANCE
    tall, wide = (int(height * share), 0) if vertical else (0, int(width * share))
    colour = [0, 0, 0] if rng.random() < BLACK_BARS_CHANCE else rng.integers(0, 256, 3).tolist()
    return np.asarray(cv2.copyMakeBorder(image, tall, tall, wide, wide, cv2.BORDER_CONSTANT, value=colour), np.uint8)


def _inset(image: Image, other: Image, rng: np.random.Generator) -> Image:
    """Lay the picture over another one, or another one over the picture."""
    inside, outside = (image, other) if rng.random() < EVEN_CHANCE else (other, image)
    share = rng.uniform(0.5, 0.8) if inside is image else rng.uniform(0.25, 0.5)
    out = outside.copy()
    height, width = out.shape[:2]
    w, h = int(width * share), int(height * share)
    x, y = int(rng.integers(0, width - w)), int(rng.integers(0, height - h))
    out[y : y + h, x : x + w] = cv2.resize(inside, (w, h), interpolation=cv2.INTER_AREA)
    return out


def _split(image: Image, other: Image, rng: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    other = np.asarray(cv2.resize(other, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    half = width // 4
    sides = [image[:, half : half + width // 2], other[:, half : half + width // 2]]
    return np.hstack(sides if rng.random() < EVEN_CHANCE else sides[::-1])


def _blend(image: Image, other: Image, rng: np.random.Generator) -> Image:
    other = np.asarray(cv2.resize(other, image.shape[1::-1]), np.uint8)
    return np.asarray(cv2.addWeighted(image, 1 - (share := rng.uniform(0.1, 0.4)), other, share, 0), np.uint8)


#: What `edited` draws from.
EDITS: tuple[Edit, ...] = (
    _rotate, _perspective, _tone, _tone, _hue, _gray, _negative, _blur, _mosaic, _noise,
    _boxes, _bars, _inset, _split, _blend,
)  # fmt: skip
