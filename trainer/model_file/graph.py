"""The generator as a short list of nodes (docs/model-format.md), and the builder that the exporters write it with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

OFFSETS_INPUT = "offsets"
"""The generator's input beside the latent, 0 for whoever is drawn from a seed."""


@dataclass(frozen=True)
class Node:
    """One operation: `inputs` and `output` name values, `tensors` maps the op's parts to tensor names."""

    op: str
    inputs: tuple[str, ...]
    output: str
    tensors: Mapping[str, str]
    attributes: Mapping[str, Any]

    def json(self) -> dict[str, Any]:
        """The node as the file's metadata holds it."""
        return {
            "op": self.op,
            "inputs": list(self.inputs),
            "output": self.output,
            "tensors": dict(self.tensors),
            "attributes": dict(self.attributes),
        }


@dataclass(frozen=True)
class Graph:
    """Inputs by name with their shapes (without the batch axis), the output's name, the nodes in running order."""

    inputs: Mapping[str, tuple[int, ...]]
    output: str
    nodes: tuple[Node, ...]

    def json(self) -> dict[str, Any]:
        """The graph as the file's metadata holds it."""
        return {
            "inputs": {name: list(shape) for name, shape in self.inputs.items()},
            "output": self.output,
            "nodes": [node.json() for node in self.nodes],
        }


def graph_from_json(value: Mapping[str, Any]) -> Graph:
    """The graph that `Graph.json` wrote. Raises KeyError or TypeError on anything else."""
    nodes = tuple(
        Node(node["op"], tuple(node["inputs"]), node["output"], dict(node["tensors"]), dict(node["attributes"]))
        for node in value["nodes"]
    )
    return Graph({name: tuple(shape) for name, shape in value["inputs"].items()}, value["output"], nodes)


@dataclass
class GraphBuilder:
    """Collects nodes and tensors. Each method adds one node and returns the name of its output."""

    inputs: dict[str, tuple[int, ...]]
    nodes: list[Node] = field(default_factory=list)
    tensors: dict[str, np.ndarray] = field(default_factory=dict)
    prefix: str = ""
    """What the names of its tensors begin with, where a file holds the tensors of several graphs."""

    def node(self, op: str, *inputs: str, tensors: Mapping[str, Tensor] | None = None, **attributes: Any) -> str:
        """Add a node of any op; its tensors are stored under the node's own name."""
        output = f"{op}.{len(self.nodes)}"
        names = {}
        for part, tensor in (tensors or {}).items():
            names[part] = f"{self.prefix}{output}.{part}"
            self.tensors[names[part]] = tensor.detach().to(torch.float32).cpu().contiguous().numpy()
        self.nodes.append(Node(op, tuple(inputs), output, names, attributes))
        return output

    def linear(self, x: str, weight: Tensor, bias: Tensor | None) -> str:
        """`x @ weight.T + bias`."""
        return self.node("linear", x, tensors={"weight": weight} | ({} if bias is None else {"bias": bias}))

    def conv2d(self, x: str, weight: Tensor, bias: Tensor | None) -> str:
        """3x3 or the like, stride 1, zero-padded."""
        return self.node("conv2d", x, tensors={"weight": weight} | ({} if bias is None else {"bias": bias}))

    def leaky_relu(self, x: str, slope: float) -> str:
        """max(x, slope x)."""
        return self.node("leaky_relu", x, slope=slope)

    def finish(self, x: str, output: str = "image") -> Graph:
        """The graph whose last node's value `x` is the output, named `output`. Raises ValueError for another value."""
        last = self.nodes[-1]
        if last.output != x:
            raise ValueError(f"{x} is not the last node's output")
        nodes = (*self.nodes[:-1], Node(last.op, last.inputs, output, last.tensors, last.attributes))
        return Graph(self.inputs, output, nodes)


def input_shapes(latent_size: int, columns: Sequence[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    """The graph's inputs: the latent and, by name, each label's columns."""
    shapes: dict[str, tuple[int, ...]] = {"latent": (latent_size,)}
    return shapes | {name: (width,) for name, width in columns}
