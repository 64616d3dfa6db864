import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blender_facegan.core.engine.products import Gemm, Product, fastest_gemm, seen_as

sizes = st.one_of(st.integers(1, 40), st.sampled_from([255, 257, 521, 600]))


@pytest.mark.parametrize("gemm", ["blas", "einsum"])
@settings(max_examples=40)
@given(stack=st.integers(1, 3), rows=sizes, depth=sizes, width=sizes, seed=st.integers(0, 9))
def test_a_product_is_the_sum_of_products(gemm: Gemm, stack: int, rows: int, depth: int, width: int, seed: int) -> None:
    """Sizes on both sides of those at which rows, columns and sums are cut into parts."""
    stream = np.random.default_rng(seed)
    x = stream.standard_normal((stack, rows, depth)).astype(np.float32)
    weight = stream.standard_normal((stack, depth, width)).astype(np.float32)
    product = Product(weight, gemm)
    out = np.full((stack, rows, width), np.nan, np.float32)
    for call in product.bind(x, out, np.empty(product.scratch(rows), np.float32)):
        call()
    assert np.abs(out - x.astype(np.float64) @ weight).max() < 1e-5 * depth**0.5


@pytest.mark.parametrize(("rows", "depth", "width"), [(1024, 144, 12), (64, 1152, 128), (16, 512, 512), (1, 9000, 700)])
def test_no_call_is_large_enough_for_blas_to_start_threads(rows: int, depth: int, width: int) -> None:
    product = Product(np.zeros((1, depth, width), np.float32), "blas")
    x, out = np.zeros((1, rows, depth), np.float32), np.empty((1, rows, width), np.float32)
    calls = product.bind(x, out, np.empty(product.scratch(rows), np.float32))
    products = [call for call in calls if call.func is np.matmul]  # type: ignore[attr-defined]
    assert products
    for call in products:
        left, right, _ = call.args  # type: ignore[attr-defined]
        assert left.shape[-2] * left.shape[-1] * right.shape[-1] <= 65_536 * 4


@pytest.mark.parametrize("faces", [1, 6, 16])
@pytest.mark.parametrize(("tiles", "depth", "width"), [(16, 192, 128), (64, 64, 64), (100, 24, 12), (1, 300, 70)])
def test_what_is_said_to_be_alike_for_all_is_so(faces: int, tiles: int, depth: int, width: int) -> None:
    """The same values in the rows of every face give the same sums, where the product is cut into calls."""
    stream = np.random.default_rng(1)
    x = stream.standard_normal((1, tiles, depth), np.float32).repeat(faces, axis=1)
    weight = stream.standard_normal((1, depth, width), np.float32)
    gemms: tuple[Gemm, ...] = ("blas", "einsum")
    for gemm in gemms:
        product = Product(weight, gemm)
        out = np.empty((1, tiles * faces, width), np.float32)
        for call in product.bind(x, out, np.empty(product.scratch(tiles * faces), np.float32)):
            call()
        apart = out.reshape(tiles, faces, width)
        assert (apart == apart[:, :1]).all() or not product.is_alike_for_all(faces, tiles * faces)


def test_one_face_is_always_alike() -> None:
    assert Product(np.ones((1, 64, 64), np.float32), "blas").is_alike_for_all(1, 48)


def test_the_choice_of_gemm_is_made_once() -> None:
    assert fastest_gemm() in ("blas", "einsum")
    assert fastest_gemm.cache_info().currsize == 1


def test_a_view_is_never_a_copy() -> None:
    array = np.zeros((4, 6), np.float32)
    seen_as(array[:, 1:5], (4, 2, 2))[...] = 1
    assert array.sum() == 16
    with pytest.raises(ValueError, match="in place"):
        seen_as(array[:, 1:5], (16,))
