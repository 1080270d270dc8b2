"""Where in a query's picture a reference's picture lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Region"]


@dataclass(frozen=True, slots=True)
class Region:
    """An affine map from a reference's picture into a query's.

    Attributes:
        variant: "plain"; or "mirrored" or "negative" where the query's picture must be turned so first.
        matrix: Reference to (turned) query, float64 `(2, 3)`, pixels of pictures with the longer side 320.
        size: Width and height of the reference's picture in such pixels.
        inliers: Pairs of features that agree on the map.
    """

    variant: str
    matrix: NDArray[np.float64]
    size: tuple[int, int]
    inliers: int

    def turned(self, gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a query's picture, `(h, w)`, as the map wants it."""
        if self.variant == "mirrored":
            return np.ascontiguousarray(gray[:, ::-1])
        return np.asarray(255 - gray, np.uint8) if self.variant == "negative" else gray

    def from_square(self, side: int, unit: float) -> NDArray[np.float64]:
        """Return the map from a square that the reference's picture fills to the query's picture, `(2, 3)`.

        Args:
            side: Side of the square, pixels.
            unit: Size of the query's picture in pixels of which the longer side has 320.
        """
        width, height = self.size
        # Pixels count from their centres.
        square = np.array(
            [[width / side, 0, width / side / 2 - 0.5], [0, height / side, height / side / 2 - 0.5], [0, 0, 1]]
        )
        scale = np.array([[unit, 0, unit / 2 - 0.5], [0, unit, unit / 2 - 0.5], [0, 0, 1]])
        whole = scale @ np.vstack([self.matrix, [0, 0, 1]]) @ square
        return np.ascontiguousarray(whole[:2])
