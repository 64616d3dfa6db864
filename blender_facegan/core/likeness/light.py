"""Takes the photograph's lamp out of faces: its shading, its tint, its exposure; and gives skins the tones asked for.

A face's luminance over that of a generic head is taken for the shading of a white head, and that for nine functions of
the normal: the spherical harmonics to the second order, by which any far light falls on a matt surface (Basri and
Jacobs, PAMI 2003; Ramamoorthi and Hanrahan, SIGGRAPH 2001). Luminance alone: fitted for each colour, a face between two
lamps turns coloured. What is left, tint and exposure, is told by the skin's colour and taken to the locus of skins.

Everything that does not hang on the face is worked out once for a crop. Each face takes the same steps on the same
shapes, so that its bits do not depend on which others are evened with it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..engine.products import Gemm, fastest_gemm
from .generic_head import Floats, generic_head
from .locus import SMALLEST, colour_factors
from .skin import LIGHT_OF_BYTES, luminance, middles, patch_pixels, srgb_from_linear, typical_colours
from .tone import luminance_of_tone

_FIT_SIDE = 64
"""Side in pixels of what the light is fitted on, whatever the picture's."""
_RIDGE = 30 * np.diag([0, 0.3, 0.3, 0.5, 2, 2, 2, 2, 2])
"""Holds the fit back where a face tells little: nothing for the mean, much for the second order."""
_STRENGTH = 0.9
"""Exponent of the gain: the last tenth of a shading is left, since the fit is no truth."""
_SHADING = (0.22, 4.0)
"""Shading over its median beyond which it is not believed."""
_GAIN = (0.4, 2.6)
"""Least and most that a pixel is multiplied by."""
_BEYOND = ((0.055, 0.6), (0.16, 1.0))
"""How a gain is carried past the face: standard deviations of the blur, in sides, each with what it is trusted."""
_FADE = 0.02
"""Share of face under a blur at which the carried gain is half of the face's."""
_FACE = 0.14
"""Weight in the generic head from which the fit holds in full: eyes and mouth, whose low weight only says that they
tell little, are face."""
_SHOULDER = 0.8
"""Linear light from which brightened pixels are drawn in, so that they meet white without an edge."""
_WHITE = 0.999
"""Most that a pixel's own brightness lifts that shoulder to."""
_FAINTEST = 1e-5
"""Eigenvalue over the largest from which an eigenvector counts."""
_FINE = 65535
_BYTES_OF_LIGHT = np.round(srgb_from_linear(np.arange(_FINE + 1) / _FINE) * 255).astype(np.uint8)
"""The byte of every linear light in steps of 1 / _FINE."""
_BLOCK = 8
"""Faces that are worked on together: their rasters fit a core's cache."""


