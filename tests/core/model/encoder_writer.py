"""A small encoder by hand, made of the ops that there are, and a model file that has it."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.core.model.model_writer import Array, Draft, Network, write_file


def encoder_network(side: int, size: int, widths: tuple[int, ...] = (8, 16), seed: int = 7) -> Network:
    """From a picture of `side` pixels, sex and age to `size` numbers: halved once for each width, then two layers."""
    network = Network(size, seed)
    network.graph["inputs"] = {"picture": [side, side, 3], "sex": [1], "age": [1]}
    x, channels = "picture", 3
    for width in widths:
        x = halved(network, x, side, channels)
        side, channels = side // 2, 4 * channels
        x = network.add("leaky_relu", network.conv(x, channels, width), slope=0.2)
        channels = width
    flat = network.add("reshape", x, shape=[side * side * channels])
    age = network.add("affine", "age", scale=0.02, offset=-0.7)
    code = network.add("concat", flat, "sex", age)
    network.linear(network.add("leaky_relu", network.linear(code, side * side * channels + 2, 32), slope=0.2), 32, size)
    return network


def halved(network: Network, x: str, side: int, channels: int) -> str:
    """Four pixels of a square as the channels of one: [S, S, C] to [S / 2, S / 2, 4 C], by reshapes and slices."""
    row = side * channels
    pairs = network.add("reshape", x, shape=[side // 2, 1, 2 * row])
    rows = [network.add("slice", pairs, start=i * row, stop=(i + 1) * row) for i in (0, 1)]
    apart = [network.add("reshape", one, shape=[side // 2, side, channels]) for one in rows]
    return network.add("reshape", network.add("concat", *apart), shape=[side // 2, side // 2, 4 * channels])


def write_with_encoder(draft: Draft, encoder: Network, path: Path, **metadata: Any) -> Path:
    """The draft's file with the encoder in it. metadata: further entries, as JSON; a tensor where it is an array."""
    prefixed = json.loads(json.dumps(encoder.graph))
    for node in prefixed["nodes"]:
        node["tensors"] = {role: f"encoder.{name}" for role, name in node["tensors"].items()}
    tensors = {f"encoder.{name}": array for name, array in encoder.tensors.items()}
    arrays: dict[str, Array] = {name: value for name, value in metadata.items() if isinstance(value, np.ndarray)}
    draft.tensors.update(tensors | arrays)
    header, body = draft.header()
    header["__metadata__"]["encoder"] = json.dumps(prefixed)
    for name, value in metadata.items():
        if name not in arrays:
            header["__metadata__"][name] = json.dumps(value)
    return write_file(path, header, body)
