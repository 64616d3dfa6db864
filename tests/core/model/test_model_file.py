import os
import struct
from pathlib import Path

import numpy as np
import pytest

from blender_facegan.core.model.errors import ModelFileError
from blender_facegan.core.model.file import read_model
from tests.core.model.model_refusals import reason
from tests.core.model.model_writer import Draft, write_file


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


def test_what_a_card_says_is_shown_on_one_line_and_commands_no_terminal(draft: Draft, tmp_path: Path) -> None:
    draft.card |= {"name": "Zoë\x1b[2J", "attribution": "A;\n B\u202e"}
    card = read_model(draft.write(tmp_path / "m.facegan")).card
    assert (card.name, card.attribution) == ("Zoë\\x1b[2J", "A; B\\u202e")


def test_a_card_may_tell_the_background_of_its_pictures(draft: Draft, tmp_path: Path) -> None:
    assert read_model(draft.write(tmp_path / "none.facegan")).card.background is None
    draft.card["background"] = [0, 51, 255]
    assert read_model(draft.write(tmp_path / "blue.facegan")).card.background == (0.0, 0.2, 1.0)


@pytest.mark.parametrize("background", [[0, 0], [0, 0, 256], [0, 0, -1], [0, 0, 0.5], [0, 0, True], "blue", None])
def test_a_background_that_is_no_colour_is_refused(draft: Draft, tmp_path: Path, background: object) -> None:
    draft.card["background"] = background
    assert "'background'" in reason(draft.write(tmp_path / "wrong.facegan"))


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
