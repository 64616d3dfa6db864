import numpy as np
import pytest
from numpy.typing import NDArray

from blender_facegan.core.engine import convolution
from blender_facegan.core.engine.convolution import (
    UPSAMPLE,
    WINOGRAD,
    DirectConvolution,
    Scheme,
    SchemeConvolution,
)
from blender_facegan.core.engine.products import Gemm
from tests.core.model import naive

gemms = pytest.mark.parametrize("gemm", ["blas", "einsum"])


def random(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def convolved(
    way: SchemeConvolution | DirectConvolution, x: NDArray[np.float32], results: int, factor: int = 1, faces: int = 3
) -> NDArray[np.float32]:
    """The result in the middle of a larger map, as it lies in an engine, with untouched values around it.

    With more faces than one, the result of the last; x is halved and changed of sign for those before.
    """
    (height, width), margin = x.shape[:2], way.margin
    beside = np.stack([*[x * np.float32(-0.5)] * (faces - 1), x], axis=2)
    padded = np.pad(beside, ((margin, margin), (margin, margin), (0, 0), (0, 0)))
    whole = np.full((height * factor + 2, width * factor + 2, faces, results), np.nan, np.float32)
    inside = whole[1:-1, 1:-1]
    for call in way.bind(padded, inside, np.full(way.scratch(height, width, faces), np.nan, np.float32)):
        call()
    whole[1:-1, 1:-1], found = 0, inside.copy()
    assert np.isnan(whole[[0, -1]]).all()
    assert np.isnan(whole[:, [0, -1]]).all()
    last: NDArray[np.float32] = found[:, :, -1]
    return last


@gemms
@pytest.mark.parametrize("faces", [1, 3])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("height", "width"), [(2, 2), (4, 4), (4, 10), (16, 6)])
def test_winograd_is_the_convolution(gemm: Gemm, bias: bool, faces: int, height: int, width: int) -> None:
    x, weight, shift = random(height, width, 5), random(7, 5, 3, 3), random(7) if bias else None
    found = convolved(SchemeConvolution(weight, shift, WINOGRAD, gemm), x, 7, faces=faces)
    assert found == pytest.approx(naive._conv2d(x, weight) + (0 if shift is None else shift), abs=1e-4)


@gemms
@pytest.mark.parametrize("faces", [1, 3])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 5), (4, 4), (16, 6)])
def test_doubling_and_convolving_at_once_is_the_two_after_each_other(
    gemm: Gemm, bias: bool, faces: int, height: int, width: int
) -> None:
    x, weight, shift = random(height, width, 5), random(7, 5, 3, 3), random(7) if bias else None
    found = convolved(SchemeConvolution(weight, shift, UPSAMPLE, gemm), x, 7, factor=2, faces=faces)
    expected = naive._conv2d(naive._upsample(x, 2), weight) + (0 if shift is None else shift)
    assert found == pytest.approx(expected, abs=1e-4)


@gemms
@pytest.mark.parametrize("faces", [1, 3])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 5), (16, 6)])
@pytest.mark.parametrize("size", [1, 3, 5, 7])
def test_the_direct_way_is_the_convolution(
    gemm: Gemm, bias: bool, faces: int, height: int, width: int, size: int
) -> None:
    x, weight, shift = random(height, width, 5), random(7, 5, size, size), random(7) if bias else None
    found = convolved(DirectConvolution(weight, shift, gemm), x, 7, faces=faces)
    assert found == pytest.approx(naive._conv2d(x, weight) + (0 if shift is None else shift), abs=1e-4)


@gemms
@pytest.mark.parametrize("block", [1, 700, 3000])
@pytest.mark.parametrize("scheme", [WINOGRAD, UPSAMPLE, None])
def test_blocks_of_a_map_give_what_the_whole_gives(
    monkeypatch: pytest.MonkeyPatch, gemm: Gemm, block: int, scheme: Scheme | None
) -> None:
    x, weight, bias = random(12, 8, 4), random(6, 4, 3, 3), random(6)
    way = DirectConvolution(weight, bias, gemm) if scheme is None else SchemeConvolution(weight, bias, scheme, gemm)
    factor = 2 if scheme is UPSAMPLE else 1
    whole, scratch = convolved(way, x, 6, factor), way.scratch(12, 8, 3)
    monkeypatch.setattr(convolution, "_BLOCK", block)
    assert way.scratch(12, 8, 3) < scratch
    assert convolved(way, x, 6, factor) == pytest.approx(whole, abs=1e-5)


@pytest.mark.parametrize("scheme", [WINOGRAD, UPSAMPLE])
def test_a_scheme_is_exact_along_one_axis(scheme: Scheme) -> None:
    """output @ ((kernel @ w) * (input @ x)) against the plain sum, for unit weights and unit inputs."""
    window, tile = len(scheme.input[0]), len(scheme.output)
    for w in np.eye(3):
        for x in np.eye(window):
            found = np.array(scheme.output) @ ((np.array(scheme.kernel) @ w) * (np.array(scheme.input) @ x))
            enlarged = x.repeat(tile // scheme.step)
            first = tile // scheme.step
            expected = [enlarged[first + place - 1 : first + place + 2] @ w for place in range(tile)]
            assert found == pytest.approx(expected, abs=1e-12)
