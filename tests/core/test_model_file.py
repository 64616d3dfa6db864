import json
import os
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blender_facegan.core.model_file import ModelFile, ModelFileError, read_model
from tests.core.model_writer import Draft, small_network, write_file

Spoil = Callable[[Draft], None]


def reason(path: Path) -> str:
    """The message with which the file is refused: one line that begins with the file's name and ends in a remedy."""
    with pytest.raises(ModelFileError) as caught:
        read_model(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert message.isprintable()
    assert "; " in message
    return message


def test_a_model_file_is_read_as_it_was_written(draft: Draft, tmp_path: Path) -> None:
    image = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(1, 8, 8, 3)
    draft.tensors["golden.images"] = image
    model = read_model(draft.write(tmp_path / "m.facegan"))
    assert (model.card.name, model.card.licence, model.card.resolution) == ("Test", "CC0-1.0", 8)
    assert (model.card.latent_size, model.card.latent_distribution) == (6, "normal")
    assert (model.card.eye_distance, model.card.eye_height) == (0.36, 0.38)
    assert [label.name for label in model.card.labels] == ["sex", "age"]
    assert (model.card.labels[0].negative, model.card.labels[1].maximum) == ("female", 90)
    assert model.card.figures["strict"] == 0.99
    (golden,) = model.golden
    assert (golden.seed, golden.sex, golden.age) == (1, -1.0, 30.0)
    assert np.array_equal(golden.image, image[0])
    assert [node.op for node in model.graph.nodes][:2] == ["knots", "concat"]
    assert model.graph.shapes[model.graph.output] == (8, 8, 3)


def test_the_weights_are_those_that_the_safetensors_library_reads(draft: Draft, tmp_path: Path) -> None:
    path = draft.write(tmp_path / "m.facegan")
    model, theirs = read_model(path), pytest.importorskip("safetensors.numpy").load_file(path)
    assert set(model.tensors) == set(theirs) - {"golden.images"}
    for name, tensor in model.tensors.items():
        assert tensor.dtype == np.float32
        assert not tensor.flags.writeable
        assert np.array_equal(tensor, theirs[name])


def test_half_precision_weights_become_single(draft: Draft, tmp_path: Path) -> None:
    name = next(name for name in draft.tensors if name.endswith("weight"))
    draft.tensors[name] = draft.tensors[name].astype(np.float16)
    model = read_model(draft.write(tmp_path / "m.facegan"))
    assert model.tensors[name].dtype == np.float32
    assert np.array_equal(model.tensors[name], draft.tensors[name].astype(np.float32))


def test_tensors_that_no_node_names_are_left_in_the_file(draft: Draft, tmp_path: Path) -> None:
    draft.tensors["spare"] = np.full((4,), np.nan, np.float32)
    assert "spare" not in read_model(draft.write(tmp_path / "m.facegan")).tensors


def test_pictures_that_were_not_aligned_have_their_eyes_where_aligned_ones_do(draft: Draft, tmp_path: Path) -> None:
    draft.card["face"] = {}
    card = read_model(draft.write(tmp_path / "m.facegan")).card
    assert (card.eye_distance, card.eye_height) == (0.36, 0.38)


def test_a_label_of_classes_is_an_input_of_its_size(draft: Draft, tmp_path: Path) -> None:
    draft.card["labels"].append({"name": "hair", "kind": "classes", "classes": ["dark", "fair", "none"]})
    draft.graph["inputs"]["hair"] = [3]
    model = read_model(draft.write(tmp_path / "m.facegan"))
    label = model.card.label("hair")
    assert label is not None
    assert (label.size, label.classes) == (3, ("dark", "fair", "none"))
    assert model.card.label("beard") is None


def test_missing_and_unreadable_files_are_named(tmp_path: Path) -> None:
    absent = tmp_path / "absent.facegan"
    assert reason(absent) == f"{absent}: does not exist; choose an existing .facegan file"
    assert reason(tmp_path) == f"{tmp_path}: is not a file; choose a .facegan file"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "is not a file" in reason(pipe)
    empty = tmp_path / "empty.facegan"
    empty.touch()
    assert "not a whole safetensors file" in reason(empty)
    assert "cannot be opened" in reason(tmp_path / ("n" * 300))


def test_a_name_that_is_no_proper_text_is_shown_all_the_same(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError) as caught:
        read_model(tmp_path / "line\nbreak \udcff.facegan")
    assert str(caught.value).isprintable()


def test_a_file_above_the_size_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.facegan"
    with path.open("wb") as file:
        file.truncate(256 * 2**20 + 1)
    assert "more than 268435456" in reason(path)


@pytest.mark.parametrize("kept", [0, 4, 8, 100, -1])
def test_a_truncated_file_is_refused(draft: Draft, tmp_path: Path, kept: int) -> None:
    path = draft.write(tmp_path / "m.facegan")
    path.write_bytes(path.read_bytes()[:kept])
    reason(path)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (b"[]", "not a JSON object"),
        (b'{"a"', "not proper JSON"),
        (b"\xff\xfe{}", "not proper JSON"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b"9" * 10_000, "not proper JSON"),
        (b'{"__metadata__": []}', "map of strings"),
        (b'{"__metadata__": {"format": 1}}', "map of strings"),
        (b'{"t": 1}', "without exactly"),
        (b'{"t": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], "more": 1}}', "without exactly"),
        (b'{"t": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}}', "F64"),
        (b'{"t": {"dtype": [], "shape": [1], "data_offsets": [0, 8]}}', "dtype"),
        (b'{"t": {"dtype": "F32", "shape": [-1, -1], "data_offsets": [0, 4]}}', "shape"),
        (b'{"t": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}', "shape"),
        (b'{"t": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}}', "shape"),
        (b'{"t": {"dtype": "F32", "shape": [1, 1, 1, 1, 1], "data_offsets": [0, 4]}}', "shape"),
        (b'{"t": {"dtype": "F32", "shape": [1.0], "data_offsets": [0, 4]}}', "shape"),
        (b'{"t": {"dtype": "F32", "shape": [true], "data_offsets": [0, 4]}}', "shape"),
        (b'{"t": {"dtype": "F32", "shape": [1], "data_offsets": [0]}}', "at [0]"),
        (b'{"t": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}}', "outside the file"),
        (b'{"t": {"dtype": "F32", "shape": [2], "data_offsets": [8, 0]}}', "outside the file"),
        (b'{"t": {"dtype": "F32", "shape": [16], "data_offsets": [0, 64]}}', "outside the file"),
        (b'{"t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}', "in 4 bytes"),
        (
            b'{"t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},'
            b' "u": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}',
            "overlap",
        ),
    ],
    ids=lambda value: value[:60].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_a_broken_header_is_refused_by_its_fault(tmp_path: Path, header: bytes, words: str) -> None:
    assert words in reason(write_file(tmp_path / "m.facegan", header, bytes(8)))


