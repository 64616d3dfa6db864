"""Rewrites a graph into fewer and cheaper instructions with the same result up to rounding.

- A convolution of an enlarged map works at the low resolution (`upsampled_conv2d`, or a kernel for each
phase). - A pixel shuffle moves behind the last convolutions, which have few channels, and so to the picture's
end. - Scales and shifts that are known beforehand go into the weights before them; a bias before a FiLM goes
into its shift.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..model.graph import Graph
from ..model.operations import Shape
from .products import Floats

_POINTWISE = frozenset({"tanh", "leaky_relu", "clip", "affine"})
"""Ops that treat every value alike, wherever it stands."""
_FEW = 16
"""Channels up to which a convolution behind a pixel shuffle is cheaper at the low resolution: four times the
multiplications, in products that are no slivers."""
_NARROW = 24
"""Channels below which a doubling scheme's transforms cost more than the multiplications they save."""


@dataclass(frozen=True)
class Instruction:
    """An op of the contract, or `upsampled_conv2d` (doubling, then a 3x3 convolution), with its weights at hand.

    The weight of a rewritten `linear` is laid out [I, O], as it is read.
    """

    op: str
    inputs: tuple[str, ...]
    output: str
    arrays: Mapping[str, Floats] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Instructions:
    """What `rewrite` gives. shapes: every value's, without the batch axis."""

    steps: tuple[Instruction, ...]
    shapes: Mapping[str, Shape]
    output: str


def rewrite(graph: Graph, tensors: Mapping[str, Floats]) -> Instructions:
    """The graph's instructions after every rewriting, without those whose result nobody asks for."""
    steps = [
        Instruction(n.op, n.inputs, n.output, {r: tensors[t] for r, t in n.tensors.items()}, n.attributes)
        for n in graph.nodes
    ]
    draft = _Draft(steps, dict(graph.shapes), graph.output)
    for change in (_fold_scale, _lower_convolution, _sink_shuffle, _fold_scale, _move_bias):
        while draft.apply(change):
            pass
    draft.drop_unused()
    return Instructions(tuple(map(_transposed, draft.steps)), draft.shapes, draft.output)


class _Draft:
    """Instructions while they are being rewritten."""

    def __init__(self, steps: list[Instruction], shapes: dict[str, Shape], output: str) -> None:
        self.steps, self.shapes, self.output = steps, shapes, output

    def uses(self, name: str) -> int:
        """How often a value is asked for; the graph's output counts once more."""
        return sum(step.inputs.count(name) for step in self.steps) + (name == self.output)

    def apply(self, change: Callable[["_Draft", Instruction, Instruction], list[Instruction] | None]) -> bool:
        """Offers each (maker of a first input, step); replaces the first pair for which something comes back.

        The replacement stands in the step's place, and the maker stays where somebody else needs it.
        """
        makers = {step.output: step for step in self.steps}
        for index, step in enumerate(self.steps):
            maker = makers.get(step.inputs[0]) if step.inputs else None
            made = change(self, maker, step) if maker else None
            if made is not None:
                self.steps[index : index + 1] = made
                self.drop_unused()
                return True
        return False

    def drop_unused(self) -> None:
        wanted, kept = {self.output}, []
        for step in reversed(self.steps):
            if step.output in wanted:
                wanted.update(step.inputs)
                kept.append(step)
        self.steps = kept[::-1]

    def name(self, base: str, shape: Shape) -> str:
        """A new value of the given shape, named after another one."""
        fresh = base
        while fresh in self.shapes:
            fresh += "'"
        self.shapes[fresh] = shape
        return fresh


def _fold_scale(draft: _Draft, maker: Instruction, step: Instruction) -> list[Instruction] | None:
    """`scale_shift` per channel or `affine` after weights becomes part of them."""
    if maker.op not in ("linear", "conv2d") or draft.uses(maker.output) > 1:
        return None
    weight = maker.arrays["weight"]
    channels = (weight.shape[0],)
    if step.op == "affine":
        scale = np.full(channels, step.attributes["scale"])
        shift = np.full(channels, step.attributes["offset"])
    elif step.op == "scale_shift" and step.arrays["scale"].shape == step.arrays["shift"].shape == channels:
        scale, shift = (step.arrays[role].astype(np.float64) for role in ("scale", "shift"))
    else:
        return None
    scaled = weight * scale.reshape(-1, *[1] * (weight.ndim - 1))
    bias = maker.arrays.get("bias", np.zeros(channels)) * scale + shift
    arrays = {"weight": scaled.astype(np.float32), "bias": bias.astype(np.float32)}
    return [replace(maker, output=step.output, arrays=arrays)]


