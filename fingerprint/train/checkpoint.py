"""Reads the tensors of a PyTorch checkpoint without PyTorch.

Both forms are read: the archive (since PyTorch 1.6) and the older stream of pickles. Only what a dictionary of tensors
needs is let through, so that a checkpoint cannot run code.
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from typing import IO, TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["read_checkpoint"]

_DTYPES: dict[str, type[np.generic]] = {"FloatStorage": np.float32, "LongStorage": np.int64, "HalfStorage": np.float16}


class _Lazy:
    """A tensor whose numbers come later in the file."""

    def __init__(self, key: str, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.key, self.offset, self.shape, self.strides = key, offset, shape, strides


class _Reader(pickle.Unpickler):
    """Unpickles tensors as `_Lazy`, and nothing else."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self.dtypes: dict[str, type[np.generic]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if name == "OrderedDict":
            return OrderedDict
        if name == "_rebuild_tensor_v2":
            return lambda key, offset, shape, strides, *_rest: _Lazy(key, offset, shape, strides)
        if name in _DTYPES:
            return name
        raise pickle.UnpicklingError(f"a checkpoint of weights holds no {module}.{name}")

    def persistent_load(self, pid: Any) -> str:
        key = str(pid[2])
        self.dtypes[key] = _DTYPES[pid[1]]
        return key


def read_checkpoint(path: Path) -> dict[str, NDArray[Any]]:
    """Return the tensors of a checkpoint by name.

    Raises:
        pickle.UnpicklingError: The file holds something else than tensors.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            root = next(name for name in archive.namelist() if name.endswith("data.pkl")).removesuffix("data.pkl")
            reader = _Reader(io.BytesIO(archive.read(f"{root}data.pkl")))
            lazy = reader.load()
            stored = {key: archive.read(f"{root}data/{key}") for key in reader.dtypes}
        return _tensors(lazy, {key: np.frombuffer(raw, reader.dtypes[key]) for key, raw in stored.items()})
    with path.open("rb") as file:
        for _ in range(3):  # magic number, protocol version, system information
            _Reader(file).load()
        reader = _Reader(file)
        lazy = reader.load()
        storages = {}
        for key in _Reader(file).load():
            (count,) = struct.unpack("<q", file.read(8))
            dtype = np.dtype(reader.dtypes[str(key)])
            storages[str(key)] = np.frombuffer(file.read(count * dtype.itemsize), dtype)
    return _tensors(lazy, storages)


def _tensors(lazy: dict[str, _Lazy], storages: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {name: _tensor(tensor, storages[tensor.key]) for name, tensor in lazy.items()}


def _tensor(tensor: _Lazy, storage: NDArray[Any]) -> NDArray[Any]:
    """Lay a tensor over its storage; weights that were converted from TensorFlow lie there in another order."""
    strides = [stride * storage.itemsize for stride in tensor.strides]
    view = np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides, writeable=False)
    return np.ascontiguousarray(view)
