"""Tables for engines: what they say, and that they are read as they were meant."""

import csv
import io
import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from blender_facegan.core.atlas import png
from blender_facegan.core.export.crowd_table import (
    PageFile,
    Row,
    Source,
    as_csv,
    as_json,
    is_ours,
    licence_text,
    transform,
)
from blender_facegan.core.export.ktx2 import texture_array

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


@given(
    st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(x * x for x in q) > 0.1),
    st.tuples(*[st.floats(0.1, 5)] * 3),
    st.booleans(),
)
def test_a_transform_puts_points_where_the_matrix_does(
    turn: tuple[float, ...], size: tuple[float, ...], mirrored: bool
) -> None:
    w, x, y, z = np.array(turn) / np.linalg.norm(turn)
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix = np.eye(4)
    sides = np.array(size) * (-1 if mirrored else 1)
    matrix[:3, :3], matrix[:3, 3] = rotation * sides, (1, 2, 3)
    numbers = np.array(transform(matrix))
    np.testing.assert_allclose(numbers[:3], (1, 2, 3))
    np.testing.assert_allclose(numbers[7:], sides, atol=1e-9)
    np.testing.assert_allclose(np.abs(numbers[3:7] @ np.array([w, x, y, z])), 1, atol=1e-6)