def test_a_header_above_its_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "m.facegan"
    path.write_bytes(struct.pack("<Q", 5 * 2**20) + bytes(5 * 2**20))
    assert "header of 5242880 bytes" in reason(path)


def test_more_tensors_than_the_limit_are_refused(tmp_path: Path) -> None:
    entry = {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}
    header = {f"t{number}": entry for number in range(2_001)}
    assert "2001 tensors" in reason(write_file(tmp_path / "m.facegan", header, b"0"))


def change(*path: Any, to: Any) -> Spoil:
    """Sets a value deep inside the draft."""

    def spoil(draft: Draft) -> None:
        place: Any = getattr(draft, path[0])
        for key in path[1:-1]:
            place = place[key]
        place[path[-1]] = to

    return spoil


def remove(*path: Any) -> Spoil:
    def spoil(draft: Draft) -> None:
        place: Any = getattr(draft, path[0])
        for key in path[1:-1]:
            place = place[key]
        del place[path[-1]]

    return spoil


def node(op: str, *inputs: str, to: str, **attributes: Any) -> dict[str, Any]:
    return {"op": op, "inputs": list(inputs), "output": to, "tensors": {}, "attributes": attributes}


def add_node(op: str, *inputs: str, **attributes: Any) -> Spoil:
    def spoil(draft: Draft) -> None:
        draft.graph["nodes"].append(node(op, *inputs, to="new", **attributes))

    return spoil


