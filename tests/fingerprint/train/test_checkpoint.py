from __future__ import annotations

import io
import os
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any
from unittest import mock

import hypothesis.extra.numpy as arrays_of
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fingerprint.train.checkpoint import read_checkpoint

Tensors = dict[str, NDArray[Any]]

#: What the older form starts with.
MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
STORAGES = {"float32": "FloatStorage", "int64": "LongStorage", "float16": "HalfStorage"}
SAMPLE: Tensors = {
    "conv.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "bn.num_batches_tracked": np.array(7, np.int64),
    "half": np.linspace(-1, 1, 5).astype(np.float16),
}


def _stand_in() -> tuple[types.ModuleType, types.ModuleType]:
    """Return what stands in for PyTorch while pickles are written: pickle looks up by name what it writes."""

    def _rebuild_tensor_v2() -> None: ...

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    vars(torch).update(
        {kind: type(kind, (), {"__module__": "torch"}) for kind in (*STORAGES.values(), "BFloat16Storage")}
    )
    vars(utils).update({"_rebuild_tensor_v2": _rebuild_tensor_v2})
    return torch, utils


TORCH, UTILS = _stand_in()


class Storage:
    """Numbers that tensors lie over, as PyTorch keeps them apart."""

    def __init__(self, key: str, numbers: NDArray[Any], kind: str | None = None) -> None:
        self.kind, self.key, self.numbers = getattr(TORCH, kind or STORAGES[numbers.dtype.name]), key, numbers


