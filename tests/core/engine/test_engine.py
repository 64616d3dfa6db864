import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from blender_facegan.core.engine import products, program, rewriting
from blender_facegan.core.engine.engine import Engine, verify
from blender_facegan.core.engine.kernels import shuffled_pixels
from blender_facegan.core.engine.products import Gemm
from blender_facegan.core.engine.program import Program
from blender_facegan.core.model.file import ModelFile, read_model
from blender_facegan.core.model.graph import parse_graph
from blender_facegan.core.people.population import Recipe, latents
from tests.core.model import naive
from tests.core.model.model_writer import Network, crowd_network, small_network
from tests.core.model.random_graph import RandomGraph

Array = NDArray[Any]
gemms = pytest.mark.parametrize("gemm", ["blas", "einsum"])
CROWD = [Recipe(1000 + seed, (-1.0, 1.0)[seed % 2], float(seed * 7 % 90)) for seed in range(64)]


def parsed(network: Network) -> Any:
    return parse_graph(network.graph, {name: array.shape for name, array in network.tensors.items()})


def both(network: Network, gemm: Gemm, seed: int = 0, faces: int = 2) -> tuple[Array, Array]:
    """What the engine's program gives for some faces, twice in the same memory, and what the plain ops give."""
    graph = parsed(network)
    ready = Program(graph, network.tensors, gemm)
    run = ready.bind(faces)
    stream = np.random.default_rng(seed)
    inputs = {name: stream.standard_normal((faces, *shape), np.float32) for name, shape in graph.inputs.items()}
    inputs["age"] *= 40
    height, width, _ = graph.shapes[graph.output]
    results = []
    for _ in range(2):
        for name, value in inputs.items():
            run.inputs[name][:] = value
        run.pictures(np.empty((faces, height, width, 3), np.uint8))
        shown = np.moveaxis(shuffled_pixels(run.output, ready.factor), -2, 0)
        results.append(shown.reshape(faces, height, width, 3).copy())
    assert np.array_equal(*results)
    each = [{name: value[face] for name, value in inputs.items()} for face in range(faces)]
    return results[0], np.stack([naive.run(graph, network.tensors, one) for one in each])


def image_of(network: Network, x: str, channels: int) -> None:
    """Ends a graph in a picture made of the value, so that all of it is compared."""
    network.conv(x, channels, 3, size=1)


