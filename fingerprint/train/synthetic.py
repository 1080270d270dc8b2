"""Pictures that nobody owns: plain fields, gradients, colour bars, cards with a line of text, noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

__all__ = ["plain_pictures"]

#: Height and width.
SHAPE = (180, 320)

#: Share of gradients that go from side to side.
SIDEWAYS_CHANCE = 0.5

#: Gray level from which on writing is black.
BRIGHT_GRAY = 128

#: Colour bars from left to right (blue, green, red), as test pictures show them.
BARS = ((192, 192, 192), (0, 192, 192), (192, 192, 0), (0, 192, 0), (192, 0, 192), (0, 0, 192), (192, 0, 0))

#: What cards say; only that there is writing matters.
LINES = ("THE END", "COMING SOON", "PART 2", "00:01:25:10", "SCENE 4 TAKE 1", "PLEASE STAND BY")


def plain_pictures() -> list[Image]:
    """Return a few dozen such pictures, blue first, the same on every run."""
    rng = np.random.default_rng(2)
    fields = [np.full((*SHAPE, 3), colour, np.uint8) for colour in ((0, 0, 0), (255, 255, 255), (128, 128, 128))]
    fields += [np.full((*SHAPE, 3), rng.integers(0, 256, 3), np.uint8) for _ in range(12)]
    pictures = list(fields)
    pictures += [_gradient(rng) for _ in range(8)]
    pictures.append(np.repeat(np.array([BARS], np.uint8), SHAPE[0], 0).repeat(-(-SHAPE[1] // len(BARS)), 1))
    pictures += [rng.integers(0, 256, (*SHAPE, 3), dtype=np.uint8) for _ in range(2)]
    pictures += [_card(field.copy(), line) for field in fields[:4] for line in LINES]
    return pictures


def _gradient(rng: np.random.Generator) -> Image:
    a, b = rng.integers(0, 256, (2, 3))
    ramp = np.linspace(0, 1, SHAPE[1] if rng.random() < SIDEWAYS_CHANCE else SHAPE[0])[:, None]
    line = a + (b - a) * ramp
    wide = np.tile(line, (SHAPE[0], 1, 1)) if len(line) == SHAPE[1] else np.tile(line[:, None], (1, SHAPE[1], 1))
    return wide.astype(np.uint8)


def _card(field: Image, line: str) -> Image:
    colour = [255, 255, 255] if field.mean() < BRIGHT_GRAY else [0, 0, 0]
    cv2.putText(field, line, (40, 100), cv2.FONT_HERSHEY_DUPLEX, 1.0, colour, 2)
    return field
