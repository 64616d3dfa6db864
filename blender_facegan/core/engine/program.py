"""A graph made ready to run: rewritten once, and bound for each thread to memory of its own as a flat list of calls.

A run makes some faces at a time. numpy's calls are then fewer and longer: Python, whose lock the threads share, has
less to do between them.
"""

import functools
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..model.graph import Graph
from .convolution import UPSAMPLE, WINOGRAD, DirectConvolution, SchemeConvolution
from .kernels import KERNELS, Binding, for_faces, shuffled_pixels
from .memory import StoragePlan, plan_storage
from .products import Call, Floats, Gemm
from .rewriting import Instruction, Instructions, rewrite

_Convolution = SchemeConvolution | DirectConvolution

_WIDE: Mapping[Gemm, tuple[int, int]] = {"blas": (12, 36), "einsum": (32, 96)}
"""Fewest channels on either side, and on both together, for which Winograd's transforms are worth their time."""
_TOGETHER = (16, 6, 1)
"""Faces at a time, the more the better; 6 are alike to kernels that take rows by six, as OpenBLAS's for Haswell do."""
_MOST_MEMORY = 2**21
"""float32 values in which the faces of a run are kept to, where one does not take more: a share of the last cache."""


class Program:
    """The instructions of a graph with their prepared weights. It is not changed by running, so threads share it."""

    def __init__(self, graph: Graph, tensors: Mapping[str, Floats], gemm: Gemm) -> None:
        whole = rewrite(graph, tensors)
        self.input_shapes = graph.inputs
        self.factor, self._instructions = _without_last_shuffle(whole)
        self._convolutions = {
            step.output: _convolution(step, self._instructions, gemm)
            for step in self._instructions.steps
            if step.op in ("conv2d", "upsampled_conv2d")
        }
        margins = {output: convolution.margin for output, convolution in self._convolutions.items()}
        self._plan = plan_storage(self._instructions, graph.inputs, margins)
        self.together = self._faces_together(gemm)

    def _faces_together(self, gemm: Gemm) -> int:
        """Faces that are best made at a time, and whose bits are then those of each alone."""
        if gemm == "einsum":
            # The products are most of the work, and gain nothing by more rows.
            return 1
        steps, most = self._instructions.steps, max(_MOST_MEMORY // self._plan.size, 1)
        fitting = (faces for faces in _TOGETHER if faces <= most)
        return next(faces for faces in fitting if faces == 1 or all(self._is_alike(step, faces) for step in steps))

    def _is_alike(self, step: Instruction, faces: int) -> bool:
        """Whether what the step makes of a face does not depend on its place among so many."""
        convolution = self._convolutions.get(step.output)
        if convolution is None:
            return True
        height, width, _ = self._instructions.shapes[step.inputs[0]]
        return convolution.is_alike_for_all(faces, height, width)

    def bind(self, faces: int = 1) -> "Run":
        """The program for so many faces at a time, on memory of its own. A run belongs to one thread at a time."""
        binder = _Binder(self._instructions, self._convolutions, self._plan, faces)
        return Run({name: binder.arrays[name] for name in self.input_shapes}, binder.calls, binder.result, self.factor)


class Run:
    """Fill `inputs`, then ask for the pictures, or for the vector of a graph that ends in one.

    inputs: float32 by name, [F, C] or [H, W, F, C]. `output` then holds the graph's output before its last pixel
    shuffle, if it ends in one: float32 [H, W, F, C], -1 ... 1.
    """

    def __init__(self, inputs: Mapping[str, Floats], calls: Sequence[Call], result: Floats, factor: int) -> None:
        self.inputs = inputs
        self.output, self._calls, self._factor = result, tuple(calls), factor
        self._scaled = np.empty(result.shape, np.float32)
        self.faces = result.shape[-2]

    def pictures(self, out: NDArray[np.uint8]) -> None:
        """Computes the first faces of what stands in `inputs` into out: uint8 [N, H, W, 3], contiguous, N up to F.

        -1 ... 1 becomes clip(round((x + 1) * 127.5), 0, 255); what is not a number becomes 255.
        """
        self._compute()
        scaled = self._scaled
        np.add(self.output, np.float32(1), scaled)
        np.multiply(scaled, np.float32(127.5), scaled)
        np.rint(scaled, scaled)
        np.fmin(scaled, np.float32(255), scaled)
        np.fmax(scaled, np.float32(0), scaled)
        pixels = np.moveaxis(shuffled_pixels(scaled, self._factor), -2, 0)[: len(out)]
        np.copyto(out.reshape(pixels.shape), pixels, casting="unsafe")

    def vector(self) -> Floats:
        """Computes the vector of what stands in `inputs`: float32 [C], of the first face, where a graph ends in one."""
        self._compute()
        vector: Floats = self.output[0].copy()
        return vector

    def _compute(self) -> None:
        for call in self._calls:
            call()


def _without_last_shuffle(whole: Instructions) -> tuple[int, Instructions]:
    """A pixel shuffle at the very end is left to the picture, which copies its bytes anyway."""
    last = whole.steps[-1]
    if last.op != "pixel_shuffle":
        return 1, whole
    shapes = dict(whole.shapes)
    return last.attributes["factor"], Instructions(whole.steps[:-1], shapes, last.inputs[0])


def _convolution(step: Instruction, instructions: Instructions, gemm: Gemm) -> _Convolution:
    """The way to compute a convolution, by what was fastest over the layers of face generators.

    The rule is fixed and nothing is timed: the same model then gives the same bits in every session.
    """
    weight, bias = step.arrays["weight"], step.arrays.get("bias")
    if step.op == "upsampled_conv2d":
        return SchemeConvolution(weight, bias, UPSAMPLE, gemm)
    results, channels, size = weight.shape[:3]
    height, width = instructions.shapes[step.inputs[0]][:2]
    even = height % WINOGRAD.step == 0 and width % WINOGRAD.step == 0
    either, both = _WIDE[gemm]
    if size == 3 and even and min(results, channels) >= either and results + channels >= both:
        return SchemeConvolution(weight, bias, WINOGRAD, gemm)
    return DirectConvolution(weight, bias, gemm)


class _Binder:
    """Builds the arrays and the calls of one run."""

    def __init__(
        self,
        instructions: Instructions,
        convolutions: Mapping[str, _Convolution],
        plan: StoragePlan,
        faces: int,
    ) -> None:
        self._instructions, self._convolutions = instructions, convolutions
        self._places, self._faces = plan.places, faces
        self._memory = np.zeros(plan.size * faces, np.float32)
        self._scratch = np.empty(max(map(self._scratch_size, instructions.steps), default=0), np.float32)
        self.arrays: dict[str, Floats] = {
            name: self._places[name].inside(self._memory, faces) for name in self._input_names()
        }
        self.calls: list[Call] = []
        for name in sorted(self.arrays):
            self.calls += _bind_zeros(self._places[name].whole(self._memory, faces), self._places[name].margin)
        for step in instructions.steps:
            self._bind(step)
        self.result = self.arrays[instructions.output]

    def _input_names(self) -> set[str]:
        return set(self._places) - {step.output for step in self._instructions.steps}

    def _scratch_size(self, step: Instruction) -> int:
        convolution, faces = self._convolutions.get(step.output), self._faces
        if step.op == "constant":
            return 0
        if convolution is None:
            return KERNELS[step.op].scratch(self._instructions.shapes[step.output]) * faces
        height, width, channels = self._instructions.shapes[step.inputs[0]]
        margin = 2 * convolution.margin
        return convolution.scratch(height, width, faces) + (height + margin) * (width + margin) * channels * faces

    def _bind(self, step: Instruction) -> None:
        if step.op == "constant":
            self.arrays[step.output] = for_faces(step.arrays["value"], self._faces)
            return
        place = self._places[step.output]
        if place.view_of is not None:
            start, stop = step.attributes["start"], step.attributes["stop"]
            self.arrays[step.output] = self.arrays[place.view_of][..., start:stop]
            return
        out = self.arrays[step.output] = place.inside(self._memory, self._faces)
        if place.starts_room and place.margin:
            self.calls += _bind_zeros(place.whole(self._memory, self._faces), place.margin)
        if step.output in self._convolutions:
            self._bind_convolution(step, out)
        else:
            inputs = [self.arrays[name] for name in step.inputs]
            self.calls += KERNELS[step.op].bind(Binding(step, inputs, out, self._scratch))

    def _bind_convolution(self, step: Instruction, out: Floats) -> None:
        convolution, source = self._convolutions[step.output], step.inputs[0]
        place, spare = self._places.get(source), self._scratch
        if convolution.margin == 0:
            padded = self.arrays[source]
        elif place is not None and place.view_of is None and place.margin >= convolution.margin:
            cut = place.margin - convolution.margin
            whole = place.whole(self._memory, self._faces)
            padded = whole[cut : len(whole) - cut, cut : whole.shape[1] - cut]
        else:
            padded, spare = self._pad(self.arrays[source], convolution.margin)
        self.calls += convolution.bind(padded, out, spare)

    def _pad(self, x: Floats, margin: int) -> tuple[Floats, Floats]:
        """A copy of x with zeros around in scratch, and the scratch that is left."""
        shape = (x.shape[0] + 2 * margin, x.shape[1] + 2 * margin, *x.shape[2:])
        size = math.prod(shape)
        padded = self._scratch[:size].reshape(shape)
        self.calls += _bind_zeros(padded, margin)
        inside = padded[margin : margin + x.shape[0], margin : margin + x.shape[1]]
        self.calls.append(functools.partial(np.copyto, inside, x))
        return padded, self._scratch[size:]


def _bind_zeros(padded: Floats, margin: int) -> list[Call]:
    """Calls that clear the margin, since the memory may have served another value before."""
    if not margin:
        return []
    inner = slice(margin, len(padded) - margin)
    sides = (padded[:margin], padded[-margin:], padded[inner, :margin], padded[inner, -margin:])
    return [functools.partial(side.fill, np.float32(0)) for side in sides]