def _move_bias(draft: _Draft, maker: Instruction, step: Instruction) -> list[Instruction] | None:
    """FiLM of (x + bias) is FiLM of x with the shift `bias * scale + shift`: a vector's work, not a map's."""
    convolution = maker.op in ("conv2d", "upsampled_conv2d")
    if step.op != "film" or not convolution or "bias" not in maker.arrays or draft.uses(maker.output) > 1:
        return None
    plain = replace(
        maker, arrays={"weight": maker.arrays["weight"]}, output=draft.name(maker.output, draft.shapes[maker.output])
    )
    return [plain, replace(step, inputs=(plain.output, *step.inputs[1:]), arrays={"bias": maker.arrays["bias"]})]


def _lower_convolution(draft: _Draft, maker: Instruction, step: Instruction) -> list[Instruction] | None:
    """A convolution of an enlarged map, computed before the enlarging."""
    if maker.op != "upsample" or step.op != "conv2d":
        return None
    factor, size = maker.attributes["factor"], step.arrays["weight"].shape[2]
    results, channels = step.arrays["weight"].shape[:2]
    height, width = draft.shapes[maker.inputs[0]][:2]
    if size == 1:
        low = draft.name(step.output, (height, width, results))
        return [replace(step, inputs=maker.inputs, output=low), replace(maker, inputs=(low,), output=step.output)]
    if factor == 2 and size == 3 and channels >= _NARROW:
        return [replace(step, op="upsampled_conv2d", inputs=maker.inputs)]
    kernel = _phase_kernel(step.arrays["weight"], factor, shuffled=False)
    if kernel.shape[2] >= size and not (factor == 2 and size == 3):
        return None
    return _at_low_resolution(draft, maker, step, kernel, factor)


def _sink_shuffle(draft: _Draft, maker: Instruction, step: Instruction) -> list[Instruction] | None:
    """What follows a pixel shuffle comes before it, if that is the same or cheaper."""
    if maker.op != "pixel_shuffle" or draft.uses(maker.output) > 1:
        return None
    factor = maker.attributes["factor"]
    if step.op in _POINTWISE:
        low = draft.name(step.output, draft.shapes[maker.inputs[0]])
        return [replace(step, inputs=maker.inputs, output=low), replace(maker, inputs=(low,), output=step.output)]
    if step.op != "conv2d":
        return None
    results, channels = step.arrays["weight"].shape[:2]
    if max(results, channels) * factor**2 > 4 * _FEW:
        return None
    kernel = _phase_kernel(step.arrays["weight"], factor, shuffled=True)
    return _at_low_resolution(draft, maker, step, kernel, factor)


def _at_low_resolution(
    draft: _Draft, maker: Instruction, step: Instruction, kernel: Floats, factor: int
) -> list[Instruction]:
    height, width = draft.shapes[maker.inputs[0]][:2]
    arrays = {"weight": kernel}
    if "bias" in step.arrays:
        arrays["bias"] = step.arrays["bias"].repeat(factor**2)
    low = draft.name(step.output, (height, width, kernel.shape[0]))
    return [
        replace(step, inputs=maker.inputs, output=low, arrays=arrays),
        Instruction("pixel_shuffle", (low,), step.output, attributes={"factor": factor}),
    ]


def _transposed(step: Instruction) -> Instruction:
    if step.op != "linear":
        return step
    weight = np.ascontiguousarray(step.arrays["weight"].T)
    return replace(step, arrays={**step.arrays, "weight": weight})


def _phase_kernel(weight: Floats, factor: int, shuffled: bool) -> Floats:
    """The kernel at the low resolution whose results, shuffled, are those of `weight` at the high one.

    weight: [O, C, k, k]. The low map's channels are C (the high map repeats each pixel), or C f f when the high map is
    `shuffled` from it. Returns [O f f, ..., r, r]. Zeros around the low map stand for those around the high one.
    """
    results, channels, size = weight.shape[:3]
    reach = -(-(size // 2) // factor)
    extent = 2 * reach + 1
    inner = factor if shuffled else 1
    kernel = np.zeros((results, factor, factor, channels, inner, inner, extent, extent))
    for row, column in np.ndindex(factor, factor):
        for down, across in np.ndindex(size, size):
            places = [divmod(row + down - size // 2, factor), divmod(column + across - size // 2, factor)]
            (low_row, inner_row), (low_column, inner_column) = places
            if not shuffled:
                inner_row = inner_column = 0
            target = kernel[:, row, column, :, inner_row, inner_column, low_row + reach, low_column + reach]
            target += weight[:, :, down, across]
    return kernel.reshape(results * factor**2, channels * inner**2, extent, extent).astype(np.float32)
