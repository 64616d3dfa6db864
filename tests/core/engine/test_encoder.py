"""The second graph of a model: read as carefully as the first, and run by the same engine."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from blender_facegan.core.engine.check import check_model
from blender_facegan.core.engine.encoder import Encoder
from blender_facegan.core.engine.engine import Engine
from blender_facegan.core.engine.products import Gemm
from blender_facegan.core.model.encoder_file import has_encoder, read_encoder
from blender_facegan.core.model.errors import ModelFileError
from blender_facegan.core.model.file import read_model
from blender_facegan.core.people.latents import latent_seed
from blender_facegan.core.people.population import Recipe, latents
from tests.core.model import naive
from tests.core.model.encoder_writer import encoder_network, write_with_encoder
from tests.core.model.model_writer import Network, small_network

SIDE, SIZE = 8, 6


def pictures(count: int = 3, side: int = SIDE) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (count, side, side, 3)).astype(np.uint8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_with_encoder(small_network().draft(SIDE), encoder_network(SIDE, SIZE), tmp_path / "m.facegan")


@pytest.mark.parametrize("gemm", ["blas", "einsum"])
def test_a_vector_is_what_the_ops_give(path: Path, gemm: Gemm) -> None:
    found = read_encoder(path)
    runner = Encoder(found, gemm)
    for _ in range(2):
        for picture, sex, age in zip(pictures(), (-1.0, 0.5, 1.0), (20.0, 40.0, 80.0), strict=True):
            inputs = {"picture": picture / 127.5 - 1, "sex": np.array([sex]), "age": np.array([age])}
            expected = naive.run(found.graph, found.tensors, inputs)
            np.testing.assert_allclose(runner.vector(picture, sex, age), expected, atol=1e-4)


def test_a_padded_convolution_of_the_picture_is_the_same_the_second_time(tmp_path: Path) -> None:
    """The picture's place serves other values once nobody asks for it, its margin of zeros too."""
    network = Network(SIZE)
    network.graph["inputs"] = {"picture": [SIDE, SIDE, 3], "sex": [1], "age": [1]}
    x = network.conv(network.conv(network.conv("picture", 3, 3), 3, 3), 3, 3)
    network.linear(network.add("reshape", x, shape=[SIDE * SIDE * 3]), SIDE * SIDE * 3, SIZE)
    runner = Encoder(read_encoder(write_with_encoder(small_network().draft(SIDE), network, tmp_path / "m.facegan")))
    (first, *_) = pictures()
    before = runner.vector(first, 0.0, 30.0)
    runner.vector(pictures()[1], 0.0, 30.0)
    np.testing.assert_array_equal(runner.vector(first, 0.0, 30.0), before)


def test_a_model_with_an_encoder_draws_the_same_faces(path: Path, tmp_path: Path) -> None:
    plain = small_network().draft(SIDE).write(tmp_path / "plain.facegan")
    crowd = [Recipe(seed, 1.0, 30.0) for seed in range(4)]
    with_encoder = Engine(read_model(path), 1).generate(crowd)
    np.testing.assert_array_equal(with_encoder, Engine(read_model(plain), 1).generate(crowd))
    assert has_encoder(path)
    assert not has_encoder(plain)


def test_a_latent_stands_in_the_seed_s_place(path: Path) -> None:
    """The vector that a seed draws gives that seed's face, whatever the seed beside it."""
    engine = Engine(read_model(path), 1)
    vector = tuple(latents([5], SIZE, "normal")[0].tolist())
    person = Recipe(latent_seed(vector), -1.0, 30.0, latent=vector)
    drawn, given, other = engine.generate([Recipe(5, -1.0, 30.0), person, Recipe(person.seed, -1.0, 30.0)])
    np.testing.assert_array_equal(given, drawn)
    assert not np.array_equal(other, drawn)


def test_a_latent_of_another_length_is_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="3 numbers"):
        Engine(read_model(path), 1).generate([Recipe(0, 0.0, 30.0, latent=(1.0, 2.0, 3.0))])


