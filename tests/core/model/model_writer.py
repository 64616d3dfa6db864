"""Writes model files by hand, proper and broken ones, and random networks to put in them."""

import copy
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

CARD: dict[str, Any] = {
    "name": "Test",
    "licence": "CC0-1.0",
    "attribution": "nobody",
    "training_data": "none",
    "resolution": 8,
    "latent": {"size": 6, "distribution": "normal"},
    "labels": [
        {"name": "sex", "kind": "binary", "negative": "female", "positive": "male"},
        {"name": "age", "kind": "number", "unit": "years", "minimum": 0, "maximum": 90},
    ],
    "face": {"eye_distance": 0.36, "eye_height": 0.38},
    "light": "even",
    "figures": {"strict": 0.99},
    "trainer": {"version": "0.1.0", "commit": "0", "command": "", "images_seen": 0},
}


@dataclass
class Draft:
    """A model file that can still be changed, for better or worse, before it is written."""

    graph: dict[str, Any]
    tensors: dict[str, Array]
    card: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(CARD))
    golden: list[dict[str, Any]] = field(default_factory=lambda: [{"seed": 1, "sex": -1.0, "age": 30.0}])
    format: str = "facegan/1"
    golden_side: int = 8
    doubt: Any = None

    def header(self) -> tuple[dict[str, Any], bytes]:
        """The safetensors header and the data behind it."""
        tensors = dict(self.tensors)
        if "golden.images" not in tensors:
            side = self.golden_side
            tensors["golden.images"] = np.zeros((max(len(self.golden), 1), side, side, 3), np.uint8)
        entries: dict[str, Any] = {
            "__metadata__": {
                "format": self.format,
                "graph": json.dumps(self.graph),
                "card": json.dumps(self.card),
                "golden": json.dumps(self.golden),
            }
        }
        if self.doubt is not None:
            entries["__metadata__"]["doubt"] = json.dumps(self.doubt)
        data = b""
        for name, array in tensors.items():
            dtype = {"float16": "F16", "float32": "F32", "uint8": "U8"}[array.dtype.name]
            offsets = [len(data), len(data) + array.nbytes]
            entries[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": offsets}
            data += np.ascontiguousarray(array).tobytes()
        return entries, data

    def write(self, path: Path) -> Path:
        return write_file(path, *self.header())


def write_file(path: Path, header: Mapping[str, Any] | bytes, data: bytes) -> Path:
    """A safetensors file of this header (as JSON, or as it is) and this data."""
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(encoded)) + encoded + data)
    return path


class Network:
    """Puts a graph together node by node; each method returns the name of the value that it adds."""

    def __init__(self, latent: int, seed: int = 0) -> None:
        self.stream = np.random.default_rng(seed)
        self.graph: dict[str, Any] = {
            "inputs": {"latent": [latent], "sex": [1], "age": [1]},
            "output": "",
            "nodes": [],
        }
        self.tensors: dict[str, Array] = {}

    def add(self, op: str, *inputs: str, tensors: Mapping[str, Array] | None = None, **attributes: Any) -> str:
        name = f"v{len(self.graph['nodes'])}"
        roles = {}
        for role, array in (tensors or {}).items():
            roles[role] = f"{name}.{role}"
            self.tensors[roles[role]] = array
        node = {"op": op, "inputs": list(inputs), "output": name, "tensors": roles, "attributes": attributes}
        self.graph["nodes"].append(node)
        self.graph["output"] = name
        return name

    def random(self, *shape: int, spread: float = 1.0) -> Array:
        return (self.stream.standard_normal(shape) * spread).astype(np.float32)

    def linear(self, x: str, inputs: int, outputs: int, bias: bool = True) -> str:
        tensors = {"weight": self.random(outputs, inputs, spread=inputs**-0.5)}
        if bias:
            tensors["bias"] = self.random(outputs, spread=0.3)
        return self.add("linear", x, tensors=tensors)

    def conv(self, x: str, inputs: int, outputs: int, size: int = 3, bias: bool = True) -> str:
        spread = (inputs * size * size) ** -0.5
        tensors = {"weight": self.random(outputs, inputs, size, size, spread=spread)}
        if bias:
            tensors["bias"] = self.random(outputs, spread=0.3)
        return self.add("conv2d", x, tensors=tensors)

    def draft(self, resolution: int, **changes: Any) -> Draft:
        card = copy.deepcopy(CARD)
        card["resolution"] = resolution
        card["latent"]["size"] = self.graph["inputs"]["latent"][0]
        return Draft(self.graph, self.tensors, card, golden_side=resolution, **changes)


