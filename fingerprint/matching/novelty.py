"""Which of a sequence of pictures show something new: what stands still is looked at, and searched for, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["distinct"]


def distinct(
    vectors: NDArray[np.float32], times: NDArray[np.float64], *, same: float, within_s: float
) -> NDArray[np.int64]:
    """Return the indices of the vectors that are unlike those before them that are kept and near in time.

    Args:
        vectors: Unit vectors, float32 `(n, d)`; of two alike the first one is kept.
        times: When each is, seconds, float64 `(n,)`.
        same: Similarity from which on two are alike.
        within_s: How far apart two are at most for one of them to be left out, seconds.
    """
    kept = np.zeros(len(vectors), np.int64)
    count = 0
    for index, vector in enumerate(vectors):
        near = kept[:count][np.abs(times[kept[:count]] - times[index]) <= within_s]
        if not len(near) or float((vectors[near] @ vector).max()) < same:
            kept[count] = index
            count += 1
    return kept[:count]