def add_label(name: str, shape: list[int]) -> Spoil:
    def spoil(draft: Draft) -> None:
        draft.card["labels"].append({"name": name, "kind": "binary", "negative": "no", "positive": "yes"})
        draft.graph["inputs"][name] = shape

    return spoil


def set_format(name: str) -> Spoil:
    return lambda draft: setattr(draft, "format", name)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (set_format("facegan/2"), "format 2; this add-on reads 1; update the add-on"),
        (set_format("facegan/0"), "format 0"),
        (set_format("other/1"), "not a Crowd Faces model"),
        (set_format("facegan/" + "9" * 5000), "not a Crowd Faces model"),
        (set_format("facegan/\u0661"), "not a Crowd Faces model"),
        (remove("card", "licence"), "no 'licence'"),
        (change("card", "name", to=3), "'name'"),
        (change("card", "resolution", to=True), "'resolution'"),
        (change("card", "resolution", to=0), "'resolution'"),
        (change("card", "latent", "size", to=1.5), "'size'"),
        (change("card", "latent", "distribution", to="cauchy"), "'distribution'"),
        (change("card", "face", to=None), "'face'"),
        (change("card", "face", "eye_height", to=1.1), "'eye_height'"),
        (change("card", "face", "eye_height", to=10**400), "'eye_height'"),
        (change("card", "labels", 0, "kind", to="colour"), "'kind'"),
        (change("card", "labels", 1, "maximum", to=-1), "'maximum'"),
        (change("card", "labels", 0, to=[]), "not a JSON object"),
        (change("card", "labels", 1, "name", to="sex"), "twice"),
        (change("card", "labels", 1, to={"name": "age", "kind": "classes", "classes": []}), "'classes'"),
        (change("golden", 0, "seed", to=-1), "golden vector"),
        (change("golden", 0, "sex", to=2), "golden vector"),
        (change("golden", 0, "age", to="old"), "golden vector"),
        (change("golden", 0, "extra", to=1), "golden vector"),
        (lambda draft: draft.golden.clear(), "golden vectors"),
        (change("tensors", "golden.images", to=np.zeros((1, 8, 9, 3), np.uint8)), "golden.images"),
        (change("tensors", "golden.images", to=np.zeros((1, 8, 8, 3), np.float32)), "golden.images"),
        (change("graph", "inputs", "mood", to=[1]), "'mood' is no label"),
        (add_label("beard", [2]), "'beard' is [2]; the card says [1]"),
        (change("card", "latent", "size", to=7), "the card says [7]"),
        (change("card", "resolution", to=16), "its output is [8, 8, 3], not [16, 16, 3]"),
        (change("graph", "inputs", to={}), "its inputs"),
        (change("graph", "inputs", "sex", to=[]), "'sex' has no shape"),
        (change("graph", "output", to="latent"), "made by no node"),
        (change("graph", "output", to="nowhere"), "made by no node"),
        (change("graph", "nodes", to=[]), "1 to 1000 nodes"),
        (lambda draft: draft.graph["nodes"].extend(draft.graph["nodes"][-1:] * 1000), "1 to 1000 nodes"),
        (change("graph", "extra", to=1), "exactly inputs, output and nodes"),
        (change("graph", "nodes", 0, "op", to="attention"), "'attention'): the op is unknown; update the add-on"),
        (change("graph", "nodes", 0, "op", to=["tanh"]), "the op is unknown"),
        (change("graph", "nodes", 0, "comment", to=""), "node 0 ('knots'): it does not have exactly"),
        (change("graph", "nodes", 0, to="tanh"), "it does not have exactly"),
        (change("graph", "nodes", 0, "inputs", to=["later"]), "'later' is made by no earlier node"),
        (change("graph", "nodes", 0, "inputs", to=[]), "number of its inputs"),
        (change("graph", "nodes", 0, "output", to="latent"), "not a new name"),
        (change("graph", "nodes", 0, "output", to=""), "not a new name"),
        (change("graph", "nodes", 0, "attributes", to={}), "its attributes"),
        (change("graph", "nodes", 0, "attributes", "knots", to=[0, 0]), "do not increase"),
        (change("graph", "nodes", 0, "attributes", "knots", to=[0]), "2 to 10,000"),
        (change("graph", "nodes", 2, "tensors", to={}), "its tensors"),
        (change("graph", "nodes", 2, "tensors", "weight", to="absent"), "'absent' is not in the file"),
        (change("graph", "nodes", 2, "tensors", "weight", to="golden.images"), "holds no weights"),
        (change("tensors", "v2.weight", to=np.zeros((16, 12), np.float32)), "does not fit"),
        (change("tensors", "v2.bias", to=np.zeros((15,), np.float32)), "bias does not fit"),
        (change("tensors", "v2.weight", to=np.full((16, 11), np.inf, np.float32)), "not numbers"),
        (change("tensors", "v2.weight", to=np.full((16, 11), np.nan, np.float16)), "not numbers"),
        (add_node("upsample", "v10", factor=0), "factor"),
        (add_node("upsample", "v10", factor=2.0), "whole number"),
        (add_node("affine", "v10", scale=1e31, offset=0), "within 1e30"),
        (add_node("affine", "v10", scale=True, offset=0), "not a number"),
        (add_node("leaky_relu", "v10", slope=1.5), "slope"),
        (add_node("clip", "v10", minimum=1, maximum=0), "minimum is above"),
        (add_node("pixel_shuffle", "v12", factor=2), "3 channels cannot be shuffled by 2"),
        (add_node("normalise", "latent", epsilon=0), "epsilon"),
        (add_node("normalise", "v10", epsilon=1), "not a vector"),
        (add_node("add", "latent", "sex"), "not of one shape"),
        (add_node("multiply", "latent", "v1"), "does not fit"),
        (add_node("concat", "latent", "v10"), "more than the last axis"),
        (add_node("concat", "latent"), "number of its inputs"),
        (add_node("slice", "latent", start=2, stop=2), "not within"),
        (add_node("slice", "latent", start=0, stop=7), "not within"),
        (add_node("reshape", "latent", shape=[7]), "cannot become"),
        (add_node("reshape", "latent", shape=[0]), "size of 0"),
        (add_node("reshape", "latent", shape=[1, 1, 1, 6]), "1 to 3 sizes"),
        (add_node("film", "v10", "latent", "latent"), "scale [6] does not fit"),
        (add_node("knots", "latent", knots=[0, 1]), "not [1]"),
    ],
)
def test_what_breaks_the_contract_is_refused_by_name(draft: Draft, tmp_path: Path, spoil: Spoil, words: str) -> None:
    spoil(draft)
    assert words in reason(draft.write(tmp_path / "m.facegan"))


