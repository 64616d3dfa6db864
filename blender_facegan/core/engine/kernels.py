"""Every op of the contract but the convolutions, as numpy calls bound once to the arrays they work on.

Vectors are [F, C] and maps [H, W, F, C], for F faces at a time.
"""

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..model.operations import Shape
from .convolution import has_pixel_rows
from .products import MOST_PARTS, Call, Floats, Product, seen_as
from .rewriting import Instruction

_ROW = 256
"""Values in a row below which a vector is repeated along the row: numpy's inner loops are then long enough."""


@dataclass(frozen=True)
class Binding:
    """Where an instruction runs: its input arrays, its output array, and the scratch its kernel asked for."""

    step: Instruction
    inputs: Sequence[Floats]
    out: Floats
    scratch: Floats


def _no_scratch(_: Shape) -> int:
    return 0


@dataclass(frozen=True)
class Kernel:
    """How an op runs: the calls for a site, and the float32 values of scratch they need a face for a result's shape."""

    bind: Callable[[Binding], list[Call]]
    scratch: Callable[[Shape], int] = _no_scratch


def _call(function: Callable[..., Any], *arguments: Any, **named: Any) -> Call:
    return functools.partial(function, *arguments, **named)


def _number(value: float) -> Any:
    # numpy 1.24 would compute in float64 with a Python number beside a float32 array of no axes.
    return np.float32(value)


def for_faces(constant: Floats, faces: int) -> Floats:
    """A vector [C], or a map [H, W, C], alike for so many faces: [F, C], or [H, W, F, C]."""
    return np.repeat(constant[..., None, :], faces, axis=-2)


def _linear(at: Binding) -> list[Call]:
    x, weight, out = at.inputs[0], at.step.arrays["weight"], at.out
    product = Product(weight[None], "blas")
    if len(x) > 1 and product.is_alike_for_all(len(x), len(x)):
        calls = product.bind(x[None], out[None], at.scratch)
    else:
        # BLAS would start its threads on a matrix of this size; for one vector, einsum is nearly as fast.
        calls = [_call(np.einsum, "k,kn->n", face, weight, out=made) for face, made in zip(x, out, strict=True)]
    if "bias" in at.step.arrays:
        calls.append(_call(np.add, at.out, at.step.arrays["bias"], at.out))
    return calls


def _upsample(at: Binding) -> list[Call]:
    factor = at.step.attributes["factor"]
    height, width, *pixel = at.inputs[0].shape
    enlarged = seen_as(at.out, (height, factor, width, factor, *pixel))
    return [_call(np.copyto, enlarged, at.inputs[0][:, None, :, None, :])]


