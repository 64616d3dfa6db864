"""Convolutions with fewer multiplications, as transforms around one stack of matrix products.

A scheme computes, along one axis, `output @ ((kernel @ w) * (input @ x))` for tiles of x: Winograd's minimal filtering
(Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016), nested for two axes. The products of all
tiles and channels become `m * m` matrix products. Layout is [H, W, F, C] throughout, F faces side by side in every
pixel: every transform is then a sum of slices with long contiguous rows, and every product one of many rows.
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .products import Call, Floats, Gemm, Product, seen_as

_BLOCK = 192 * 1024
"""float32 values of scratch that a block of a map aims at: it stays in a core's second-level cache."""
_MOST_BLOCKS = 256
"""Blocks of one convolution; only a model made to waste memory needs larger ones than _BLOCK for it."""


@dataclass(frozen=True)
class Scheme:
    """A 3-tap convolution along one axis, for tiles `step` apart whose window begins one place before the tile.

    input: [m, window]. kernel: [m, 3]. output: [results a tile, m].
    """

    step: int
    input: tuple[tuple[int, ...], ...]
    kernel: tuple[tuple[float, ...], ...]
    output: tuple[tuple[int, ...], ...]


WINOGRAD = Scheme(
    step=2,
    input=((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, 0, -1)),
    kernel=((1, 0, 0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0, 0, 1)),
    output=((1, 1, 1, 0), (0, 1, -1, -1)),
)
"""F(2, 3): 16 multiplications for 4 results in place of 36."""

UPSAMPLE = Scheme(
    step=1,
    input=((1, -1, 0), (0, 1, 0), (0, -1, 1)),
    kernel=((1, 0, 0), (1, 1, 1), (0, 0, 1)),
    output=((1, 1, 0), (0, 1, 1)),
)
"""Nearest-neighbour doubling and 3 taps at once: y[2h] = w0 (x[h-1] - x[h]) + (w0 + w1 + w2) x[h], and y[2h+1] its
mirror image. 9 multiplications at the low resolution for 4 results in place of 36, on sums of +-1 alone. The zeros
around x stand for those around its doubled picture."""