def test_a_graph_beyond_the_arithmetic_limit_is_refused(draft: Draft, tmp_path: Path) -> None:
    draft.tensors["big"] = np.zeros((30, 12, 31, 31), np.float16)
    convolution = {**node("conv2d", "u", to="c"), "tensors": {"weight": "big"}}
    draft.graph["nodes"] += [node("upsample", "v10", to="u", factor=64), convolution]
    message = reason(draft.write(tmp_path / "m.facegan"))
    assert "20000000000 multiply-adds" in message


def test_a_value_beyond_the_limit_is_refused(draft: Draft, tmp_path: Path) -> None:
    draft.graph["nodes"] += [node("upsample", "v9", to="u", factor=64), node("upsample", "u", to="uu", factor=8)]
    message = reason(draft.write(tmp_path / "m.facegan"))
    assert "node 14 ('upsample'): it makes 33554432 values a face, more than 16000000" in message


def test_many_large_values_kept_at_once_are_refused(draft: Draft, tmp_path: Path) -> None:
    """Nine maps of 8 million values, each within the limit, all of them wanted after the last is made."""
    nodes = draft.graph["nodes"]
    nodes.append(node("upsample", "v9", to="u", factor=64))
    nodes += [node("upsample", "u", to=f"large{number}", factor=4) for number in range(9)]
    nodes += [node("add", f"large{number}", f"large{number + 1}", to=f"sum{number}") for number in range(8)]
    assert "more than 64000000 values a face at once" in reason(draft.write(tmp_path / "m.facegan"))


