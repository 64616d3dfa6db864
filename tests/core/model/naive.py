"""The contract's ops as plainly as they can be written, in float64: what the engine is compared with."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blender_facegan.core.model.graph import Graph

Array = NDArray[Any]


def run(graph: Graph, tensors: Mapping[str, Array], inputs: Mapping[str, Array]) -> Array:
    """The graph's output for one face: float64, -1 ... 1."""
    values: dict[str, Array] = {name: np.asarray(value, np.float64) for name, value in inputs.items()}
    for node in graph.nodes:
        arrays = {role: tensors[name].astype(np.float64) for role, name in node.tensors.items()}
        compute = globals()[f"_{node.op}"]
        values[node.output] = compute(*(values[name] for name in node.inputs), **arrays, **node.attributes)
    return values[graph.output]


def picture(output: Array) -> NDArray[np.uint8]:
    rounded: Array = np.clip(np.round((output + 1) * 127.5), 0, 255)
    return rounded.astype(np.uint8)


def _linear(x: Array, weight: Array, bias: Array | float = 0.0) -> Array:
    return x @ weight.T + bias


def _conv2d(x: Array, weight: Array, bias: Array | float = 0.0) -> Array:
    reach = weight.shape[2] // 2
    padded = np.pad(x, ((reach, reach), (reach, reach), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, weight.shape[2:], axis=(0, 1))
    return np.tensordot(windows, weight.astype(np.float64), axes=([2, 3, 4], [1, 2, 3])) + bias


def _upsample(x: Array, factor: int) -> Array:
    return x.repeat(factor, axis=0).repeat(factor, axis=1)


def _pixel_shuffle(x: Array, factor: int) -> Array:
    height, width, channels = x.shape
    y = np.empty((height * factor, width * factor, channels // factor**2))
    for row, column, channel in np.ndindex(y.shape):
        source = channel * factor**2 + row % factor * factor + column % factor
        y[row, column, channel] = x[row // factor, column // factor, source]
    return y


def _scale_shift(x: Array, scale: Array, shift: Array) -> Array:
    return x * scale + shift


def _film(x: Array, scale: Array, shift: Array) -> Array:
    return x * scale + shift


def _affine(x: Array, scale: float, offset: float) -> Array:
    return x * scale + offset


def _leaky_relu(x: Array, slope: float) -> Array:
    return np.maximum(x, slope * x)


def _tanh(x: Array) -> Array:
    return np.tanh(x)


def _clip(x: Array, minimum: float, maximum: float) -> Array:
    return np.minimum(np.maximum(x, minimum), maximum)


def _add(a: Array, b: Array) -> Array:
    return a + b


def _multiply(a: Array, b: Array) -> Array:
    return a * b


def _concat(*parts: Array) -> Array:
    return np.concatenate(parts, axis=-1)


def _slice(x: Array, start: int, stop: int) -> Array:
    return x[..., start:stop]


def _reshape(x: Array, shape: tuple[int, ...]) -> Array:
    return x.reshape(shape)


def _constant(value: Array) -> Array:
    return value


def _knots(x: Array, knots: tuple[float, ...]) -> Array:
    return np.array([np.interp(x[0], knots, hat) for hat in np.eye(len(knots))])


def _normalise(x: Array, epsilon: float) -> Array:
    length: float = np.sqrt(np.mean(x * x) + epsilon)
    return x / length