def small_network(seed: int = 0) -> Network:
    """8 x 8 pixels from a latent of 6, with knots, FiLM and a pixel shuffle: the least that is like the real one."""
    network = Network(6, seed)
    age = network.add("knots", "age", knots=[0, 20, 50, 90])
    code = network.add("concat", "latent", "sex", age)
    mapped = network.add("leaky_relu", network.linear(code, 11, 16), slope=0.2)
    start = network.add("reshape", network.linear(mapped, 16, 4 * 4 * 8), shape=[4, 4, 8])
    scale, shift = network.linear(mapped, 16, 8), network.linear(mapped, 16, 8)
    x = network.add("leaky_relu", network.add("film", start, scale, shift), slope=0.2)
    x = network.conv(x, 8, 12)
    network.add("tanh", network.add("pixel_shuffle", x, factor=2))
    return network


def with_doubt(draft: Draft, most: float = 0.0) -> Draft:
    """The draft of `small_network` with a doubt of its own behind the mapping, whose tensors it shares."""
    nodes = copy.deepcopy(draft.graph["nodes"][:4])
    last = nodes[-1]["output"]
    draft.tensors["doubt.weight"] = np.random.default_rng(5).standard_normal((1, 16)).astype(np.float32)
    tensors = {"weight": "doubt.weight"}
    nodes.append({"op": "linear", "inputs": [last], "output": "doubt", "tensors": tensors, "attributes": {}})
    inputs = dict(draft.graph["inputs"])
    draft.doubt = {"graph": {"inputs": inputs, "output": "doubt", "nodes": nodes}, "most": most}
    return draft


AGES = [0, 4, 10, 16, 22, 28, 35, 42, 50, 58, 66, 75, 90]


def crowd_network(seed: int = 0) -> Network:
    """The shape of the `crowd` preset's generator at 64 pixels: 75 million multiply-adds a face, 1.2 million weights.

    latent 100 -> mapping 128 -> 4x4x192 -> 8x8x128 -> 16x16x64 -> 32x32x32 (doubling and 3x3, a residual 3x3 at 8 and
    16) -> 12 channels -> pixel shuffle -> 3x3 on 3 channels -> tanh; scale and shift of every stage from the mapping.
    """
    network = Network(100, seed)
    latent = network.add("normalise", "latent", epsilon=1e-8)
    ages = network.add("knots", "age", knots=AGES)
    code = network.add("concat", ages, "sex", network.add("multiply", ages, "sex"))
    label = network.add("affine", network.linear(code, 27, 64), scale=3.0, offset=0.0)
    mapped = network.add("concat", latent, label)
    for width in (164, 128):
        mapped = network.add("leaky_relu", network.linear(mapped, width, 128), slope=0.2)

    def modulated(x: str, channels: int) -> str:
        both = network.linear(mapped, 128, 2 * channels)
        scale = network.add("slice", both, start=0, stop=channels)
        scale = network.add("affine", scale, scale=0.3, offset=1.0)
        shift = network.add("slice", both, start=channels, stop=2 * channels)
        return network.add("leaky_relu", network.add("film", x, scale, shift), slope=0.2)

    x = network.add("reshape", network.linear(mapped, 128, 4 * 4 * 192), shape=[4, 4, 192])
    x = modulated(x, 192)
    for before, after, residual in ((192, 128, True), (128, 64, True), (64, 32, False)):
        x = modulated(network.conv(network.add("upsample", x, factor=2), before, after), after)
        if residual:
            x = network.add("add", x, modulated(network.conv(x, after, after), after))
    x = network.add("pixel_shuffle", network.conv(x, 32, 12), factor=2)
    network.add("tanh", network.conv(x, 3, 3))
    return network