def shuffled_pixels(low: Any, factor: int) -> Any:
    """[H, W, F, C f f] seen as [H, f, W, f, F, C], the order of the high map's pixels; of any dtype."""
    height, width, faces, channels = low.shape
    return low.reshape(height, width, faces, channels // factor**2, factor, factor).transpose(0, 4, 1, 5, 2, 3)


def _pixel_shuffle(at: Binding) -> list[Call]:
    pixels = shuffled_pixels(at.inputs[0], at.step.attributes["factor"])
    return [_call(np.copyto, seen_as(at.out, pixels.shape), pixels)]


def _repeat(vectors: Floats, width: int, room: Floats) -> tuple[Call, Floats]:
    """A call that repeats vectors [F, C] for each pixel of a row, and the row [width * F * C] that it fills."""
    row = room[: width * vectors.size]
    return _call(np.copyto, row.reshape(width, *vectors.shape), vectors), row


def _modulate(x: Floats, scale: Floats, shift: Floats, out: Floats, scratch: Floats) -> list[Call]:
    """Calls for x * scale + shift, each [F, C], alike for every pixel."""
    calls: list[Call] = []
    if x.ndim == 4 and has_pixel_rows(x) and has_pixel_rows(out):
        half = len(scratch) // 2
        width = x.shape[1] if scale.size < _ROW else 1
        first, scale = _repeat(scale, width, scratch[:half])
        second, shift = _repeat(shift, width, scratch[half:])
        calls = [first, second]
        x, out = (seen_as(map_, (x.shape[0], x.shape[1] // width, len(scale))) for map_ in (x, out))
    return [*calls, _call(np.multiply, x, scale, out), _call(np.add, out, shift, out)]


def _linear_scratch(shape: Shape) -> int:
    """Enough for the parts of the longest sum of products."""
    return MOST_PARTS * math.prod(shape)


def _film(at: Binding) -> list[Call]:
    (x, scale, shift), scratch = at.inputs, at.scratch
    calls: list[Call] = []
    if "bias" in at.step.arrays:
        total, scratch = scratch[: scale.size].reshape(scale.shape), scratch[scale.size :]
        calls = [_call(np.multiply, at.step.arrays["bias"], scale, total), _call(np.add, total, shift, total)]
        shift = total
    return calls + _modulate(x, scale, shift, at.out, scratch)


def _film_scratch(shape: Shape) -> int:
    return 2 * math.prod(shape[-2:]) + shape[-1]


def _scale_shift(at: Binding) -> list[Call]:
    scale, shift = (for_faces(at.step.arrays[role], at.out.shape[-2]) for role in ("scale", "shift"))
    if scale.ndim == shift.ndim == 2:
        return _modulate(at.inputs[0], scale, shift, at.out, at.scratch)
    return [_call(np.multiply, at.inputs[0], scale, at.out), _call(np.add, at.out, shift, at.out)]


def _affine(at: Binding) -> list[Call]:
    scale, offset = _number(at.step.attributes["scale"]), _number(at.step.attributes["offset"])
    return [_call(np.multiply, at.inputs[0], scale, at.out), _call(np.add, at.out, offset, at.out)]


def _leaky_relu(at: Binding) -> list[Call]:
    slope = at.step.attributes["slope"]
    if slope == 0:
        return [_call(np.maximum, at.inputs[0], _number(0), out=at.out)]
    scaled = at.scratch[: at.out.size].reshape(at.out.shape)
    return [
        _call(np.multiply, at.inputs[0], _number(slope), scaled),
        _call(np.maximum, at.inputs[0], scaled, out=at.out),
    ]


def _tanh(at: Binding) -> list[Call]:
    return [_call(np.tanh, at.inputs[0], at.out)]


def _clip(at: Binding) -> list[Call]:
    minimum, maximum = _number(at.step.attributes["minimum"]), _number(at.step.attributes["maximum"])
    return [_call(np.maximum, at.inputs[0], minimum, out=at.out), _call(np.minimum, at.out, maximum, out=at.out)]


def _add(at: Binding) -> list[Call]:
    return [_call(np.add, at.inputs[0], at.inputs[1], at.out)]


def _multiply(at: Binding) -> list[Call]:
    return [_call(np.multiply, at.inputs[0], at.inputs[1], at.out)]


def _concat(at: Binding) -> list[Call]:
    calls, start = [], 0
    for part in at.inputs:
        stop = start + part.shape[-1]
        calls.append(_call(np.copyto, at.out[..., start:stop], part))
        start = stop
    return calls


def _slice(at: Binding) -> list[Call]:
    return [_call(np.copyto, at.out, at.inputs[0][..., at.step.attributes["start"] : at.step.attributes["stop"]])]


def _reshape(at: Binding) -> list[Call]:
    """Copies in each face's row-major order by way of scratch, since neither side need be contiguous."""
    source, out = np.moveaxis(at.inputs[0], -2, 0), np.moveaxis(at.out, -2, 0)
    between = at.scratch[: source.size]
    return [
        _call(np.copyto, between.reshape(source.shape), source),
        _call(np.copyto, out, between.reshape(out.shape)),
    ]


def _knots(at: Binding) -> list[Call]:
    """min(rise, fall) of each hat, cut off at 0; the outermost hats have one side only."""
    knots = np.array(at.step.attributes["knots"])
    left, right = np.r_[knots[0] - 1, knots[:-1]], np.r_[knots[1:], knots[-1] + 1]
    rise, fall = np.r_[1.0, 1 / np.diff(knots)], np.r_[1 / np.diff(knots), 1.0]
    left, right, rise, fall = (side.astype(np.float32) for side in (left, right, rise, fall))
    faces = len(at.out)
    clamped, rising = at.scratch[:faces, None], at.scratch[faces : at.out.size + faces].reshape(at.out.shape)
    return [
        _call(np.maximum, at.inputs[0], _number(knots[0]), out=clamped),
        _call(np.minimum, clamped, _number(knots[-1]), out=clamped),
        _call(np.subtract, clamped, left, rising),
        _call(np.multiply, rising, rise, rising),
        _call(np.subtract, right, clamped, at.out),
        _call(np.multiply, at.out, fall, at.out),
        _call(np.minimum, at.out, rising, out=at.out),
        _call(np.maximum, at.out, _number(0), out=at.out),
    ]


def _normalise(at: Binding) -> list[Call]:
    x = at.inputs[0]
    length = at.scratch[: len(x), None]
    return [
        _call(np.einsum, "fi,fi->f", x, x, out=length[:, 0]),
        _call(np.divide, length, _number(x.shape[1]), length),
        _call(np.add, length, _number(at.step.attributes["epsilon"]), length),
        _call(np.sqrt, length, length),
        _call(np.divide, x, length, at.out),
    ]


KERNELS: Mapping[str, Kernel] = {
    "linear": Kernel(_linear, _linear_scratch),
    "upsample": Kernel(_upsample),
    "pixel_shuffle": Kernel(_pixel_shuffle),
    "scale_shift": Kernel(_scale_shift, _film_scratch),
    "film": Kernel(_film, _film_scratch),
    "affine": Kernel(_affine),
    "leaky_relu": Kernel(_leaky_relu, math.prod),
    "tanh": Kernel(_tanh),
    "clip": Kernel(_clip),
    "add": Kernel(_add),
    "multiply": Kernel(_multiply),
    "concat": Kernel(_concat),
    "slice": Kernel(_slice),
    "reshape": Kernel(_reshape, math.prod),
    "knots": Kernel(_knots, lambda shape: 1 + shape[0]),
    "normalise": Kernel(_normalise, lambda _: 1),
}
"""By op; `constant`, `conv2d` and `upsampled_conv2d` are bound elsewhere."""
