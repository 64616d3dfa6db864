"""Pages and tables for game engines: who stands where, and which face is whose."""

import csv
import json
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from numpy.typing import NDArray

from blender_facegan.core.atlas import png
from tests.blender.crowds import context, data, head, operators, plane, read_face, select, snapshot, tile_pixels
from tests.blender.export.test_baking import read_png
from tests.blender.export.test_texture_baking import unwrapped
from tests.blender.materials.test_materials import populated
from tests.blender.point_crowds import collection_instance, column, instance_on, points, tile_pictures

IMAGES = {"page_1.png", "crowd.csv", "crowd.json", "LICENCE.txt"}


def read_table(folder: Path) -> tuple[list[dict[str, str]], dict[str, Any]]:
    """The rows of the CSV file, and the JSON file."""
    with (folder / "crowd.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return rows, json.loads((folder / "crowd.json").read_text(encoding="utf-8"))


def picture_of(folder: Path, row: dict[str, str]) -> NDArray[np.float32]:
    """The face at a row's place on its image: float32 [H, W, 3], row 0 at the top."""
    page = read_png(folder / row["image"])[..., :3]
    height, width = page.shape[:2]
    left, low, across, up = (float(row[name]) for name in ("u", "v", "width", "height"))
    bottom = height - round(low * height)
    return page[bottom - round(up * height) : bottom, round(left * width) : round((left + across) * width)]


def test_every_row_leads_to_its_face(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    crowd = [head("Zoë"), plane("李雷", (3, 0, 0)), head('A,"B"', (6, 0, 0))]
    crowd[2].rotation_euler[2] = 1.0
    populated(model, *crowd, even_light=0.0)
    before = snapshot()
    operators.export_table(directory=str(tmp_path / "out"))
    assert snapshot() == before
    assert {path.name for path in (tmp_path / "out").iterdir()} == IMAGES
    rows, told = read_table(tmp_path / "out")
    by_name = {row["object"]: row for row in rows}
    assert set(by_name) == {obj.name for obj in crowd}
    for obj in crowd:
        row = by_name[obj.name]
        np.testing.assert_array_equal(picture_of(tmp_path / "out", row), tile_pixels(obj))
        assert (row["sex"], int(row["seed"])) == (obj.facegan.sex.lower(), obj.facegan.seed)
        assert float(row["age"]) == pytest.approx(obj.facegan.age)
        skin = [float(row[f"skin_{channel}"]) for channel in "rgb"]
        np.testing.assert_allclose(skin, obj["facegan_skin"], rtol=1e-5)
    for one in told["characters"]:
        np.testing.assert_allclose(one["matrix"], np.array(data.objects[one["object"]].matrix_world), atol=1e-5)
    assert [float(by_name["李雷"][name]) for name in "xyz"] == [3, 0, 0]
    assert float(by_name['A,"B"']["qz"]) == pytest.approx(np.sin(0.5), abs=1e-6)
    assert png.is_marked((tmp_path / "out" / "page_1.png").read_bytes())


def test_the_models_licence_stands_in_the_table(scene: bpy.types.Scene, tmp_path: Path) -> None:
    select([plane("Flat")])
    operators.populate()
    operators.export_table(directory=str(tmp_path), transforms=False)
    rows, told = read_table(tmp_path)
    (source,) = told["models"]
    assert source["licence"]
    assert source["licence"] in (tmp_path / "LICENCE.txt").read_text(encoding="utf-8")
    assert "x" not in rows[0]
    assert "matrix" not in told["characters"][0]


def test_an_array_has_the_faces_in_the_order_of_their_numbers(
    scene: bpy.types.Scene, model: Path, tmp_path: Path
) -> None:
    crowd = [plane(f"P{i}", (2 * i, 0, 0)) for i in range(5)]
    populated(model, *crowd)
    operators.export_table(directory=str(tmp_path), array=True, smaller=2)
    rows, told = read_table(tmp_path)
    array = told["array"]
    assert array["grids"] == ["tiles_1.png"]
    assert array["count"] == 5
    grid = read_png(tmp_path / "tiles_1.png")[..., :3]
    side, columns = array["tile"], array["columns"]
    for row in rows:
        down, across = divmod(int(row["tile"]), columns)
        tile = grid[down * side : (down + 1) * side, across * side : (across + 1) * side]
        np.testing.assert_array_equal(tile, picture_of(tmp_path, row))
    assert (tmp_path / "tiles_1.ktx2").read_bytes()[:8] == b"\xabKTX 20\xbb"
    (page,) = told["pages"]
    assert page["files"] == ["page_1.png", "page_1_half.png", "page_1_4th.png"]
    sizes = [png.size((tmp_path / name).read_bytes()) for name in page["files"]]
    assert sizes == [(page["width"] >> i, page["height"] >> i) for i in range(3)]


def test_instances_have_a_row_each(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    hero = head("Hero", (0, 50, 0))
    owner = instance_on(points("Seats", 4), hero)
    owner.location = (0, 0, 7)
    select([owner])
    operators.populate_instances(model=str(model), even_light=0.0)
    operators.export_table(directory=str(tmp_path))
    rows, _ = read_table(tmp_path)
    assert [(row["object"], int(row["instance"])) for row in rows] == [("Seats", i) for i in range(4)]
    assert [float(row["x"]) for row in rows] == [0, 2, 4, 6]
    assert {float(row["z"]) for row in rows} == {7}
    image = owner["facegan_pages"]
    for row, picture in zip(rows, tile_pictures(image, column(owner, "facegan_tile")), strict=True):
        np.testing.assert_allclose(picture_of(tmp_path, row), picture, atol=1 / 255)
    assert [int(row["seed"]) for row in rows] == column(owner, "facegan_seed")


def test_collection_instances_and_scattered_ones_are_told(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    hero = head("Hero", (0, 50, 0))
    owner = instance_on(points("Field", 1), hero, scatter=True)
    context.view_layer.objects.active = owner
    operators.add_face_id(count=3)
    empties = [collection_instance(f"E{i}", plane("Flat"), (i, 0, 0)) for i in range(2)]
    select([owner, *empties])
    operators.populate_instances(model=str(model))
    operators.export_table(directory=str(tmp_path))
    rows, _ = read_table(tmp_path)
    singles = {row["object"]: row for row in rows if row["object"] != "Field"}
    assert {name: (float(row["x"]), row["instance"]) for name, row in singles.items()} == {"E0": (0, ""), "E1": (1, "")}
    scattered = [row for row in rows if row["object"] == "Field"]
    if bpy.app.version >= (4, 5, 0):
        assert [float(row["x"]) for row in scattered] == [0, 2, 4, 6]
    else:
        assert [row["x"] for row in scattered] == [""] * 3
    assert len({row["tile"] for row in scattered}) == 3


def test_other_peoples_files_stay(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    populated(model, plane("Flat"))
    (tmp_path / "LICENCE.txt").write_text("MIT", encoding="utf-8")
    operators.export_table(directory=str(tmp_path))
    assert (tmp_path / "LICENCE.txt").read_text(encoding="utf-8") == "MIT"
    assert {path.name for path in (tmp_path / "crowd").iterdir()} == IMAGES
    operators.export_table(directory=str(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {"LICENCE.txt", "crowd"}


def test_without_faces_nothing_is_written(scene: bpy.types.Scene, tmp_path: Path) -> None:
    plane("Flat")
    with pytest.raises(RuntimeError, match="No characters with a face: select some, or populate first"):
        operators.export_table(directory=str(tmp_path / "out"))
    assert not list((tmp_path / "out").iterdir())
    with pytest.raises(RuntimeError, match="never saved"):
        operators.export_table(directory="//out")


def test_bakes_write_the_same_table(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    one, flat = unwrapped("Bust"), plane("Flat", (3, 0, 0))
    populated(model, one, flat)
    operators.bake(directory=str(tmp_path / "faces"))
    rows, _ = read_table(tmp_path / "faces")
    assert {row["object"]: row["image"] for row in rows} == {"Bust": "Bust.png", "Flat": "Flat.png"}
    assert {(row["u"], row["width"]) for row in rows} == {("0", "1")}
    select([one])
    operators.bake_textures(directory=str(tmp_path / "textures"))
    rows, told = read_table(tmp_path / "textures")
    assert [row["image"] for row in rows] == ["Bust Skin.png"]
    assert told["characters"][0]["textures"] == {"Bust Skin": ["Bust Skin.png"]}
    assert told["characters"][0]["seed"] == one.facegan.seed
    assert png.is_marked((tmp_path / "textures" / "Bust Skin.png").read_bytes())


def test_saved_pages_carry_the_mark(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    flat = plane("Flat")
    populated(model, flat)
    face = read_face(flat)
    operators.save_pages()
    (page,) = (tmp_path / "shot_faces").iterdir()
    assert png.is_marked(page.read_bytes())
    assert read_face(flat) == face
