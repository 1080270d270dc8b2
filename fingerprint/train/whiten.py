"""Discriminative whitening: the projection that makes edited pictures look like their originals, in closed form.

Mikolajczyk and Matas, "Improving descriptors for fast tree matching by optimal linear projection" (2007), as Radenovic
et al. use it for image retrieval (2018): divide by the spread that edits cause, then keep the directions in which
different pictures differ most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["learn_whitening"]

#: Share of the mean eigenvalue mixed into the edits' covariance, which has too few pairs to be trusted in full.
SHRINKAGE = 0.2


def learn_whitening(
    originals: NDArray[np.float32], edits: NDArray[np.float32], dimensions: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mean `(d,)` and the projection `(d, dimensions)` to use as `(x - mean) @ projection`.

    Args:
        originals: Features of pictures, `(n, d)`.
        edits: Features of edited versions, `(n, k, d)`.
        dimensions: How many directions to keep.
    """
    mean = originals.mean(0)
    centred = (originals - mean).astype(np.float64)
    differences = (edits - originals[:, None]).reshape(-1, originals.shape[1]).astype(np.float64)
    spread = differences.T @ differences / len(differences)
    spread = (1 - SHRINKAGE) * spread + SHRINKAGE * np.trace(spread) / len(spread) * np.eye(len(spread))
    values, vectors = np.linalg.eigh(spread)
    whitener = vectors * values**-0.5 @ vectors.T
    whitened = centred @ whitener
    _, directions = np.linalg.eigh(whitened.T @ whitened / len(whitened))
    return mean.astype(np.float32), (whitener @ directions[:, ::-1][:, :dimensions]).astype(np.float32)