def test_what_a_vector_has_beyond_the_latent_are_offsets(tmp_path: Path) -> None:
    """They are none for everybody who is drawn from a seed."""
    network = Network(SIZE)
    network.graph["inputs"]["offsets"] = [2]
    code = network.add("concat", "latent", "offsets")
    network.add("reshape", network.linear(code, SIZE + 2, SIDE * SIDE * 3), shape=[SIDE, SIDE, 3])
    encoder = encoder_network(SIDE, SIZE + 2)
    path = write_with_encoder(network.draft(SIDE), encoder, tmp_path / "m.facegan")
    model = read_model(path)
    assert (model.vector_size, Encoder(read_encoder(path)).vector(pictures()[0], 0.0, 30.0).size) == (8, 8)
    drawn = tuple(latents([5], SIZE, "normal")[0].tolist())
    seed = Recipe(5, 0.0, 30.0)
    plain, moved = Recipe(5, 0.0, 30.0, latent=(*drawn, 0.0, 0.0)), Recipe(5, 0.0, 30.0, latent=(*drawn, 0.3, -0.3))
    faces = Engine(model, 1).generate([seed, plain, moved])
    np.testing.assert_array_equal(faces[1], faces[0])
    assert not np.array_equal(faces[2], faces[0])


def with_golden(path: Path, off_by: float) -> Path:
    runner = Encoder(read_encoder(path))
    seen = pictures(2)
    told = [{"sex": -1.0, "age": 20}, {"sex": 1, "age": 61.5}]
    vectors = np.stack([runner.vector(one, who["sex"], who["age"]) for one, who in zip(seen, told, strict=True)])
    draft = small_network().draft(SIDE)
    recipes = [Recipe(one["seed"], one["sex"], one["age"]) for one in draft.golden]
    draft.tensors["golden.images"] = Engine(read_model(path), 1).generate(recipes)
    further: dict[str, Any] = {"golden.pictures": seen, "golden.latents": vectors + np.float32(off_by)}
    return write_with_encoder(draft, encoder_network(SIDE, SIZE), path, encoder_golden=told, **further)


def test_an_encoder_is_held_to_its_golden_vectors(path: Path) -> None:
    assert len(read_encoder(with_golden(path, 0.0)).golden) == 2
    assert check_model(path)[1] == 0
    with pytest.raises(ModelFileError, match="encoder whose latents differ"):
        check_model(with_golden(path, 0.1))


def test_a_model_without_one_tells_the_remedy(tmp_path: Path) -> None:
    plain = small_network().draft(SIDE).write(tmp_path / "plain.facegan")
    with pytest.raises(ModelFileError, match=r"plain\.facegan: has no encoder.*; choose one"):
        read_encoder(plain)


@pytest.mark.parametrize(
    ("inputs", "size", "told"),
    [
        ({"picture": [SIDE, SIDE, 4], "sex": [1], "age": [1]}, SIZE, "cannot become"),
        ({"picture": [SIDE, SIDE], "sex": [1], "age": [1]}, SIZE, "no shape"),
        ({"picture": [60_000, 60_000, 3], "sex": [1], "age": [1]}, SIZE, "more than"),
        ({"picture": [SIDE, SIDE, 3], "sex": [1], "age": [1], "hat": [1]}, SIZE, "'hat' is not picture"),
        ({"picture": [SIDE, SIDE, 3], "sex": [2], "age": [1]}, SIZE, "'sex'|does not fit"),
        ({"picture": [SIDE, SIDE, 3], "sex": [1], "age": [1]}, SIZE + 1, r"its output is \[7\], not \[6\]"),
    ],
)
def test_a_wrong_encoder_is_refused_in_one_line(tmp_path: Path, inputs: Any, size: int, told: str) -> None:
    encoder = encoder_network(SIDE, size)
    encoder.graph["inputs"] = inputs
    path = write_with_encoder(small_network().draft(SIDE), encoder, tmp_path / "m.facegan")
    with pytest.raises(ModelFileError, match=told) as caught:
        read_encoder(path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("golden", ["x", [], [{"sex": 3, "age": 1}], [{"sex": 0}], [{"sex": 0, "age": 1}]])
def test_wrong_golden_vectors_are_refused(tmp_path: Path, golden: Any) -> None:
    draft = small_network().draft(SIDE)
    path = write_with_encoder(draft, encoder_network(SIDE, SIZE), tmp_path / "m.facegan", encoder_golden=golden)
    with pytest.raises(ModelFileError, match=r"encoder|golden\.pictures"):
        read_encoder(path)
