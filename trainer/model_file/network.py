"""A model file's graph as a torch module: what `generate`, `evaluate` and the export checks run."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.errors import UserError
from trainer.labels.hats import hat_functions
from trainer.labels.kinds import from_card
from trainer.model_file.graph import OFFSETS_INPUT, Graph, Node
from trainer.model_file.storage import ModelFile
from trainer.networks.crowd import enlarging_kernel

DISTRIBUTIONS = ("normal", "uniform")
MOST_VALUES = 2**26
"""Of one value of a graph, for one picture: 1024 px in 64 maps."""
MOST_NODES = 1000
MOST_TOLD = 200


class GraphNetwork(nn.Module):
    """Inputs by name, each [N, ...] float32 -> image [N, H, W, 3], -1 ... 1.

    Feature maps are [N, H, W, C], as in the file. A 3x3 convolution of a doubled map is computed from the map as it is.
    """

    def __init__(self, graph: Graph, tensors: Mapping[str, np.ndarray]) -> None:
        super().__init__()
        self.graph = graph
        self.names = {name: f"t{index}" for index, name in enumerate(tensors)}
        for name, value in tensors.items():
            self.register_buffer(self.names[name], torch.from_numpy(np.asarray(value, np.float32)))
        found = doublings(graph, tensors)
        absorbed = {doubling.output for doubling in found.values()}
        self.nodes = [
            self.at_once(found[node.output], node) if node.output in found else node
            for node in graph.nodes
            if node.output not in absorbed
        ]

    def at_once(self, doubling: Node, node: Node) -> Node:
        """The convolution `node` of what `doubling` makes as one `convolve_doubled`, with a kernel of its own."""
        kernel = f"{node.output}.kernel"
        weight = self.get_buffer(self.names[node.tensors["weight"]])
        self.names[kernel] = f"t{len(self.names)}"
        self.register_buffer(self.names[kernel], enlarging_kernel(weight).contiguous())
        tensors = {**node.tensors, "weight": kernel}
        return replace(node, op="convolve_doubled", inputs=doubling.inputs, tensors=tensors)

    def forward(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Run the nodes in their order."""
        values, count = dict(inputs), len(next(iter(inputs.values())))
        for node in self.nodes:
            parts = {part: self.get_buffer(self.names[name]) for part, name in node.tensors.items()}
            values[node.output] = run_node(node, [values[name] for name in node.inputs], parts, count)
        return values[self.graph.output]


def doublings(graph: Graph, tensors: Mapping[str, np.ndarray]) -> dict[str, Node]:
    """By the output of a 3x3 convolution: the node that doubles its map, where nothing else reads the doubled map."""
    readers = Counter([graph.output, *(name for node in graph.nodes for name in node.inputs)])
    makers = {
        node.output: node
        for node in graph.nodes
        if node.op == "upsample" and node.attributes["factor"] == 2 and readers[node.output] == 1
    }
    return {
        node.output: makers[node.inputs[0]]
        for node in graph.nodes
        if node.op == "conv2d" and node.inputs[0] in makers and tensors[node.tensors["weight"]].shape[2] == 3
    }


def over_maps(x: Tensor) -> Tensor:
    """[N, H, W, C] -> torch's [N, C, H, W], without a copy."""
    return x.permute(0, 3, 1, 2)


def as_file(x: Tensor) -> Tensor:
    """[N, C, H, W] -> [N, H, W, C], without a copy."""
    return x.permute(0, 2, 3, 1)


