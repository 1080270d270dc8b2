"""Plain borders: letterboxes and pillarboxes that are no part of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PARAMETERS", "LetterboxParameters", "without_bars"]


@dataclass(frozen=True, slots=True)
class LetterboxParameters:
    """What a bar is. Vectors are made of what is left, so all of it changes what is stored."""

    #: Largest spread of the colours along a row or column of a bar, in gray levels: compression leaves some.
    max_spread_gray_levels: float = parameter(
        5.0, unit="gray levels", low=0.0, high=30.0, source="by the stored form; chosen, not measured"
    )

    #: Gray levels within which the means of a bar's rows lie from that of its outermost one: a bar has one colour.
    same_colour_gray_levels: float = parameter(
        10.0, unit="gray levels", low=0.0, high=60.0, source="by the stored form; chosen, not measured"
    )

    #: Share of each side that stays at the least: a dark scene is not all bar.
    min_kept_share: float = parameter(
        0.3, unit="share", low=0.0, high=1.0, source="by the stored form; chosen, not measured"
    )

    #: Rows of the picture that are to be left between two bars: the outer ones, half bar, go as well.
    min_kept_rows: int = parameter(
        3,
        unit="pixels",
        low=3,
        high=32,
        source="by the stored form: the fewest of which one is left without the outer two",
    )

    #: Rows that bars on both sides have together at the least: a pixel or two of blur are no bar.
    min_bar_rows: int = parameter(4, unit="pixels", low=1, high=32, source="by the stored form; chosen, not measured")


PARAMETERS = LetterboxParameters()


def without_bars(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the view of a picture, uint8 `(h, w, 3)`, that leaves out plain rows and columns at its borders."""
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    top, bottom = _inner(gray)
    left, right = _inner(gray[top:bottom].T)
    return rgb[top:bottom, left:right]


def _inner(gray: NDArray[np.float32]) -> tuple[int, int]:
    """Return the first row that is no bar, and the row behind the last."""
    rows = len(gray)
    plain, same = PARAMETERS.max_spread_gray_levels, PARAMETERS.same_colour_gray_levels
    spread, mean = gray.std(1), gray.mean(1)
    first, last = 0, rows
    while first < rows and spread[first] < plain and abs(mean[first] - mean[0]) < same:
        first += 1
    while last > first and spread[last - 1] < plain and abs(mean[last - 1] - mean[-1]) < same:
        last -= 1
    least = max(PARAMETERS.min_kept_share * rows, PARAMETERS.min_kept_rows)
    if last - first < least or first + rows - last < PARAMETERS.min_bar_rows:
        return 0, rows
    # The row next to a bar is half bar.
    return (first + 1 if first else 0), (last - 1 if last < rows else rows)
