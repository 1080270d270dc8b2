"""Plain borders: letterboxes and pillarboxes that are no part of the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["without_bars"]

#: Largest spread of the colours along a row or column of a bar, in gray levels: compression leaves some.
PLAIN = 5.0

#: A bar's rows also have one colour among them.
SAME = 10.0

#: At least this share of each side stays: a dark scene is not all bar.
LEAST = 0.3

#: Rows of the picture that are to be left between two bars: the outer ones, half bar, go as well.
FEWEST = 3


def without_bars(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the view of a picture, uint8 `(h, w, 3)`, that leaves out plain rows and columns at its borders."""
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    top, bottom = _inner(gray)
    left, right = _inner(gray[top:bottom].T)
    return rgb[top:bottom, left:right]


def _inner(gray: NDArray[np.float32]) -> tuple[int, int]:
    """Return the first row that is no bar, and the row behind the last."""
    rows = len(gray)
    spread, mean = gray.std(1), gray.mean(1)
    first, last = 0, rows
    while first < rows and spread[first] < PLAIN and abs(mean[first] - mean[0]) < SAME:
        first += 1
    while last > first and spread[last - 1] < PLAIN and abs(mean[last - 1] - mean[-1]) < SAME:
        last -= 1
    if last - first < max(LEAST * rows, FEWEST) or first + rows - last < 4:  # a pixel or two of blur are no bar
        return 0, rows
    # The row next to a bar is half bar.
    return (first + 1 if first else 0), (last - 1 if last < rows else rows)
