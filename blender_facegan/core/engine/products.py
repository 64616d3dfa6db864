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
_MOST_PARTS = 64
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
        """Calls that put the product of x [B, M, K] into out [B, M, N]; rows of both contiguous."""
        if self._gemm == "einsum":
            return [functools.partial(np.einsum, "bmk,bnk->bmn", x, self._weight, out=out)]
        parts = self._parts()
        if parts == 1:
            return self._bind_blocks(x, self._weight, out)
        partial = scratch[: parts * out.size].reshape(parts, *out.shape)
        calls: list[Call] = []
        for part, sums in enumerate(partial):
            chosen = slice(part * self.depth // parts, (part + 1) * self.depth // parts)
            calls += self._bind_blocks(x[..., chosen], self._weight[:, chosen], sums)
        return [*calls, functools.partial(np.add.reduce, partial, axis=0, out=out)]

    def _parts(self) -> int:
        return min(-(-self.depth // _DEPTH), _MOST_PARTS)

    def _bind_blocks(self, x: Floats, weight: Floats, out: Floats) -> list[Call]:
        stack, rows, depth = x.shape
        width = weight.shape[2]
        columns = _even_part(width, _LARGEST // (depth * min(rows, 16)))
        height = _even_part(rows, _LARGEST // (depth * columns))
        whole = rows // height * height
        calls: list[Call] = []
        for left in range(0, width, columns):
            chosen = slice(left, left + columns)
            target = out[:, :, chosen]
            calls.append(
                functools.partial(
                    np.matmul,
                    seen_as(x[:, :whole], (stack, -1, height, depth)),
                    weight[:, None, :, chosen],
                    seen_as(target[:, :whole], (stack, -1, height, target.shape[2])),
                )
            )
            if whole < rows:
                calls.append(functools.partial(np.matmul, x[:, whole:], weight[:, :, chosen], target[:, whole:]))
        return calls


def _even_part(length: int, most: int) -> int:
    """How long to make the parts of an axis, at most `most` each: equal if that costs little, else in sixteens."""
    if length <= most:
        return length
    most = max(most, 1)
    equal = next((part for part in range(most, most // 2, -1) if length % part == 0), None)
    return equal or max(most // 16 * 16, min(most, 16))


def rows_by_rows(a: Floats, b: Floats) -> Floats:
    """`a @ b.T` the faster way: float32 [M, K] and [N, K] to [M, N]."""
    if fastest_gemm() == "blas":
        return a @ b.T
    product: Floats = np.einsum("mk,nk->mn", np.ascontiguousarray(a), np.ascontiguousarray(b))
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
