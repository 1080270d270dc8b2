"""Where in a query's picture a reference's picture lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Region"]

#: Degrees within which a turn is none, or a quarter turn: a moving camera turns a little between two pictures.
MAX_UPRIGHT_DEGREES = 8.0

#: Natural logarithm of width over height, less or more, that counts as changed.
MIN_STRETCH_LOG_RATIO = 0.1

#: Share of the reference's picture that is seen, below which it was cropped.
WHOLE_SHARE = 0.88

#: Share of the query's picture that the reference's fills, below which it was inserted.
FILLING_SHARE = 0.8

#: Points a side at which shares are counted.
POINTS_PER_SIDE = 24


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

    def edits(self, query_size: tuple[int, int]) -> tuple[str, ...]:
        """Return what was done to the reference's picture, most telling first, by the names of the contract.

        Args:
            query_size: Width and height of the query's picture in pixels of which the longer side has 320.
        """
        a, b, c, d = self.matrix[:, :2].reshape(-1)
        names = [] if self.variant == "plain" else [self.variant]
        turn = np.degrees(np.arctan2(b - c, a + d)) % 360
        quarter = round(turn / 90) * 90
        if abs(turn - quarter) > MAX_UPRIGHT_DEGREES:
            names.append(f"rotated:{round(turn)}")
        elif quarter % 360:
            names.append(f"rotated:{quarter % 360}")
        across, along = np.hypot(a, c), np.hypot(b, d)
        if abs(np.log(across / along)) > MIN_STRETCH_LOG_RATIO:
            names.append("scaled")
        if self._seen(query_size) < WHOLE_SHARE:
            names.append("cropped")
        if self._filled(query_size) < FILLING_SHARE:
            names.append("inserted")
        return tuple(names)

    def _seen(self, query_size: tuple[int, int]) -> float:
        """Return the share of the reference's picture that lies in the query's."""
        moved = _points(self.size) @ self.matrix[:, :2].T + self.matrix[:, 2]
        return float(((moved >= 0) & (moved <= query_size)).all(1).mean())

    def _filled(self, query_size: tuple[int, int]) -> float:
        """Return the share of the query's picture that the reference's fills."""
        moved = (_points(query_size) - self.matrix[:, 2]) @ np.linalg.inv(self.matrix[:, :2]).T
        return float(((moved >= 0) & (moved <= self.size)).all(1).mean())


def _points(size: tuple[int, int]) -> NDArray[np.float64]:
    """Return points spread evenly over a picture, float64 `(POINTS_PER_SIDE ** 2, 2)`."""
    steps = (np.arange(POINTS_PER_SIDE) + 0.5) / POINTS_PER_SIDE
    return np.stack(np.meshgrid(steps * size[0], steps * size[1]), -1).reshape(-1, 2)