def op_cases() -> dict[str, Callable[[Network], None]]:
    """Each op of the contract in a graph as small as it allows; v0 is a map [4, 6, 8], v1 a vector [8]."""

    def case(channels: int, build: Callable[[Network], str]) -> Callable[[Network], None]:
        return lambda network: image_of(network, build(network), channels)

    def at(op: str, *inputs: str, channels: int = 8, **attributes: Any) -> Callable[[Network], None]:
        return case(channels, lambda network: network.add(op, *inputs, **attributes))

    def shifted(scale: Sequence[int], shift: Sequence[int]) -> Callable[[Network], None]:
        def build(network: Network) -> str:
            return network.add(
                "scale_shift", "v0", tensors={"scale": network.random(*scale), "shift": network.random(*shift)}
            )

        return case(8, build)

    def as_map(make: Callable[[Network], str], size: int) -> Callable[[Network], None]:
        """A vector result, spread over a map by a FiLM with the map itself as scale."""

        def build(network: Network) -> str:
            return network.add("reshape", make(network), shape=[1, size, 1])

        return case(1, build)

    return {
        "conv2d 1x1": case(5, lambda n: n.conv("v0", 8, 5, size=1)),
        "conv2d 3x3": case(5, lambda n: n.conv("v0", 8, 5)),
        "conv2d 7x7 without bias": case(5, lambda n: n.conv("v0", 8, 5, size=7, bias=False)),
        "upsample": at("upsample", "v0", factor=3),
        "pixel_shuffle": at("pixel_shuffle", "v0", factor=2, channels=2),
        "scale_shift of channels": shifted([8], [8]),
        "scale_shift of the whole shape": shifted([4, 6, 8], [4, 6, 8]),
        "scale_shift of both": shifted([8], [4, 6, 8]),
        "film": at("film", "v0", "v1", "v1"),
        "affine": at("affine", "v0", scale=-2.5, offset=0.75),
        "leaky_relu": at("leaky_relu", "v0", slope=0.2),
        "relu": at("leaky_relu", "v0", slope=0),
        "no relu": at("leaky_relu", "v0", slope=1),
        "tanh": at("tanh", "v0"),
        "clip": at("clip", "v0", minimum=-0.25, maximum=0.5),
        "add": at("add", "v0", "v0"),
        "concat of maps": at("concat", "v0", "v0", "v0", channels=24),
        "slice of a map": at("slice", "v0", start=2, stop=5, channels=3),
        "film of a slice of a map": case(
            3,
            lambda n: n.add(
                "film", n.add("slice", "v0", start=1, stop=4), *[n.add("slice", "v1", start=2, stop=5)] * 2
            ),
        ),
        "reshape of a map": at("reshape", "v0", shape=[8, 12, 2], channels=2),
        "constant": case(3, lambda n: n.add("constant", tensors={"value": n.random(4, 4, 3)})),
        "linear": as_map(lambda n: n.linear("v1", 8, 5), 5),
        "linear without bias": as_map(lambda n: n.linear("v1", 8, 5, bias=False), 5),
        "film of a vector": as_map(lambda n: n.add("film", "v1", "v1", "v1"), 8),
        "multiply": as_map(lambda n: n.add("multiply", "v1", "v1"), 8),
        "multiply by one": as_map(lambda n: n.add("multiply", "v1", "age"), 8),
        "concat of vectors": as_map(lambda n: n.add("concat", "latent", "sex", "v1"), 15),
        "slice of a vector": as_map(lambda n: n.add("slice", "v1", start=3, stop=7), 4),
        "constant vector": as_map(lambda n: n.add("constant", tensors={"value": n.random(4)}), 4),
        "knots": as_map(lambda n: n.add("knots", "age", knots=[-20, 0, 1, 30, 31.5]), 5),
        "normalise": as_map(lambda n: n.add("normalise", "v1", epsilon=0.5), 8),
    }


@gemms
@pytest.mark.parametrize("name", sorted(op_cases()))
def test_every_op_is_what_the_contract_says(name: str, gemm: Gemm) -> None:
    network = Network(6)
    network.add("reshape", network.linear("latent", 6, 4 * 6 * 8), shape=[4, 6, 8])
    network.graph["nodes"][1]["output"] = "v0"
    network.graph["nodes"][0]["output"] = "flat"
    network.graph["nodes"][1]["inputs"] = ["flat"]
    weight = {"weight": "v1.weight"}
    network.tensors["v1.weight"] = network.random(8, 6)
    network.graph["nodes"].append(
        {"op": "linear", "inputs": ["latent"], "output": "v1", "tensors": weight, "attributes": {}}
    )
    op_cases()[name](network)
    for seed in range(3):
        found, expected = both(network, gemm, seed)
        assert found == pytest.approx(expected, abs=1e-4)


@gemms
@pytest.mark.parametrize("age", [-5.0, 0.0, 3.9, 4.0, 45.6, 90.0, 200.0])
def test_ages_beyond_the_knots_are_held_at_the_ends(gemm: Gemm, age: float) -> None:
    network = Network(6)
    image_of(network, network.add("reshape", network.add("knots", "age", knots=[0, 4, 10, 90]), shape=[1, 4, 1]), 1)
    graph = parsed(network)
    run = Program(graph, network.tensors, gemm).bind()
    run.inputs["age"][:] = age
    run.pictures(np.empty((1, 1, 4, 3), np.uint8))
    assert run.output[:, :, 0] == pytest.approx(naive.run(graph, network.tensors, {"age": np.array([age])}), abs=1e-5)