def test_a_claim_of_large_shapes_allocates_nothing(draft: Draft, tmp_path: Path) -> None:
    header, data = draft.header()
    header["v2.weight"]["shape"] = [2**31, 2**31]
    path = write_file(tmp_path / "m.facegan", header, data)
    tracemalloc.start()
    try:
        reason(path)
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()


def read_or_refuse(path: Path) -> None:
    """Nothing comes of a spoilt file but a model, or the one error with its one line."""
    try:
        model = read_model(path)
    except ModelFileError as error:
        message = str(error)
    else:
        assert isinstance(model, ModelFile)
        return
    assert message.isprintable()
    assert message.startswith(str(path))


PROPER = small_network().draft(8)
fuzzing = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def proper_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return PROPER.write(tmp_path_factory.mktemp("proper") / "m.facegan").read_bytes()


@fuzzing
@given(data=st.data())
def test_flipped_bits_and_truncation_never_do_worse(data: st.DataObject, proper_bytes: bytes, tmp_path: Path) -> None:
    spoilt = bytearray(proper_bytes)
    header = 8 + struct.unpack_from("<Q", spoilt)[0]
    places = st.one_of(st.integers(0, 7), st.integers(8, header - 1), st.integers(header, len(spoilt) - 1))
    for place, bit in data.draw(st.lists(st.tuples(places, st.integers(0, 7)), max_size=4)):
        spoilt[place] ^= 1 << bit
    length = data.draw(st.one_of(st.just(len(spoilt)), st.integers(0, len(spoilt))))
    path = tmp_path / "m.facegan"
    path.write_bytes(spoilt[:length])
    read_or_refuse(path)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.sampled_from(["v1", "latent"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


def edited(data: st.DataObject, value: Any) -> Any:
    """The JSON value with one of its parts replaced, removed or doubled."""
    if not isinstance(value, (dict, list)) or not value or data.draw(st.integers(0, 4)) == 0:
        return data.draw(json_values)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key, copied = data.draw(st.sampled_from(keys)), value.copy()
    if data.draw(st.integers(0, 9)) == 0:
        del copied[key]
    else:
        copied[key] = edited(data, value[key])
    return copied


@fuzzing
@given(data=st.data())
def test_edited_json_never_does_worse(data: st.DataObject, tmp_path: Path) -> None:
    header, body = PROPER.header()
    part = data.draw(st.sampled_from(["header", "graph", "card", "golden"]))
    if part == "header":
        header = edited(data, header)
    else:
        header["__metadata__"][part] = json.dumps(edited(data, json.loads(header["__metadata__"][part])))
    read_or_refuse(write_file(tmp_path / "m.facegan", json.dumps(header).encode(), body))
