"""Where in a query's picture a reference's picture lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PARAMETERS", "Region", "RegionParameters"]


@dataclass(frozen=True, slots=True)
class RegionParameters:
    """From where on a map counts as an edit that is named."""

    #: Degrees within which a turn is none, or a quarter turn: a moving camera turns a little between two pictures.
    max_upright_degrees: float = parameter(8.0, unit="degrees", low=0.0, high=45.0, source="chosen, not measured")

    #: Natural logarithm of width over height, less or more, that counts as changed.
    min_stretch_log_ratio: float = parameter(
        0.1, unit="natural logarithm", low=0.0, high=1.0, source="chosen, not measured"
    )

    #: Share of the reference's picture that is seen, below which it was cropped.
    whole_share: float = parameter(0.88, unit="share", low=0.0, high=1.0, source="chosen, not measured")

    #: Share of the query's picture that the reference's fills, below which it was inserted.
    filling_share: float = parameter(0.8, unit="share", low=0.0, high=1.0, source="chosen, not measured")

    #: Points a side at which shares are counted.
    points_per_side: int = parameter(
        24, unit="count", low=4, high=320, source="chosen, not measured: shares are exact to a twenty-fourth"
    )

    #: How far apart two maps may put a corner of the reference's picture and still be one.
    same_corner_px: float = parameter(
        32.0,
        unit="pixels",
        low=4.0,
        high=160.0,
        source="chosen, not measured: a tenth of the longer side, as inexact as a map of few features is",
    )


PARAMETERS = RegionParameters()


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

    def agrees(self, other: Region) -> bool:
        """Return whether two maps say the same of where the reference's picture lies."""
        if self.variant != other.variant:
            return False
        width, height = self.size
        corners = np.array([[0, 0], [width, 0], [0, height], [width, height], [width / 2, height / 2]])
        off = corners @ (self.matrix - other.matrix)[:, :2].T + (self.matrix - other.matrix)[:, 2]
        return bool(np.hypot(*off.T).max() <= PARAMETERS.same_corner_px)

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
        if abs(turn - quarter) > PARAMETERS.max_upright_degrees:
            names.append(f"rotated:{round(turn)}")
        elif quarter % 360:
            names.append(f"rotated:{quarter % 360}")
        across, along = np.hypot(a, c), np.hypot(b, d)
        if abs(np.log(across / along)) > PARAMETERS.min_stretch_log_ratio:
            names.append("scaled")
        if self._seen(query_size) < PARAMETERS.whole_share:
            names.append("cropped")
        if self._filled(query_size) < PARAMETERS.filling_share:
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
    """Return points spread evenly over a picture, float64 `(points_per_side ** 2, 2)`."""
    count = PARAMETERS.points_per_side
    steps = (np.arange(count) + 0.5) / count
    return np.stack(np.meshgrid(steps * size[0], steps * size[1]), -1).reshape(-1, 2)