class Tensor:
    """A tensor that pickles as one of PyTorch does: as a call of a function that makes it again."""

    def __init__(self, storage: Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        hooks: OrderedDict[str, object] = OrderedDict()
        self.arguments = (storage, offset, shape, strides, False, hooks)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return UTILS._rebuild_tensor_v2, self.arguments


class Pickler(pickle.Pickler):
    """Pickles storages by name, as both forms do."""

    def persistent_id(self, thing: Any) -> tuple[Any, ...] | None:
        if not isinstance(thing, Storage):
            return None
        return ("storage", thing.kind, thing.key, "cpu", len(thing.numbers))


def pickled(thing: object) -> bytes:
    file = io.BytesIO()
    with mock.patch.dict(sys.modules, {"torch": TORCH, "torch._utils": UTILS}):
        Pickler(file, protocol=2).dump(thing)
    return file.getvalue()


def archive(path: Path, state: object, storages: list[Storage]) -> Path:
    """Write the form since PyTorch 1.6."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("weights/data.pkl", pickled(state))
        for storage in storages:
            file.writestr(f"weights/data/{storage.key}", storage.numbers.tobytes())
        file.writestr("weights/version", "3\n")
    return path


def stream(path: Path, state: object, storages: list[Storage]) -> Path:
    """Write the older form."""
    heads = (MAGIC, PROTOCOL, {"little_endian": True}, state, [storage.key for storage in storages])
    numbers = [struct.pack("<q", len(storage.numbers)) + storage.numbers.tobytes() for storage in storages]
    path.write_bytes(b"".join([*map(pickled, heads), *numbers]))
    return path


FORMS = (archive, stream)


def saved(tensors: Tensors) -> tuple[OrderedDict[str, Tensor], list[Storage]]:
    """Return tensors as PyTorch saves them, each on a storage of its own."""
    storages = [Storage(str(at), array.reshape(-1)) for at, array in enumerate(tensors.values())]
    state: OrderedDict[str, Tensor] = OrderedDict()
    for (name, array), storage in zip(tensors.items(), storages, strict=True):
        strides = tuple(stride // array.itemsize for stride in array.strides)
        state[name] = Tensor(storage, 0, array.shape, strides)
    state._metadata = {"version": 2}  # type: ignore[attr-defined]  # what modules keep beside their tensors
    return state, storages


def assert_same(found: Tensors, expected: Tensors) -> None:
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(found[name], array)


ARRAYS = st.dictionaries(
    st.text(min_size=1, max_size=8),
    arrays_of.arrays(
        st.sampled_from([np.float32, np.int64, np.float16]),
        arrays_of.array_shapes(min_dims=0, max_dims=4, max_side=4),
        elements={"allow_nan": False},
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tensors=ARRAYS)
def test_tensors_of_any_shape_come_back_by_name(tmp_path: Path, form: Any, tensors: Tensors) -> None:
    assert_same(read_checkpoint(form(tmp_path / "weights.pth", *saved(tensors))), tensors)


@pytest.mark.parametrize("form", FORMS)
def test_tensors_may_share_their_numbers_and_lie_over_them_in_any_order(tmp_path: Path, form: Any) -> None:
    numbers = np.arange(12, dtype=np.float32)
    storage = Storage("0", numbers)
    state = {
        "rows": Tensor(storage, 0, (3, 4), (4, 1)),
        "columns": Tensor(storage, 0, (4, 3), (1, 4)),
        "last": Tensor(storage, 8, (4,), (1,)),
        "repeated": Tensor(storage, 5, (2, 2), (0, 0)),
        "nothing": Tensor(storage, 12, (0, 3), (3, 1)),
    }
    found = read_checkpoint(form(tmp_path / "weights.pth", state, [storage]))
    rows = numbers.reshape(3, 4)
    assert_same(
        found,
        {
            "rows": rows,
            "columns": rows.T,
            "last": rows[2],
            "repeated": np.full((2, 2), 5, np.float32),
            "nothing": np.zeros((0, 3), np.float32),
        },
    )


class Code:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("echo did run",)


@pytest.mark.parametrize("form", FORMS)
def test_code_is_refused_and_does_not_run(tmp_path: Path, form: Any, capfd: pytest.CaptureFixture[str]) -> None:
    state, storages = saved(SAMPLE)
    path = form(tmp_path / "weights.pth", {**state, "code": Code()}, storages)
    with pytest.raises(pickle.UnpicklingError, match="system"):
        read_checkpoint(path)
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("place", range(5))
def test_code_in_any_part_of_the_older_form_is_refused(
    tmp_path: Path, place: int, capfd: pytest.CaptureFixture[str]
) -> None:
    state, storages = saved(SAMPLE)
    parts: list[object] = [MAGIC, PROTOCOL, {}, state, ["0", "1", "2"]]
    parts[place] = Code()
    numbers = [struct.pack("<q", len(storage.numbers)) + storage.numbers.tobytes() for storage in storages]
    path = tmp_path / "weights.pth"
    path.write_bytes(b"".join([*map(pickled, parts), *numbers]))
    with pytest.raises(pickle.UnpicklingError, match="system"):
        read_checkpoint(path)
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [3, "resnet", [1.0], {"nested": 1}, None])
def test_what_is_no_tensor_is_refused_by_its_name(tmp_path: Path, form: Any, value: object) -> None:
    state, storages = saved(SAMPLE)
    with pytest.raises(pickle.UnpicklingError, match="epoch"):
        read_checkpoint(form(tmp_path / "weights.pth", {**state, "epoch": value}, storages))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [(0, (13,), (1,)), (8, (5,), (1,)), (0, (3, 4), (5, 1)), (0, (2,), (-1,)), (-1, (2,), (1,))],
)
def test_a_tensor_that_reaches_over_its_numbers_is_refused(
    tmp_path: Path, form: Any, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    storage = Storage("0", np.arange(12, dtype=np.float32))
    path = form(tmp_path / "weights.pth", {"conv.weight": Tensor(storage, offset, shape, strides)}, [storage])
    with pytest.raises(pickle.UnpicklingError, match=r"conv\.weight"):
        read_checkpoint(path)


@pytest.mark.parametrize("missing", [1, 4 * 600, 4 * 1000 + 3])
def test_a_file_that_was_not_fetched_to_its_end_is_refused(tmp_path: Path, missing: int) -> None:
    path = stream(tmp_path / "weights.pth", *saved({"conv.weight": np.arange(1000, dtype=np.float32)}))
    path.write_bytes(path.read_bytes()[:-missing])
    with pytest.raises(pickle.UnpicklingError, match="fetch it again"):
        read_checkpoint(path)


@pytest.mark.parametrize("form", FORMS)
def test_a_tensor_without_a_name_is_refused(tmp_path: Path, form: Any) -> None:
    state, storages = saved({"conv.weight": np.zeros(3, np.float32)})
    with pytest.raises(pickle.UnpicklingError, match="no tensors by name"):
        read_checkpoint(form(tmp_path / "weights.pth", state["conv.weight"], storages))


def test_numbers_of_a_type_that_is_not_read_are_refused_by_its_name(tmp_path: Path) -> None:
    storage = Storage("0", np.zeros(4, np.int16), "BFloat16Storage")
    path = archive(tmp_path / "weights.pth", {"conv.weight": Tensor(storage, 0, (4,), (1,))}, [storage])
    with pytest.raises(pickle.UnpicklingError, match="BFloat16Storage"):
        read_checkpoint(path)


def test_another_archive_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "weights.npz", numbers=np.zeros(3))
    with pytest.raises(pickle.UnpicklingError, match="no checkpoint"):
        read_checkpoint(tmp_path / "weights.npz")