class SchemeConvolution:
    """A 3x3 convolution by a scheme, the bias included.

    weight: float32 [O, C, 3, 3]. bias: float32 [O] or None.
    """

    margin = 1

    def __init__(self, weight: Floats, bias: Floats | None, scheme: Scheme, gemm: Gemm) -> None:
        self._scheme, self._bias = scheme, bias
        self._channels, self._results = weight.shape[1], weight.shape[0]
        kernel = np.array(scheme.kernel)
        transformed = np.einsum("ia,jb,ocab->ijco", kernel, kernel, weight.astype(np.float64), optimize=True)
        self._product = Product(transformed.reshape(-1, *transformed.shape[2:]).astype(np.float32), gemm)

    def scratch(self, height: int, width: int, faces: int) -> int:
        """float32 values of scratch that `bind` needs for x of [height + 2, width + 2, faces, C]."""
        return sum(self._sizes(self._tile_rows(height, width, faces), width, faces))

    def bind(self, x: Floats, out: Floats, scratch: Floats) -> list[Call]:
        """Calls that put the convolution of x [H + 2, W + 2, F, C], zeros around, into out [H P, W P, F, O].

        P is 1, or 2 for UPSAMPLE. H and W are multiples of the scheme's step. Rows of pixels are contiguous in both.
        """
        step, factor = self._scheme.step, out.shape[0] // (x.shape[0] - 2)
        height, width, faces = x.shape[0] - 2, x.shape[1] - 2, x.shape[2]
        rows, calls = self._tile_rows(height, width, faces), []
        x, out = whole_pixels(x), whole_pixels(out)
        for top in range(0, height // step, rows):
            bottom = min(top + rows, height // step)
            window = x[top * step : bottom * step + 2]
            target = out[top * step * factor : bottom * step * factor]
            calls += self._bind_tiles(window, target, faces, scratch)
        return calls

    def is_alike_for_all(self, faces: int, height: int, width: int) -> bool:
        """Whether a face's convolution does not depend on its place among so many."""
        rows, every = self._tile_rows(height, width, faces), height // self._scheme.step
        tiles = width // self._scheme.step * faces
        return all(self._product.is_alike_for_all(faces, part * tiles) for part in {rows, every % rows} - {0})

    def _tile_rows(self, height: int, width: int, faces: int) -> int:
        """Rows of tiles that are worked on at a time."""
        all_rows = height // self._scheme.step
        blocks = -(-sum(self._sizes(all_rows, width, faces)) // _BLOCK)
        return max(-(-all_rows // blocks), 1)

    def _sizes(self, rows: int, width: int, faces: int) -> tuple[int, int, int, int]:
        """float32 values of the four scratch arrays for so many rows of tiles."""
        m, results, step = len(self._scheme.input), len(self._scheme.output), self._scheme.step
        tiles = rows * (width // step) * faces
        folded = max(m * rows * (width + 2) * faces * self._channels, results * m * tiles * self._results)
        spread = m * m * tiles
        own = self._product.scratch(tiles)
        return folded, spread * self._channels, spread * self._results, own

    def _bind_tiles(self, x: Floats, out: Floats, faces: int, scratch: Floats) -> list[Call]:
        """x: [H + 2, W + 2, F C]. out: [H P, W P, F O]."""
        scheme, m = self._scheme, len(self._scheme.input)
        rows, columns = (x.shape[0] - 2) // scheme.step, (x.shape[1] - 2) // scheme.step
        ends = np.cumsum(self._sizes(rows, x.shape[1] - 2, faces))
        folded, spread, products, own = np.split(scratch[: ends[-1]], ends[:-1])

        half = folded[: m * rows * x.shape[1] * x.shape[2]].reshape(m, rows, *x.shape[1:])
        calls = _bind_sums(scheme.input, _windows(x, scheme, rows, axis=0), half)
        tiles = spread.reshape(m, m, rows, columns, x.shape[2])
        calls += _bind_sums(scheme.input, _windows(half, scheme, columns, axis=2), tiles.swapaxes(0, 1))

        made = products.reshape(m, m, rows, columns, out.shape[2])
        flat_tiles = spread.reshape(m * m, -1, self._channels)
        calls += self._product.bind(flat_tiles, products.reshape(m * m, -1, self._results), own)
        if self._bias is not None:
            # Every result of the tile holds this product once, with the factor 1.
            centre = pixel_rows(made[1, 1])
            calls.append(functools.partial(np.add, centre, np.tile(self._bias, columns * faces), centre))

        results = len(scheme.output)
        half = folded[: results * m * rows * columns * out.shape[2]].reshape(results, m, rows, columns, -1)
        calls += _bind_sums(scheme.output, list(made), half)
        target = _tiled(out, rows, columns)
        return calls + _bind_sums(scheme.output, list(half.swapaxes(0, 1)), target)


def has_pixel_rows(x: Floats) -> bool:
    """Whether the pixels of a row follow each other without a gap, which those of a slice of the channels do not."""
    return bool(x.strides[1] == math.prod(x.shape[2:]) * x.itemsize)


def pixel_rows(x: Floats) -> Floats:
    """[H, W, ...] as [H, W * ...] on the same memory, so that numpy's inner loops are a row long and not a pixel."""
    return seen_as(x, (x.shape[0], math.prod(x.shape[1:])))


def whole_pixels(x: Floats) -> Floats:
    """[H, W, F, C] as [H, W, F * C] on the same memory."""
    return seen_as(x, (*x.shape[:2], x.shape[2] * x.shape[3]))


def _faces_as_pixels(x: Floats) -> Floats:
    """[H, W, F, C] as [H, W * F, 1, C] on the same memory."""
    return seen_as(x, (x.shape[0], x.shape[1] * x.shape[2], 1, x.shape[3]))


def _windows(x: Floats, scheme: Scheme, tiles: int, axis: int) -> list[Floats]:
    """For each place of a window, the slice of x with what stands there in every tile along the axis."""
    places = len(scheme.input[0])
    before = (slice(None),) * axis
    stop = scheme.step * (tiles - 1) + 1
    return [x[(*before, slice(place, place + stop, scheme.step))] for place in range(places)]


def _tiled(out: Floats, rows: int, columns: int) -> Floats:
    """[rows p, columns q, O] as [q, p, rows, columns, O] on the same memory."""
    shape = (rows, out.shape[0] // rows, columns, out.shape[1] // columns, out.shape[2])
    return seen_as(out, shape).transpose(3, 1, 0, 2, 4)


def _bind_sums(matrix: Sequence[Sequence[int]], terms: Sequence[Floats], out: Floats) -> list[Call]:
    """Calls for out[i] = sum over j of matrix[i][j] * terms[j], with factors of 0, 1 and -1."""
    calls: list[Call] = []
    for factors, target in zip(matrix, out, strict=True):
        positive = [term for factor, term in zip(factors, terms, strict=True) if factor == 1]
        negative = [term for factor, term in zip(factors, terms, strict=True) if factor == -1]
        total = positive.pop(0)
        if not positive and not negative:
            calls.append(functools.partial(np.copyto, target, total))
        for operation, others in ((np.add, positive), (np.subtract, negative)):
            for term in others:
                calls.append(functools.partial(operation, total, term, target))
                total = target
    return calls


class DirectConvolution:
    """A k x k convolution of any odd k: each pixel's surroundings as one row of a matrix, then one product.

    weight: float32 [O, C, k, k]. bias: float32 [O] or None.
    """

    def __init__(self, weight: Floats, bias: Floats | None, gemm: Gemm) -> None:
        self.margin = weight.shape[2] // 2
        self._size, self._channels, self._bias = weight.shape[2], weight.shape[1], bias
        self._product = Product(weight.transpose(2, 3, 1, 0).reshape(1, -1, weight.shape[0]), gemm)

    def scratch(self, height: int, width: int, faces: int) -> int:
        """float32 values of scratch that `bind` needs for x of [height + k - 1, width + k - 1, faces, C]."""
        if self._size == 1:
            width, faces = width * faces, 1
        rows, columns = self._block(height, width)
        return sum(self._sizes(rows, columns, faces))

    def bind(self, x: Floats, out: Floats, scratch: Floats) -> list[Call]:
        """Calls that put the convolution of x [H + k - 1, W + k - 1, F, C], zeros around, into out [H, W, F, O]."""
        if self._size == 1:
            x, out = _faces_as_pixels(x), _faces_as_pixels(out)
        (height, width, faces), reach = out.shape[:3], self._size - 1
        rows, columns = self._block(height, width)
        calls: list[Call] = []
        for face in range(faces):
            for top in range(0, height, rows):
                for left in range(0, width, columns):
                    target = out[top : top + rows, left : left + columns, face]
                    below, right = top + target.shape[0] + reach, left + target.shape[1] + reach
                    calls += self._bind_block(x[top:below, left:right, face], target, scratch)
        return calls

    def is_alike_for_all(self, faces: int, height: int, width: int) -> bool:
        """Whether a face's convolution does not depend on its place among so many."""
        if self._size > 1:
            return True
        rows, columns = self._block(height, width * faces)
        heights, widths = {rows, height % rows} - {0}, {columns, width * faces % columns} - {0}
        return all(self._product.is_alike_for_all(faces, tall * wide) for tall in heights for wide in widths)

    def _block(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of results that are worked on at a time; less than a row only where a row is huge."""
        total = sum(self._sizes(height, width, 1))
        pixels = max(height * width * max(_BLOCK, total // _MOST_BLOCKS) // total, 1)
        if pixels < width:
            return 1, pixels
        blocks = -(-height // (pixels // width))
        return -(-height // blocks), width

    def _sizes(self, rows: int, columns: int, faces: int) -> tuple[int, int, int, int]:
        """float32 values of the four scratch arrays for so many pixels of one of the faces."""
        pixels, reach = rows * columns, self._size - 1
        apart = (rows + reach) * (columns + reach) * self._channels if faces > 1 else 0
        return pixels * self._product.depth, pixels * self._product.width, self._product.scratch(pixels), apart

    def _bind_block(self, x: Floats, out: Floats, scratch: Floats) -> list[Call]:
        rows, width, results = out.shape
        k, channels = self._size, self._channels
        calls: list[Call] = []
        alone = k == 1 or has_pixel_rows(x)
        ends = np.cumsum(self._sizes(rows, width, 1 if alone else 2))
        gathered, sums, own, apart = np.split(scratch[: ends[-1]], ends[:-1])
        if not alone:
            apart = apart.reshape(x.shape)
            calls.append(functools.partial(np.copyto, apart, x))
            x = apart
        down, across, step = x.strides
        # The k pixels side by side that a place needs of one row are contiguous.
        windows = np.lib.stride_tricks.as_strided(
            x, (rows, width, k, k * channels), (down, across, down, step), writeable=False
        )
        calls.append(functools.partial(np.copyto, gathered.reshape(rows, width, k, k * channels), windows))
        made = sums.reshape(1, rows * width, results)
        calls += self._product.bind(gathered.reshape(1, rows * width, -1), made, own)
        picture = sums.reshape(rows, width, results)
        if self._bias is None:
            return [*calls, functools.partial(np.copyto, out, picture)]
        if not has_pixel_rows(out):
            return [*calls, functools.partial(np.add, picture, self._bias, out)]
        bias = np.tile(self._bias, width)
        return [*calls, functools.partial(np.add, pixel_rows(picture), bias, pixel_rows(out))]
