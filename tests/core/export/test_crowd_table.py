"""Tables for engines: what they say, and that they are read as they were meant."""

import csv
import io
import json
from typing import Any

import numpy as np
import pytest

from blender_facegan.core.atlas import png
from blender_facegan.core.export.crowd_table import PageFile, Row, Source, TileArray, as_csv, as_json, licence_text
from blender_facegan.core.export.ktx2 import texture_array
from blender_facegan.core.export.written_table import is_ours, read_table

PAGE = PageFile(["page_1.png", "page_1_half.png"], 256, 128, 64, 4, 3)
SOURCE = Source("0123456789abcdef", "Faces", "CC-BY-4.0", "Somebody")


def row(name: str = "Anna", **changes: object) -> Row:
    values: dict[str, object] = {
        "name": name,
        "image": "page_1.png",
        "place": (0.25, 0.5, 0.25, 0.5),
        "tile": 3,
        "sex": "female",
        "age": 30.5,
        "seed": 2**31 - 1,
        "skin_tone": 4.5,
        "skin": (0.5, 0.25, 0.125),
        "page": 1,
    }
    return Row(**{**values, **changes})  # type: ignore[arg-type]


def test_a_row_tells_who_and_where() -> None:
    rows = list(
        csv.DictReader(io.StringIO(as_csv([row(labels={"hair": "red"}), row('李雷, "B"', instance=2)]).decode()))
    )
    assert rows[0] == {
        "object": "Anna",
        "instance": "",
        "image": "page_1.png",
        "page": "1",
        "u": "0.25",
        "v": "0.5",
        "width": "0.25",
        "height": "0.5",
        "tile": "3",
        "sex": "female",
        "age": "30.5",
        "seed": "2147483647",
        "skin_tone": "4.5",
        "skin_r": "0.5",
        "skin_g": "0.25",
        "skin_b": "0.125",
        "hair": "red",
    }
    assert (rows[1]["object"], rows[1]["instance"], rows[1]["hair"]) == ('李雷, "B"', "2", "")


def test_json_says_what_the_files_are_and_where_they_are_from() -> None:
    told = json.loads(as_json([row(matrix=np.eye(4), textures={"Skin": ["a.png"]})], [PAGE], None, [SOURCE], 0.01))
    assert told["digital_source_type"] == png.SYNTHETIC
    assert told["models"] == [vars(SOURCE)]
    assert told["meters_per_unit"] == 0.01
    assert told["pages"][0]["files"] == ["page_1.png", "page_1_half.png"]
    (one,) = told["characters"]
    assert one["matrix"] == np.eye(4).tolist()
    assert one["textures"] == {"Skin": ["a.png"]}
    assert one["place"] == [0.25, 0.5, 0.25, 0.5]


def test_the_licence_stands_beside_it() -> None:
    text = licence_text([SOURCE, Source("beef")]).decode()
    assert "CC-BY-4.0" in text
    assert "Somebody" in text
    assert "beef" in text
    assert png.SYNTHETIC in text


def test_own_files_are_told_from_others() -> None:
    ours = [
        as_csv([row()]),
        as_json([row()], [], None, [], 1.0),
        licence_text([SOURCE]),
        png.with_owner(png.encode(np.zeros((1, 1, 3), np.uint8)), "crowd table"),
        texture_array(np.zeros((1, 1, 1, 3), np.uint8)),
    ]
    assert all(map(is_ours, ours))
    others = [
        b"",
        b"object,sex,age\n",
        b"{}",
        b"MIT Licence",
        png.encode(np.zeros((1, 1, 3), np.uint8)),
        b"\xabKTX 20\xbb",
    ]
    assert not any(map(is_ours, others))


def test_labels_that_are_called_like_columns_do_not_hide_them() -> None:
    (told,) = csv.DictReader(io.StringIO(as_csv([row(labels={"page": "left", "x": "1", "hat": "no"})]).decode()))
    assert (told["page"], told["label_page"], told["label_x"], told["hat"]) == ("1", "left", "1", "no")


def test_known_people_are_named_with_their_consent() -> None:
    rows = [
        row("B", person="Anna", consent="Anna Ek, 3 May"),
        row("A"),
        row("C", person="Anna", consent="Anna Ek, 3 May"),
    ]
    lines = licence_text([SOURCE], rows).decode().splitlines()
    assert lines[0].endswith("nobody who exists, but for")
    assert lines[1:3] == ["- Anna, from a photograph. Consent: Anna Ek, 3 May", f"Digital source type: {png.SYNTHETIC}"]
    assert is_ours(licence_text([SOURCE], rows))
    assert b"nobody who exists.\n" in licence_text([SOURCE], [row()])


def test_small_sizes_keep_their_digits() -> None:
    matrix = np.eye(4) * 0.000123456789
    (one,) = json.loads(as_json([row(matrix=matrix)], [], None, [], 1.0))["characters"]
    np.testing.assert_allclose(one["matrix"], matrix, rtol=1e-8)


def test_a_table_is_read_back() -> None:
    rows = [
        row("Anna", labels={"hair": "red"}, person="Anna", consent="Anna Ek", levels=["Anna_LOD1"], library="a.blend"),
        row("Bo", matrix=np.diag([1.0, 2.0, 3.0, 1.0]), page=None, textures={"Skin": ["a.png"]}, instance=3),
    ]
    array = TileArray(["tiles_1.png"], ["tiles_1.ktx2"], 64, 2, 3, 2048)
    found = read_table(as_json(rows, [PAGE], array, [SOURCE], 0.01))
    assert found is not None
    assert as_csv(found.rows) == as_csv(rows)
    assert as_json(found.rows, [PAGE], array, found.sources, found.meter) == as_json(
        rows, [PAGE], array, [SOURCE], 0.01
    )
    assert found.files == ["page_1.png", "page_1_half.png", "tiles_1.png", "tiles_1.ktx2"]


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"generator": "Crowd Faces"}', b"\xff", as_json([row()], [], None, [], 1.0)[:-20]]
)
def test_what_is_no_table_is_not_read(data: bytes) -> None:
    assert read_table(data) is None


def test_what_is_nested_too_deep_is_not_read() -> None:
    assert read_table(b"[" * 100_000) is None


@pytest.mark.parametrize(("key", "value"), [("textures", 5), ("seed", float("inf")), ("labels", 3), ("place", None)])
def test_a_table_with_an_edited_character_is_none_any_more(key: str, value: Any) -> None:
    told = json.loads(as_json([row()], [], None, [], 1.0))
    told["characters"][0][key] = value
    assert read_table(json.dumps(told).encode()) is None