class Evening:
    """Evens faces of one crop. It is not changed by that, so threads share it.

    side: of the pictures, in pixels. eye_distance, eye_height: the card's, as shares of it. gemm: as in `Engine`.
    """

    def __init__(self, side: int, eye_distance: float, eye_height: float, gemm: Gemm | None = None) -> None:
        head = generic_head(side, side, eye_distance, eye_height)
        weight = head.weight.ravel()
        self._side = side
        self._skin = patch_pixels(side, side, eye_distance, eye_height)
        self._fit = _fit(side, eye_distance, eye_height)
        functions = _functions(head.normals.reshape(-1, 3))
        self._shape = np.ascontiguousarray(functions.T)
        self._middle = np.ascontiguousarray(functions[weight > 0.5].T)
        self._face = np.clip(weight / np.float32(_FACE), 0, 1)
        self._carried = _Carried(self._face.reshape(side, side), gemm or fastest_gemm())

    def __call__(
        self, faces: NDArray[np.uint8], strength: float, tones: Sequence[float | None] = ()
    ) -> NDArray[np.uint8]:
        """The faces in even light: uint8 [N, H, W, 3], sRGB.

        faces: the same. strength: from 0, which leaves them as they are to the bit, to 1. tones: the skin tones asked
        for, 1 to 10, None for a face that keeps its own; empty for none. Raises ValueError for another size.
        """
        if faces.shape[1:] != (self._side, self._side, 3):
            raise ValueError(f"faces of shape {faces.shape[1:]} are not {self._side} pixels wide and high")
        asked = luminance_of_tone([np.nan if tone is None else tone for tone in tones or [None] * len(faces)])
        result = faces.copy()
        chosen = np.arange(len(faces)) if strength > 0 else np.flatnonzero(~np.isnan(asked))
        for start in range(0, len(chosen), _BLOCK):
            block = chosen[start : start + _BLOCK]
            result[block] = self._even(faces[block], strength, asked[block])
        return result

    def _even(self, faces: NDArray[np.uint8], strength: float, asked: NDArray[np.float64]) -> NDArray[np.uint8]:
        # One plane for each colour: numpy's inner loops are then as long as a picture.
        planes = np.ascontiguousarray(np.moveaxis(faces.reshape(len(faces), -1, 3), -1, 0))
        light = LIGHT_OF_BYTES.take(planes, mode="wrap")
        gain = self._gain(light, strength) if strength > 0 else np.ones(light.shape[1:], np.float32)
        skins = typical_colours(self._patches(light) * gain.take(self._skin, axis=1)[..., None])
        light *= gain
        light *= colour_factors(skins, strength, asked).T[..., None]
        _draw_in(light.reshape(3, -1), planes.reshape(3, -1))
        light *= np.float32(_FINE)
        light += np.float32(0.5)
        evened = np.empty(faces.shape, np.uint8)
        for colour, plane in enumerate(_BYTES_OF_LIGHT.take(light.astype(np.uint16), mode="wrap")):
            evened[..., colour] = plane.reshape(faces.shape[:-1])
        return evened

    def _patches(self, light: Floats) -> Floats:
        """The pixels of cheeks and foreheads, [N, Q, 3], of planes of light [3, N, P]."""
        return np.ascontiguousarray(np.moveaxis(light.take(self._skin, axis=2), 0, -1))

    def _gain(self, light: Floats, strength: float) -> Floats:
        """What each pixel [N, P] of faces, as planes of linear light [3, N, P], is multiplied by to take lamps out."""
        skins, bright = luminance(typical_colours(self._patches(light))), luminance(np.moveaxis(light, 0, -1))
        # BLAS would start its threads on matrices of this size, beside those over faces.
        lamp = np.einsum("np,kp->nk", bright, self._fit) / np.maximum(skins, np.float32(1e-3))[:, None]
        middle = np.maximum(middles(np.einsum("nk,kq->nq", lamp, self._middle)), np.float32(1e-3))
        shading: Floats = np.einsum("nk,kp->np", lamp / middle[:, None], self._shape)
        logarithm = np.log(np.clip(shading, *_SHADING, out=shading), out=shading)
        logarithm *= np.float32(-_STRENGTH)
        np.clip(logarithm, *np.log(_GAIN, dtype=np.float32), out=logarithm)
        logarithm *= self._face
        carried = self._carried(logarithm.reshape(-1, self._side, self._side))
        logarithm += carried.reshape(logarithm.shape)
        logarithm *= np.float32(strength)
        gain: Floats = np.exp(logarithm, out=logarithm)
        return gain


class _Carried:
    """Carries the logarithm of a gain past the face, by normalised blurs: the narrower one where it still sees face.

    face: 0 to 1, [H, H]. A Gaussian over H pixels, nothing beyond the edge, is a symmetric matrix of which a few
    eigenvectors tell all: a blur goes through them, at a fraction of the multiplications.
    """

    def __init__(self, face: Floats, gemm: Gemm) -> None:
        side = len(face)
        self._gemm = gemm
        self._blurs: list[_Blur] = []
        trusted = np.zeros((side, side))
        for deviation, trust in _BEYOND:
            kernel = _gaussian(side, deviation * side)
            cover = kernel @ face @ kernel
            share = trust * cover / (cover + _FADE) * (1 - trusted)
            trusted += share
            values, vectors = np.linalg.eigh(kernel)
            kept = values > _FAINTEST * values[-1]
            self._blurs.append(
                _Blur(
                    np.ascontiguousarray(vectors[:, kept].T, np.float32),
                    np.ascontiguousarray(vectors[:, kept], np.float32),
                    np.outer(values[kept], values[kept]).astype(np.float32),
                    ((1 - face) * share / np.maximum(cover, 1e-6)).astype(np.float32),
                )
            )

    def __call__(self, logarithms: Floats) -> Floats:
        """What is added beyond the face, [N, H, H]. logarithms: on the face, times how much of it a pixel is."""
        total = np.zeros_like(logarithms)
        for blur in self._blurs:
            inner = self._on_both_sides(logarithms, blur.vectors)
            inner *= blur.scale
            total += self._on_both_sides(inner, blur.back) * blur.share
        return total

    def _on_both_sides(self, rasters: Floats, matrix: Floats) -> Floats:
        """The transposed matrix @ raster @ matrix.T of each raster; with two calls of this none is transposed."""
        return self._rows(np.ascontiguousarray(self._rows(rasters, matrix).transpose(0, 2, 1)), matrix)

    def _rows(self, rasters: Floats, matrix: Floats) -> Floats:
        if self._gemm == "blas":
            return rasters @ matrix.T
        product: Floats = np.einsum("bmk,nk->bmn", rasters, matrix)
        return product


