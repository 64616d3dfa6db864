"""Sums of products: the same small matrix products for every face, by whichever of numpy's two ways is faster.

numpy with a BLAS multiplies matrices at the processor's full rate. numpy without one, which is how official Blender
builds ship it, has a plain loop instead, and `einsum` over contiguous rows is then ten times as fast.
"""

import functools
import math
import time
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Call = Callable[[], Any]
Gemm = Literal["blas", "einsum"]

_LARGEST = 2**18
"""Multiply-adds of one BLAS call. OpenBLAS (interface/gemm.c) starts its own threads above 65,536 * 4, which would
fight with those over faces; and up to 10^6 its AVX-512 kernels for small matrices skip the packing."""
_DEPTH = 256
"""Longest sum in one BLAS call, so that a block within _LARGEST is not a sliver."""
_TALL = 64
"""Rows that a block of a product is to have, if need be of fewer columns: BLAS lays out the weights anew for each."""
_ROWS, _COLUMNS = 48, 16
"""What parts of rows and columns are multiples of, as BLAS's kernels take them: up to 16 at a time, or 12."""
MOST_PARTS = 64
"""Parts that a sum is cut into at most."""


class Product:
    """`x @ weight` for a stack of matrices, with weights laid out once for the way of computing.

    weight: float32 [B, K, N]. A product is bound to arrays once and then called for each face; a bound call always
    takes the same steps on the same shapes, so its result does not depend on what else is computed.
    """

    def __init__(self, weight: Floats, gemm: Gemm) -> None:
        self.stack, self.depth, self.width = (int(size) for size in weight.shape)
        self._gemm = gemm
        order = (0, 1, 2) if gemm == "blas" else (0, 2, 1)
        self._weight = np.ascontiguousarray(weight.transpose(order))

    def scratch(self, rows: int) -> int:
        """float32 values of scratch that `bind` needs for x of [B, rows, K]."""
        parts = self._parts()
        return parts * self.stack * rows * self.width if self._gemm == "blas" and parts > 1 else 0

    def bind(self, x: Floats, out: Floats, scratch: Floats) -> list[Call]:
        """Calls that put the product of x [B, ..., M, K] into out [B, ..., M, N]; values of a row contiguous."""
        if self._gemm == "einsum":
            return [functools.partial(np.einsum, "b...mk,bnk->b...mn", x, self._weight, out=out)]
        parts = self._parts()
        if parts == 1:
            return self._bind_blocks(x, self._weight, out)
        partial = scratch[: parts * out.size].reshape(parts, *out.shape)
        calls: list[Call] = []
        for chosen, sums in zip(self._depths(), partial, strict=True):
            calls += self._bind_blocks(x[..., chosen], self._weight[:, chosen], sums)
        return [*calls, functools.partial(np.add.reduce, partial, axis=0, out=out)]

    def is_alike_for_all(self, faces: int, rows: int) -> bool:
        """Whether a face's sums do not depend, to the bit, on its place, where rows of all take turns.

        BLAS promises nothing: OpenBLAS's kernel for Haswell adds up six rows in one order and the next six in another.
        """
        if self._gemm == "einsum":
            return True
        return all(
            _is_alike_for_all(faces, tall, depth, wide)
            for depth in {part.stop - part.start for part in self._depths()}
            for columns, height in [_block(rows, depth, self.width)]
            for tall in {height, rows % height} - {0}
            for wide in {columns, self.width % columns} - {0}
        )

    def _parts(self) -> int:
        return min(-(-self.depth // _DEPTH), MOST_PARTS)

    def _depths(self) -> list[slice]:
        """The parts of K that are summed apart."""
        parts = self._parts()
        return [slice(part * self.depth // parts, (part + 1) * self.depth // parts) for part in range(parts)]

    def _bind_blocks(self, x: Floats, weight: Floats, out: Floats) -> list[Call]:
        *stack, rows, depth = x.shape
        width = weight.shape[2]
        weight = weight.reshape(len(weight), *(1 for _ in stack[1:]), *weight.shape[1:])
        columns, height = _block(rows, depth, width)
        whole = rows // height * height
        calls: list[Call] = []
        for left in range(0, width, columns):
            chosen = slice(left, left + columns)
            target = out[..., chosen]
            calls.append(
                functools.partial(
                    np.matmul,
                    seen_as(x[..., :whole, :], (*stack, -1, height, depth)),
                    weight[..., None, :, chosen],
                    seen_as(target[..., :whole, :], (*stack, -1, height, target.shape[-1])),
                )
            )
            if whole < rows:
                left_over = (x[..., whole:, :], weight[..., chosen], target[..., whole:, :])
                calls.append(functools.partial(np.matmul, *left_over))
        return calls


def _block(rows: int, depth: int, width: int) -> tuple[int, int]:
    """Columns and rows of the results of one BLAS call."""
    columns = _even_part(width, _LARGEST // (depth * min(rows, _TALL)), _COLUMNS)
    return columns, _even_part(rows, _LARGEST // (depth * columns), _ROWS)


@functools.cache
def _is_alike_for_all(faces: int, rows: int, depth: int, width: int) -> bool:
    if rows % faces:
        return False
    stream = np.random.default_rng(0)
    x, weight = (stream.standard_normal(shape, np.float32) for shape in ((rows // faces, depth), (depth, width)))
    sums = np.matmul(x.repeat(faces, axis=0), weight).reshape(-1, faces, width)
    return bool((sums == sums[:, :1]).all())


def _even_part(length: int, most: int, unit: int) -> int:
    """How long to make the parts of an axis, at most `most` each: in units, equal if that costs little."""
    if length <= most:
        return length
    most = max(most // unit * unit, min(most, unit), 1)
    equal = (part for part in range(most, most // 2, -1) if length % part == 0 and part % unit == 0)
    return next(equal, most)


def rows_by_rows(a: Floats, b: Floats) -> Floats:
    """`a @ b.T` the faster way: float32 [..., M, K] and [N, K] to [..., M, N]."""
    if fastest_gemm() == "blas":
        return a @ b.T
    product: Floats = np.einsum("...mk,nk->...mn", np.ascontiguousarray(a), np.ascontiguousarray(b))
    return product


def seen_as(array: Floats, shape: tuple[int, ...]) -> Floats:
    """The same memory in another shape. Raises ValueError where only a copy would do."""
    view = array.reshape(shape)
    if not np.may_share_memory(view, array):
        raise ValueError(f"an array of shape {array.shape} and strides {array.strides} is not {shape} in place")
    return view


@functools.cache
def fastest_gemm() -> Gemm:
    """The faster of the two ways on this machine's numpy, measured once in about ten milliseconds."""
    stream = np.random.default_rng(0)
    x, weight = (stream.standard_normal((4, 64, 64), np.float32) for _ in range(2))
    out = np.empty((4, 64, 64), np.float32)
    ways: tuple[Gemm, ...] = ("blas", "einsum")
    seconds = {way: _best_of(3, Product(weight, way).bind(x, out, out[0])) for way in ways}
    return min(ways, key=lambda way: seconds[way])


def _best_of(tries: int, calls: list[Call]) -> float:
    best = math.inf
    for _ in range(tries):
        start = time.perf_counter()
        for call in calls:
            call()
        best = min(best, time.perf_counter() - start)
    return best
