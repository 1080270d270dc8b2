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
        pickle.UnpicklingError: The file holds something else than tensors, or is damaged.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            pickled = next((name for name in archive.namelist() if name.endswith("data.pkl")), None)
            if pickled is None:
                raise pickle.UnpicklingError(f"{path} is no checkpoint: it has no data.pkl")
            root = pickled.removesuffix("data.pkl")
            reader = _Reader(io.BytesIO(archive.read(pickled)))
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
            (count,) = struct.unpack("<q", _taken(file, 8))
            dtype = np.dtype(reader.dtypes[str(key)])
            storages[str(key)] = np.frombuffer(_taken(file, count * dtype.itemsize), dtype)
    return _tensors(lazy, storages)


def _taken(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise pickle.UnpicklingError("the file ends too early: fetch it again")
    return data


def _tensors(lazy: Any, storages: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    if not isinstance(lazy, dict):
        raise pickle.UnpicklingError("the file holds no tensors by name: save a model's state_dict() alone")
    return {name: _tensor(name, tensor, storages) for name, tensor in lazy.items()}


def _tensor(name: str, tensor: Any, storages: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """Lay a tensor over its storage; weights that were converted from TensorFlow lie there in another order."""
    if not isinstance(tensor, _Lazy):
        raise pickle.UnpicklingError(f"{name} is no tensor: save a model's state_dict() alone")
    storage = storages[tensor.key]
    last = tensor.offset + sum((side - 1) * stride for side, stride in zip(tensor.shape, tensor.strides, strict=True))
    # NumPy would read whatever memory lies there.
    if min([tensor.offset, *tensor.shape, *tensor.strides]) < 0 or (0 not in tensor.shape and last >= len(storage)):
        raise pickle.UnpicklingError(f"{name} reaches over its numbers: the file is damaged, fetch it again")
    strides = [stride * storage.itemsize for stride in tensor.strides]
    view = np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides, writeable=False)
    return view.copy()
