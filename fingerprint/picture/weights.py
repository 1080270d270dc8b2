"""What was learned from training images and ships with the package: `make train` makes it anew."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Trained", "trained", "trunk"]


@dataclass(frozen=True)
class Trained:
    """Projections and background.

    Attributes:
        mean: Mean of the trunk's features, float32 `(f,)`.
        projection: Discriminative whitening, float32 `(f, d)`: `(features - mean) @ projection`, then unit length.
        background: Vectors of pictures that are in no library, float32 `(n, d)`.
        local_mean: Mean RootSIFT, float32 `(128,)`.
        local_basis: Its principal directions, float32 `(128, c)`.
    """

    mean: NDArray[np.float32]
    projection: NDArray[np.float32]
    background: NDArray[np.float32]
    local_mean: NDArray[np.float32]
    local_basis: NDArray[np.float32]


@functools.cache
def trained() -> Trained:
    """Load the projections, once a process."""
    data = (files("fingerprint.picture") / "data" / "trained.npz").read_bytes()
    with np.load(io.BytesIO(data)) as arrays:
        parts = {name: arrays[name].astype(np.float32) for name in arrays.files}
    background = parts["background"]
    parts["background"] = background / np.linalg.norm(background, axis=1, keepdims=True)
    return Trained(**parts)


@functools.cache
def trunk() -> onnxruntime.InferenceSession:
    """Load the network, once a process; it runs on the calling thread alone."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    model = (files("fingerprint.picture") / "data" / "trunk.onnx").read_bytes()
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
