"""The operations a graph may use: what each takes, the shape it gives, the multiply-adds it costs.

One entry per row of the table in docs/model-format.md ("Graph"). Shapes leave out the batch axis.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

Shape = tuple[int, ...]


class GraphError(ValueError):
    """A node that the contract does not allow; the message says why, without naming the file."""


@dataclass(frozen=True)
class Site:
    """What an op meets in a graph: the shapes of its inputs and tensors, and its checked attributes."""

    inputs: Sequence[Shape]
    tensors: Mapping[str, Shape]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """One op of the contract.

    inputs: fewest and most inputs. rule: the result's shape, or GraphError. tensors and optional: roles of its tensors.
    attributes: by name, a function that returns the checked value or raises GraphError.
    """

    inputs: tuple[int, float]
    rule: Callable[[Site], Shape]
    tensors: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    attributes: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)


def multiply_adds(at: Site, result: Shape) -> int:
    """Multiply-adds for one face: each weight once at each place, or one for each value of an op without weights."""
    if "weight" in at.tensors:
        return math.prod(at.tensors["weight"]) * math.prod(result[:-1])
    return math.prod(result)


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise GraphError(reason)


def _number(value: Any) -> float:
    # float32 ends at 3.4e38; the limit also keeps whole numbers within what float() takes.
    good = type(value) in (int, float) and abs(value) <= 1e30
    _require(good, "an attribute is not a number within 1e30")
    return float(value)


def _share(value: Any) -> float:
    number = _number(value)
    _require(0 <= number <= 1, "the slope is not from 0 to 1")
    return number


def _positive(value: Any) -> float:
    number = _number(value)
    _require(number > 0, "epsilon is not above 0")
    return number


def _whole(value: Any) -> int:
    _require(type(value) is int and 0 <= value <= 2**31, "an attribute is not a whole number from 0")
    return int(value)


def _factor(value: Any) -> int:
    number = _whole(value)
    _require(1 <= number <= 64, "the factor is not from 1 to 64")
    return number


def _sizes(value: Any) -> Shape:
    _require(isinstance(value, list) and 1 <= len(value) <= 3, "the shape is not a list of 1 to 3 sizes")
    sizes = tuple(_whole(size) for size in value)
    _require(min(sizes) >= 1, "the shape has a size of 0")
    return sizes


def _increasing(value: Any) -> tuple[float, ...]:
    _require(isinstance(value, list) and 2 <= len(value) <= 10_000, "knots are not a list of 2 to 10,000 numbers")
    knots = tuple(_number(knot) for knot in value)
    _require(all(a < b for a, b in pairwise(knots)), "the knots do not increase")
    return knots


def _map(shape: Shape) -> tuple[int, int, int]:
    _require(len(shape) == 3, f"the input {list(shape)} is not a map [H, W, C]")
    return shape[0], shape[1], shape[2]


def _vector(shape: Shape) -> int:
    _require(len(shape) == 1, f"the input {list(shape)} is not a vector [C]")
    return shape[0]


def _linear(at: Site) -> Shape:
    weight = at.tensors["weight"]
    _require(len(weight) == 2, f"the weight {list(weight)} is not [O, I]")
    _require(weight[1] == _vector(at.inputs[0]), f"the weight {list(weight)} does not fit {list(at.inputs[0])}")
    _require(at.tensors.get("bias", weight[:1]) == weight[:1], "the bias does not fit the weight")
    return weight[:1]


def _conv2d(at: Site) -> Shape:
    weight = at.tensors["weight"]
    height, width, channels = _map(at.inputs[0])
    _require(len(weight) == 4, f"the weight {list(weight)} is not [O, C, k, k]")
    square_and_odd = weight[2] == weight[3] and weight[2] % 2 == 1
    _require(square_and_odd, f"the weight {list(weight)} is not square and of odd size")
    _require(weight[1] == channels, f"the weight {list(weight)} does not fit {list(at.inputs[0])}")
    _require(at.tensors.get("bias", weight[:1]) == weight[:1], "the bias does not fit the weight")
    return height, width, weight[0]


def _upsample(at: Site) -> Shape:
    height, width, channels = _map(at.inputs[0])
    factor = at.attributes["factor"]
    return height * factor, width * factor, channels


def _pixel_shuffle(at: Site) -> Shape:
    height, width, channels = _map(at.inputs[0])
    factor = at.attributes["factor"]
    _require(channels % factor**2 == 0, f"{channels} channels cannot be shuffled by {factor}")
    return height * factor, width * factor, channels // factor**2


def _scale_shift(at: Site) -> Shape:
    allowed = (at.inputs[0][-1:], at.inputs[0])
    _require(
        at.tensors["scale"] in allowed,
        f"the scale {list(at.tensors['scale'])} does not fit {list(at.inputs[0])}",
    )
    _require(
        at.tensors["shift"] in allowed,
        f"the shift {list(at.tensors['shift'])} does not fit {list(at.inputs[0])}",
    )
    return at.inputs[0]


def _film(at: Site) -> Shape:
    channels = at.inputs[0][-1:]
    _require(at.inputs[1] == channels, f"the scale {list(at.inputs[1])} does not fit {list(at.inputs[0])}")
    _require(at.inputs[2] == channels, f"the shift {list(at.inputs[2])} does not fit {list(at.inputs[0])}")
    return at.inputs[0]


def _same(at: Site) -> Shape:
    return at.inputs[0]


def _clip(at: Site) -> Shape:
    _require(at.attributes["minimum"] <= at.attributes["maximum"], "the minimum is above the maximum")
    return at.inputs[0]


def _add(at: Site) -> Shape:
    _require(at.inputs[0] == at.inputs[1], f"{list(at.inputs[0])} and {list(at.inputs[1])} are not of one shape")
    return at.inputs[0]


def _multiply(at: Site) -> Shape:
    channels = _vector(at.inputs[0])
    _require(_vector(at.inputs[1]) in (1, channels), f"{list(at.inputs[1])} does not fit {list(at.inputs[0])}")
    return at.inputs[0]


def _concat(at: Site) -> Shape:
    places = {shape[:-1] for shape in at.inputs}
    _require(len(places) == 1, "the inputs differ in more than the last axis")
    return (*places.pop(), sum(shape[-1] for shape in at.inputs))


def _slice(at: Site) -> Shape:
    start, stop = at.attributes["start"], at.attributes["stop"]
    _require(0 <= start < stop <= at.inputs[0][-1], f"{start} to {stop} is not within {list(at.inputs[0])}")
    return (*at.inputs[0][:-1], stop - start)


def _reshape(at: Site) -> Shape:
    shape: Shape = at.attributes["shape"]
    _require(math.prod(shape) == math.prod(at.inputs[0]), f"{list(at.inputs[0])} cannot become {list(shape)}")
    return shape


def _constant(at: Site) -> Shape:
    _require(len(at.tensors["value"]) in (1, 3), f"the value {list(at.tensors['value'])} is not [C] or [H, W, C]")
    return at.tensors["value"]


def _knots(at: Site) -> Shape:
    _require(at.inputs[0] == (1,), f"the input {list(at.inputs[0])} is not [1]")
    return (len(at.attributes["knots"]),)


def _normalise(at: Site) -> Shape:
    return (_vector(at.inputs[0]),)


_BIAS = frozenset({"bias"})
_WEIGHT = frozenset({"weight"})

OPERATIONS: Mapping[str, Operation] = {
    "linear": Operation((1, 1), _linear, _WEIGHT, _BIAS),
    "conv2d": Operation((1, 1), _conv2d, _WEIGHT, _BIAS),
    "upsample": Operation((1, 1), _upsample, attributes={"factor": _factor}),
    "pixel_shuffle": Operation((1, 1), _pixel_shuffle, attributes={"factor": _factor}),
    "scale_shift": Operation((1, 1), _scale_shift, frozenset({"scale", "shift"})),
    "film": Operation((3, 3), _film),
    "affine": Operation((1, 1), _same, attributes={"scale": _number, "offset": _number}),
    "leaky_relu": Operation((1, 1), _same, attributes={"slope": _share}),
    "tanh": Operation((1, 1), _same),
    "clip": Operation((1, 1), _clip, attributes={"minimum": _number, "maximum": _number}),
    "add": Operation((2, 2), _add),
    "multiply": Operation((2, 2), _multiply),
    "concat": Operation((2, math.inf), _concat),
    "slice": Operation((1, 1), _slice, attributes={"start": _whole, "stop": _whole}),
    "reshape": Operation((1, 1), _reshape, attributes={"shape": _sizes}),
    "constant": Operation((0, 0), _constant, frozenset({"value"})),
    "knots": Operation((1, 1), _knots, attributes={"knots": _increasing}),
    "normalise": Operation((1, 1), _normalise, attributes={"epsilon": _positive}),
}