def run_node(node: Node, inputs: list[Tensor], tensors: Mapping[str, Tensor], count: int) -> Tensor:
    """One node's value. Raises ValueError on an op that the format does not have."""
    attributes = node.attributes
    match node.op:
        case "linear":
            return functional.linear(inputs[0], tensors["weight"], tensors.get("bias"))
        case "conv2d":
            weight = tensors["weight"]
            x = functional.conv2d(over_maps(inputs[0]), weight, tensors.get("bias"), padding=weight.shape[2] // 2)
            return as_file(x)
        case "upsample":
            x = functional.interpolate(over_maps(inputs[0]), scale_factor=float(attributes["factor"]), mode="nearest")
            return as_file(x)
        case "convolve_doubled":
            weight, bias = tensors["weight"], tensors.get("bias")
            return as_file(functional.conv_transpose2d(over_maps(inputs[0]), weight, bias, stride=2, padding=1))
        case "pixel_shuffle":
            return as_file(functional.pixel_shuffle(over_maps(inputs[0]), attributes["factor"]))
        case "scale_shift":
            return inputs[0] * tensors["scale"] + tensors["shift"]
        case "film":
            x, scale, shift = inputs
            if x.dim() == 4:
                scale, shift = scale[:, None, None, :], shift[:, None, None, :]
            return x * scale + shift
        case "constant":
            return tensors["value"].expand(count, *tensors["value"].shape)
        case _:
            return run_simple(node, inputs)


def run_simple(node: Node, inputs: list[Tensor]) -> Tensor:  # noqa: C901 - one case for each op of the format
    """A node without tensors. Raises ValueError as `run_node`."""
    attributes = node.attributes
    x = inputs[0]
    match node.op:
        case "affine":
            return x * float(attributes["scale"]) + float(attributes["offset"])
        case "leaky_relu":
            return functional.leaky_relu(x, attributes["slope"])
        case "tanh":
            return torch.tanh(x)
        case "clip":
            return x.clamp(attributes["minimum"], attributes["maximum"])
        case "add":
            return x + inputs[1]
        case "multiply":
            return x * inputs[1]
        case "concat":
            return torch.cat(inputs, dim=-1)
        case "slice":
            return x[..., attributes["start"] : attributes["stop"]]
        case "reshape":
            return x.reshape(len(x), *attributes["shape"])
        case "knots":
            return hat_functions(x, torch.tensor(attributes["knots"], dtype=x.dtype, device=x.device))
        case "normalise":
            return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + attributes["epsilon"])
        case op:
            raise ValueError(f"no op {op!r} in this format")


def check_graph(model: ModelFile) -> None:
    """Raises `UserError` unless the model's graphs make of its card's labels what they are there for.

    The generator makes pictures of the card's side, the doubt one number, the encoder a vector. Their nodes are run on
    shapes alone, so that nothing is allocated for a graph that asks for the impossible.
    """
    try:
        card = model.card
        side, latent = int(card["resolution"]), int(card["latent"]["size"])
        if card["latent"]["distribution"] not in DISTRIBUTIONS or not 0 < latent <= MOST_VALUES:
            raise ValueError(f"a latent of {card['latent']}")
        labels = {label.name: (label.columns,) for label in from_card(card["labels"])}
        offsets = {name: shape for name, shape in model.graph.inputs.items() if name == OFFSETS_INPUT}
        inputs = {"latent": (latent,), **labels, **offsets}
        check_made(model.graph, inputs, model.tensors, (side, side, 3))
        if model.doubt is not None:
            check_made(model.doubt.graph, inputs, model.tensors, (1,))
        if (encoder := model.encoder) is not None:
            vector = latent + sum(size for shape in offsets.values() for size in shape)
            check_made(encoder.graph, {"picture": (side, side, 3), **labels}, encoder.tensors, (vector,))
        GraphNetwork(model.graph, model.tensors)
    except UserError:
        raise
    except Exception as error:  # a graph may be anything, and torch raises as many types
        told = " ".join(str(error).split())[:MOST_TOLD]
        raise UserError(f"its graph cannot be run ({type(error).__name__}: {told}); export it again") from error


def check_made(
    graph: Graph, inputs: Mapping[str, tuple[int, ...]], tensors: Mapping[str, np.ndarray], wanted: tuple[int, ...]
) -> None:
    """Raises ValueError, or what torch raises, unless a graph makes values of the shape `wanted` from its `inputs`.

    All shapes are without the batch axis.
    """
    if not 0 < len(graph.nodes) <= MOST_NODES:
        raise ValueError(f"it has {len(graph.nodes)} nodes, not 1 to {MOST_NODES}")
    values = {name: torch.empty(1, *shape, device="meta") for name, shape in inputs.items()}
    for node in graph.nodes:
        if unmade := [name for name in node.inputs if name not in values]:
            raise ValueError(f"{node.op} reads {unmade[0]!r}, which is no input and which no node before it makes")
        if node.output in values:
            raise ValueError(f"{node.output!r} is made twice")
        parts = {part: torch.empty(tensors[name].shape, device="meta") for part, name in node.tensors.items()}
        made = run_node(node, [values[name] for name in node.inputs], parts, 1)
        if made.numel() > MOST_VALUES:
            raise ValueError(f"{node.op} makes {made.numel():,} values")
        values[node.output] = made
    shape = tuple(values[graph.output].shape[1:]) if graph.output in values else ()
    if shape != wanted:
        raise ValueError(f"its {graph.output!r} has the shape {list(shape)}, not {list(wanted)}")