class _Blur(NamedTuple):
    """A Gaussian's largest eigenvectors, [r, H] and [H, r], and the products of their values, [r, r].

    share: what the blurred raster counts where, [H, H].
    """

    vectors: Floats
    back: Floats
    scale: Floats
    share: Floats


def _fit(side: int, eye_distance: float, eye_height: float) -> Floats:
    """The matrix [9, H * H] from a face's luminance to its light, for skin of luminance 1: weighted ridge regression.

    Weighing hair, glasses and beards down by their residuals, four times over, lowered the side light of the default
    model's faces from .077 to .073 in the median and from .247 to .214 in one of ten (.229 and .595 as they come): the
    head's own weights do.
    """
    head = generic_head(_FIT_SIDE, _FIT_SIDE, eye_distance, eye_height)
    functions, weight = _functions(head.normals.reshape(-1, 3)).astype(np.float64), head.weight.reshape(-1, 1)
    inverse = np.linalg.solve(functions.T @ (functions * weight) + _RIDGE, (functions * weight).T)
    small = (inverse / np.maximum(head.template.ravel(), 0.2)).reshape(-1, _FIT_SIDE, _FIT_SIDE)
    shares = _area_shares(side, _FIT_SIDE)
    return np.ascontiguousarray((shares.T @ small @ shares).reshape(len(small), -1), np.float32)


def _functions(normals: Floats) -> Floats:
    """The nine functions [P, 9] of unit normals [P, 3], all but the first about 0 in the mean over a face."""
    x, y, z = normals.T
    rows = [np.ones_like(x), x, y, z - 0.8, x * y, x * z, y * z, x * x - y * y, 3 * z * z - 1.9]
    return np.stack(rows, axis=1).astype(np.float32)


def _draw_in(light: Floats, faces: NDArray[np.uint8]) -> None:
    """Draws pixels [3, P] that exceed `_SHOULDER` in below white, all three colours alike.

    Only as far as the pixel was not as bright in the picture [3, P] as it came: what was white may stay white.
    """
    brightest = np.maximum(np.maximum(light[0], light[1]), light[2])
    bright = np.flatnonzero(brightest > _SHOULDER)
    if not len(bright):
        return
    seen, now = LIGHT_OF_BYTES[faces[:, bright].max(axis=0)], brightest[bright]
    knee = np.maximum(np.float32(_SHOULDER), np.minimum(seen, np.float32(_WHITE)))
    over = np.maximum(now - knee, 0)
    wanted = np.minimum(now, knee) + (1 - knee) * np.tanh(over / (1 - knee))
    light[:, bright] *= wanted / np.maximum(now, SMALLEST)


def _gaussian(length: int, deviation: float) -> NDArray[np.float64]:
    distance = np.arange(length)[:, None] - np.arange(length)[None, :]
    kernel: NDArray[np.float64] = np.exp(-0.5 * (distance / deviation) ** 2) / (deviation * np.sqrt(2 * np.pi))
    return kernel


def _area_shares(length: int, side: int) -> NDArray[np.float64]:
    """How much each of `length` cells counts in each of `side` cells over the same stretch, [side, length]."""
    edges = np.arange(side + 1) * (length / side)
    low = np.maximum(edges[:-1, None], np.arange(length)[None, :])
    high = np.minimum(edges[1:, None], np.arange(1, length + 1)[None, :])
    shares: NDArray[np.float64] = np.maximum(high - low, 0) / (length / side)
    return shares