@gemms
@settings(max_examples=settings().max_examples * 3 // 2)
@given(data=st.data())
def test_any_graph_is_what_its_ops_say(gemm: Gemm, data: st.DataObject) -> None:
    network = RandomGraph(data.draw).grow()
    with pytest.MonkeyPatch.context() as patch:
        if data.draw(st.booleans()):
            # Every way to compute a convolution, on maps too small for the engine to choose it.
            patch.setattr(program, "_WIDE", {gemm: (1, 1)})
            patch.setattr(rewriting, "_NARROW", 1)
            patch.setattr(rewriting, "_FEW", 1000)
        found, expected = both(network, gemm, faces=data.draw(st.integers(1, 3)))
    assert found == pytest.approx(expected, abs=1e-4 * max(1.0, np.abs(expected).max()))


@pytest.fixture(scope="module")
def crowd_model(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    """A random network of the default model's shape, its golden pictures made by the plain ops."""
    network = crowd_network()
    draft = network.draft(64, golden=[{"seed": 3, "sex": 1.0, "age": 33.0}, {"seed": 4, "sex": -1.0, "age": 70.5}])
    graph, pictures = parsed(network), []
    for golden in draft.golden:
        values = {"latent": latents([golden["seed"]], 100, "normal")[0], "sex": golden["sex"], "age": golden["age"]}
        inputs = {name: np.atleast_1d(value) for name, value in values.items()}
        pictures.append(naive.picture(naive.run(graph, network.tensors, inputs)))
    draft.tensors["golden.images"] = np.stack(pictures)
    return read_model(draft.write(tmp_path_factory.mktemp("crowd") / "crowd.facegan"))


def test_the_crowd_network_costs_what_is_said_of_it(crowd_model: ModelFile) -> None:
    assert crowd_model.graph.multiply_adds == pytest.approx(75e6, rel=0.02)


@gemms
def test_the_engine_keeps_to_the_golden_pictures(crowd_model: ModelFile, gemm: Gemm) -> None:
    assert verify(crowd_model, Engine(crowd_model, threads=1, gemm=gemm)) <= 1


@gemms
def test_the_network_of_the_default_models_shape_is_exact(gemm: Gemm) -> None:
    found, expected = both(crowd_network(), gemm)
    assert found == pytest.approx(expected, abs=1e-4)


def test_a_model_whose_weights_were_changed_is_found_out(crowd_model: ModelFile) -> None:
    spoilt = {name: tensor * np.float32(1.1) for name, tensor in crowd_model.tensors.items()}
    changed = ModelFile(crowd_model.path, crowd_model.card, crowd_model.graph, spoilt, crowd_model.golden)
    assert verify(changed) > 2


@gemms
@pytest.mark.parametrize("threads", [1, 3])
def test_a_face_does_not_depend_on_its_batch_mates(crowd_model: ModelFile, gemm: Gemm, threads: int) -> None:
    engine = Engine(crowd_model, threads, gemm)
    alone = engine.generate(CROWD[:1])
    assert alone.shape == (1, 64, 64, 3)
    everyone = engine.generate(CROWD)
    for count in (1, 2, 7, 64):
        faces = engine.generate(CROWD[:count])
        assert np.array_equal(faces, everyone[:count])
    assert np.array_equal(engine.generate(CROWD[::-1]), everyone[::-1])
    assert np.array_equal(Engine(crowd_model, 2, gemm).generate(CROWD[40:41]), everyone[40:41])


def test_faces_are_made_alone_where_their_place_would_tell(
    crowd_model: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a BLAS whose sums hang on the row in which they stand."""
    program_of_many = Program(crowd_model.graph, crowd_model.tensors, "blas")
    monkeypatch.setattr(products, "_is_alike_for_all", lambda *_: False)
    alone = Program(crowd_model.graph, crowd_model.tensors, "blas")
    assert (program_of_many.together > 1, alone.together) == (True, 1)


def test_large_networks_make_fewer_faces_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    network = crowd_network()
    monkeypatch.setattr(program, "_MOST_MEMORY", 1)
    assert Program(parsed(network), network.tensors, "blas").together == 1


def test_only_the_age_changes_when_only_the_age_is_changed(crowd_model: ModelFile) -> None:
    engine = Engine(crowd_model, threads=1)
    young, old, other = engine.generate([Recipe(5, -1.0, 20.0), Recipe(5, -1.0, 70.0), Recipe(6, -1.0, 20.0)]).astype(
        int
    )
    assert 0 < np.abs(young - old).mean() < np.abs(young - other).mean()


def test_a_stream_gives_every_face_once(model: ModelFile) -> None:
    engine = Engine(model, threads=2)
    everyone = engine.generate(CROWD)
    seen = np.zeros(len(CROWD), int)
    for first, faces in engine.stream(CROWD):
        seen[first : first + len(faces)] += 1
        assert np.array_equal(faces, everyone[first : first + len(faces)])
    assert (seen == 1).all()


def test_an_empty_crowd_has_no_faces(model: ModelFile) -> None:
    assert Engine(model, threads=1).generate([]).shape == (0, 8, 8, 3)
    assert list(Engine(model, threads=1).stream([])) == []


def test_a_cancelled_stream_ends_and_leaves_no_thread(model: ModelFile) -> None:
    crowd = CROWD * 200
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(threading.get_ident())
        return len(asked) > 3

    before = threading.active_count()
    chunks = list(Engine(model, threads=2).stream(crowd, cancelled))
    assert 0 < sum(len(faces) for _, faces in chunks) < len(crowd)
    assert set(asked) == {threading.get_ident()}
    assert threading.active_count() == before


def test_a_stream_that_is_left_early_leaves_no_thread(model: ModelFile) -> None:
    before = threading.active_count()
    stream = Engine(model, threads=2).stream(CROWD * 200)
    next(stream)
    stream.close()
    assert threading.active_count() == before


def test_a_stream_cancelled_at_once_gives_nothing(model: ModelFile) -> None:
    assert list(Engine(model, threads=1).stream(CROWD, lambda: True)) == []


def test_engines_refuse_no_threads(model: ModelFile) -> None:
    with pytest.raises(ValueError, match="0 threads"):
        Engine(model, threads=0)


def test_an_error_in_a_thread_reaches_the_caller(labelled: ModelFile) -> None:
    with pytest.raises(ValueError, match="no class 'green'"):
        Engine(labelled, threads=2).generate([Recipe(1, 0.0, 30.0, (("hair", "green"),))] * 50)


@pytest.fixture
def labelled(tmp_path: Path) -> ModelFile:
    """A model with a label of each kind beyond sex and age, whose red, green and blue show them."""
    network = Network(6)
    network.graph["inputs"].update({"hair": [3], "weight": [1], "smile": [1]})
    shown = network.add("concat", "hair", "weight", "smile")
    picked = network.add("reshape", network.add("slice", shown, start=0, stop=3), shape=[1, 1, 3])
    network.add("upsample", picked, factor=8)
    draft = network.draft(8)
    draft.card["labels"] += [
        {"name": "hair", "kind": "classes", "classes": ["dark", "fair", "none"]},
        {"name": "weight", "kind": "number", "unit": "kg", "minimum": 40, "maximum": 120},
        {"name": "smile", "kind": "binary", "negative": "no", "positive": "yes"},
    ]
    return read_model(draft.write(tmp_path / "labels.facegan"))


def test_a_class_is_shown_when_asked_for_and_picked_by_the_seed_otherwise(labelled: ModelFile) -> None:
    engine = Engine(labelled, threads=1)
    asked = engine.generate([Recipe(1, 0.0, 30.0, (("hair", name),)) for name in ("dark", "fair", "none")])
    assert np.array_equal(asked[:, 0, 0], np.where(np.eye(3), 255, 128))
    picked = engine.generate([Recipe(seed, 0.0, 30.0) for seed in range(6)])
    assert np.array_equal(picked, np.concatenate([asked, asked]))


def test_a_name_for_a_number_is_refused(labelled: ModelFile) -> None:
    with pytest.raises(ValueError, match="'weight' takes a number"):
        Engine(labelled, threads=1).generate([Recipe(1, 0.0, 30.0, (("weight", "heavy"),))])


def test_weights_that_overflow_give_a_picture_and_no_warning(tmp_path: Path) -> None:
    network = small_network()
    for name in network.tensors:
        network.tensors[name] = np.full_like(network.tensors[name], 3e38)
    model = read_model(network.draft(8).write(tmp_path / "m.facegan"))
    assert Engine(model, threads=1).generate(CROWD[:2]).shape == (2, 8, 8, 3)
