"""The model file's network as ONNX, for other engines and for measuring against them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from trainer.errors import UserError
from trainer.files import write_bytes
from trainer.model_file.graph import Node
from trainer.model_file.storage import ModelFile

OPSET = 18


class OnnxBuilder:
    """Collects ONNX nodes and constants. Feature maps are [N, C, H, W] inside, as ONNX wants them."""

    def __init__(self, tensors: Mapping[str, np.ndarray]) -> None:
        self.tensors = tensors
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: np.ndarray) -> str:
        """Store `value` and return its name."""
        name = f"constant.{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def floats(self, value: object) -> str:
        """Store a float32 constant."""
        return self.constant(np.asarray(value, np.float32))

    def integers(self, *value: int) -> str:
        """Store an int64 vector."""
        return self.constant(np.array(value, np.int64))

    def add(self, op: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Add one ONNX node and return the name of its output."""
        name = output or f"{op}.{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def lower(self, node: Node, rank: int) -> None:
        """Add what computes `node`; `rank` is 2 for vectors, 4 for feature maps (of its first input)."""
        x = node.inputs[0] if node.inputs else ""
        output, attributes = node.output, node.attributes
        match node.op:
            case "linear":
                bias = [self.floats(self.tensors[node.tensors["bias"]])] if "bias" in node.tensors else []
                weight = self.floats(self.tensors[node.tensors["weight"]])
                self.add("Gemm", x, weight, *bias, output=output, transB=1)
            case "conv2d":
                weight_value = self.tensors[node.tensors["weight"]]
                bias = [self.floats(self.tensors[node.tensors["bias"]])] if "bias" in node.tensors else []
                pads = [weight_value.shape[2] // 2] * 4
                self.add("Conv", x, self.floats(weight_value), *bias, output=output, pads=pads)
            case "upsample":
                scales = self.floats([1.0, 1.0, attributes["factor"], attributes["factor"]])
                modes = {
                    "mode": "nearest",
                    "nearest_mode": "floor",
                    "coordinate_transformation_mode": "asymmetric",
                }
                self.add("Resize", x, "", scales, output=output, **modes)
            case "pixel_shuffle":
                self.add("DepthToSpace", x, output=output, blocksize=attributes["factor"], mode="CRD")
            case "scale_shift":
                scale, shift = (
                    self.floats(as_maps(self.tensors[node.tensors[part]], rank)) for part in ("scale", "shift")
                )
                self.add("Add", self.add("Mul", x, scale), shift, output=output)
            case "film":
                scale, shift = node.inputs[1:]
                if rank == 4:
                    axes = self.integers(2, 3)
                    scale, shift = self.add("Unsqueeze", scale, axes), self.add("Unsqueeze", shift, axes)
                self.add("Add", self.add("Mul", x, scale), shift, output=output)
            case "reshape":
                self.lower_reshape(x, attributes["shape"], rank, output)
            case _:
                self.lower_simple(node, x)

    def lower_reshape(self, x: str, shape: list[int], rank: int, output: str) -> None:
        """A reshape in the file's layout, between ONNX's."""
        if rank == 4:
            x = self.add("Transpose", x, perm=[0, 2, 3, 1])
        if len(shape) == 3:
            x = self.add("Reshape", x, self.integers(-1, *shape))
            self.add("Transpose", x, output=output, perm=[0, 3, 1, 2])
        else:
            self.add("Reshape", x, self.integers(-1, *shape), output=output)

    def lower_simple(self, node: Node, x: str) -> None:  # noqa: C901 - one case for each op of the format
        """A node without tensors. Raises `UserError` for an op that has no ONNX here."""
        output, attributes = node.output, node.attributes
        match node.op:
            case "affine":
                scaled = self.add("Mul", x, self.floats(attributes["scale"]))
                self.add("Add", scaled, self.floats(attributes["offset"]), output=output)
            case "leaky_relu":
                self.add("LeakyRelu", x, output=output, alpha=float(attributes["slope"]))
            case "tanh":
                self.add("Tanh", x, output=output)
            case "clip":
                limits = [self.floats(attributes[name]) for name in ("minimum", "maximum")]
                self.add("Clip", x, *limits, output=output)
            case "add":
                self.add("Add", *node.inputs, output=output)
            case "multiply":
                self.add("Mul", *node.inputs, output=output)
            case "concat":
                self.add("Concat", *node.inputs, output=output, axis=1)
            case "slice":
                ends = [self.integers(attributes[name]) for name in ("start", "stop")]
                self.add("Slice", x, *ends, self.integers(1), output=output)
            case "knots":
                self.lower_knots(x, np.asarray(attributes["knots"], np.float32), output)
            case "normalise":
                square = self.add("ReduceMean", self.add("Mul", x, x), self.integers(1), keepdims=1)
                root = self.add("Sqrt", self.add("Add", square, self.floats(attributes["epsilon"])))
                self.add("Div", x, root, output=output)
            case op:
                raise UserError(f"op {op!r} cannot be written as ONNX yet")

    def lower_knots(self, x: str, knots: np.ndarray, output: str) -> None:
        """Hat functions as the difference of neighbouring ramps."""
        clamped = self.add("Clip", x, self.floats(knots[0]), self.floats(knots[-1]))
        offset = self.add("Sub", clamped, self.floats(knots[None, :-1]))
        rising = self.add("Div", offset, self.floats(np.diff(knots)[None]))
        ramp = self.add("Clip", rising, self.floats(0.0), self.floats(1.0))
        zero = self.add("Mul", clamped, self.floats(0.0))
        left = self.add("Concat", self.add("Add", zero, self.floats(1.0)), ramp, axis=1)
        right = self.add("Concat", ramp, zero, axis=1)
        self.add("Sub", left, right, output=output)


def as_maps(value: np.ndarray, rank: int) -> np.ndarray:
    """A [C] or [H, W, C] constant, shaped to broadcast over a vector or an ONNX feature map."""
    if rank == 2:
        return value[None]
    return value[None, :, None, None] if value.ndim == 1 else value.transpose(2, 0, 1)[None]


def write_onnx(path: Path, model: ModelFile) -> int:
    """Write `model` as ONNX (float32; inputs named as in the graph, output `image` [N, H, W, 3]). Returns its bytes."""
    builder = OnnxBuilder(model.tensors)
    ranks = dict.fromkeys(model.graph.inputs, 2)
    for node in model.graph.nodes:
        rank = ranks[node.inputs[0]]
        builder.lower(node, rank)
        ranks[node.output] = (4 if len(node.attributes["shape"]) == 3 else 2) if node.op == "reshape" else rank
    last = model.graph.output
    image = builder.add("Transpose", last, output=f"{last}.nhwc", perm=[0, 2, 3, 1])
    side = int(model.card["resolution"])
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape])
        for name, shape in model.graph.inputs.items()
    ]
    outputs = [helper.make_tensor_value_info(image, TensorProto.FLOAT, ["N", side, side, 3])]
    graph = helper.make_graph(builder.nodes, str(model.card["name"]), inputs, outputs, builder.constants)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    onnx.checker.check_model(proto)
    content = proto.SerializeToString()
    write_bytes(path, content)
    return len(content)
